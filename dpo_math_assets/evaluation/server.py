"""Completions by an OpenAI-compatible server: vLLM, llama.cpp, TGI and others.

A completion is a request of its own, so that its token count and its seed are its own too; servers
share the prompt's work among them. The server must say that it serves the very model that is
asked for: an evaluation of yesterday's checkpoint under today's name would be worse than none.
Redirects are not followed: the key and the prompts go to the address that the settings name, and to
no other.
"""

import hashlib
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.generation import Completion
from dpo_math_assets.evaluation.settings import SamplingSettings

# A server that is busy or restarting gets this many tries, with growing pauses (seconds).
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
WORTH_RETRYING = {408, 409, 429, 500, 502, 503, 504}


class _NoRedirect(HTTPRedirectHandler):
    """Lets a redirect be the error that it is here; urllib would repeat every header elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        """No request follows."""


_OPENER = build_opener(_NoRedirect)


class ServerModel:
    """A model behind `<url>/completions` or, with a chat template, `<url>/chat/completions`."""

    def __init__(self, url: str, model: str, settings: SamplingSettings) -> None:
        """Ask the server what it serves. Raises EvaluationError where that is not `model`."""
        self.url = url.rstrip("/")
        self.model = model
        self.settings = settings
        self.headers = {"Content-Type": "application/json"}
        if variable := settings.server_key_variable:
            if not os.environ.get(variable):
                raise EvaluationError(f"server_key_variable: {variable} is not set or empty.")
            self.headers["Authorization"] = f"Bearer {os.environ[variable]}"
        answer = self._ask("models", None)
        try:
            served = [str(entry["id"]) for entry in answer["data"]]
        except (KeyError, TypeError) as error:
            raise EvaluationError(f"{self.url}/models: not a list of models.") from error
        if model not in served:
            raise EvaluationError(
                f"{self.url} serves {', '.join(served) or 'nothing'} and not {model!r}: start it "
                "with that model, under that name."
            )

    def identity(self) -> str:
        """The server and the name: its weights cannot be seen from here."""
        return f"{self.url} {self.model}"

    def length(self, prompt_id: str, prompt: str) -> int:
        """Characters of a prompt; the server knows its tokens and its window."""
        return len(prompt)

    def complete(
        self, prompts: list[tuple[str, str]], copies: int, greedy: bool, seed: int
    ) -> list[list[Completion]]:
        """`copies` completions of each (prompt_id, prompt), in order, several at once.

        Seeds depend on the prompt and the copy, not on `seed`'s shard.
        """
        wanted = [(*prompt, copy) for prompt in prompts for copy in range(copies)]
        with ThreadPoolExecutor(self.settings.server_requests) as pool:
            futures = [
                pool.submit(self._complete_one, prompt, greedy, self._seed(prompt_id, copy))
                for prompt_id, prompt, copy in wanted
            ]
            try:
                found = [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [found[at : at + copies] for at in range(0, len(found), copies)]

    def _seed(self, prompt_id: str, copy: int) -> int:
        text = f"{self.settings.seed}/{copy}/{prompt_id}"
        digest = hashlib.blake2b(text.encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big") >> 1

    def _complete_one(self, prompt: str, greedy: bool, seed: int) -> Completion:
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": self.settings.max_new_tokens,
            "temperature": 0.0 if greedy else self.settings.temperature,
            "top_p": 1.0 if greedy else self.settings.top_p,
            "seed": seed,
        }
        if self.settings.chat_template:
            body["messages"] = [{"role": "user", "content": prompt}]
            answer = self._ask("chat/completions", body)
        else:
            body["prompt"] = prompt
            answer = self._ask("completions", body)
        try:
            choice = answer["choices"][0]
            text = choice["message"]["content"] if "message" in choice else choice["text"]
            tokens = (answer.get("usage") or {}).get("completion_tokens")
            return Completion(
                # A lone surrogate is legal in JSON and in no file of ours.
                text=str(text or "").encode("utf-8", "replace").decode("utf-8"),
                tokens=None if tokens is None else int(tokens),
                truncated=choice.get("finish_reason") == "length",
            )
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise EvaluationError(
                f"{self.url}: not an answer of the completions protocol: {str(answer)[:300]}"
            ) from error

    def _ask(self, path: str, body: dict[str, Any] | None) -> Any:
        """One request, repeated while the server is busy or away."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/{path}", data=data, headers=self.headers)
        for pause in (*PAUSES, None):
            try:
                with _OPENER.open(request, timeout=self.settings.server_timeout_s) as response:
                    return json.loads(response.read())
            except HTTPError as error:
                if target := error.headers.get("Location"):
                    raise EvaluationError(
                        f"{self.url}/{path} redirects to {target}, which is not followed: write "
                        "the address that answers into sampling.server_urls."
                    ) from error
                said = error.read(500).decode("utf-8", "replace")
                problem = f"{self.url}/{path}: {error.code} {error.reason}: {said}"
                if error.code not in WORTH_RETRYING or pause is None:
                    raise EvaluationError(problem) from error
            except (URLError, HTTPException, OSError, ValueError) as error:
                if pause is None:
                    raise EvaluationError(
                        f"{self.url}/{path}: no answer ({error}); is the server running?"
                    ) from error
            time.sleep(pause)
        raise AssertionError("unreachable")

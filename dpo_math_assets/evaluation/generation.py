"""Completions by a model in this process, through transformers.

A prompt is tokenized as the trainer tokenizes it before its completion, batches are padded on the
left, and a completion ends with the first end token.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.settings import SamplingSettings
from dpo_math_assets.training.model_code import code_remedy, loading
from dpo_math_assets.training.models import prepare_libraries


@dataclass(frozen=True)
class Completion:
    """What a model answered once."""

    text: str
    tokens: int | None  # with the end token; None where a server does not say
    truncated: bool  # a limit came before the end token


class LocalModel:
    """A causal language model and its tokenizer, loaded from a folder or hub id."""

    def __init__(self, model_dir: str, settings: SamplingSettings, run_code_of: str = "") -> None:
        """Load both. Raises EvaluationError where that fails or the tokenizer has no end token.

        `run_code_of` is the training setting: which model's own code may run.
        """
        if not model_dir:
            raise EvaluationError("No model was named: give a folder or hub id.")
        prepare_libraries()
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

        try:
            with loading(model_dir, run_code_of) as arguments:
                self.tokenizer: Any = AutoTokenizer.from_pretrained(model_dir, **arguments)
                model: Any = AutoModelForCausalLM.from_pretrained(
                    model_dir, dtype="auto", **arguments
                )
        except (OSError, ValueError) as error:
            raise EvaluationError(
                f"{model_dir}: cannot be loaded as a model ({error}).{code_remedy(model_dir)}"
            ) from error
        if self.tokenizer.eos_token_id is None:
            raise EvaluationError(
                f"{model_dir}: its tokenizer has no end token, so no completion would ever end; "
                "set eos_token."
            )
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        # Chat models end a turn with a token of their own, named in the generation config. Nothing
        # else of it may count: a penalty that one of two folders has is not a model's merit.
        own = model.generation_config.eos_token_id
        self.ends = {self.tokenizer.eos_token_id, *([own] if isinstance(own, int) else own or [])}
        model.generation_config = GenerationConfig()
        self.model = model.eval().to("cuda" if torch.cuda.is_available() else "cpu")
        self.settings = settings
        window = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        self.window: int | None = int(window) if window else None

    def identity(self) -> str:
        """A hash of the weights and the vocabulary."""
        import torch

        digest = hashlib.blake2b(digest_size=16)
        for name, tensor in self.model.state_dict().items():
            digest.update(name.encode())
            # The tensor's bytes as they are: bfloat16 has no NumPy type.
            plain = tensor.detach().cpu().contiguous().flatten()
            digest.update(plain.view(torch.uint8).numpy().data)
        digest.update(json.dumps(sorted(self.tokenizer.get_vocab().items())).encode())
        return digest.hexdigest()

    def length(self, prompt_id: str, prompt: str) -> int:
        """Tokens of a prompt. Raises EvaluationError where it leaves no room for an answer."""
        tokens = len(self.encode(prompt))
        if tokens == 0:
            raise EvaluationError(f"Prompt {prompt_id!r} has no token in the model's vocabulary.")
        if self.window is not None and tokens >= self.window:
            raise EvaluationError(
                f"Prompt {prompt_id!r} has {tokens} tokens and the model's window is "
                f"{self.window}: there is no room for an answer, so leave the prompt out."
            )
        return tokens

    def encode(self, prompt: str) -> list[int]:
        """Token ids of a prompt as the trainer sees them before the completion."""
        if self.settings.chat_template:
            if not self.tokenizer.chat_template:
                raise EvaluationError(
                    "chat_template is on, but the tokenizer has none; turn it off or add one."
                )
            message = [{"role": "user", "content": prompt}]
            encoded = self.tokenizer.apply_chat_template(
                message, tokenize=True, add_generation_prompt=True, return_dict=True
            )
            return list(encoded["input_ids"])
        ids = list(self.tokenizer(text=prompt)["input_ids"])
        # Some tokenizers end every text; in training the prompt goes on with its completion.
        return ids[:-1] if ids and ids[-1] == self.tokenizer.eos_token_id else ids

    def complete(
        self, prompts: list[tuple[str, str]], copies: int, greedy: bool, seed: int
    ) -> list[list[Completion]]:
        """`copies` completions of each (prompt_id, prompt), in order, as one batch."""
        import torch

        encoded = [self.encode(prompt) for _, prompt in prompts]
        width = max(len(ids) for ids in encoded)
        pad = self.tokenizer.pad_token_id
        padded = [[pad] * (width - len(ids)) + ids for ids in encoded]
        mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in encoded]
        device = self.model.device
        threads = torch.get_num_threads()
        if self.settings.threads:
            torch.set_num_threads(self.settings.threads)
        try:
            with torch.random.fork_rng(), torch.inference_mode():
                torch.manual_seed(seed)
                output = self.model.generate(
                    input_ids=torch.tensor(padded, device=device),
                    attention_mask=torch.tensor(mask, device=device),
                    generation_config=self._configuration(width, copies, greedy),
                )
        finally:
            torch.set_num_threads(threads)
        completions = [self._completion(ids) for ids in output[:, width:].tolist()]
        return [completions[at : at + copies] for at in range(0, len(completions), copies)]

    def _configuration(self, width: int, copies: int, greedy: bool) -> Any:
        from transformers import GenerationConfig

        most = self.settings.max_new_tokens
        room = most if self.window is None else min(most, self.window - width)
        shared = {
            "max_new_tokens": room,
            "num_return_sequences": copies,
            "pad_token_id": self.tokenizer.pad_token_id,
            "eos_token_id": sorted(self.ends),
        }
        if greedy:
            return GenerationConfig(**shared, do_sample=False)
        return GenerationConfig(
            **shared,
            do_sample=True,
            temperature=self.settings.temperature,
            top_p=self.settings.top_p,
            top_k=0,
        )

    def _completion(self, ids: list[int]) -> Completion:
        end = next((place for place, token in enumerate(ids) if token in self.ends), None)
        text = self.tokenizer.decode(
            ids if end is None else ids[:end],
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
        return Completion(text, len(ids) if end is None else end + 1, end is None)

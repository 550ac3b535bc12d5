"""Sampling through a local server that speaks the OpenAI protocol."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest
from pydantic import ValidationError

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation import server
from dpo_math_assets.evaluation.sampling import SamplingSettings, sample_model
from dpo_math_assets.evaluation.schema import PROMPT_SCHEMA

PROMPTS = pl.DataFrame(
    [(f"held_out/{n}", f"Solve {n}+{n}", str(2 * n), "held_out", "{}") for n in range(4)],
    schema=PROMPT_SCHEMA,
    orient="row",
)


class Answering(BaseHTTPRequestHandler):
    """Answers with the prompt and the seed; fails first as often as `failures` says."""

    def do_GET(self):
        with self.server.lock:
            self.server.asked.append(self.headers.get("Authorization"))
        if self.server.elsewhere and self.path.endswith("/models"):
            return self.redirect(302)
        self.reply(200, {"data": [{"id": "/models/dpo"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.seen.append((self.path, body, self.headers.get("Authorization")))
            failure = self.server.failures.pop() if self.server.failures else None
        if failure in (302, 307, 308):
            self.redirect(failure)
        elif failure == "hang up":
            self.connection.close()
        elif failure == "garbage":
            self.reply(200, ["what?"])
        elif failure:
            self.reply(failure, {"error": "prompt is too long"})
        else:
            prompt = body.get("prompt") or body["messages"][0]["content"]
            text = f"{prompt} at {body['temperature']} by {body['seed']} \ud800"
            choice = {"finish_reason": "length" if prompt == "Solve 3+3" else "stop"}
            choice |= {"message": {"content": text}} if "messages" in body else {"text": text}
            self.reply(200, {"choices": [choice], "usage": {"completion_tokens": 7}})

    def redirect(self, status):
        self.send_response(status)
        self.send_header("Location", self.server.elsewhere)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def reply(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def running(monkeypatch):
    monkeypatch.setattr(server, "PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as found:
        yield found


@contextmanager
def serving():
    found = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    found.seen, found.asked, found.failures, found.lock = [], [], [], threading.Lock()
    found.elsewhere = None  # where it redirects to
    found.url = f"http://127.0.0.1:{found.server_port}/v1"
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def draw(running, out, model="/models/dpo", on_progress=None, **settings):
    chosen = SamplingSettings(k=2, server_urls={"dpo": running.url}, server_requests=3, **settings)
    report = sample_model(model, PROMPTS, "dpo", chosen, out, on_progress)
    return pl.read_parquet(out), report


def test_a_server_answers_as_a_local_model_would(running, tmp_path):
    samples, report = draw(running, tmp_path / "dpo.parquet", temperature=0.7, max_new_tokens=9)
    assert report.completions == samples.height == 12
    assert samples["completion"].str.starts_with("Solve ").all()
    assert samples["completion"].str.contains(" at 0.0 ").to_list() == [True, False, False] * 4
    assert samples["completion"].str.ends_with(" ?").all()  # the lone surrogate
    assert set(samples["completion_tokens"]) == {7}
    assert samples.filter("truncated")["prompt_id"].unique().to_list() == ["held_out/3"]
    paths = {path for path, _, _ in running.seen}
    assert paths == {"/v1/completions"}
    assert {body["max_tokens"] for _, body, _ in running.seen} == {9}
    assert {key for _, _, key in running.seen} == {None}


def test_sampled_seeds_differ_and_do_not_hang_on_the_batch(running, tmp_path):
    small, _ = draw(running, tmp_path / "small.parquet", batch_size=2)
    large, _ = draw(running, tmp_path / "large.parquet", batch_size=100)
    assert small.equals(large)
    assert small.filter(mode="sampled")["completion"].n_unique() == 8
    other, _ = draw(running, tmp_path / "other.parquet", seed=1)
    assert not set(other["completion"]) & set(small["completion"])


def test_a_chat_template_is_the_servers_own(running, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_KEY", "secret")
    options = {"chat_template": True, "server_key_variable": "TEST_KEY"}
    samples, _ = draw(running, tmp_path / "dpo.parquet", **options)
    assert samples["completion"].str.starts_with("Solve ").all()
    assert {path for path, _, _ in running.seen} == {"/v1/chat/completions"}
    assert {key for _, _, key in running.seen} == {"Bearer secret"}
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(EvaluationError, match="TEST_KEY is not set"):
        draw(running, tmp_path / "dpo.parquet", **options)


def test_a_busy_or_restarting_server_is_asked_again(running, tmp_path):
    whole, _ = draw(running, tmp_path / "whole.parquet")
    running.failures = [503, "hang up", 429]
    again, _ = draw(running, tmp_path / "again.parquet")
    assert again.equals(whole)


def test_a_refused_prompt_is_reported_in_the_servers_words_and_not_repeated(running, tmp_path):
    running.failures = [400]
    with pytest.raises(EvaluationError, match=r"400 Bad Request: .*prompt is too long"):
        draw(running, tmp_path / "dpo.parquet", batch_size=1)
    assert len(running.seen) == 1
    assert not (tmp_path / "dpo.parquet").exists()


def test_a_server_that_stays_away_is_an_error_and_no_empty_completion(running, tmp_path):
    running.failures = [503] * 100
    with pytest.raises(EvaluationError, match="503"):
        draw(running, tmp_path / "dpo.parquet", batch_size=1)
    running.failures = ["garbage"]
    with pytest.raises(EvaluationError, match="not an answer of the completions protocol"):
        draw(running, tmp_path / "dpo.parquet", batch_size=1)


@pytest.mark.parametrize("status", [302, 307, 308])
def test_neither_key_nor_prompts_follow_a_redirect_to_another_host(
    running, tmp_path, monkeypatch, status
):
    monkeypatch.setenv("TEST_KEY", "secret")
    out = tmp_path / "dpo.parquet"
    with serving() as other:
        running.elsewhere = f"{other.url}/models"
        with pytest.raises(EvaluationError, match=r"redirects to http.*sampling\.server_urls"):
            draw(running, out, server_key_variable="TEST_KEY")
        running.elsewhere, running.failures = None, []
        model = server.ServerModel(
            running.url, "/models/dpo", SamplingSettings(server_key_variable="TEST_KEY")
        )
        running.elsewhere, running.failures = f"{other.url}/completions", [status]
        with pytest.raises(EvaluationError, match="redirects to"):
            model.complete([("q", "Solve 1+1")], 1, True, 0)
        assert running.asked == ["Bearer secret"] * 2
        assert other.asked == other.seen == []


def test_another_model_is_never_sampled_under_this_ones_name(running, tmp_path):
    with pytest.raises(EvaluationError, match="serves /models/dpo and not '/models/newer'"):
        draw(running, tmp_path / "dpo.parquet", model="/models/newer")


def test_what_was_answered_before_an_interruption_is_not_asked_again(running, tmp_path):
    def stop(progress):
        raise KeyboardInterrupt

    out = tmp_path / "dpo.parquet"
    with pytest.raises(KeyboardInterrupt):
        draw(running, out, on_progress=stop, batch_size=2)
    asked = len(running.seen)
    _, report = draw(running, out, batch_size=2)
    assert report.resumed_shards == 1
    assert len(running.seen) == asked + 12 - 2


def test_only_web_addresses_are_taken_for_servers():
    with pytest.raises(ValidationError, match="does not start with http"):
        SamplingSettings(server_urls={"dpo": "file:///etc/passwd"})

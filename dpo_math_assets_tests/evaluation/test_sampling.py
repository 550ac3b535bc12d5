import json
import os
import signal
import subprocess
import sys

import polars as pl
import pytest

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.generation import LocalModel
from dpo_math_assets.evaluation.sampling import SamplingSettings, limit_prompts, sample_model
from dpo_math_assets.evaluation.schema import PROMPT_SCHEMA, SAMPLE_SCHEMA

from .conftest import make_tiny_model

PROMPTS = pl.DataFrame(
    [
        (f"held_out/{n}", f"Solve {'1+' * n}1\n", str(n + 1), "held_out", "{}")
        for n in (3, 0, 7, 2, 5)
    ],
    schema=PROMPT_SCHEMA,
    orient="row",
)
SETTINGS = SamplingSettings(k=3, max_new_tokens=6, batch_size=6, seed=5)


def draw(model, out, prompts=PROMPTS, settings=SETTINGS, on_progress=None, name="base"):
    report = sample_model(str(model), prompts, name, settings, out, on_progress)
    return pl.read_parquet(out), report


def test_every_prompt_gets_one_greedy_and_k_sampled_completions(tiny_model, tmp_path):
    samples, report = draw(tiny_model, tmp_path / "base.parquet")
    assert samples.schema == SAMPLE_SCHEMA
    found = samples.select("prompt_id", "mode", "sample").rows()
    assert found == [
        (prompt_id, mode, number)
        for prompt_id in PROMPTS["prompt_id"]
        for mode, numbers in (("greedy", 1), ("sampled", 3))
        for number in range(numbers)
    ]
    assert set(samples["model"]) == {"base"}
    assert samples["verdict"].null_count() == samples.height == report.completions == 20
    assert report.completion_tokens == samples["completion_tokens"].sum()


def test_the_same_input_gives_the_same_samples(tiny_model, tmp_path):
    first, report = draw(tiny_model, tmp_path / "one.parquet")
    second, again = draw(tiny_model, tmp_path / "two.parquet")
    assert first.equals(second)
    assert report.fingerprint == again.fingerprint
    other, differs = draw(
        tiny_model, tmp_path / "three.parquet", settings=SETTINGS.model_copy(update={"seed": 6})
    )
    assert differs.fingerprint != report.fingerprint
    of_mode = [frame.filter(mode="greedy")["completion"].to_list() for frame in (first, other)]
    assert of_mode[0] == of_mode[1]
    of_mode = [frame.filter(mode="sampled")["completion"].to_list() for frame in (first, other)]
    assert of_mode[0] != of_mode[1]


def test_padding_does_not_change_what_a_model_answers(tiny_model, tmp_path):
    alone = SETTINGS.model_copy(update={"batch_size": 1})
    together = SETTINGS.model_copy(update={"batch_size": 100})
    one, _ = draw(tiny_model, tmp_path / "one.parquet", settings=alone)
    many, _ = draw(tiny_model, tmp_path / "many.parquet", settings=together)
    greedy = [frame.filter(mode="greedy")["completion"].to_list() for frame in (one, many)]
    assert greedy[0] == greedy[1]
    assert len(set(greedy[0])) > 1


def test_sampled_completions_of_a_prompt_differ(tiny_model, tmp_path):
    samples, _ = draw(tiny_model, tmp_path / "base.parquet")
    distinct = (
        samples.filter(mode="sampled").group_by("prompt_id").agg(pl.col("completion").n_unique())
    )
    assert distinct["completion"].min() > 1


def test_an_interrupted_run_goes_on_and_ends_with_the_same_samples(tiny_model, tmp_path):
    whole, report = draw(tiny_model, tmp_path / "whole.parquet")
    assert report.shards > 2

    def stop(progress):
        if progress["completions"] >= 5:
            raise KeyboardInterrupt

    out = tmp_path / "base.parquet"
    with pytest.raises(KeyboardInterrupt):
        draw(tiny_model, out, on_progress=stop)
    assert not out.exists()
    resumed, again = draw(tiny_model, out)
    assert again.resumed_shards == 1
    assert resumed.equals(whole)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.fault
@pytest.mark.slow
def test_a_killed_process_leaves_no_samples_that_look_whole(tiny_model, tmp_path):
    out = tmp_path / "base.parquet"
    program = (
        "import os, signal, sys, polars as pl\n"
        "from pathlib import Path\n"
        "from dpo_math_assets.evaluation.sampling import SamplingSettings, sample_model\n"
        "def kill(progress): os.kill(os.getpid(), signal.SIGKILL)\n"
        "model, prompts, settings, out = sys.argv[1:]\n"
        "sample_model(model, pl.read_parquet(prompts), 'base',\n"
        "    SamplingSettings.model_validate_json(settings), Path(out), kill)\n"
    )
    PROMPTS.write_parquet(tmp_path / "prompts.parquet")
    arguments = [tiny_model, tmp_path / "prompts.parquet", SETTINGS.model_dump_json(), out]
    process = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    samples, report = draw(tiny_model, out)
    assert report.resumed_shards == 1
    assert samples.equals(draw(tiny_model, tmp_path / "whole.parquet")[0])


def test_shards_of_another_model_are_never_taken_for_this_ones(tiny_model, tmp_path):
    other = make_tiny_model(tmp_path / "other", seed=1)

    def stop(progress):
        raise KeyboardInterrupt

    out = tmp_path / "dpo.parquet"
    with pytest.raises(KeyboardInterrupt):
        draw(other, out, on_progress=stop)
    samples, report = draw(tiny_model, out)
    assert report.resumed_shards == 0
    assert samples.equals(draw(tiny_model, tmp_path / "clean.parquet")[0])


def test_a_completion_ends_at_the_end_token_and_only_then_is_whole(tmp_path, tiny_model):
    silent = make_tiny_model(tmp_path / "silent", silent=True)
    samples, _ = draw(silent, tmp_path / "silent.parquet")
    greedy = samples.filter(mode="greedy")
    assert greedy["completion"].to_list() == [""] * 5
    assert greedy["completion_tokens"].to_list() == [1] * 5  # the end token
    assert not greedy["truncated"].any()
    talking, _ = draw(tiny_model, tmp_path / "talking.parquet")
    cut = talking.filter("truncated")
    assert cut.height > 0
    assert set(cut["completion_tokens"]) == {6}
    assert talking.filter(~pl.col("truncated"))["completion_tokens"].max() <= 6


def test_a_folders_own_generation_settings_change_no_sample(tiny_model, tmp_path):
    folder = make_tiny_model(tmp_path / "penalised")
    hidden = {"repetition_penalty": 9.0, "top_k": 2, "min_p": 0.5, "max_time": 0.0, "num_beams": 3}
    (folder / "generation_config.json").write_text(json.dumps(hidden))
    samples, _ = draw(folder, tmp_path / "penalised.parquet")
    plain, _ = draw(tiny_model, tmp_path / "plain.parquet")
    assert samples.equals(plain)


def test_a_chat_models_own_end_of_turn_ends_a_completion(tiny_model, tmp_path):
    plain, _ = draw(tiny_model, tmp_path / "plain.parquet")
    longest = plain.filter(mode="greedy").sort("completion_tokens")["completion"][-1]
    folder = make_tiny_model(tmp_path / "chat")
    turn = LocalModel(tiny_model, SETTINGS).tokenizer.convert_tokens_to_ids(longest[1])
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [turn, 0]}))
    samples, _ = draw(folder, tmp_path / "chat.parquet")
    assert not samples["completion"].str.contains(longest[1], literal=True).any()
    assert samples["completion_tokens"].max() <= 6
    assert samples["truncated"].sum() < plain["truncated"].sum()


def test_the_prompt_is_tokenized_as_the_trainer_does(tiny_model):
    from trl.trainer.dpo_trainer import _tokenize

    model = LocalModel(tiny_model, SETTINGS)
    prompt = PROMPTS["prompt"][0]
    together = _tokenize(model.tokenizer, prompt + "FINAL ANSWER: 4")["input_ids"]
    ids = model.encode(prompt)
    assert together[: len(ids)] == ids
    assert model.tokenizer.decode(together[len(ids) :]) == "FINAL ANSWER: 4"


def test_a_tokenizer_that_ends_every_text_does_not_end_the_prompt(tiny_model):
    from tokenizers.processors import TemplateProcessing

    model = LocalModel(tiny_model, SETTINGS)
    plain = model.encode("Solve 1")
    model.tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="$A <end>", special_tokens=[("<end>", 0)]
    )
    assert model.tokenizer("Solve 1")["input_ids"] == [*plain, 0]
    assert model.encode("Solve 1") == plain


def test_a_chat_template_is_used_only_where_asked_for(tiny_model):
    plain = LocalModel(tiny_model, SETTINGS)
    chat = LocalModel(tiny_model, SETTINGS.model_copy(update={"chat_template": True}))
    with pytest.raises(EvaluationError, match="the tokenizer has none"):
        chat.encode("Solve 1")
    chat.tokenizer.chat_template = plain.tokenizer.chat_template = (
        "{% for m in messages %}U: {{ m.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}A: {% endif %}"
    )
    assert chat.tokenizer.decode(chat.encode("Solve 1")) == "U: Solve 1\nA: "
    assert plain.tokenizer.decode(plain.encode("Solve 1")) == "Solve 1"


@pytest.mark.model
def test_completions_stop_at_the_models_window(tmp_path):
    narrow = make_tiny_model(tmp_path / "narrow", window=30)
    settings = SETTINGS.model_copy(update={"max_new_tokens": 1000, "batch_size": 1})
    samples, _ = draw(narrow, tmp_path / "out.parquet", settings=settings)
    longest = samples.filter("truncated").with_columns(
        total=pl.col("prompt").str.len_chars() + pl.col("completion_tokens")
    )
    assert longest.height > 0
    assert set(longest["total"]) == {30}
    full = make_tiny_model(tmp_path / "full", window=10)
    with pytest.raises(EvaluationError, match="has 14 tokens and the model's window is 10"):
        draw(full, tmp_path / "out.parquet")


def test_a_limit_takes_the_same_prompts_for_every_model():
    few = limit_prompts(PROMPTS, 3)
    assert few.height == 3
    assert set(limit_prompts(PROMPTS.reverse(), 3)["prompt_id"]) == set(few["prompt_id"])
    assert limit_prompts(PROMPTS, 0).equals(PROMPTS)
    with pytest.raises(EvaluationError, match="no prompt"):
        limit_prompts(PROMPTS.clear(), 3)


@pytest.mark.slow
def test_a_model_that_does_not_load_is_named(tmp_path):
    with pytest.raises(EvaluationError, match="No model was named"):
        draw("", tmp_path / "out.parquet")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(EvaluationError, match=str(empty)):
        draw(empty, tmp_path / "out.parquet")

"""What a run leaves behind: a model that loads, and the truth about how it was made."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.data import Row
from dpo_math_assets.training.dpo import chosen_fall, train_dpo
from dpo_math_assets.training.fitting import Fitted, fitting_rows
from dpo_math_assets.training.models import identity, load_tokenizer
from dpo_math_assets.training.progress import curves
from dpo_math_assets.training.run_report import one_sided
from dpo_math_assets.training.settings import TRAINING_VERSION, TrainingSettings
from dpo_math_assets.training.sft import steps_of, train_sft_control
from dpo_math_assets_tests.training.conftest import PAIRS, SFT, write_rows

Numbers = dict[str, float | int | str]


def pairs(count: int) -> list[Row]:
    """The first pairs without what the run does not read."""
    return [{key: pair[key] for key in ("prompt", "chosen", "rejected")} for pair in PAIRS[:count]]


def quiet(_: Numbers) -> None:
    """Progress that nobody looks at."""


@pytest.mark.slow
def test_a_dpo_run_leaves_a_model_that_loads_with_its_manifest_and_curves(
    settings: TrainingSettings, dataset: Path, base_model: Path, tmp_path: Path
) -> None:
    out, told = tmp_path / "out", list[Numbers]()
    report = train_dpo(settings, dataset, out, told.append, work=tmp_path / "work")

    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(out)
    model, base = (AutoModelForCausalLM.from_pretrained(folder) for folder in (out, base_model))
    inputs = tokenizer("Compute 2*3+1.", return_tensors="pt", return_token_type_ids=False)
    assert not model(**inputs).logits.allclose(base(**inputs).logits)
    assert model.generate(**inputs, max_new_tokens=3).shape[0] == 1

    assert report.steps == 15 and report.rows == 10 and report.resumed_from_step == 0
    points = json.loads((out / "curves.json").read_text())
    assert [point["step"] for point in points] == list(range(1, 16))
    assert {"loss", "rewards/accuracies", "rewards/margins", "logps/chosen"} <= set(points[0])
    assert [p["step"] for p in points if "eval_rewards/margins" in p] == [5, 10, 15]
    losses = [entry["loss"] for entry in told if "loss" in entry]
    assert losses == [point["loss"] for point in points]
    assert points[-1]["loss"] < points[0]["loss"]

    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["settings"]["beta"] == settings.beta
    assert manifest["base_model"] == str(base_model)
    assert manifest["dataset_version"] == report.dataset_version
    assert manifest["verifier_versions"] == ["7"]
    assert manifest["base_model_sha256"] == identity(str(base_model))
    assert set(manifest["code"]["packages"]) >= {"dpo-math-assets", "torch", "trl", "transformers"}
    assert manifest["code"]["training"] == TRAINING_VERSION
    assert set(manifest["environment"]) >= {"python", "platform", "device", "processes"}
    assert all(point["tokens_per_second"] > 0 for point in points)
    assert all(entry["tokens_per_second"] > 0 for entry in told if "loss" in entry)
    json.dumps(asdict(report), allow_nan=False)
    assert not list(out.glob("*.bin")), "a pickle is nothing to publish"
    assert "None" not in (out / "README.md").read_text()


def test_the_control_takes_as_many_steps_as_the_run_that_it_stands_beside(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sft"
    report = train_sft_control(settings, dataset, out, quiet)
    assert report.steps == 15
    points = json.loads((out / "curves.json").read_text())
    assert points[-1]["loss"] < points[0]["loss"]
    assert (out / "config.json").exists() and (out / "tokenizer.json").exists()


def test_the_controls_budget_follows_pairs_epochs_and_batches() -> None:
    settings = TrainingSettings(batch_size=4, gradient_accumulation_steps=2, epochs=1.5)
    # 21 pairs: 6 forward passes, 3 steps an epoch, 4.5 steps.
    assert steps_of(21, settings, processes=1) == 5
    assert steps_of(21, settings, processes=2) == 3
    assert steps_of(1, settings, processes=8) == 2


def test_a_loss_that_is_no_number_stops_the_run(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    wild = settings.model_copy(
        update={"learning_rate": 1e30, "trl_overrides": {"max_grad_norm": 0.0}}
    )
    with pytest.raises(TrainingError, match=r"at step \d+. Lower learning_rate"):
        train_dpo(wild, dataset, tmp_path / "out", quiet)
    assert not (tmp_path / "out").exists()


def test_weights_that_the_last_step_ruined_are_not_published_though_its_loss_was_fine(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    wild = settings.model_copy(
        update={"learning_rate": 1e38, "trl_overrides": {"max_steps": 1, "weight_decay": 1e10}}
    )
    write_rows(dataset / "validation.jsonl", [])
    with pytest.raises(TrainingError, match="ended with weights that are not finite"):
        train_dpo(wild, dataset, tmp_path / "out", quiet)
    assert not (tmp_path / "out").exists()


def test_a_value_that_trl_refuses_is_an_error_about_the_settings(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    wrong = settings.model_copy(update={"trl_overrides": {"lr_scheduler_type": "wobbly"}})
    with pytest.raises(TrainingError, match="TRL refuses the settings"):
        train_dpo(wrong, dataset, tmp_path / "out", quiet)


def test_a_model_that_is_not_here_is_not_fetched_and_the_error_says_how_to(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    absent = settings.model_copy(update={"base_model": "no-such-org/no-such-model"})
    with pytest.raises(TrainingError, match="hf download no-such-org/no-such-model"):
        train_dpo(absent, dataset, tmp_path / "out", quiet)


def test_a_pair_longer_than_the_window_is_left_out_and_not_cut(base_model: Path) -> None:
    tokenizer = load_tokenizer(str(base_model))
    long = {**PAIRS[0], "rejected": PAIRS[0]["rejected"] + " 1" * 30}
    fitted = fitting_rows(
        [PAIRS[0], long, PAIRS[1]], ("chosen", "rejected"), tokenizer, 40, max_share=0.5
    )
    assert fitted == Fitted([PAIRS[0], PAIRS[1]], overlong=1)


def test_the_end_token_counts_as_part_of_a_completion(base_model: Path) -> None:
    tokenizer = load_tokenizer(str(base_model))
    tokens = len(tokenizer(PAIRS[0]["prompt"] + PAIRS[0]["chosen"])["input_ids"])
    fitted = fitting_rows(PAIRS[:1], ("chosen",), tokenizer, tokens + 1, max_share=1)
    assert len(fitted.rows) == 1
    with pytest.raises(TrainingError):
        fitting_rows(PAIRS[:1], ("chosen",), tokenizer, tokens, max_share=1)


def test_too_many_pairs_over_the_window_fail_and_say_how_long_they_are(base_model: Path) -> None:
    tokenizer = load_tokenizer(str(base_model))
    with pytest.raises(TrainingError, match="2 of 2 rows are longer than 10 tokens"):
        fitting_rows(PAIRS[:2], ("chosen", "rejected"), tokenizer, 10, max_share=0.5)


@pytest.fixture
def letters() -> Any:
    """A tokenizer that knows a and b alone: all else is its unknown token."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1, "b": 2, "<eos>": 3}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=words, eos_token="<eos>", unk_token="<unk>", pad_token="<eos>"
    )


def test_a_pair_whose_sides_the_tokenizer_cannot_tell_apart_is_left_out(letters: Any) -> None:
    rows: list[Row] = [
        {"prompt": "a", "chosen": "7", "rejected": "8"},
        {"prompt": "a", "chosen": "a", "rejected": "b"},
    ]
    fitted = fitting_rows(rows, ("chosen", "rejected"), letters, 64, max_share=0)
    assert fitted == Fitted(rows[1:], indistinct=1)
    with pytest.raises(TrainingError, match="does not know the characters"):
        fitting_rows(rows[:1], ("chosen", "rejected"), letters, 64, max_share=0)


@pytest.mark.parametrize("side", ["chosen", "rejected"])
def test_pairs_that_all_share_a_side_are_warned_about(side: str) -> None:
    same: list[Row] = [{**row, side: "FINAL ANSWER: 1"} for row in pairs(8)]
    (warning,) = one_sided(same)
    assert f"All 8 rows have the same {side} text" in warning
    assert one_sided(same[:7]) == [], "few rows may share a side by accident"
    assert one_sided([*same, *pairs(1)]) == []


def test_what_was_left_out_or_one_sided_is_a_warning_of_the_report(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    long = {**PAIRS[0], "chosen": PAIRS[0]["chosen"] + " 1" * 40}
    write_rows(dataset / "train.jsonl", [long, *({**p, "rejected": "no"} for p in PAIRS[:9])])
    few = settings.model_copy(update={"max_overlong_share": 0.2, "epochs": 0.2})
    report = train_dpo(few, dataset, tmp_path / "out", quiet)
    assert [warning.split(" rows ")[0] for warning in report.warnings] == ["1 of 10", "All 9"]


def test_chat_messages_without_a_chat_template_are_refused(base_model: Path) -> None:
    tokenizer = load_tokenizer(str(base_model))
    row: Row = {
        "prompt": [{"role": "user", "content": "Compute 2*3."}],
        "chosen": [{"role": "assistant", "content": "6"}],
        "rejected": [{"role": "assistant", "content": "5"}],
    }
    with pytest.raises(TrainingError, match="no chat template"):
        fitting_rows([row], ("chosen", "rejected"), tokenizer, 64, max_share=0.5)


def test_chat_messages_train_where_the_model_has_a_template(
    settings: TrainingSettings, dataset: Path, base_model: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    chatty = tmp_path / "chatty"
    tokenizer = load_tokenizer(str(base_model))
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}<eos>{% endif %}"
        "{% endfor %}"
    )
    tokenizer.save_pretrained(chatty)
    AutoModelForCausalLM.from_pretrained(base_model).save_pretrained(chatty)
    write_rows(
        dataset / "train.jsonl",
        [
            {
                "prompt": [{"role": "user", "content": pair["prompt"]}],
                "chosen": [{"role": "assistant", "content": pair["chosen"]}],
                "rejected": [{"role": "assistant", "content": pair["rejected"]}],
            }
            for pair in PAIRS[:4]
        ],
    )
    write_rows(dataset / "validation.jsonl", [])
    chat = settings.model_copy(update={"base_model": str(chatty), "epochs": 1.0})
    assert train_dpo(chat, dataset, tmp_path / "out", quiet).steps == 2


def test_a_prompt_whose_last_token_merges_with_the_completion_is_counted() -> None:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    vocabulary = {"a": 0, "b": 1, "ab": 2, "<eos>": 3}
    merging = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE(vocabulary, [("a", "b")])), eos_token="<eos>"
    )
    rows: list[Row] = [
        {"prompt": "aa", "chosen": "b", "rejected": "aa"},
        {"prompt": "bb", "chosen": "b", "rejected": "a"},
    ]
    assert fitting_rows(rows, ("chosen", "rejected"), merging, 64, max_share=0).merged == 1


def test_displacement_is_measured_against_the_base_model_on_the_same_pairs() -> None:
    points: list[dict[str, float | int]] = [
        {"step": 1, "rewards/chosen": 0.0},
        {"step": 2, "rewards/chosen": -4.0},
        {"step": 2, "eval_loss": 1.0},
    ]
    assert math.isclose(chosen_fall(points, beta=0.1) or 0.0, 40.0)
    assert chosen_fall(points, 0.1, "eval_rewards/chosen") is None
    assert chosen_fall([], beta=0.1) is None


def test_curves_hold_one_point_a_step_without_the_closing_summary() -> None:
    log = [
        {"step": 10, "loss": 0.7, "epoch": 1.0},
        {"step": 10, "eval_loss": 0.6, "eval_runtime": 3.0, "eval_logits/chosen": math.nan},
        {"step": 20, "loss": 0.5},
        {"step": 20, "train_runtime": 9.0, "train_loss": 0.6},
    ]
    assert curves(log) == [
        {"step": 10, "loss": 0.7, "epoch": 1.0, "eval_loss": 0.6},
        {"step": 20, "loss": 0.5},
    ]


def test_a_run_that_unlearns_its_chosen_answers_says_so_though_reward_accuracy_is_perfect(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    fast = settings.model_copy(update={"learning_rate": 3e-2, "epochs": 10.0})
    train_sft_control(fast, dataset, tmp_path / "knows", quiet)
    knowing = fast.model_copy(update={"base_model": str(tmp_path / "knows")})
    plain = knowing.model_copy(update={"loss_type": ["sigmoid"], "loss_weights": [1.0]})
    report = train_dpo(plain, dataset, tmp_path / "plain", quiet)
    assert report.final["rewards/accuracies"] == 1.0
    assert (report.logps_chosen_fall_per_token or 0) > settings.displacement_warning
    assert any("likelihood displacement" in warning for warning in report.warnings)
    assert "likelihood displacement" in (tmp_path / "plain" / "README.md").read_text()


def test_a_run_that_learns_its_pairs_by_heart_and_unlearns_all_others_says_so(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    fast = settings.model_copy(update={"learning_rate": 3e-2, "epochs": 10.0})
    write_rows(dataset / "sft.jsonl", SFT)
    train_sft_control(fast, dataset, tmp_path / "knows", quiet)
    knowing = fast.model_copy(update={"base_model": str(tmp_path / "knows"), "epochs": 20.0})
    write_rows(dataset / "train.jsonl", PAIRS[:3])
    write_rows(dataset / "validation.jsonl", PAIRS[3:])
    report = train_dpo(knowing, dataset, tmp_path / "heart", quiet)
    assert (report.logps_chosen_fall_per_token or 1) < settings.displacement_warning
    assert (report.validation_fall_per_token or 0) > settings.displacement_warning
    assert any("validation pairs fell" in warning for warning in report.warnings)


@pytest.mark.slow
def test_a_run_of_too_few_steps_to_log_says_which_setting_to_lower(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    seldom = settings.model_copy(update={"epochs": 1, "logging_steps": 1000})
    report = train_dpo(seldom, dataset, tmp_path / "seldom", quiet, work=tmp_path / "work")
    (warning,) = [each for each in report.warnings if "No step was logged" in each]
    assert "5 steps and training.logging_steps is 1000" in warning

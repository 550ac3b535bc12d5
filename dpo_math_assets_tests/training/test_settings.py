"""What would make a run fail late, or train a bad model in silence, is said before it starts."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.settings import (
    LOSS_TYPES,
    NAMED_FIELDS,
    TrainingSettings,
    trl_knobs,
    validate_training,
)
from dpo_math_assets_tests.training.conftest import PAIRS, SFT, write_rows


def test_a_good_dataset_and_good_settings_pass(settings: TrainingSettings, dataset: Path) -> None:
    validate_training(settings, dataset)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base_model": ""}, "base_model is empty"),
        ({"base_model": "/no/such/folder"}, "base_model is /no/such/folder: there is no such"),
        ({"loss_type": []}, "loss_type is empty"),
        ({"loss_type": ["sigmoyd"], "loss_weights": [1.0]}, "loss_type holds 'sigmoyd'"),
        ({"loss_type": ["sft"], "loss_weights": [1.0]}, "ignores the rejected answers"),
        ({"loss_type": ["sigmoid"]}, "loss_weights has 2 numbers for 1 losses"),
        ({"loss_weights": [1.0, 0.0]}, "loss_weights must be numbers above 0"),
        ({"loss_weights": [1.0, float("nan")]}, "loss_weights must be numbers above 0"),
        ({"lora_r": 8, "adapter": "dora"}, "adapter is 'dora'"),
        ({"precision": "fp8"}, "precision is 'fp8'"),
        ({"beta": float("inf")}, "beta is inf"),
        ({"trl_overrides": {"rpo_alpha": 1.0}}, "rpo_alpha, which the installed TRL"),
        ({"trl_overrides": {"beta": 0.5}}, "sets beta. Use the field beta"),
        ({"trl_overrides": {"num_train_epochs": 2}}, "Use the field epochs"),
        ({"trl_overrides": {"output_dir": "/"}}, "output_dir, which the run manages"),
        ({"trl_overrides": {"push_to_hub": True}}, "push_to_hub, which the run manages"),
    ],
)
def test_bad_settings_name_the_field_and_the_fix(
    settings: TrainingSettings, dataset: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrainingError, match=re.escape(message)):
        validate_training(settings.model_copy(update=change), dataset)


def test_a_folder_that_is_no_model_is_said_to_be_none(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"a folder without config\.json"):
        validate_training(settings.model_copy(update={"base_model": str(tmp_path)}), dataset)


GOOD = PAIRS[0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "holds no pairs"),
        ([GOOD, {**GOOD, "chosen": None}], 'line 2: field "chosen" is missing or null'),
        ([GOOD, {"prompt": "p", "chosen": "c"}], 'line 2: field "rejected" is missing or null'),
        ([{**GOOD, "rejected": " \n"}], 'line 1: field "rejected" is empty'),
        ([{**GOOD, "chosen": 14}], 'line 1: field "chosen" is not text (int)'),
        ([{**GOOD, "rejected": GOOD["chosen"]}], "line 1: chosen and rejected are the same text"),
        ([{**GOOD, "rejected": GOOD["chosen"] + " \n"}], "chosen and rejected are the same text"),
        ([GOOD, "{"], "line 2: not JSON"),
        (["[1]"], "line 1: not a JSON object"),
        ([{**GOOD, "prompt": [{"role": "user", "content": "p"}]}], "must be all plain text or"),
        ([{**GOOD, "prompt": [{"role": "user"}]}], 'field "prompt" is a list with an entry'),
    ],
)
def test_a_bad_training_row_is_named_by_file_and_line(
    settings: TrainingSettings, dataset: Path, rows: list[Any], message: str
) -> None:
    write_rows(dataset / "train.jsonl", rows)
    with pytest.raises(TrainingError, match=re.escape(message)) as caught:
        validate_training(settings, dataset)
    assert str(dataset / "train.jsonl") in str(caught.value)


def test_plain_and_chat_rows_in_one_file_are_not_trained_on(
    settings: TrainingSettings, dataset: Path
) -> None:
    chat = {
        "prompt": [{"role": "user", "content": "p"}],
        "chosen": [{"role": "assistant", "content": "c"}],
        "rejected": [{"role": "assistant", "content": "r"}],
    }
    write_rows(dataset / "train.jsonl", [GOOD, chat])
    with pytest.raises(TrainingError, match="line 2: plain text and chat messages are mixed"):
        validate_training(settings, dataset)


def test_a_line_separator_inside_a_text_does_not_split_its_row(
    settings: TrainingSettings, dataset: Path
) -> None:
    row = '{"prompt": "p\u2028q", "chosen": "c", "rejected": "r"}'
    write_rows(dataset / "train.jsonl", [row])
    validate_training(settings, dataset)


def test_a_bad_validation_row_stops_the_run_as_well(
    settings: TrainingSettings, dataset: Path
) -> None:
    write_rows(dataset / "validation.jsonl", [{**GOOD, "chosen": None}])
    with pytest.raises(TrainingError, match=r"validation\.jsonl, line 1"):
        validate_training(settings, dataset)


def test_an_absent_dataset_says_which_file_is_missing(
    settings: TrainingSettings, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"train\.jsonl does not exist"):
        validate_training(settings, tmp_path)


def test_the_control_needs_its_data_only_where_it_is_wanted(
    settings: TrainingSettings, dataset: Path
) -> None:
    write_rows(dataset / "sft.jsonl", [])
    with pytest.raises(TrainingError, match=r"sft\.jsonl holds no completions"):
        validate_training(settings, dataset)
    validate_training(settings.model_copy(update={"sft_control": False}), dataset)
    write_rows(dataset / "sft.jsonl", [{**SFT[0], "completion": None}])
    with pytest.raises(TrainingError, match='line 1: field "completion" is missing or null'):
        validate_training(settings, dataset)


def test_every_loss_of_the_installed_trl_can_be_chosen() -> None:
    spec = find_spec("trl")
    assert spec is not None and spec.origin is not None
    source = Path(spec.origin).parent / "trainer" / "dpo_trainer.py"
    known = re.findall(r'if loss_type == "(\w+)"', source.read_text(encoding="utf-8"))
    assert set(known) == LOSS_TYPES


def test_fields_of_ours_stand_for_knobs_that_trl_really_has() -> None:
    knobs = trl_knobs()
    assert set(NAMED_FIELDS) <= knobs["shared"] | knobs["dpo"]
    assert set(NAMED_FIELDS.values()) <= set(TrainingSettings.model_fields)


def test_checks_import_nothing_heavy(dataset: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from dpo_math_assets.training.settings import TrainingSettings, validate_training\n"
        "settings = TrainingSettings(base_model='org/model', trl_overrides={'warmup_steps': 5})\n"
        f"validate_training(settings, Path({str(dataset)!r}))\n"
        "heavy = {'torch', 'trl', 'transformers', 'datasets'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

"""Models whose code would leave a mark if it ran, in every place that loads a model."""

import ast
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import dpo_math_assets
from dpo_math_assets.errors import EvaluationError, TrainingError
from dpo_math_assets.evaluation.generation import LocalModel
from dpo_math_assets.evaluation.settings import SamplingSettings
from dpo_math_assets.training.dpo import train_dpo
from dpo_math_assets.training.model_code import code_revision, loading, runs_code
from dpo_math_assets.training.models import context_window, identity, load_tokenizer
from dpo_math_assets.training.settings import TrainingSettings, validate_training
from dpo_math_assets.training.sft import train_sft_control

CODE = """
from pathlib import Path

Path({mark!r}).touch()

from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast


class MarkingConfig(LlamaConfig):
    model_type = "marking"


class MarkingModel(LlamaForCausalLM):
    config_class = MarkingConfig


class MarkingTokenizer(PreTrainedTokenizerFast):
    pass
"""
CONFIG_MAP = {
    "AutoConfig": "marking.MarkingConfig",
    "AutoModelForCausalLM": "marking.MarkingModel",
}
TOKENIZER_MAP = {"AutoTokenizer": [None, "marking.MarkingTokenizer"]}


def quiet(_: dict[str, float | int | str]) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


@pytest.fixture(autouse=True)
def yes_on_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Whoever asks anything is told yes."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n" * 100))
    monkeypatch.setattr(
        "transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules")
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in [name for name in sys.modules if name.startswith("transformers_modules")]:
        del sys.modules[name]


def changed(file: Path, **fields: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


@pytest.fixture
def marking(base_model: Path, tmp_path: Path, mark: Path) -> Callable[..., Path]:
    """Makes a copy of the base model with code of its own; `parts` name what needs it."""

    def make(*parts: str) -> Path:
        folder = tmp_path / "marking-model"
        shutil.copytree(base_model, folder)
        (folder / "marking.py").write_text(CODE.format(mark=str(mark)))
        if "model" in parts:
            kind, name = "marking", ["MarkingModel"]
            changed(
                folder / "config.json", auto_map=CONFIG_MAP, model_type=kind, architectures=name
            )
        if "native" in parts:
            changed(folder / "config.json", auto_map=CONFIG_MAP)
        if "tokenizer" in parts:
            name = "MarkingTokenizer"
            changed(folder / "tokenizer_config.json", auto_map=TOKENIZER_MAP, tokenizer_class=name)
        return folder

    return make


def sampled(settings: TrainingSettings, run_code_of: str = "") -> LocalModel:
    return LocalModel(settings.base_model, SamplingSettings(), run_code_of)


def test_transformers_alone_would_run_the_code_for_a_y_on_standard_input(
    marking: Callable[..., Path], mark: Path
) -> None:
    from transformers import AutoConfig

    AutoConfig.from_pretrained(marking("model"))
    assert mark.exists()


PLACES: dict[str, Callable[[TrainingSettings, Path, Path], Any]] = {
    "training": lambda settings, data, out: train_dpo(settings, data, out, quiet),
    "control": lambda settings, data, out: train_sft_control(settings, data, out, quiet),
    "adapters": lambda settings, data, out: train_dpo(
        settings.model_copy(update={"adapter": "lora"}), data, out, quiet
    ),
    "tokenizer": lambda settings, data, out: load_tokenizer(settings.base_model),
    "window": lambda settings, data, out: context_window(settings.base_model),
    "sampling": lambda settings, data, out: sampled(settings),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("part", ["model", "tokenizer"])
def test_a_model_that_needs_its_own_code_is_refused_unrun_with_what_to_do(
    place: str,
    part: str,
    marking: Callable[..., Path],
    mark: Path,
    settings: TrainingSettings,
    dataset: Path,
    tmp_path: Path,
) -> None:
    folder = marking(part)
    chosen = settings.model_copy(update={"base_model": str(folder), "epochs": 0.2})
    # The tokenizer's code matters to no configuration, and transformers has a class for any
    # tokenizer: what it can load without the code may load.
    try:
        PLACES[place](chosen, dataset, tmp_path / "out")
    except (TrainingError, EvaluationError) as refusal:
        assert f"training.run_code_of to {folder}@{code_revision(str(folder))}" in str(refusal)
    else:
        assert part == "tokenizer" or place == "tokenizer"
    assert not mark.exists()


@pytest.mark.parametrize("place", PLACES)
def test_a_model_that_loads_without_its_code_does_so(
    place: str,
    marking: Callable[..., Path],
    mark: Path,
    settings: TrainingSettings,
    dataset: Path,
    tmp_path: Path,
) -> None:
    folder = marking("native")
    chosen = settings.model_copy(update={"base_model": str(folder), "epochs": 0.2})
    PLACES[place](chosen, dataset, tmp_path / "out")
    assert not mark.exists()


def test_weights_that_are_a_pickle_run_nothing(
    base_model: Path, mark: Path, settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(base_model, folder)
    (folder / "model.safetensors").unlink()
    # As pickle would write it: call Path(mark).touch().
    script = (
        "import pathlib, sys, torch\n"
        "class Mark:\n"
        "    def __reduce__(self):\n"
        f"        return (pathlib.Path.touch, (pathlib.Path({str(mark)!r}),))\n"
        "torch.save({'model.norm.weight': Mark()}, sys.argv[1])\n"
    )
    subprocess.run([sys.executable, "-c", script, folder / "pytorch_model.bin"], check=True)
    chosen = settings.model_copy(update={"base_model": str(folder)})
    for run in (PLACES["training"], PLACES["sampling"]):
        with pytest.raises(Exception):  # noqa: B017 - whose error it is matters to nobody here
            run(chosen, dataset, tmp_path / "out")
    assert not mark.exists()


@pytest.mark.parametrize("adapter", ["none", "lora"])
def test_the_named_code_runs_in_training_and_in_sampling_what_came_of_it(
    adapter: str,
    marking: Callable[..., Path],
    mark: Path,
    settings: TrainingSettings,
    dataset: Path,
    tmp_path: Path,
) -> None:
    folder = marking("model", "tokenizer")
    named = f"{folder}@{code_revision(str(folder))}"
    chosen = settings.model_copy(
        update={"base_model": str(folder), "run_code_of": named, "epochs": 0.2, "adapter": adapter}
    )
    out = tmp_path / "out"
    train_dpo(chosen, dataset, out, quiet)
    assert mark.exists()
    assert code_revision(str(out)) == code_revision(str(folder))
    trained = chosen.model_copy(update={"base_model": str(out)})
    assert sampled(trained, named).model.config.model_type == "marking"
    mark.unlink()
    with pytest.raises(EvaluationError, match="run_code_of"):
        sampled(trained)
    assert not mark.exists()


def test_code_that_changed_since_it_was_named_does_not_run(
    marking: Callable[..., Path], mark: Path, settings: TrainingSettings, dataset: Path
) -> None:
    folder = marking("model")
    named = f"{folder}@{code_revision(str(folder))}"
    before = identity(str(folder))
    with (folder / "marking.py").open("a") as file:
        file.write("# read by nobody\n")
    assert identity(str(folder)) != before, "samples of the old code would be taken for the new"
    chosen = settings.model_copy(update={"base_model": str(folder), "run_code_of": named})
    with pytest.raises(TrainingError, match=f"and {folder} holds {code_revision(str(folder))}"):
        PLACES["training"](chosen, dataset, folder.with_name("out"))
    assert not mark.exists()


def test_code_of_another_repository_is_not_run_by_naming_this_one(
    marking: Callable[..., Path],
) -> None:
    folder = marking("model")
    elsewhere = {"AutoConfig": "someone/else--marking.MarkingConfig"}
    changed(folder / "config.json", auto_map=elsewhere)
    with pytest.raises(TrainingError, match="takes code from someone/else--marking"):
        runs_code(str(folder), f"{folder}@{code_revision(str(folder))}")


def test_another_model_with_the_same_code_is_not_the_named_one(
    marking: Callable[..., Path], tmp_path: Path
) -> None:
    folder = marking("model")
    named = f"{folder}@{code_revision(str(folder))}"
    assert runs_code(str(folder), named)
    shutil.copytree(folder, tmp_path / "copy")
    assert not runs_code(str(tmp_path / "copy"), named)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"trust_remote_code": True}, "trust_remote_code, which the run manages"),
        ({"model_init_kwargs": {"trust_remote_code": True}}, "training.run_code_of names"),
        ({"model_init_kwargs": {"allow_all_kernels": True}}, "training.run_code_of names"),
        ({"model_init_kwargs": '{"trust_remote_code": true}'}, "Write it as"),
    ],
)
def test_overrides_cannot_let_a_model_s_code_run(
    overrides: dict[str, Any], told: str, settings: TrainingSettings, dataset: Path
) -> None:
    with pytest.raises(TrainingError, match=told):
        validate_training(settings.model_copy(update={"trl_overrides": overrides}), dataset)


def test_overrides_of_how_the_model_loads_still_count(
    settings: TrainingSettings, dataset: Path, tmp_path: Path
) -> None:
    overrides = {**settings.trl_overrides, "model_init_kwargs": {"dtype": "bfloat16"}}
    chosen = settings.model_copy(update={"trl_overrides": overrides, "epochs": 0.2})
    train_dpo(chosen, dataset, tmp_path / "out", quiet)
    assert json.loads((tmp_path / "out/config.json").read_text())["dtype"] == "bfloat16"


@pytest.mark.parametrize("text", ["yes", "/model", "/model@main", "@" + "0" * 64])
def test_a_setting_without_a_pinned_revision_is_an_error(text: str) -> None:
    with pytest.raises(ValidationError, match="is not MODEL@REVISION"):
        TrainingSettings(run_code_of=text)


def test_whoever_asks_while_a_model_loads_is_told_nothing() -> None:
    with loading("a/hub-id") as arguments, pytest.raises(EOFError):
        input()
    assert arguments == {"trust_remote_code": False}
    assert input() == "y"


def test_every_load_of_a_model_is_inside_of_loading() -> None:
    package = Path(dpo_math_assets.__file__).parent
    loads, guarded = [], []
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        loads += [(path.name, node.lineno) for node in ast.walk(tree) if _loads(node)]
        for block in ast.walk(tree):
            if isinstance(block, ast.With) and any(
                "loading(" in ast.unparse(item.context_expr) for item in block.items
            ):
                guarded += [(path.name, node.lineno) for node in ast.walk(block) if _loads(node)]
    assert len(loads) >= 8
    assert sorted(loads) == sorted(guarded)


def _loads(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "from_pretrained"
    )

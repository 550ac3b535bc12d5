"""Code that a model's folder brings along (`auto_map`, `*.py`), which runs only by a setting.

transformers would ask on standard input whether to run such code, and a `y` that stands there for
something else would be the answer. So every load passes `trust_remote_code` and has no standard
input. True it is only for the folder that `run_code_of` names, with the very code that it names,
and for a model trained from that one, which carries the same code.
"""

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dpo_math_assets.errors import TrainingError

RUN_CODE_OF = re.compile(r"(?P<model>.+)@(?P<revision>[0-9a-f]{64})")
# What in `model_init_kwargs` of TRL would run code that comes with a model, or from the hub.
CODE_ARGUMENTS = frozenset({"trust_remote_code", "code_revision", "allow_all_kernels"})


@contextmanager
def loading(model: str, run_code_of: str = "") -> Iterator[dict[str, Any]]:
    """The arguments that every load of this model takes; nothing can ask while it loads.

    Raises TrainingError where `run_code_of` names the model and its code is not what it names.
    """
    arguments = {"trust_remote_code": runs_code(model, run_code_of)}
    with Path(os.devnull).open() as nothing:
        before, sys.stdin = sys.stdin, nothing
        try:
            yield arguments
        finally:
            sys.stdin = before


def code_files(folder: Path) -> list[Path]:
    """The Python files of a model's folder, in order."""
    return sorted(folder.rglob("*.py"))


def code_revision(model: str) -> str | None:
    """64 hex digits over the names and contents of a folder's Python files; None where none is."""
    folder = Path(model)
    files = code_files(folder) if folder.is_dir() else []
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).digest()
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + content)
    return digest.hexdigest() if files else None


def runs_code(model: str, run_code_of: str) -> bool:
    """Whether the model's own code may run."""
    if not run_code_of:
        return False
    named, revision = split_setting(run_code_of)
    present = code_revision(model)
    if present is None or named not in (model, _trained_from(model)):
        return False
    if present != revision:
        raise TrainingError(
            f"run_code_of names the code {revision} of {named}, and {model} holds {present}. Read "
            "its Python files, then name what they are now."
        )
    if elsewhere := _code_elsewhere(Path(model)):
        raise TrainingError(
            f"{model} takes code from {elsewhere}, which no revision of this folder pins. Put that "
            "code into the folder."
        )
    return True


def split_setting(run_code_of: str) -> tuple[str, str]:
    """Model and revision of the setting. Raises ValueError where it is not MODEL@REVISION."""
    found = RUN_CODE_OF.fullmatch(run_code_of)
    if found is None:
        raise ValueError(
            f"{run_code_of!r} is not MODEL@REVISION: a folder, and the 64 digits that the refusal "
            "to run its code names"
        )
    return found["model"], found["revision"]


def code_remedy(model: str) -> str:
    """What to do where a model that brings code does not load without it; empty for others."""
    revision = code_revision(model)
    if revision is None:
        return ""
    return (
        " The folder brings Python code, which is not run. If the model needs it and you have read "
        f"it, set training.run_code_of to {model}@{revision}."
    )


def carry_code(model: str, run_code_of: str, out: Path) -> None:
    """Put the code of a model that may run it, and no other, beside what was trained from it."""
    if runs_code(model, run_code_of):
        for copy in code_files(out):  # those that saving left, beside the adapters too
            copy.unlink()
        for file in code_files(Path(model)):
            target = out / file.relative_to(model)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


def _trained_from(model: str) -> str | None:
    """The base model that a trained model's manifest names."""
    try:
        manifest = json.loads((Path(model) / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    named = manifest.get("base_model") if isinstance(manifest, dict) else None
    return named if isinstance(named, str) else None


def _code_elsewhere(folder: Path) -> str | None:
    """A reference to another repository's code (`owner/name--module.Class`) in the folder."""
    for file in sorted(folder.glob("*config.json")):
        try:
            auto_map = json.loads(file.read_text(encoding="utf-8")).get("auto_map", {})
        except (OSError, ValueError, AttributeError):
            continue  # what cannot be read is refused when it is loaded
        for reference in re.findall(r'"([^"]+--[^"]+)"', json.dumps(auto_map)):
            return str(reference)
    return None

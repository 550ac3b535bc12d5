"""A stage over many exports: one that fails keeps no other from its work.

An export at which the process dies again and again is passed over in the end (`attempts`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dpo_math_assets.attempts import Attempts
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.stages.artifacts import CLEANED, PAIRS, RAW
from dpo_math_assets.stages.up_to_date import versions
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import digest

Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """What came of one export: a result, the words of a failure, or neither where it is left out.

    `unforeseen` is the error itself where it may be a mistake in the program.
    """

    key: str
    result: Result | None = None
    failure: str | None = None
    unforeseen: Exception | None = None


def each_export(
    workspace: Workspace, asset: str, keys: Sequence[str], work: Callable[[str], Result]
) -> Iterator[Outcome[Result]]:
    """Do the work of every export in order, and yield what came of each.

    Those of `left_out` (see `LandingArea.left_out`) are passed over, and count for nothing. Raises
    DpoMathError at the end where all the others failed.
    """
    left_out = set(workspace.landing.left_out())
    tries = attempts(workspace, asset)
    failures = {}
    for key in keys:
        if key in left_out:
            yield Outcome(key)
            continue
        try:
            with tries.begun(key):
                outcome = Outcome(key, work(key))
        except DpoMathError as error:
            outcome = Outcome(key, failure=str(error))
        except Exception as error:  # whatever it is, it is this export's
            outcome = Outcome(key, failure=_unforeseen(key, error), unforeseen=error)
        if outcome.failure is not None:
            failures[key] = outcome.failure
        yield outcome
    if failures and len(failures) == len(set(keys) - left_out):
        raise DpoMathError("\n".join(failures.values()))


def _unforeseen(key: str, error: Exception) -> str:
    return (
        f"{key}: {type(error).__name__}: {error}. Nothing foresees this, so it may be a mistake in "
        "the program: please report it with the traceback in this run's log. To do without this "
        "export, name it in intake.left_out of settings.yaml."
    )


def attempts(workspace: Workspace, asset: str) -> Attempts:
    """Which partitions of an asset a process died at; forgotten when what made them changes."""
    exports = workspace.landing.partitions()
    shared = [workspace.settings.model_dump(), versions(workspace)]

    def made_of(key: str) -> str:
        export = exports.get(key)
        return digest([export.fingerprint if export else None, shared])

    return Attempts(workspace.store.root / "attempts" / asset, made_of)


def progress(workspace: Workspace, keys: Iterable[str]) -> list[Any]:
    """How far exports have come, as a JSON value.

    It differs after a run that did anything for one of them, be it that it died there.
    """
    assets = [(asset, attempts(workspace, asset)) for asset in (RAW, CLEANED, PAIRS)]
    done = []
    for key in keys:
        for asset, tries in assets:
            record = workspace.store.record(asset, key)
            done.append([key, record and record["inputs"], tries.deaths(key)])
    return done

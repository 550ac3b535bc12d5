"""One completion judged: extract the final answer, compare it with the gold, by a deadline.

Nothing here raises for any text: what overruns its deadline is `timeout`, and a fault of ours is
`worker_crashed`, with the log saying more. Where the machine cannot run workers at all, frames are
told so (MachineError); a single answer is `worker_crashed`.
"""

import logging
import re
import time
from typing import Protocol

from dpo_math_assets.errors import MachineError
from dpo_math_assets.verifier.algebra.budget import DeadlineExceededError, within
from dpo_math_assets.verifier.conventions import Conventions, version_of
from dpo_math_assets.verifier.equivalence.equality import equality_under
from dpo_math_assets.verifier.equivalence.outcome import Comparison, SymbolicEqual
from dpo_math_assets.verifier.equivalence.texts import (
    NAMED_PARTS,
    AnswerText,
    compare_readings,
    plain_numbers,
)
from dpo_math_assets.verifier.extraction.candidate import Extraction
from dpo_math_assets.verifier.extraction.extract import extract as extract_answer
from dpo_math_assets.verifier.extraction.extract import number_alone, split_boxes
from dpo_math_assets.verifier.extraction.markers import finders_with
from dpo_math_assets.verifier.extraction.options import with_option
from dpo_math_assets.verifier.runtime.worker_pool import shared_pool
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.trace import applied, is_recording
from dpo_math_assets.verifier.verdict import NO_ANSWER, Verdict

# A final answer, or why there is none.
Extracted = tuple[str | None, str | None]

_DEFAULT = Conventions()

_NO_ANSWER = re.compile(NO_ANSWER)

FAULT = "the verifier failed at %s, which is undecided: a mistake of the program, please report it"

log = logging.getLogger(__name__)


class Pool(Protocol):
    """What answers the hard questions: `worker_pool.WorkerPool`."""

    def equal(self, a: Node, b: Node, deadline_s: float) -> str:
        """`equal`, `different`, `unknown`, `timeout`, `too_large` or `worker_crashed`.

        Raises MachineError where no worker can be started.
        """
        ...


def verify(
    candidate: str | None,
    ground_truth: str | None,
    conventions: Conventions = _DEFAULT,
    *,
    prompt: str | None = None,
    pool: Pool | None = None,
    timeout_s: float = 5.0,
) -> Verdict:
    """The verdict on a completion, in at most about `timeout_s` seconds. Never raises for any text.

    `prompt` is the question: where it lists options, a lone letter is the option that it names.
    Without `pool`, the process's shared pool answers what only SymPy can; it starts a worker with
    the first such row.
    """
    end = time.monotonic() + timeout_s
    version = version_of(conventions)
    if not candidate or not candidate.strip() or not ground_truth or _NO_ANSWER.match(ground_truth):
        return Verdict("undecided", "missing_inputs", None, None, version)
    answer, refusal = extracted(candidate, conventions, timeout_s)
    if answer is None:
        return Verdict("undecided", refusal or "no_final_answer", None, None, version)
    left = end - time.monotonic()
    sides = with_option(answer, prompt), with_option(ground_truth, prompt)
    try:
        verdict, reason, method = compared(*sides, conventions, pool or shared_pool(), left)
    except MachineError as error:
        log.error("%s", error)
        verdict, reason, method = "undecided", "worker_crashed", None
    return Verdict(verdict, reason, method, answer, version)


def extract(candidate: str, conventions: Conventions = _DEFAULT) -> Extraction:
    """The final answer of a completion."""
    return number_alone(candidate) or _extract(candidate, conventions)


def _extract(candidate: str, conventions: Conventions) -> Extraction:
    with conventions.in_force():
        finders = finders_with(conventions.markers)
        return extract_answer(candidate, equality_under(conventions), finders, conventions.thoughts)


def compare(
    extracted: str,
    ground_truth: str,
    conventions: Conventions | None = None,
    pool: Pool | None = None,
    timeout_s: float = 5.0,
    *,
    prompt: str | None = None,
) -> Comparison:
    """(verdict, reason, method) of a final answer against a gold answer, neither empty.

    `prompt` is the question, whose options lone letters name. Without a pool, what only SymPy
    could settle is undecided; with one, SymPy has `timeout_s`.
    """
    symbolic = _Remaining(pool, timeout_s).equal if pool else None
    sides = with_option(extracted, prompt), with_option(ground_truth, prompt)
    return compare_with(*sides, conventions or _DEFAULT, symbolic)


def compare_with(
    extracted: str, ground_truth: str, conventions: Conventions, symbolic: SymbolicEqual | None
) -> Comparison:
    """What `compare` gives, where `symbolic` asks SymPy."""
    with conventions.in_force():
        outcome = plain_numbers(extracted, ground_truth)
        if outcome is None:
            gold = _stated(ground_truth, conventions)
            outcome = compare_readings(
                _readings(_stated(extracted, conventions)), gold, conventions, symbolic
            )
    if outcome.state == "different":
        applied("witness.parts", *(outcome.witness or (extracted, ground_truth)))
    return outcome.comparison()


# A box that is part of a formula, of which either may be asked for: `y \\geq \\boxed{4}`.
_PART = re.compile(r"([^{}]*)\\boxed\{([^{}]*)\}([^{}]*(?:\{\d+\})?)")


def _readings(answer: AnswerText) -> tuple[AnswerText, ...]:
    """The formula around a box, and what is in the box; or the answer alone."""
    part = _PART.fullmatch(answer.text)
    if part is None or answer.boxes or not (part[1] + part[3]).strip():
        return (answer,)
    return AnswerText("".join(part.groups())), AnswerText(part[2])


# Only a text with one of these may be more than its answer.
_MARKERS = ("inal answer", "inal Answer", "INAL ANSWER", "nswer is")


def _stated(text: str, conventions: Conventions) -> AnswerText:
    """The answer in a text that may be a whole solution: behind a marker, or all of it."""
    named_parts = NAMED_PARTS in text and text.startswith("\\boxed")
    named = "nswer" in text or "ANSWER" in text
    marked = (named and any(map(text.__contains__, _MARKERS))) or "boxed" in text or "####" in text
    if marked and not named_parts:
        text = extract(text, conventions).answer or text
    if "\\boxed" not in text and "\\fbox" not in text:
        return AnswerText(text)
    return AnswerText(text, tuple(split_boxes(text, equality_under(conventions))))


def extracted(candidate: str, conventions: Conventions, timeout_s: float) -> Extracted:
    """The final answer of a completion, or the reason there is none."""
    if alone := number_alone(candidate):
        return alone.answer, None
    try:
        with within(timeout_s):
            found = _extract(candidate, conventions)
    except DeadlineExceededError:
        return None, "timeout"
    except Exception:
        log.exception(FAULT, f"a completion of {len(candidate)} characters")
        return None, "worker_crashed"
    return found.answer, found.reason


def compared(
    answer: str, gold: str, conventions: Conventions, pool: Pool, timeout_s: float
) -> Comparison:
    """Verdict, reason and method of a pair; all its questions to the pool share the deadline.

    Raises MachineError where they need a worker and none can be started.
    """
    if (plain := plain_numbers(answer, gold)) and not is_recording():  # takes no time at all
        return plain.comparison()
    try:
        with within(timeout_s):
            return compare_with(answer, gold, conventions, _Remaining(pool, timeout_s).equal)
    except MachineError:
        raise
    except DeadlineExceededError:
        return "undecided", "timeout", None
    except Exception:
        log.exception(FAULT, f"an answer and a gold of {len(answer)} and {len(gold)} characters")
        return "undecided", "worker_crashed", None


class _Remaining:
    """A pool for one row: all its questions together may take `timeout_s`."""

    def __init__(self, pool: Pool, timeout_s: float) -> None:
        self.pool = pool
        self.end = time.monotonic() + timeout_s

    def equal(self, a: Node, b: Node) -> str:
        left = self.end - time.monotonic()
        return self.pool.equal(a, b, left) if left > 0 else "timeout"

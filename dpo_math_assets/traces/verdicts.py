"""What a logged verdict means: booleans in disguise, and reasons that say nothing of the answer.

Nothing here decides whether an answer is right; the verifier does that. These rules only keep a
log's own words from being counted as more than they are.

| logged value | meaning |
| --- | --- |
| `true`, `1`, `1.0` | right |
| `false`, `0`, `0.0` | wrong |
| text, case and outer space ignored: `true t yes y 1 1.0 pass passed right correct` | right |
| text: `false f no n 0 0.0 fail failed wrong incorrect` | wrong |
| everything else: null, empty text, `2`, `-1`, lists, objects, other text | no verdict |
"""

import re

_RIGHT = frozenset(["true", "t", "yes", "y", "1", "1.0", "pass", "passed", "right", "correct"])
_WRONG = frozenset(["false", "f", "no", "n", "0", "0.0", "fail", "failed", "wrong", "incorrect"])

# The check could not run, so its `ok: false` is no statement about the answer.
_INFRASTRUCTURE = re.compile(
    r"""(?: python_checker_disabled
          | spawn_error (?: : .* )?
          | python_exit_ .*
          | parse_error (?: : .* )?
          | sympy_import_error (?: : .* )?
          | bad_payload
          | missing_inputs
          | pattern\ not\ recognized .*          # math.word.verify knows one wording of one problem
          | mismatch\ expected=.*\ got=NaN       # math.sum.verify beside a solver without a total
          | mismatch\ expected=NaN\ .*
        )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)

# No check was made, or the checker itself could not tell; the logged `ok` is a default.
_NO_VERDICT = re.compile(
    r"""(?: no\ verifier
          | sympy\ verifier\ placeholder\ (?: pass | fail ) \.?
          | parse_failed (?: : .* )?
          | sympy_exception (?: : .* )?
        )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def logged_verdict(value: object) -> bool | None:
    """The logged value as right, wrong or, where it is neither for certain, None."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return True if value == 1 else False if value == 0 else None
    if isinstance(value, str):
        word = value.strip().casefold()
        return True if word in _RIGHT else False if word in _WRONG else None
    return None


def is_infrastructure_failure(reason: str | None) -> bool:
    """Whether the reason says that the check failed and not the solver."""
    return reason is not None and _INFRASTRUCTURE.fullmatch(reason.strip()) is not None


def is_no_verdict(reason: str | None) -> bool:
    """Whether the reason says that nothing was checked, or that the check could not tell."""
    return reason is not None and _NO_VERDICT.fullmatch(reason.strip()) is not None


def says_nothing(reason: str | None) -> bool:
    """Whether the verdict that was logged with this reason is to be ignored."""
    return is_infrastructure_failure(reason) or is_no_verdict(reason)

"""Does a function take time in proportion to its text? Every public one that takes a text is asked.

A function is found by its signature: its first parameter is a `str`, and it needs no other. It is
timed on a repeated unit and on eight times as much; time that grows as n to the power of `MOST` or
faster, measured again and again, is a finding. A limit (VerifierLimitError) is an answer too.
"""

import importlib
import inspect
import math
import pkgutil
import random
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

PLACES = (
    "dpo_math_assets.verifier.extraction",
    "dpo_math_assets.verifier.syntax",
    "dpo_math_assets.verifier.runtime.pipeline",
    "dpo_math_assets.traces.prompts",
    "dpo_math_assets.traces.wrapping",
    "dpo_math_assets.pairs.split",
    "dpo_math_assets.pairs.decontamination",
)
MOST = 1.3
FACTOR = 8
# Lengths of the short text: below the limits of the grammar, and far beyond them.
LENGTHS = (500, 4_000)
# A long text that is done sooner than this shows nothing.
LEAST_S = 0.02
TRIES = 6

PARTS = [
    *("x", "1", " ", "\n", "(", ")", "{", "}", "[", "]", "$", "\\", "^", "_", ",", ".", "=", "-"),
    *(
        "\\frac",
        "\\boxed{",
        "\\text{",
        "\\left(",
        "####",
        "Final answer: ",
        "answer is ",
        "**",
        "`",
    ),
    *("<think>", "</think>", "1/2", "-3", "10^", "sqrt(", "and ", "or ", "not ", "wait, ", "Q: "),
    *("\\begin{matrix}", "\\end{matrix}", "&", "\\\\", '{"answer": ', '"', "≤", "π", "½", "́", "٣"),
    *(
        "so ",
        "the ",
        "km/h ",
        "hundred ",
        "x1",
        "a.b",
        "!",
        "'",
        "|",
        "`",
        "<",
        ">",
        ":",
        ";",
        "%",
        "~",
    ),
]


class Finding(NamedTuple):
    """A function that takes more than linear time, and a unit on which it does."""

    function: str
    unit: str
    power: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.function} takes n^{self.power:.2f} on {self.unit!r} repeated "
            f"({self.seconds:.2f} s)"
        )


def functions() -> dict[str, Callable[[str], Any]]:
    """The public functions of `PLACES` that take a text and need nothing else."""
    found = {}
    for module in _modules():
        for name, value in sorted(vars(module).items()):
            if (
                not name.startswith("_")
                and inspect.isfunction(value)
                and value.__module__ == module.__name__
                and _takes_a_text(value)
            ):
                found[f"{module.__name__.removeprefix('dpo_math_assets.')}.{name}"] = value
    return found


def _modules() -> Iterator[ModuleType]:
    for place in PLACES:
        module = importlib.import_module(place)
        yield module
        for below in pkgutil.walk_packages(getattr(module, "__path__", []), f"{place}."):
            yield importlib.import_module(below.name)


def _takes_a_text(function: Callable[..., Any]) -> bool:
    parameters = list(inspect.signature(function).parameters.values())
    return (
        bool(parameters)
        and parameters[0].annotation in (str, "str")
        and all(each.default is not inspect.Parameter.empty for each in parameters[1:])
    )


def unit(source: random.Random) -> str:
    """A text to repeat: up to four parts."""
    return "".join(source.choice(PARTS) for _ in range(source.randint(1, 4)))


def seconds(function: Callable[[str], Any], text: str) -> float:
    """The processor time of a call, with all that comes out of it."""
    begun = time.process_time()
    try:
        result = function(text)
        if inspect.isgenerator(result):
            for _ in result:
                pass
    except Exception:
        pass  # a limit, or no text of the kind that the function is for
    return time.process_time() - begun


def finding(name: str, function: Callable[[str], Any], repeated: str) -> Finding | None:
    """What is found of a function on a unit, if anything; minima of several runs decide."""
    for length in LENGTHS:
        short = repeated * max(1, length // len(repeated))
        long = repeated * (len(short) // len(repeated) * FACTOR)
        least_short, least_long = math.inf, math.inf
        for _ in range(TRIES):
            least_long = min(least_long, seconds(function, long))
            if least_long < LEAST_S:
                break
            least_short = min(least_short, seconds(function, short))
            power = math.log(least_long / max(least_short, LEAST_S / FACTOR**2), FACTOR)
            if power < MOST:
                break
        else:
            return Finding(name, repeated, power, least_long)
    return None

"""Random expressions with functions that vanish, step or run over a range, and their near misses.

What is true of a pair is counted out over small integers, and not asked of the verifier.
"""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.verifier import verify
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.syntax.parser import parse
from dpo_math_assets.verifier.syntax.trees import free_symbols

_SMALL = st.integers(1, 9)
# Templates of what is easily taken for something else; each number is mutated by itself.
_TEMPLATES = st.sampled_from(
    [
        "\\binom{{{0}}}{{n+{1}}}",
        "\\binom{{n}}{{{0}}}+{1}",
        "\\binom{{n+{0}}}{{k}}",
        "\\binom{{{0}}}{{n}}\\binom{{n}}{{{1}}}",
        "\\lfloor \\frac{{n+{0}}}{{{1}}} \\rfloor",
        "\\lfloor \\frac{{n}}{{{0}{1}0}} \\rfloor",
        "\\lceil \\frac{{{0}n}}{{{1}}} \\rceil",
        "\\sum_{{k=1}}^{{n}} (k-{0})(k-{1})",
        "\\sum_{{k={0}}}^{{n}} k^{1}",
        "\\sum_{{k=1}}^{{n}} \\lfloor \\frac{{k}}{{{0}}} \\rfloor + {1}",
        "\\prod_{{k=1}}^{{n}} (k-{0}) + {1}",
        "\\prod_{{k=1}}^{{{0}}} (n-k)",
        "\\frac{{(n+{0})!}}{{n!}}",
        "n \\bmod {0} + {1}",
        "\\gcd(n, {0}{1})",
        "\\max(n, {0}{1})",
        "(-1)^{{n+{0}}} + {1}",
    ]
)


def _values(text: str) -> list[object]:
    """The values for small integers; None where there is none."""
    node = parse(text)
    names = sorted(free_symbols(node) | {"n"})
    choices = product(range(1, 24), repeat=len(names))
    return [exact(node, dict(zip(names, values, strict=True))) for values in choices]


def _differ(one: str, other: str) -> bool:
    """Whether both have values somewhere, and these are not the same."""
    pairs = zip(_values(one), _values(other), strict=True)
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


@settings(max_examples=150, deadline=None)
@given(_TEMPLATES, _SMALL, _SMALL, st.sampled_from([(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1)]))
def test_a_near_miss_is_never_passed(
    template: str, first: int, second: int, change: tuple[int, int]
) -> None:
    one = template.format(first, second)
    other = template.format(max(0, first + change[0]), max(0, second + change[1]))
    if one != other and _differ(one, other):
        assert verify(one, other).verdict != "correct"
        assert verify(other, one).verdict != "correct"


@settings(max_examples=60, deadline=None)
@given(_TEMPLATES, _SMALL, _SMALL, st.integers(-3, 3))
def test_nothing_that_has_other_values_passes_for_a_constant(
    template: str, first: int, second: int, constant: int
) -> None:
    one = template.format(first, second)
    if _differ(one, str(constant)):
        assert verify(one, str(constant)).verdict != "correct"

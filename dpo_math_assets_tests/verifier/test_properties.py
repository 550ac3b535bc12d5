"""Properties: answers equal by construction are never wrong, near misses never pass.

Expressions are built from positive integers and letters with sums, products and powers, so each is
a polynomial that grows strictly with every number in it: raising one number changes its value.
"""

import string
from dataclasses import dataclass
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier import compare, extract, verify
from dpo_math_assets.verifier.extraction.prefilter import decisive_parts
from dpo_math_assets.verifier.syntax.normalization import normalise
from dpo_math_assets.verifier.syntax.parser import ParseError, parse

pytestmark = pytest.mark.slow

# Deadlines would be timed tests; the profile of a loaded machine must not fail them.
relaxed = settings(deadline=None, max_examples=150)

LETTERS = "abcknmxyz"


@dataclass(frozen=True)
class Leaf:
    """A number or a letter."""

    value: int | str


@dataclass(frozen=True)
class Op:
    """`+`, `*` or `^` of two trees; the exponent of `^` is a number."""

    sign: str
    left: "Tree"
    right: "Tree"


Tree = Leaf | Op

leaves = st.one_of(st.integers(2, 9), st.sampled_from(LETTERS)).map(Leaf)


def _operations(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.builds(Op, st.sampled_from("+*"), inner, inner),
        st.builds(Op, st.just("^"), inner, st.integers(2, 3).map(Leaf)),
    )


trees: st.SearchStrategy[Tree] = st.recursive(leaves, _operations, max_leaves=6)


def plain(tree: Tree) -> str:
    """The tree in plain syntax, every operation in brackets."""
    if isinstance(tree, Leaf):
        return str(tree.value)
    return f"({plain(tree.left)}{tree.sign}{plain(tree.right)})"


def latex(tree: Tree) -> str:
    """The tree in LaTeX, sums in brackets and operands exchanged."""
    if isinstance(tree, Leaf):
        return str(tree.value)
    left, right = latex(tree.left), latex(tree.right)
    if tree.sign == "+":
        return f"\\left({right} + {left}\\right)"
    if tree.sign == "*":
        return f"{right} \\cdot {left}"
    return f"\\left({left}\\right)^{{{right}}}"


def numbers(tree: Tree) -> int:
    """How many numbers the tree holds."""
    if isinstance(tree, Leaf):
        return isinstance(tree.value, int)
    return numbers(tree.left) + numbers(tree.right)


def raised(tree: Tree, which: int) -> Tree:
    """The tree with its number at position `which` one greater."""
    if isinstance(tree, Leaf):
        return Leaf(tree.value + 1) if isinstance(tree.value, int) else tree
    here = numbers(tree.left)
    if which < here:
        return Op(tree.sign, raised(tree.left, which), tree.right)
    return Op(tree.sign, tree.left, raised(tree.right, which - here))


@relaxed
@given(trees)
def test_one_expression_in_two_notations_is_never_called_wrong(tree: Tree) -> None:
    assert compare(plain(tree), latex(tree))[0] == "correct"


@relaxed
@given(trees, trees)
def test_rewriting_by_the_laws_of_algebra_is_never_called_wrong(a: Tree, b: Tree) -> None:
    x, y = plain(a), plain(b)
    for one, other in (
        (f"({x}+{y})^2", f"{x}^2 + 2*{x}*{y} + {y}^2"),
        (f"\\frac{{{x}}}{{{y}}}", f"{x} * {y}^{{-1}}"),
        (f"{x} - {y}", f"-({y} - {x})"),
        (f"\\sqrt{{{x}^2 \\cdot 2}}", f"|{x}| \\sqrt{{2}}"),
    ):
        assert compare(one, other)[0] != "incorrect"


@relaxed
@given(st.data(), trees.filter(lambda tree: numbers(tree) > 0))
def test_a_number_changed_by_one_never_passes(data: st.DataObject, tree: Tree) -> None:
    which = data.draw(st.integers(0, numbers(tree) - 1))
    changed = raised(tree, which)
    for wrap in ("{}", "w = {}", "({}, 1)", "[{}, \\infty)", "\\{{1, {}\\}}", "1/({})"):
        answer, gold = wrap.format(plain(changed)), wrap.format(latex(tree))
        assert compare(answer, gold)[0] != "correct"
        assert compare(gold, answer)[0] != "correct"


@relaxed
@given(trees, st.sampled_from(LETTERS.replace("c", "")))  # `+ c` is the `+ C` of a primitive
def test_a_letter_in_the_other_case_is_another_letter(tree: Tree, letter: str) -> None:
    text = f"{plain(tree)} + {letter}"
    other = f"{plain(tree)} + {letter.upper()}"
    assert compare(text, other)[0] != "correct"


@relaxed
@given(st.fractions(-1000, 1000, max_denominator=500), st.integers(2, 9))
def test_a_rational_is_equal_in_every_form_it_is_written(value: Fraction, k: int) -> None:
    p, q = value.numerator, value.denominator
    forms = [f"{p}/{q}", f"\\frac{{{p}}}{{{q}}}", f"\\frac{{{k * p}}}{{{k * q}}}", f"-{-p}/{q}"]
    forms[-1] = f"-\\frac{{{-p}}}{{{q}}}" if p < 0 else forms[1]
    whole, part = divmod(abs(p), q)
    if whole and part:
        forms.append(f"{'-' if p < 0 else ''}{whole}\\frac{{{part}}}{{{q}}}")
    for form in forms:
        assert compare(form, forms[0])[0] == "correct"
        assert compare(form, f"{p + 1}/{q}")[0] == "incorrect"


@relaxed
@given(
    # those of 15 to 17 digits are floats, which have noise
    st.integers(-(10**13), 10**13)
    | st.integers(10**18, 10**30)
    | st.integers(-(10**30), -(10**18)),
    st.integers(1, 6),
)
def test_decimals_compare_by_their_exact_value(digits: int, places: int) -> None:
    def written(number: int) -> str:
        sign, size = "-" if number < 0 else "", abs(number)
        return f"{sign}{size // 10**places}.{size % 10**places:0{places}d}"

    value = Fraction(digits, 10**places)
    assert compare(written(digits), f"{value.numerator}/{value.denominator}")[0] == "correct"
    assert compare(written(digits), written(digits + 1))[0] == "incorrect"


@relaxed
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True), st.randoms())
def test_order_counts_in_tuples_and_not_in_sets_and_bare_lists(
    items: list[int], random: object
) -> None:
    turned = items[1:] + items[:1]
    text, other = (", ".join(map(str, values)) for values in (items, turned))
    assert compare(f"\\{{{text}\\}}", f"\\{{{other}\\}}")[0] == "correct"
    assert compare(text, other)[0] == "correct"
    assert compare(f"({text})", f"({other})")[0] == "incorrect"
    assert compare(text, ", ".join(map(str, items[:-1])))[0] == "incorrect"


answers = st.text(
    alphabet=st.sampled_from(
        [*string.ascii_letters, *string.digits, *" +-*/^_=<>()[]{}\\,.;:!|$%&'\n"]
    ),
    max_size=40,
)
fragments = st.lists(
    st.sampled_from(
        [
            *(
                "\\frac",
                "\\sqrt",
                "{",
                "}",
                "(",
                ")",
                "[",
                "]",
                "^",
                "_",
                "1",
                "23",
                "0.5",
                "x",
                "y",
            ),
            *("+", "-", "=", "<", "\\le", ",", ";", ":", "\\pm", "!", "|", "\\{", "\\}", "\\infty"),
            *("\\begin{pmatrix}", "\\end{pmatrix}", "&", "\\\\", "\\text{", "and", "not", "%"),
            *(
                "\\int",
                "dx",
                "\\sum_{i=0}^{n}",
                "\\cup",
                "\\in",
                "²",
                "½",
                "٣",
                "–",
                "cm",
                "\\circ",
            ),
        ]
    ),
    max_size=12,
).map("".join)
anything = st.one_of(answers, fragments, st.text(max_size=60))


@settings(deadline=None, max_examples=600)
@given(anything)
def test_the_parser_raises_nothing_but_its_own_errors_on_any_text(text: str) -> None:
    try:
        parse(text)
    except (ParseError, VerifierLimitError):
        return


@settings(deadline=None, max_examples=400)
@given(anything)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@settings(deadline=None, max_examples=300)
@given(anything, anything)
def test_no_verdict_is_turned_round_by_exchanging_the_sides(a: str, b: str) -> None:
    if "boxed" in a + b or not a.strip() or not b.strip():
        return
    # what conventions settle in one direction only is undecided in the other
    verdicts = {compare(a, b)[0], compare(b, a)[0]}
    assert len(verdicts - {"undecided"}) < 2


@settings(deadline=None, max_examples=300)
@given(anything, anything)
def test_any_completion_and_gold_get_a_verdict(candidate: str, gold: str) -> None:
    verdict = verify(candidate, gold)
    assert verdict.verdict in ("correct", "incorrect", "undecided")
    assert (verdict.reason == "pass") == (verdict.verdict == "correct")
    assert (verdict.method is not None) == (verdict.verdict == "correct")


@settings(deadline=None, max_examples=300)
@given(anything)
def test_extraction_takes_any_text(text: str) -> None:
    found = extract(text)
    assert (found.answer is None) == (found.reason is not None)


pieces = st.sampled_from(
    [
        *("so 4 * 5 = 20.", "The answer is 7.", "Answer: 9", "Wait, ", "not the ", "he says the "),
        *(r"\boxed{3}", "#### 5", '"answer": "3",', '"final": 2,', "A: 6", "Q: how many?", "(B) 5"),
        *("(A) 4 (B) 8 (C) 5", "Die Antwort ist 3.", "Confidence: 9%", "C is correct."),
        *("```json", "{", '"reasoning": "first, 4",', "FINAL ANSWER: 8", "The correct option is B"),
        *("However, ", "which is wrong.", "Maybe", "[asy] draw(); [/asy]", "\\]", "\\[", "$$", "."),
        *("if", "half of", "the", "Final", "his", "A", "$", "*", "<think>", "```python", "I got"),
    ]
)
openings = st.sampled_from(["", "Let us see.\n", '```json\n{\n"reasoning": "', '{"a": "5", "b": "'])
places = st.sampled_from(["\n", "\x1f\n", " ", "\n\n", "", '", '])
surroundings = st.lists(st.tuples(pieces, places), max_size=3).map(
    lambda parts: "".join(map("".join, parts))
)
numerals = st.from_regex(r"-?\$?[0-9]{1,3}(,[0-9]{3}){0,2}(\.[0-9]{1,2})?", fullmatch=True)
values = st.one_of(numerals, st.sampled_from([r"\frac{1}{2}", "x = 3", "(C)", "5 or 6", "", "no"]))
markers = st.sampled_from(
    [
        *("FINAL ANSWER: {}\n", "final answer: {}.", "**Answer:** {}", '"answer": "{}"}}'),
        *('"answer": {}\n}}\n```', '{{"answer": "{}"}} ', "The answer is {}.", "A: {}", "#### {}"),
        *(
            "\\boxed{{{}}}",
            "so $x = \\boxed{{{}}}$.",
            "\\[\n\\boxed{{{}}}\n\\]",
            "$$\\boxed{{{}}}$$ cm",
        ),
        *(
            "$x \\geq \\boxed{{{}}}$",
            "$\\boxed{{{}}}x^2$",
            "- \\fbox{{{}}}",
            "half of \\boxed{{{}}}",
            "\\boxed",
        ),
    ]
)


@settings(deadline=None, max_examples=2000)
@given(openings, surroundings, markers, values, st.just("") | surroundings)
def test_what_stands_before_the_decisive_part_of_a_completion_decides_nothing(
    opening: str, before: str, marker: str, value: str, behind: str
) -> None:
    text = opening + before + marker.format(value) + behind
    assert extract(part_of(text)) == extract(text)


@relaxed
@given(markers.filter(lambda marker: marker.format(0) != marker.format(1)), numerals)
def test_a_number_that_is_all_of_a_completion_is_the_answer_that_the_longer_way_gives(
    marker: str, numeral: str
) -> None:
    text = marker.format(numeral)
    assert extract(text) == extract(f"Let us see.\n{text}")


@pytest.mark.parametrize(
    "part",
    [
        *("FINAL ANSWER: 5", '{"answer": "5"}', "The answer is 5, as desired.", "#### 5", "A: 5\n"),
        *('    "answer": "5"\n}\n```', "**Answer:** 5\n\nI hope this helps."),
    ],
)
def test_a_completion_is_read_from_its_only_marker_on(part: str) -> None:
    assert part_of(f"Tom has 2 + 3 = 5.\n{part}") == part


@pytest.mark.parametrize("marker", ["A: {}", "FINAL ANSWER: {}", "#### {}", "The answer is {}"])
def test_a_space_that_only_unicode_knows_is_read_alike_in_whole_and_in_part(marker: str) -> None:
    text = "Tom has 2 + 3 = 5.\n" + marker.format("5\u2003 \n")
    assert extract(part_of(text)) == extract(text)


def test_a_number_that_the_text_lists_as_a_choice_is_not_read_without_its_letter() -> None:
    text = "(A) 4 (B) 8 (C) 5\nFINAL ANSWER: 5"
    assert part_of(text) == text


def part_of(text: str) -> str:
    return str(decisive_parts(pl.Series([text])).item())


ONES = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def in_words(number: int) -> str:
    """An integer from 0 to 999,999 in English words."""
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens - 2] + (f"-{ONES[ones]}" if ones else "")
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            most, rest = divmod(number, size)
            joined = " " if size == 1000 else " and "
            return f"{in_words(most)} {name}" + (joined + in_words(rest) if rest else "")
    raise AssertionError(number)


@relaxed
@given(st.integers(1, 999_999))
def test_a_number_in_words_is_this_number_and_no_other(number: int) -> None:
    said = f"FINAL ANSWER: {in_words(number)}"
    assert verify(said, str(number)).ok is True
    assert verify(f"{said} apples", str(number)).ok is True
    assert verify(said, str(number + 1)).ok is False


METRES = {"mm": Fraction(1, 1000), "cm": Fraction(1, 100), "m": Fraction(1), "km": Fraction(1000)}


@relaxed
@given(
    st.integers(1, 10**6),
    st.sampled_from(sorted(METRES)),
    st.sampled_from(sorted(METRES)),
    st.sampled_from([1, 2, 3]),
)
def test_a_length_area_or_volume_is_the_same_in_every_unit(
    number: int, unit: str, other: str, power: int
) -> None:
    raised = "" if power == 1 else f"^{power}"
    factor = (METRES[unit] / METRES[other]) ** power
    said = f"FINAL ANSWER: {number}\\text{{ {unit}}}{raised}"
    assert verify(said, f"{number * factor}\\text{{ {other}}}{raised}").ok is True
    assert verify(said, f"{(number + 1) * factor}\\text{{ {other}}}{raised}").ok is False


@relaxed
@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59))
def test_two_times_of_day_are_equal_only_if_the_clock_shows_the_same(
    hour: int, minute: int, other_hour: int, other_minute: int
) -> None:
    def twelve(hours: int, minutes: int) -> str:
        return f"{(hours - 1) % 12 + 1}:{minutes:02d} {'pm' if hours >= 12 else 'am'}"

    said = f"FINAL ANSWER: {twelve(hour, minute)}"
    same = (hour, minute) == (other_hour, other_minute)
    assert verify(said, twelve(other_hour, other_minute)).ok is same
    assert verify(said, f"{hour:02d}:{minute:02d}").ok is not False

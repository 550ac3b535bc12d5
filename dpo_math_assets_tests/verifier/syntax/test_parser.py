"""The grammar: what each notation means, and that no text can do more than be refused."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier.lexicon.functions import CONSTANTS, FUNCTION_NAMES, PRINTED
from dpo_math_assets.verifier.lexicon.latex import ACCENTS, COMMANDS
from dpo_math_assets.verifier.lexicon.units import UNITS
from dpo_math_assets.verifier.lexicon.words import words
from dpo_math_assets.verifier.syntax.grammar import expressions
from dpo_math_assets.verifier.syntax.grammar.calculus import fraction
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.nodes import (
    AbsoluteValue,
    BasedInteger,
    Choice,
    Conditional,
    Decimal,
    Factorial,
    FiniteSet,
    Function,
    Integral,
    Interval,
    Limit,
    Matrix,
    Node,
    NumberDomain,
    Percent,
    PlusMinus,
    Power,
    Product,
    Quantity,
    Ratio,
    Relation,
    RelationChain,
    Root,
    Sum,
    Summation,
    Symbol,
    Text,
    Tuple,
    UnknownFunction,
    ValueList,
    num,
)
from dpo_math_assets.verifier.syntax.parser import ParseError, parse
from dpo_math_assets.verifier.syntax.trees import children

X, Y = Symbol("x"), Symbol("y")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("42", num(42)),
        ("-7", num(-7)),
        ("1,234,567", num(1234567)),
        ("1{,}000", num(1000)),
        ("10,\\!080", num(10080)),
        ("12 345", num(12345)),
        ("\\frac12", num(1, 2)),
        ("\\frac{6}{-4}", num(-3, 2)),
        ("1.50", Decimal(3, 2, 2)),
        ("1.5e3", Decimal(1500, 1, -2)),
        ("0.1\\overline{6}", num(1, 6)),
        ("2\\frac{1}{2}", Sum((num(2), num(1, 2)))),
        ("2 1/2", Sum((num(2), num(1, 2)))),
        ("101_2", BasedInteger(5, 2)),
        ("25\\%", Percent(num(25))),
        ("5\\text{ cm}^2", Quantity(num(5), "cm^2")),
        ("\\$18", Quantity(num(18), "dollar")),
        ("90^\\circ", Quantity(num(90), "degree")),
        ("2x", Product((num(2), X))),
        ("x^2", Power(X, num(2))),
        ("x^{1/3}", Root(X, num(3))),
        ("\\sqrt[3]{x}", Root(X, num(3))),
        ("|x|", AbsoluteValue(X)),
        ("x!", Factorial(X)),
        ("\\sin^{-1} x", Function("asin", (X,))),
        ("\\log_2 x", Function("log", (X, num(2)))),
        ("f(x)", UnknownFunction("f", (X,))),
        ("\\pm 2", PlusMinus(num(2))),
        ("(1, 2)", Tuple((num(1), num(2)))),
        ("(1,234)", Tuple((num(1), num(234)))),
        ("\\{1, 2\\}", FiniteSet((num(1), num(2)))),
        ("1, 2 \\text{ and } 3", ValueList((num(1), num(2), num(3)))),
        ("[0, 1)", Interval(num(0), num(1), True, False)),
        ("x \\ge 2", Relation(">=", X, num(2))),
        ("1 < x < 2", RelationChain(("<", "<"), (num(1), X, num(2)))),
        ("7 : 32", Ratio((num(7), num(32)))),
        ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", Matrix(((num(1),), (num(2),)))),
        ("(C) 14", Choice("C", num(14))),
        ("\\text{Evelyn}", Text("evelyn")),
        ("twelve", num(12)),
        ("5 million", Product((num(10**6), num(5)))),
        (
            "\\sum_{i=1}^n i",
            Summation(Symbol("i"), Symbol("i"), num(1), Symbol("n")),
        ),
        ("\\int_0^1 x\\,dx", Integral(X, X, num(0), num(1))),
        ("\\lim_{x \\to 0} x", Limit(X, X, num(0), "+-")),
        ("\\mathbb{R}", NumberDomain("R")),
        ("3\\frac72", Product((num(3), num(7, 2)))),
        ("5; where x > 0", Conditional(num(5), Text("x > 0"))),
    ],
)
def test_a_notation_has_its_meaning(text: str, node: Node) -> None:
    assert parse(text) == node


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\dfrac{1}{2}", "\\frac{1}{2}"),
        ("$x^2$", "x^2"),
        ("x²", "x^2"),
        ("3 × 4", "3 \\cdot 4"),
        ("−5", "-5"),
        ("٣", "3"),
        ("x**2", "x^2"),
        ("\\left( 1, 2 \\right)", "(1,2)"),
        ("x \\leq 2", "x <= 2"),
        ("\\\\frac{1}{2}", "\\frac{1}{2}"),
        ("sqrt(2)", "\\sqrt{2}"),
        ("2pi", "2\\pi"),
        ("a/2b", "a/(2b)"),
        ("1/2x", "(1/2)x"),
        ("\\boxed{7}", "7"),
        ("6th", "6"),
    ],
)
def test_two_spellings_of_one_answer_give_one_tree(one: str, other: str) -> None:
    assert parse(one) == parse(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("R^2", "r^2"), ("х", "x"), ("О", "0"), ("x_1", "x_2"), ("x'", "x"), ("AB", "A"), ("5!", "5")],
)
def test_look_alikes_and_marks_are_not_read_over(one: str, other: str) -> None:
    def tree(text: str) -> Node | None:
        try:
            return parse(text)
        except ParseError:
            return None

    assert tree(one) != tree(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        "1 +",
        "\\frac{1}",
        "x^",
        "}{",
        "\\unknowncommand",
        "1..2",
        "[1, 2",
        "|x",
        "\\",
        "10%%",
    ],
)
def test_what_is_outside_the_grammar_is_refused_with_the_parsers_own_error(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *("(" * 1_000 + ")" * 1_000, "9" * 2_000, "1e99999", "x" * 10_000, "-" * 3_000 + "1"),
        *(
            "5" + "!" * 700,
            "5" + "^\\circ" * 500,
            "x" + "\\bmod 7" * 300,
            "f" + "'" * 300 + "!" * 300,
        ),
        *("A" + "\\setminus B" * 200, "A" + "\\cup B \\cap C" * 100, "\\frac" + "-" * 900 + "12"),
        *("\\vec{a}" + "\\times\\vec{b}" * 200, "\\sin" * 400 + "x", "\\frac{d}{dx}" * 100 + "x"),
    ],
)
def test_a_limit_holds_before_any_work_is_done(text: str) -> None:
    with pytest.raises(VerifierLimitError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('id')", "().__class__.__bases__", "exec('1')"],
)
def test_code_is_nothing_but_text_to_the_parser(text: str) -> None:
    try:
        node = parse(text)
    except ParseError:
        return
    assert isinstance(node, Text)


def test_bad_answers_that_come_again_keep_no_frames_alive() -> None:
    errors = []
    for _ in range(3):
        with pytest.raises(ParseError) as caught:
            parse("\\undefinedcommand{3}")
        errors.append(caught.value)
    assert len(set(map(id, errors))) == 3
    assert len({str(error) for error in errors}) == 1


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("2 + * 3", "*", "a value"),
        ("(1, 2", "", "`)` or `]`"),
        ("\\frac{1}{x", "", ""),
        ("1 + \\unknown", "\\", ""),
        ("x = 5 )", ")", "the end"),
        ("a \\propto b", "\\propto", ""),
        ("\\begin{pmatrix} 1 ; 2 \\end{pmatrix}", ";", "`&` or the end of a row"),
    ],
)
def test_an_error_points_at_what_could_not_be_read(text: str, place: str, expected: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    error = caught.value
    assert (error.source[error.start : error.end], error.expected) == (place, expected)
    marked, marks = str(error).splitlines()[1:]
    assert marked[marks.index("^") :].startswith(place)
    assert str(ParseError(*error.args)) == str(error)


def test_a_fraction_behind_a_number_is_read_once_however_deep_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twice per level would be 2**16 times for the innermost."""
    calls: list[int] = []

    def counted(stream: Stream) -> Node:
        calls.append(stream.at)
        return fraction(stream)

    monkeypatch.setitem(expressions.COMMANDS, "frac", counted)
    text = "x"
    for _ in range(16):
        text = f"2\\frac{{{text}}}{{3}}"
    parse(text)
    assert len(calls) == 16


# Everything that a token may be, and what joins tokens.
pieces = st.sampled_from(
    [
        *(f"\\{name}" for name in sorted((*COMMANDS, *ACCENTS, *FUNCTION_NAMES, "text", "mathrm"))),
        *sorted((*FUNCTION_NAMES, *CONSTANTS, *PRINTED, *UNITS)),
        *sorted(words("english", "remarks") | words("english", "fillers")),
        *sorted(words("english", "refused") | words("english", "parameters")),
        *("thousand", "dozen", "seven", "apples", "Tom", "squared", "per", "percent", "base"),
        *("0", "1", "12", "3.5", ".5", "1,000", "0.(3)", "1/2", "10^3", "101_2", "2e5", "1A_{16}"),
        *("x", "y", "k", "n", "C", "P", "f", "E", "dx", "x_1", "d", "x1", "i", "e", "F"),
        *("+", "-", "*", "/", "^", "_", "!", "'", "''", "%", "=", "<", ">=", "!=", "->", ":", ";"),
        *("(", ")", "[", "]", "{", "}", "|", ",", ".", "...", "&", "$", "#", "~", '"'),
        *("\\begin{cases}", "\\end{cases}", "\\begin{pmatrix}", "\\end{pmatrix}", "\\\\"),
        *(
            "\\frac{1}{2}",
            "\\frac{d}{dx}",
            "^\\circ",
            "\\int_0^1",
            "\\sum_{i=1}^{n}",
            "\\lim_{x \\to 0}",
        ),
        *("k \\in \\mathbb{Z}", "{}_5", "\\left|", "\\right|", "²", "½", "√", "°", "\u4e2a"),
    ]
)
sequences = st.lists(st.tuples(pieces, st.sampled_from(["", " "])), max_size=24)
# A night's worth: DPO_MATH_FUZZ=200000
fuzzed = settings(deadline=None, max_examples=int(os.environ.get("DPO_MATH_FUZZ", "300")))


def depth_of(node: Node) -> int:
    """How many nodes stand inside one another."""
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        inner, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in children(inner)]
    return deepest


@fuzzed
@given(sequences, st.sampled_from([1, 1, 1, 40]), st.booleans())
def test_no_sequence_of_tokens_raises_anything_but_the_parsers_own_errors(
    sequence: list[tuple[str, str]], times: int, units: bool
) -> None:
    text = "".join(piece + gap for piece, gap in sequence) * times
    try:
        node = parse(text, units)
    except ParseError as error:
        assert error.source == "" or 0 <= error.start <= error.end <= len(error.source) + 1
        assert str(error)
        return
    except VerifierLimitError:
        return
    assert depth_of(node) < 400
    assert parse(text, units) == node
    assert str(node) and isinstance(hash(node), int)

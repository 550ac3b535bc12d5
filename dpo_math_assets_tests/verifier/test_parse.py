"""The grammar: what each notation means, and that no text can do more than be refused."""

import pytest

from dpo_math_assets.errors import VerifierLimit
from dpo_math_assets.verifier.nodes import Node, num
from dpo_math_assets.verifier.parse import ParseError, parse

X, Y = Node("sym", ("x",)), Node("sym", ("y",))


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
        ("1.50", Node("dec", (3, 2, 2))),
        ("1.5e3", Node("dec", (1500, 1, -2))),
        ("0.1\\overline{6}", num(1, 6)),
        ("2\\frac{1}{2}", Node("add", (num(2), num(1, 2)))),
        ("2 1/2", Node("add", (num(2), num(1, 2)))),
        ("101_2", Node("basen", (5, 2))),
        ("25\\%", Node("percent", (num(25),))),
        ("5\\text{ cm}^2", Node("unit", (num(5), "cm^2"))),
        ("\\$18", Node("unit", (num(18), "dollar"))),
        ("90^\\circ", Node("unit", (num(90), "degree"))),
        ("2x", Node("mul", (num(2), X))),
        ("x^2", Node("pow", (X, num(2)))),
        ("x^{1/3}", Node("root", (X, num(3)))),
        ("\\sqrt[3]{x}", Node("root", (X, num(3)))),
        ("|x|", Node("abs", (X,))),
        ("x!", Node("fact", (X,))),
        ("\\sin^{-1} x", Node("func", ("asin", X))),
        ("\\log_2 x", Node("func", ("log", X, num(2)))),
        ("f(x)", Node("call", ("f", X))),
        ("\\pm 2", Node("pm", (num(2),))),
        ("(1, 2)", Node("tuple", (num(1), num(2)))),
        ("(1,234)", Node("tuple", (num(1), num(234)))),
        ("\\{1, 2\\}", Node("set", (num(1), num(2)))),
        ("1, 2 \\text{ and } 3", Node("list", (num(1), num(2), num(3)))),
        ("[0, 1)", Node("interval", (num(0), num(1), True, False))),
        ("x \\ge 2", Node("rel", (">=", X, num(2)))),
        ("1 < x < 2", Node("chain", (("<", "<"), num(1), X, num(2)))),
        ("7 : 32", Node("ratio", (num(7), num(32)))),
        ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", Node("matrix", ((num(1),), (num(2),)))),
        ("(C) 14", Node("choice", ("C", num(14)))),
        ("\\text{Evelyn}", Node("text", ("evelyn",))),
        ("twelve", num(12)),
        ("5 million", Node("mul", (num(10**6), num(5)))),
        (
            "\\sum_{i=1}^n i",
            Node("sum", (Node("sym", ("i",)), Node("sym", ("i",)), num(1), Node("sym", ("n",)))),
        ),
        ("\\int_0^1 x\\,dx", Node("integral", (X, X, num(0), num(1)))),
        ("\\lim_{x \\to 0} x", Node("limit", (X, X, num(0), "+-"))),
        ("\\mathbb{R}", Node("domain", ("R",))),
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
    ["(" * 1_000 + ")" * 1_000, "9" * 2_000, "1e99999", "x" * 10_000, "-" * 3_000 + "1"],
)
def test_a_limit_holds_before_any_work_is_done(text: str) -> None:
    with pytest.raises(VerifierLimit):
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
    assert node.kind == "text"


def test_bad_answers_that_come_again_keep_no_frames_alive() -> None:
    errors = []
    for _ in range(3):
        with pytest.raises(ParseError) as caught:
            parse("\\undefinedcommand{3}")
        errors.append(caught.value)
    assert len(set(map(id, errors))) == 3
    assert len({str(error) for error in errors}) == 1

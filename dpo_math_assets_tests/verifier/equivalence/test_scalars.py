"""Expressions, and decimals that round them."""

import pytest

from dpo_math_assets.verifier import Conventions, compare, verify
from dpo_math_assets.verifier.runtime.pipeline import Pool
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets_tests.verifier.equivalence.checks import (
    differs_either_way,
    is_not_passed,
    is_undecided,
    nobody_knows,
    none_pass,
    passes_either_way,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1/2", "0.5"),
        ("\\frac{1}{2}", "0.50"),
        ("1,000", "1000"),
        ("2^{100}", "1267650600228229401496703205376"),
        ("0.\\overline{3}", "1/3"),
        ("2\\sqrt{2}", "\\sqrt{8}"),
        ("\\sqrt{3}+\\sqrt{2}", "\\sqrt{5+2\\sqrt{6}}"),
        ("\\frac{1}{\\sqrt{3}}", "\\frac{\\sqrt{3}}{3}"),
        ("\\sqrt[3]{-8}", "-2"),
        ("(-8)^(1/3)", "-2"),
        ("e^{i\\pi}", "-1"),
        ("\\binom{10}{3}", "120"),
        ("(x-1)(x+1)", "x^2-1"),
        ("\\sin^2 x+\\cos^2 x", "1"),
        ("\\cos 2x", "1-2\\sin^2 x"),
        ("\\frac{x+2}{7}", "\\frac{x}{7}+\\frac{2}{7}"),
        ("2^{x+1}", "2 \\cdot 2^x"),
        ("2\\begin{pmatrix} 1 & 2 \\end{pmatrix}", "\\begin{pmatrix} 2 & 4 \\end{pmatrix}"),
        ("(C)", "C"),
        ("twelve", "12"),
        ("\\int_0^1 x\\,dx", "\\frac{1}{2}"),
        ("\\sum_{k=1}^{10} k", "55"),
        ("1.414", "\\sqrt{2}"),
        ("\\frac{\\pi}{4} + k\\pi, k \\in \\mathbb{Z}", "\\frac{\\pi}{4} + n\\pi"),
        ("Area = 5", "5"),
        ("five hundred", "500"),
        ("\\lceil x \\rceil", "-\\lfloor -x \\rfloor"),
        ("85.71", "\\frac{600}{7}"),
        ("2.65", "2.653"),
        ("0.5", "\\sin 30^\\circ"),
        ("3.0", "\\ln(e^3)"),
        ("\\pm \\frac{\\pi}{3} + 2k\\pi", "\\pm \\frac{\\pi}{3} + 2n\\pi"),
        ("{}_5C_2", "10"),
        ("{}^5P_2", "20"),
        ("5C2", "C(5, 2)"),
        ("10 \\choose 3", "120"),
        ("\\overrightarrow{AB}", "\\vec{AB}"),
        ("\\log_23", "\\frac{\\ln 3}{\\ln 2}"),
        ("log2(8)", "3"),
        ("\\log_10 100", "2"),
        ("0.(3)", "1/3"),
        ("2i - 3j", "(2, -3)"),
        ("\\hat{i} + 2\\hat{k}", "\\begin{pmatrix} 1 \\\\ 0 \\\\ 2 \\end{pmatrix}"),
        ("A(1, 2)", "(1, 2)"),
        ("twenty-one", "21"),
        ("one hundred and five", "105"),
        ("two thirds", "\\frac{2}{3}"),
        ("'12'", "12"),
        ("0{,}5", "0.5"),
        ("1.5 x 10^3", "1500"),
        ("\\begin{bmatrix} 1 & 2 \\end{bmatrix}^T", "\\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix}"),
        ("\\frac{d^2}{dx^2} x^3", "6x"),
        ("negative 5", "-5"),
        ("0.1666...", "1/6"),
        ("\\frac{1}{2} mg", "mg/2"),
        ("a sqrt(2)", "a\\sqrt{2}"),
        ("\\text{seven twelfths}", "7/12"),
        ("3 hundred and five", "305"),
        ("a thousand and one", "1001"),
        ("negative seven", "-7"),
        ("0.58(3)", "7/12"),
        ("0{,}125", "0.125"),
        ("(1, 2) + (3, 4)", "2(2, 3)"),
        ("\\text{Total} = 5", "5"),
        ("abc", "cab"),
        ("(AB)^{-1}", "B^{-1}A^{-1}"),
        ("F_{1+n}", "F_{n+1}"),
        ("C_n^2", "\\frac{n(n-1)}{2}"),
        ("A_{n+1}^2", "n(n+1)"),
        ("nCr(10, 3)", "10 choose 3"),
        ("2\\hat{\\imath} + 3\\hat{\\jmath}", "2\\mathbf{i} + 3\\mathbf{j}"),
        ("n2^{n-1}", "\\frac{n \\cdot 2^n}{2}"),
        ("\\sum_{n=0}^\\infty (-1)^n x^{2n}", "\\sum_{k=0}^\\infty (-1)^k x^{2k}"),
        ("2\\varphi + 1", "1 + 2\\phi"),
        ("0.\\dot{1}\\dot{2}", "\\frac{4}{33}"),
        ("2\\pi rh + 2\\pi r^2", "2\\pi r^2 + 2\\pi hr"),
        ("[1, -1]^T", "\\begin{bmatrix} 1 \\\\ -1 \\end{bmatrix}"),
        ("P + Prt", "P(1 + rt)"),
        ("42 ✓", "42"),
        ("\\angle ABC", "\\angle CBA"),
        ("\\triangle ABC", "\\triangle BCA"),
        ("I_2", "\\begin{pmatrix} 1 & 0 \\\\ 0 & 1 \\end{pmatrix}"),
        ("3I", "\\begin{pmatrix} 3 & 0 \\\\ 0 & 3 \\end{pmatrix}"),
        ("42个", "42"),
        ("2\\pi r^2 + 2\\pi hr", "2\\pi r(r + h)"),
        ("\\sqrt{2 + 2\\cos \\frac{x}{2}}", "2|\\cos \\frac{x}{4}|"),
    ],
)
def test_equal_expressions_pass_whichever_is_the_gold(one: str, other: str) -> None:
    passes_either_way(one, other)


POSITIVE = Conventions(symbols="positive")


@pytest.mark.parametrize(
    ("one", "other", "if_positive"),
    [
        ("|x|", "x", "correct"),
        ("\\sqrt{\\frac{r^2}{3}}", "\\frac{r}{\\sqrt{3}}", "correct"),
        ("v = \\sqrt{4h^2 g}", "v = 2h\\sqrt{g}", "correct"),
        ("(\\ln p^2, q)", "(2\\ln p, q)", "correct"),
        ("[\\sqrt{a^2}, \\infty)", "[a, \\infty)", "correct"),
        ("\\sqrt{t-4}\\sqrt{t-9}", "\\sqrt{(t-4)(t-9)}", "undecided"),
        ("|x|", "-x", "incorrect"),
        ("\\sqrt{1 - \\cos^2 u}", "\\sin u + 1", "incorrect"),
    ],
)
def test_what_is_equal_on_a_part_of_its_domain_makes_no_pair_unless_letters_are_positive(
    one: str, other: str, if_positive: str
) -> None:
    for answer, gold in ((one, other), (other, one)):
        verdict = verify(answer, gold)
        if if_positive == "incorrect":
            assert verdict.verdict == "incorrect" or verdict.reason == "domain"
        else:
            assert (verdict.verdict, verdict.reason) == ("undecided", "domain")
        assert verify(answer, gold, POSITIVE).verdict == if_positive


def test_an_angle_that_may_be_acute_is_left_undecided_where_letters_are_quantities() -> None:
    for answer, gold in (("\\sqrt{1 - \\cos^2 u}", "\\sin u"), ("m\\tan u", "m|\\tan u|")):
        assert verify(answer, gold).verdict == "incorrect"
        assert verify(answer, gold, POSITIVE).reason == "domain"


def test_positive_quantities_change_places_and_matrices_do_not() -> None:
    assert verify("\\frac{UM}{R}", "\\frac{MU}{R}", POSITIVE).verdict == "correct"
    assert verify("\\frac{UM}{R}", "\\frac{MU}{R}").verdict == "undecided"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A - 5", "5"),
        ("D - 1", "D"),
        ("B + C", "B + C + 1"),
        ("n + C", "n + C + 2"),
        ("4", "4t"),
        ("R^2 + 1", "r^2 + 1"),
        ("1/2^99", "1/2^98"),
        ("10^{100}", "10^{100} + 1"),
        ("99999999999", "100000000000"),
        ("0.333", "0.334"),
        ("5", "5.001"),
        ("\\frac{1}{3}", "0.3"),
        ("\\pi", "\\frac{22}{7}"),
        ("5", "-5"),
        ("5", "\\pm 5"),
        ("x^2", "x^2 + C"),
        ("|x|", "-x^2"),
        ("\\sqrt{2}", "\\sqrt[3]{2}"),
        ("\\log_2 8", "\\log_3 8"),
        ("A", "B"),
        ("6.01", "6.018"),
        ("\\infty", "-\\infty"),
        ("k + 1", "n + 1"),
        ("\\cos k\\pi", "\\cos n\\pi"),
        ("e^{k\\pi i}", "e^{n\\pi i}"),
        ("2\\pi r", "2\\pi n"),
        ("\\pi", "\\Pi"),
        ("\\frac{dy}{dx}", "\\frac{dx}{dy}"),
        ("f(2) + 1", "f(2) + 3"),
        ("x^2 + C", "x^3 + K"),
        ("\\tanh 200", "1"),
        ("|x - 10^9|", "10^9 - x"),
        ("\\lceil x \\rceil", "\\lfloor x \\rfloor + 1"),
        ("\\int_0^1 x\\,dx", "\\int_0^1 x^2\\,dx"),
        ("C_5^2", "25"),
        ("1.5(20)", "1.52"),
        ("2i - 3j", "(2, 3)"),
        ("2 + 3i", "(2, 3)"),
        ("\\phantom{0}5", "0"),
        ("2ms", "2m"),
        ("\\mu mg", "\\mu"),
        ("30^\\circ + 1", "31"),
        ("0.58(3)", "1.74"),
        ("0{,}125", "125"),
        ("\\text{three sixteenths}", "3"),
        ("F_{n+1}", "F_{n-1}"),
        ("C_n^2", "\\binom{n}{3}"),
        ("x^2 + C", "2x^2 + C"),
        ("(x + 1)^2 + c", "x^2 + 2x + c"),
        ("|x^2 - 13x + 42|", "x^2 - 13x + 42"),
        ("|\\ln x - 5|", "5 - \\ln x"),
        ("5 A", "5 V"),
        ("\\epsilon + \\varepsilon", "2\\epsilon"),
        ("\\angle ABC", "\\angle BAC"),
        ("I_2", "\\begin{pmatrix} 1 & 0 \\\\ 1 & 1 \\end{pmatrix}"),
        ("|\\frac{1}{x} - 5|", "5 - \\frac{1}{x}"),
        ("\\max(x^2, 7x - 12)", "x^2"),
        ("\\lfloor \\frac{n}{50} \\rfloor", "\\lfloor \\frac{n}{51} \\rfloor"),
        ("\\lfloor x + \\frac{1}{2} \\rfloor", "\\lceil x - \\frac{1}{2} \\rceil"),
        ("\\arctan(\\tan \\frac{x}{6})", "\\frac{x}{6}"),
        ("\\sqrt{2 + 2\\cos \\frac{x}{2}}", "2\\cos \\frac{x}{4}"),
        ("2\\hat{i} + 3\\hat{j}", "3\\mathbf{i} + 2\\mathbf{j}"),
    ],
)
def test_different_expressions_never_pass_for_each_other(one: str, other: str) -> None:
    differs_either_way(one, other)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("2 and a half", "2"),
        ("5k", "5000"),
        ("5 N", "5"),
        ("\\lim_{x \\to 0^+} \\frac{1}{x}", "\\lim_{x \\to 0^-} \\frac{1}{x}"),
        ("A_1^1", "1"),
        ("IV", "VI"),
        ("A^{-1}B", "BA^{-1}"),
        ("P^{-1}AP", "A"),
        ("2A^TB + C", "2BA^T + C"),
        ("(AB)^{-1}", "A^{-1}B^{-1}"),
        ("E(X^2)", "E(X)^2"),
        ("ABC", "BCA"),
        ("e - 1", "1"),
        ("\\vec{a} \\times \\vec{b}", "\\vec{b} \\times \\vec{a}"),
        ("26 g", "26"),
        ("5 m/s", "5"),
        ("\\frac{1}{0}", "\\infty"),
        ("0^0", "1"),
        ("\\frac{0}{0}", "0"),
        ("\\infty - \\infty", "0"),
        ("0 \\cdot \\infty", "0"),
    ],
)
def test_expressions_that_say_more_or_less_are_not_passed(answer: str, gold: str) -> None:
    is_not_passed(answer, gold)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("\\lim_{x \\to 0^+} \\ln x", "-\\infty"),
        ("0.693", "\\int_1^2 \\frac{1}{x}\\,dx"),
        ("\\lceil \\frac{n}{2} \\rceil", "\\lfloor \\frac{n + 1}{2} \\rfloor"),
        ("3 \\times 10^8 m/s", "3 \\times 10^8"),
        (
            "\\begin{pmatrix} 1 & 1 \\\\ 0 & 1 \\end{pmatrix}^n",
            "\\begin{pmatrix} 1 & n \\\\ 0 & 1 \\end{pmatrix}",
        ),
        ("10 µm", "10"),
    ],
)
def test_expressions_that_pass_in_another_reading_are_undecided(answer: str, gold: str) -> None:
    is_undecided(answer, gold)


@pytest.mark.parametrize(
    "text",
    ["NaN", "nan", "1/0", "0^0", "\\infty - \\infty", "\\ln 0", "(1, \\frac{2}{0})", "x = 1/0"],
)
def test_what_has_no_value_equals_not_even_itself(text: str) -> None:
    assert compare(text, text)[:2] == ("undecided", "undetermined")


@pytest.mark.parametrize("text", ["undefined", "-\\infty", "[0, \\infty)", "Nancy", "\\frac{0}{5}"])
def test_what_only_looks_undefined_equals_itself(text: str) -> None:
    assert compare(text, text)[0] == "correct"


class _SaysNothing:
    """A pool that answers one thing."""

    def __init__(self, result: str) -> None:
        self.result = result

    def equal(self, a: Node, b: Node, deadline_s: float) -> str:
        return self.result


@pytest.mark.parametrize(
    ("result", "reason"),
    [("timeout", "timeout"), ("worker_crashed", "worker_crashed"), ("unknown", "undetermined")],
)
def test_a_row_that_the_pool_could_not_settle_is_undecided_and_says_why(
    result: str, reason: str
) -> None:
    pool: Pool = _SaysNothing(result)
    assert compare("\\int_0^1 x^x\\,dx", "0.7", None, pool)[:2] == ("undecided", reason)


class _TakesItsTime(_SaysNothing):
    """A pool that keeps the deadlines it is given."""

    def __init__(self) -> None:
        super().__init__("unknown")
        self.deadlines: list[float] = []

    def equal(self, a: Node, b: Node, deadline_s: float) -> str:
        self.deadlines.append(deadline_s)
        return super().equal(a, b, deadline_s)


def test_sympy_has_the_time_that_the_caller_has_left() -> None:
    pool = _TakesItsTime()
    compare("\\int_0^1 x^x\\,dx", "0.7", None, pool, timeout_s=300.0)
    assert len(pool.deadlines) == 1 and 0 < pool.deadlines[0] <= 300.0
    compare("\\int_0^1 x^x\\,dx", "0.7", None, pool, timeout_s=0.0)
    assert len(pool.deadlines) == 1  # nothing is left, and it is not asked


def test_easy_rows_do_not_import_sympy() -> None:
    import subprocess
    import sys

    program = (
        "import sys\n"
        "from dpo_math_assets.verifier import verify\n"
        "assert verify('x = 1/2', '0.5').ok and verify('(x+1)^2', 'x^2+2x+1').ok\n"
        "assert 'sympy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_is_equal_for_integers_alone_is_not_called_different() -> None:
    nobody_knows("\\lfloor \\frac{n}{2} \\rfloor", "\\lceil \\frac{n - 1}{2} \\rceil")
    none_pass("\\lfloor \\frac{n}{2} \\rfloor", "\\lceil \\frac{n}{2} \\rceil")


def test_a_rounded_coefficient_is_neither_right_nor_wrong() -> None:
    nobody_knows("\\frac{\\sqrt{3}}{4}a^2", "0.433a^2")
    none_pass("\\frac{\\sqrt{3}}{4}a^2", "0.433a^3", "0.44a^2")
    none_pass("5t^2 + 100", "4.9t^2 + 100")

"""One SymPy object printed in two ways is never two answers, and a near miss is never the object.

Objects are drawn at random, kind by kind; a near miss has a number, a sign or a letter changed, and
SymPy itself says that it is another object.
"""

import random
from collections.abc import Callable, Iterator

import pytest
import sympy as sp

from dpo_math_assets.verifier import verify

X, Y, Z, N, K, A, P, Q = sp.symbols("x y z n k a p q")
OBJECTS = 40

Draw = Callable[[random.Random], sp.Basic]


def _integer(r: random.Random) -> sp.Basic:
    return sp.Integer(r.choice([-7, -3, -2, -1, 1, 2, 3, 5, 8]))


def _number(r: random.Random) -> sp.Basic:
    return sp.Rational(r.randint(-20, 20) or 1, r.randint(1, 12))


def _arithmetic(
    r: random.Random, depth: int = 2, letters: tuple[sp.Basic, ...] = (X, Y)
) -> sp.Basic:
    if depth == 0:
        return r.choice(letters) if r.random() < 0.6 else _number(r)
    one, other = (_arithmetic(r, depth - 1, letters) for _ in range(2))
    return r.choice([one + other, one * other, one - 2 * other, one**2, one ** r.choice([3, -1])])


def _function(r: random.Random) -> sp.Basic:
    names = "sin cos tan asin acos atan sinh cosh tanh exp log Abs sqrt floor ceiling sign cot sec"
    applied = getattr(sp, r.choice(names.split()))(_arithmetic(r, 1))
    return r.choice([applied, applied * _integer(r), applied + X, applied**2])


def _relation(r: random.Random) -> sp.Basic:
    sign = r.choice([sp.Eq, sp.Ne, sp.Lt, sp.Le, sp.Gt, sp.Ge])
    return sign(_arithmetic(r, 1, (X,)), _number(r), evaluate=False)


def _interval(r: random.Random) -> sp.Basic:
    low = _number(r)
    high = r.choice([low + 1, low + 5, sp.oo])
    return sp.Interval(low, high, r.random() < 0.5, r.random() < 0.5)


def _finite_set(r: random.Random) -> sp.Basic:
    return sp.FiniteSet(*(r.choice([_integer, _number])(r) for _ in range(r.randint(2, 4))))


def _set(r: random.Random) -> sp.Basic:
    others = [sp.Complement(sp.S.Reals, _finite_set(r)), sp.S.Reals, sp.S.Integers, sp.S.EmptySet]
    made = [_interval(r), _finite_set(r), sp.Union(_interval(r), _interval(r))]
    return r.choice(made + others)


def _matrix(r: random.Random) -> sp.Basic:
    rows, columns = r.choice([(2, 2), (2, 3), (3, 1), (1, 3), (1, 2), (2, 1), (3, 3)])
    return sp.ImmutableMatrix(rows, columns, lambda *_: r.choice([_integer(r), _number(r), X + 1]))


def _tuple(r: random.Random) -> sp.Basic:
    return sp.Tuple(*(r.choice([_number(r), X, _arithmetic(r, 1)]) for _ in range(r.randint(2, 4))))


def _sum(r: random.Random) -> sp.Basic:
    term = r.choice([K**2, 1 / K, K * X, X**K, 3 * K + 1, 1 / K**2, (-1) ** K / K])
    return sp.Sum(term, (K, r.choice([1, 2]), r.choice([N, sp.oo, 5, 9])))


def _product(r: random.Random) -> sp.Basic:
    return sp.Product(r.choice([K + X, 1 + 1 / K, 2 * K + 1]), (K, 1, r.choice([N, 4, 7])))


def _integral(r: random.Random) -> sp.Basic:
    body = r.choice([X**2, sp.sin(X), sp.exp(-(X**2)), X * sp.exp(X), sp.sqrt(X) + 1])
    bounds = (X,) if r.random() < 0.3 else (X, r.choice([0, 1]), r.choice([2, sp.pi, Y]))
    return sp.Integral(body, bounds if len(bounds) > 1 else X)


def _limit(r: random.Random) -> sp.Basic:
    body = r.choice([sp.sin(X) / X, (1 + 1 / X) ** X, 1 / X, sp.exp(-X)])
    return sp.Limit(body, X, r.choice([0, 1, sp.oo, A]), r.choice(["+", "-", "+-"]))


def _derivative(r: random.Random) -> sp.Basic:
    f = sp.Function("f")
    by = r.choice([(X,), ((X, 2),), ((X, 3),), (X, Y)])
    return sp.Derivative(r.choice([f(X, Y), sp.sin(X * Y), X**3 * Y**2]), *by)


def _piecewise(r: random.Random) -> sp.Basic:
    first, second = (_arithmetic(r, 1, (X,)) for _ in range(2))
    return sp.Piecewise((first, _integer(r) > X), (second, True))


def _combinatorial(r: random.Random) -> sp.Basic:
    shift = _integer(r)
    binomials = [sp.binomial(N, K), sp.binomial(5, K), sp.binomial(N, K + 2), sp.binomial(2 * N, N)]
    factorials = [sp.factorial(N + shift), sp.factorial2(N), sp.factorial(N) / sp.factorial(K)]
    return r.choice(binomials + factorials + [sp.binomial(sp.Integer(2), K)])


def _special(r: random.Random) -> sp.Basic:
    names = [sp.gamma, sp.erf, sp.erfc, sp.Ei, sp.Si, sp.harmonic, sp.loggamma, sp.re, sp.im]
    return r.choice(names)(r.choice([X, Z, X + 3, X * Y]))


def _boolean(r: random.Random) -> sp.Basic:
    junction = r.choice([sp.And, sp.Or, sp.Xor, sp.Implies])
    return junction(r.choice([P, sp.Not(P)]), Q)


def _function_of(r: random.Random) -> sp.Basic:
    if r.random() < 0.5:
        return sp.Lambda(X, _arithmetic(r, 2, (X,)) + X)
    return sp.Lambda((X, Y), _arithmetic(r) + X * Y)


def _complex(r: random.Random) -> sp.Basic:
    parts = _number(r), _integer(r)
    values = [parts[0] + parts[1] * sp.I, sp.I * X, A + parts[1] * sp.I, sp.exp(sp.I * X), sp.I]
    roots = [sp.sqrt(3) * sp.I / 2 - parts[0], (-1) ** sp.Rational(1, 3), sp.exp(sp.I * sp.pi / 5)]
    return r.choice([*values, *roots, sp.conjugate(Z), sp.E * sp.I, sp.E])


ELEMENTARY: dict[str, Draw] = {
    "arithmetic": _arithmetic,
    "functions": _function,
    "relations": _relation,
    "sets": _set,
    "matrices": _matrix,
    "tuples": _tuple,
    "sums": _sum,
    "products": _product,
    "integrals": _integral,
    "limits": _limit,
    "derivatives": _derivative,
    "piecewise": _piecewise,
    "combinatorial": _combinatorial,
    "special": _special,
    "maps": _function_of,
    "complex": _complex,
}
KINDS = {**ELEMENTARY, "boolean": _boolean}


def _drawn(kind: str) -> Iterator[sp.Basic]:
    r = random.Random(f"printed {kind}")
    seen = set()
    for _ in range(OBJECTS):
        drawn = KINDS[kind](r)
        if not drawn.has(sp.nan, sp.zoo) and drawn not in seen:
            seen.add(drawn)
            yield drawn


def _verdict(answer: str, gold: str) -> str:
    return verify(f"FINAL ANSWER: {answer}", gold).verdict


def _prints(drawn: sp.Basic) -> Iterator[str]:
    yield str(drawn)
    pretty = sp.pretty(drawn, use_unicode=True, wrap_line=False)
    if "\n" not in pretty:
        yield pretty


@pytest.mark.parametrize("kind", KINDS)
def test_two_prints_of_one_object_are_no_two_answers(kind: str) -> None:
    for drawn in _drawn(kind):
        in_latex = sp.latex(drawn)
        for printed in _prints(drawn):
            assert _verdict(printed, in_latex) != "incorrect", (printed, in_latex)
        assert _verdict(f"${in_latex}$", str(drawn)) != "incorrect", (in_latex, str(drawn))


@pytest.mark.parametrize("kind", ELEMENTARY)
def test_elementary_objects_are_recognised_in_plain_text(kind: str) -> None:
    for drawn in _drawn(kind):
        assert _verdict(str(drawn), sp.latex(drawn)) == "correct", (str(drawn), sp.latex(drawn))


def _near_misses(drawn: sp.Basic) -> Iterator[sp.Basic]:
    numbers = [part for part in sp.preorder_traversal(drawn) if isinstance(part, sp.Rational)]
    for number in numbers[:3]:
        yield drawn.xreplace({number: number + 1})
    for letter in sorted(drawn.free_symbols, key=str)[:1]:
        yield drawn.xreplace({letter: letter + 1})


def _is_another(one: sp.Basic, other: sp.Basic) -> bool:
    if one.has(sp.nan, sp.zoo) or other.has(sp.nan, sp.zoo):
        return False
    letters = sorted(one.free_symbols | other.free_symbols, key=str)
    value = sp.lambdify(letters, one - other, modules="mpmath")
    arguments = range(2, 2 + len(letters))
    return bool(abs(complex(value(*arguments))) > 1e-6)


@pytest.mark.parametrize("kind", ["arithmetic", "functions", "combinatorial", "complex"])
def test_a_near_miss_is_never_the_object(kind: str) -> None:
    told = 0
    for drawn in _drawn(kind):
        for other in _near_misses(drawn):
            try:
                another = _is_another(drawn, other)
            except (TypeError, ValueError, NameError, ZeroDivisionError, OverflowError):
                continue
            if another:
                told += 1
                assert _verdict(str(other), sp.latex(drawn)) != "correct", (other, drawn)
    assert told > OBJECTS // 4


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("binomial(2, k + 1)", r"\binom{2}{k}"),
        ("binomial(3, 2*k)", r"\binom{3}{k}"),
        ("Sum(1, (k, 1, oo))", r"\sum_{k=1}^{\infty} \frac{1}{k}"),
        ("Sum(k*x, (k, 2, oo))", r"\sum_{k=1}^{\infty} k x"),
        ("Integral(x**(3/2), (x, 0, oo))", r"\int_0^{\infty} \sqrt{x}\, dx"),
        ("Derivative(f(x), (x, 3))", r"\frac{d^2}{dx^2} f{\left(x \right)}"),
        ("q ^ p", r"p \veebar s"),
        ("V = IR", "V = iR"),
    ],
)
def test_what_vanishes_or_diverges_on_both_sides_is_no_equality(answer: str, gold: str) -> None:
    assert _verdict(answer, gold) != "correct"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("E", "e"),
        ("I", "i"),
        ("2 + 1j", "2 + i"),
        ("(1/2)*1j*x", r"\frac{i x}{2}"),
        ("gamma(n + 1)", "n!"),
        (r"\Gamma(x + 1)", r"x \Gamma(x)"),
        ("Matrix([[1, 2, 3]])", r"\begin{pmatrix} 1 & 2 & 3 \end{pmatrix}"),
        ("ImmutableDenseMatrix([[1], [2]])", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"),
        ("Naturals", r"\mathbb{N}"),
        ("Limit(1/x, x, oo, dir='-')", r"\lim_{x \to \infty} \frac{1}{x}"),
        ("Derivative(f(x, y), y, x)", r"\frac{\partial^2}{\partial y \partial x} f(x, y)"),
        ("Lambda((u, v), u - v)", r"(x, y) \mapsto x - y"),
        ("│y + 6│", "|y + 6|"),
    ],
)
def test_what_computer_algebra_prints_is_read(answer: str, gold: str) -> None:
    assert _verdict(answer, gold) == "correct"

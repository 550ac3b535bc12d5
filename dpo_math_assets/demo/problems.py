"""School problems with known answers, and the two ways that the demo's solver works them.

Four kinds, each over small operands: `a*(b+c)`, `a*b+c`, `a*x+b=c` and `a*x+b*x`. SymPy gives the
reference answer. Each kind has a right way and a misconception that real pupils have: a solver
that follows it writes neat steps to a wrong answer, which is what preference training should undo.

Problems are distinct by canonical key, so that `3*(4+5)` and `4*(5+3)`, which differ in the order
of their tokens alone, are one problem and never sit on both sides of a split.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dpo_math_assets.traces.prompts import canonical_key

FINAL = "FINAL ANSWER: "


@dataclass(frozen=True)
class Problem:
    """A prompt with its reference answer, and a right and a misconceived completion."""

    kind: str  # key of KINDS
    prompt: str
    answer: str  # as SymPy prints it
    worked: str  # steps to the reference answer
    misconceived: str  # steps of the kind's misconception, to a wrong answer
    key: str  # canonical key of the prompt


def _product_of_sum(a: int, b: int, c: int) -> Problem:
    """`a*(b+c)`; the misconception multiplies the first term only."""
    import sympy

    answer = sympy.Integer(a) * (sympy.Integer(b) + c)
    return _problem(
        "product_of_sum",
        f"Compute {a}*({b}+{c}).",
        str(answer),
        f"{b}+{c}={b + c}\n{a}*{b + c}={answer}",
        f"{a}*{b}={a * b}\n{a * b}+{c}={a * b + c}",
        str(a * b + c),
    )


def _product_plus(a: int, b: int, c: int) -> Problem:
    """`a*b+c`; the misconception adds before it multiplies."""
    import sympy

    answer = sympy.Integer(a) * b + c
    return _problem(
        "product_plus",
        f"Compute {a}*{b}+{c}.",
        str(answer),
        f"{a}*{b}={a * b}\n{a * b}+{c}={answer}",
        f"{b}+{c}={b + c}\n{a}*{b + c}={a * (b + c)}",
        str(a * (b + c)),
    )


def _linear_equation(a: int, b: int, root: int) -> Problem:
    """`a*x+b=c` with a whole root; the misconception forgets to divide."""
    import sympy

    x = sympy.Symbol("x")
    c = a * root + b
    _, answer = sympy.solve_linear(a * x + b, c)
    return _problem(
        "linear_equation",
        f"Solve {a}*x+{b}={c} for x.",
        str(answer),
        f"{a}*x={c}-{b}={c - b}\nx={c - b}/{a}={answer}",
        f"{a}*x={c}-{b}={c - b}\nx={c - b}",
        str(c - b),
    )


def _like_terms(a: int, b: int, c: int) -> Problem:
    """`a*x+b*x+c*x`; the misconception multiplies the last coefficients instead of adding them."""
    import sympy

    x = sympy.Symbol("x")
    answer = sympy.expand(a * x + b * x + c * x)
    return _problem(
        "like_terms",
        f"Simplify {a}*x+{b}*x+{c}*x.",
        str(answer),
        f"{a}+{b}={a + b}\n{a + b}+{c}={a + b + c}",
        f"{a}*{b}={a * b}\n{a * b}+{c}={a * b + c}",
        f"{a * b + c}*x",
    )


def _problem(
    kind: str, prompt: str, answer: str, right: str, wrong: str, wrong_answer: str
) -> Problem:
    return Problem(
        kind=kind,
        prompt=prompt,
        answer=answer,
        worked=f"{right}\n{FINAL}{answer}",
        misconceived=f"{wrong}\n{FINAL}{wrong_answer}",
        key=canonical_key(prompt),
    )


KINDS: dict[str, Callable[[int, int, int], Problem]] = {
    "product_of_sum": _product_of_sum,
    "product_plus": _product_plus,
    "linear_equation": _linear_equation,
    "like_terms": _like_terms,
}


def problems(seed: int, largest_factor: int, largest_term: int) -> Iterator[Problem]:
    """Every problem once, in an order that the seed alone decides; kinds are mixed evenly.

    Operands: a from 2 to `largest_factor`, b and c from 2 to `largest_term`. Problems whose
    misconception happens to give the reference answer are left out, since they teach nothing.
    """
    draw = random.Random(seed)
    factors, terms = range(2, largest_factor + 1), range(2, largest_term + 1)
    operands = [(a, b, c) for a in factors for b in terms for c in terms]
    seen: set[str] = set()
    orders = {kind: draw.sample(operands, len(operands)) for kind in KINDS}
    for position in range(len(operands)):
        for kind, build in KINDS.items():
            problem = build(*orders[kind][position])
            wrong_answer = problem.misconceived.rsplit(FINAL, 1)[1]
            if problem.key not in seen and wrong_answer != problem.answer:
                seen.add(problem.key)
                yield problem

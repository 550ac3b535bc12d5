"""The grammar of answers, and which of its rules reads what begins with each kind of token."""

from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.grammar import (
    calculus,
    environments,
    expressions,
    functions,
    leaves,
    lists,
)

__all__: list[str] = []

expressions.BEGINNINGS.update(
    {
        "accent": functions.accented,
        "bar": lists.absolute,
        "cmd": expressions.command,
        "const": leaves.named(nodes.Constant),
        "domain": leaves.named(nodes.NumberDomain),
        "empty": leaves.empty_set,
        "func": functions.function,
        "num": leaves.number,
        "op": expressions.number_before_letter,
        "open": lists.opened,
        "sym": leaves.symbol,
        "word": leaves.word,
    }
)
expressions.COMMANDS.update(
    {
        "begin": environments.environment,
        "binom": calculus.binomial,
        "frac": calculus.fraction,
        "int": calculus.integral,
        "lim": calculus.limit,
        "mathbb": environments.domain,
        "prod": calculus.series,
        "sqrt": functions.square_root,
        "sum": calculus.series,
    }
)

"""Whether what comes next is a factor without a sign before it."""

from dpo_math_assets.verifier.syntax.grammar.stream import Stream

__all__ = ["begins_factor"]

_NAMES = frozenset(("sym", "const", "func", "accent", "empty"))
_VALUE_COMMANDS = frozenset(
    ("frac", "binom", "sqrt", "sum", "prod", "int", "lim", "mathbb", "begin")
)


def begins_factor(stream: Stream) -> bool:
    """Whether the current token begins a factor without a sign before it."""
    token = stream.token
    if token.kind in _NAMES:
        differential = stream.integrals and token.value == "d"
        return not (differential and stream.peek().kind in ("sym", "accent"))
    if token.kind == "num":
        return _is_factor_behind(stream)
    if token.kind == "open":
        return stream.peek().value != "mod"  # `5 (mod 7)`
    if token.kind == "bar":
        return token.value == "|" and not stream.bars and not stream.in_set
    return token.kind == "cmd" and token.value in _VALUE_COMMANDS


def _is_factor_behind(stream: Stream) -> bool:
    """Whether a number is a factor: `x2` may be a power or an index that lost its sign.

    In `2^x3^y` and `n2^{n-1}` no sign is lost.
    """
    before = stream.last()
    if before.kind in ("close", "const") or before.value == "!":
        return True
    if before.kind != "sym":
        return False
    if stream.at > 1 and stream.tokens[stream.at - 2].value == "^":
        return True
    return stream.peek().value == "^" and any(
        stream.peek(steps).kind == "sym" for steps in (2, 3, 4)
    )

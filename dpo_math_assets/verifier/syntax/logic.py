r"""Formulas of propositional logic: `p \land \lnot q`, `x & ~y`, `Or(Not(x), y)`.

The grammar of answers reads the signs otherwise (`|` as a modulus, `\to` as an arrow), so formulas
are read apart: where all of a text is letters, connectives, brackets and truth values.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from dpo_math_assets.errors import InternalError

MAX_LENGTH = 400
MAX_DEPTH = 40

Assignment = Mapping[str, bool]
Evaluate = Callable[[Assignment], bool]


class Formula(NamedTuple):
    """The letters of a formula, and its truth value where these have theirs."""

    letters: frozenset[str]
    value: Evaluate


# Signs that nothing but logic has between letters.
_LOGICAL = re.compile(
    r"\\(?:land|lor|lnot|neg|wedge|vee|veebar|iff|leftrightarrow|Leftrightarrow|implies|to|"
    r"(?:long)?rightarrow|(?:Long)?[Rr]ightarrow)(?![A-Za-z])"
    r"|[∧∨¬↔→&~]|->|=>|\b(?:And|Or|Not|Implies|Xor|Equivalent|Nand|Nor)\("
)
_SPACE = re.compile(r"(?:\s|\$|\\[,;:! ]|\\q?quad\b|\\left(?=[(\[])|\\right(?=[)\]]))+")
_TOKENS = re.compile(
    r"(?P<iff>\\(?:iff|equiv|(?:long)?leftrightarrow|(?:Long)?[Ll]eftrightarrow)(?![A-Za-z])"
    r"|<->|<=>|↔)"
    r"|(?P<implies>\\(?:to|implies|(?:long)?rightarrow|(?:Long)?[Rr]ightarrow)(?![A-Za-z])"
    r"|->|=>|→)"
    r"|(?P<and>\\(?:land|wedge)(?![A-Za-z])|∧|&&?|\b(?:AND|and)\b)"
    r"|(?P<or>\\(?:lor|vee)(?![A-Za-z])|∨|\|\|?|\b(?:OR|or)\b)"
    r"|(?P<xor>\\(?:oplus|veebar)(?![A-Za-z])|⊕|\^|\bXOR\b)"
    r"|(?P<not>\\(?:lnot|neg|sim)(?![A-Za-z])|[¬~!]|\b(?:NOT|not)\b)"
    r"|(?P<call>And|Or|Not|Implies|Xor|Equivalent|Nand|Nor)(?=\()"
    r"|(?P<true>\\top(?![A-Za-z])|\b[Tt]rue\b|\\text\{\s*[Tt]rue\s*\})"
    r"|(?P<false>\\bot(?![A-Za-z])|\b[Ff]alse\b|\\text\{\s*[Ff]alse\s*\})"
    r"|(?P<letter>(?<![A-Za-z])[A-Za-z](?:_\{?[A-Za-z0-9]\}?)?(?![A-Za-z]))"
    r"|(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,)"
)
_CALLS: dict[str, Callable[..., bool]] = {
    "And": lambda *x: all(x),
    "Or": lambda *x: any(x),
    "Not": lambda x: not x,
    "Implies": lambda x, y: not x or y,
    "Xor": lambda *x: sum(x) % 2 == 1,
    "Equivalent": lambda *x: len(set(x)) < 2,
    "Nand": lambda *x: not all(x),
    "Nor": lambda *x: not any(x),
}
_TWO = frozenset(("Implies",))
# Connectives from the loosest to the tightest.
_LEVELS = ("iff", "implies", "or", "xor", "and")
_CONNECTED: dict[str, Callable[[bool, bool], bool]] = {
    "iff": lambda x, y: x == y,
    "implies": lambda x, y: not x or y,
    "or": lambda x, y: x or y,
    "xor": lambda x, y: x != y,
    "and": lambda x, y: x and y,
}


class _NoFormulaError(InternalError):
    """The text is no formula of logic."""


def is_logical(text: str) -> bool:
    """Whether a text has a sign of logic in it."""
    return _LOGICAL.search(text) is not None


def formula(text: str) -> Formula | None:
    """The formula that a text is, or None."""
    if len(text) > MAX_LENGTH:
        return None
    try:
        reader = _Reader(_tokens(text))
        value = reader.connected(0)
        reader.expect("end")
    except _NoFormulaError:
        return None
    return Formula(frozenset(reader.letters), value)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = list[tuple[str, str]](), 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        found = _TOKENS.match(text, at)
        if found is None or found.lastgroup is None:
            raise _NoFormulaError
        tokens.append((found.lastgroup, found[0]))
        at = found.end()
    return [*tokens, ("end", "")]


class _Reader:
    """Reads tokens from the left; each rule gives the value of what it has read."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.letters: set[str] = set()

    def expect(self, kind: str) -> str:
        found, text = self.tokens[self.at]
        if found != kind:
            raise _NoFormulaError
        self.at += 1
        return text

    def connected(self, level: int) -> Evaluate:
        """Operands joined by the connectives of a level and of tighter ones."""
        if level == len(_LEVELS):
            return self.single()
        kind = _LEVELS[level]
        left = self.connected(level + 1)
        while self.tokens[self.at][0] == kind:
            self.at += 1
            # `p -> q -> r` is p -> (q -> r)
            right = self.connected(level if kind == "implies" else level + 1)
            left = _joined(_CONNECTED[kind], left, right)
        return left

    def single(self) -> Evaluate:
        """A letter, a truth value, a negation, a call, or a formula in brackets."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _NoFormulaError
        kind, text = self.tokens[self.at]
        self.at += 1
        value = self._single(kind, text)
        self.depth -= 1
        return value

    def _single(self, kind: str, text: str) -> Evaluate:
        match kind:
            case "letter":
                name = text.replace("{", "").replace("}", "")
                self.letters.add(name)
                return lambda values: values[name]
            case "true" | "false":
                return lambda values: kind == "true"
            case "not":
                inner = self.single()
                return lambda values: not inner(values)
            case "open":
                value = self.connected(0)
                self.expect("close")
                return value
            case "call":
                return self._called(text)
        raise _NoFormulaError

    def _called(self, name: str) -> Evaluate:
        self.expect("open")
        values = [self.connected(0)]
        while self.tokens[self.at][0] == "comma":
            self.at += 1
            values.append(self.connected(0))
        self.expect("close")
        if (name == "Not" and len(values) != 1) or (name in _TWO and len(values) != 2):
            raise _NoFormulaError
        combine = _CALLS[name]
        return lambda given: combine(*(value(given) for value in values))


def _joined(combine: Callable[[bool, bool], bool], left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda values: combine(left(values), right(values))

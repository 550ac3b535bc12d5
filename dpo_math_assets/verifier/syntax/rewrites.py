r"""Notations that are rewritten into the grammar's own before the lexer sees them.

Each says one thing in another way: `]0, 1[` for `(0, 1)`, `1.5 x 10^3`, `413 (base 5)`, a block of
aligned equations for a list of them. The patterns of each rule are data (`lexicon/rewrites.toml`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import compress

from dpo_math_assets.verifier.lexicon.functions import CONSTANTS, FUNCTION_NAMES, GREEK
from dpo_math_assets.verifier.lexicon.words import table
from dpo_math_assets.verifier.trace import applied

Match = re.Match[str]

# The rules, in the order in which they are tried.
_RULES = (
    "rewrite.vector_in_angles",
    "rewrite.sized_brackets",
    "rewrite.interval_semicolon",
    "rewrite.outward_brackets",
    "rewrite.currency_first",
    "rewrite.period",
    "rewrite.unit_words",
    "rewrite.choice_beside_value",
    "rewrite.statements",
    "rewrite.macros",
    "rewrite.code",
    "rewrite.times_ten",
    "rewrite.time_of_day",
    "rewrite.base_prefix",
    "rewrite.unit_prefix",
    "rewrite.figure",
    "rewrite.remainder",
    "rewrite.direction",
    "rewrite.base_in_words",
    "rewrite.equation_block",
    "rewrite.cases_block",
    "rewrite.layout",
    "rewrite.one_sided_limit",
    "rewrite.event",
    "rewrite.named_quantity",
    "rewrite.derivative",
    "rewrite.combinations",
    "rewrite.plus_minus",
    "rewrite.words_in_text",
    "rewrite.reals_except",
    "rewrite.integers_beyond",
    "rewrite.reals_beyond",
    "rewrite.all_reals",
)


def _outward_brackets(found: Match) -> str:
    before, left, inside, right = found.groups()
    return f"{before} {'(['[left == '[']}{inside}{')]'[right == ']']}"


def _equations(found: Match) -> str:
    return rf"\begin{{cases}}{found[1].replace('&', ' ')}\end{{cases}}"


def _statements(found: Match) -> str:
    """`(1)(3)`: the numbers of statements that hold; nobody multiplies so."""
    return ", ".join(char for char in found[0] if char.isdigit())


def _event(found: Match) -> str:
    """`P(A|B) =` as one name, so that its value can be compared and two names told apart."""
    written = found["event"] or found["variable"]
    event = "".join(char if char.isalnum() else f"u{ord(char)}u" for char in written if char != " ")
    return f"P_{{{found['letter']}{event}}} ="


def _angle(found: Match) -> str:
    first, last = sorted((found[1], found[3]))
    return rf"\angle {first}{found[2]}{last}"


def _triangle(found: Match) -> str:
    return rf"\triangle {''.join(sorted(found[1]))}"


def _quantity(found: Match) -> str:
    """`rank(A) =` as one name, unless the word is a function that the grammar knows."""
    word, of = (found["word"] or found["upright"]).lower(), found["of"] or found["letter"]
    if word in FUNCTION_NAMES or word in CONSTANTS or word in GREEK:
        return found[0]
    name = "".join(char for char in word + of if char.isalnum())
    return f"V_{{{name}}} ="


def _reals_except(found: Match) -> str:
    excluded = found["values"].lower().replace("zero", "0")
    values = ", ".join(filter(None, (excluded, found["last"])))
    return rf"\mathbb{{R}}\setminus\{{{values}\}}"


def _integers(found: Match) -> str:
    domain = r"\mathbb{Z}^+" if found["positive"] else r"\mathbb{Z}"
    return rf"\{{{found['name']}\in{domain}\mid {found['name']}{found['condition']}\}}"


def _beyond(found: Match) -> str:
    sign = ">" if found["side"].lower() in ("greater", "more", "larger") else "<"
    return f"{found['name'] or 'x'} {sign}{'=' if found['equal'] else ''} {found['bound']}"


def _hexadecimal(found: Match) -> str:
    return f"({found[1].upper()})_{{16}}"


def _si_quantity(found: Match) -> str:
    r"""`\SI{5}{\meter\per\second}`, `\si{\metre}`: the names of units as words."""
    value, unit = (found[1], found[2]) if found[2] else ("", found[1])
    return rf"{value}\text{{ {' '.join(unit.replace(chr(92), ' ').split())}}}"


def _ohms(found: Match) -> str:
    return rf"\text{{ {found[1] or found[2]}Omega}}"


def _one_side(found: Match) -> str:
    return found[1] + (r"\fromabove " if found[2] == "+" else r"\frombelow ")


_FUNCTIONS: dict[str, Callable[[Match], str]] = {
    "angle": _angle,
    "beyond": _beyond,
    "equations": _equations,
    "event": _event,
    "hexadecimal": _hexadecimal,
    "integers": _integers,
    "ohms": _ohms,
    "one_side": _one_side,
    "outward_brackets": _outward_brackets,
    "quantity": _quantity,
    "reals_except": _reals_except,
    "si_quantity": _si_quantity,
    "statements": _statements,
    "triangle": _triangle,
}


@dataclass(frozen=True)
class _Rewrite:
    """A pattern of a rule; it is compiled when a text first holds `within`."""

    rule: str
    within: str
    find: str
    flags: int
    to: str | Callable[[Match], str]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.find, self.flags)

    @cached_property
    def finds(self) -> Callable[[str], Match | None]:
        """A notation bound to the beginning is not looked for behind it."""
        return self.pattern.match if self.find.startswith("^") else self.pattern.search


def _rewrites() -> tuple[_Rewrite, ...]:
    data = table("rewrites")
    found = []
    for rule in _RULES:
        for row in data[rule.removeprefix("rewrite.")]:
            find = row["find"]
            for name, part in data["parts"].items():
                find = find.replace(name, part)
            flags = row.get("ignore_case", False) * re.IGNORECASE
            flags |= row.get("dot_all", False) * re.DOTALL
            to = _FUNCTIONS[row["by"]] if "by" in row else row["to"]
            found.append(_Rewrite(rule, row.get("within", ""), find, flags, to))
    return tuple(found)


_REWRITES = _rewrites()
_WITHIN = tuple(rewrite.within for rewrite in _REWRITES)
# `[x + 1  2  y]`: a row as computer algebra prints it, its cells apart by more than one space.
_SPACED_ROW = re.compile(r"\s*\[(?=[^\[\]]*\S  )[^\[\],;&|]+\]\s*$")
# The space that ends a command, before one that was written.
_BEHIND_COMMAND = re.compile(r"(\\[A-Za-z]+) {2}(?! )")
_SPACES = re.compile(r"  +")

_PART_IN_TEXT = re.compile(r"\\text(?:bf|rm)?\{\s*(\(\w{1,4}\))\s*\}")
_FIRST_PART = re.compile(r"\s*\(?([a1i])\)\s*(?=[^\s/*^+=])")
_NEXT_PART = re.compile(
    r"[,;]?\s*(?:and\s+)?(?<=[\s,;])\(?([b-h2-8]|i{2,3}|i?v|vi{1,3})\)\s*(?=[^\s,;)/*^+=])"
)
_PARTS = {"a": list("bcdefgh"), "1": list("2345678")}
_PARTS["i"] = ["ii", "iii", "iv", "v", "vi", "vii", "viii"]


def parts_of(source: str) -> list[str]:
    """The answers to the parts of a question, `(a) 5 (b) 6` or `i) 5 ii) 6`, in order, or none."""
    if "b)" not in source and "2)" not in source and "ii)" not in source:
        return []
    source = _PART_IN_TEXT.sub(r" \1 ", source)
    first = _FIRST_PART.match(source)
    if first is None:
        return []
    begun, *rest = _NEXT_PART.split(source[first.end() :])
    answers = [begun, *rest[1::2]]
    in_turn = rest and rest[::2] == _PARTS[first[1]][: len(rest) // 2]
    return answers if in_turn and all(map(str.strip, answers)) else []


def rewritten(source: str) -> str:
    """The text with these notations in the grammar's own."""
    if source.isalpha() or source.isdecimal():
        return source
    if "  " in source and _SPACED_ROW.match(source):
        row = _BEHIND_COMMAND.sub(r"\1 ", source.strip()[1:-1]).strip()
        applied("rewrite.spaced_row", source, row)
        source = f"\\begin{{matrix}}{_SPACES.sub(' & ', row)}\\end{{matrix}}"
    if "  " in source:  # no pattern is to try its luck from every space of a long row
        source = _SPACES.sub(" ", source)
    marked = compress(_REWRITES, map(source.__contains__, _WITHIN))
    if not any(rewrite.finds(source) for rewrite in marked):
        return source
    for rewrite in _REWRITES:
        if rewrite.within in source and rewrite.finds(source):
            changed = rewrite.pattern.sub(rewrite.to, source)
            if changed != source:
                applied(rewrite.rule, source, changed)
                source = changed
    return source

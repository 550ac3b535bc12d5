r"""Answer text to tokens: one pass over LaTeX and plain syntax alike, linear in the length.

What begins at each place decides who reads on: `letters`, `numerals`, a command, or a sign. The
kinds of tokens are those of `scanner.Kind`.
"""

import re
from typing import cast

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier.lexicon.functions import CONSTANTS, FUNCTION_NAMES, GREEK
from dpo_math_assets.verifier.lexicon.latex import ACCENTS, COMMANDS, TEXT_COMMANDS
from dpo_math_assets.verifier.lexicon.units import unit_named
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.letters import BRACKET_AHEAD, read_letters
from dpo_math_assets.verifier.syntax.numerals import number_at, number_in_base_at
from dpo_math_assets.verifier.syntax.scanner import Brace, Kind, Scanner, Token, marks_vectors

MAX_CHARACTERS = 5_000
MAX_TOKENS = 1_000

# White space, and what the first character behind it says of the token that it begins.
_NEXT = re.compile(
    r"[\s~]*(?:(?P<letters>[A-Za-z])|(?P<number>[0-9]|\.(?=[0-9]))|(?P<command>\\)|(?P<sign>[^\s~]))"
)
_PLAIN_L = re.compile(r"(?<![A-Za-z\\])l(?![A-Za-z])")
# The imaginary unit as programs write it.
_IMAGINARY = re.compile(r"(?<![\w.])1j(?!\w)")
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)


def lex(text: str, units: bool = True) -> list[Token]:
    """Tokens of `text` (already ASCII by `to_ascii`), ending in one of kind `end`.

    Without `units`, what is no word for certain is letters: `2hr` is a product.
    Raises ParseError outside the grammar and VerifierLimitError for text, numbers or token lists
    that are too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise VerifierLimitError(f"answer of {len(text)} characters; the limit is {MAX_CHARACTERS}")
    scanner = Scanner(text, units)
    try:
        _read_all(scanner)
    except ParseError as error:
        raise error.placed(text, scanner.position, scanner.position + 1) from error
    return scanner.tokens


def _read_all(scanner: Scanner) -> None:
    text, tokens = scanner.text, scanner.tokens
    indexed = "_" in text
    while found := _NEXT.match(text, scanner.position):
        at = found.end() - 1
        if at > scanner.position:
            scanner.position, scanner.spaced = at, True
        if len(tokens) > MAX_TOKENS:
            raise VerifierLimitError(f"answer of more than {MAX_TOKENS} tokens")
        if indexed and (read := number_in_base_at(text, at, tokens[-1] if tokens else None)):
            scanner.emit("num", "", read[1] - at, read[0])
            continue
        begins = found.lastgroup
        if begins == "letters":
            read_letters(scanner)
        elif begins == "number" and (imaginary := _IMAGINARY.match(text, at)):
            scanner.emit("const", "i", imaginary.end() - at)
        elif begins == "number":
            node, end = number_at(text, at, scanner.lists > 0, scanner.last_value())
            scanner.emit("num", "", end - at, node)
        elif begins == "command":
            _command(scanner)
        else:
            _sign(scanner, text[at])
    if scanner.braces:
        raise ParseError("unbalanced brace")
    if scanner.position < len(text):
        scanner.skip(len(text) - scanner.position, space=True)
    scanner.emit("end", "")


# Command -> the kind of its token and its value, or a kind that `_command` knows.
_TABLE: dict[str, tuple[str, str]] = {
    **{name: ("const", value) for name, value in CONSTANTS.items()},
    **{name: ("greek", name) for name in GREEK},
    **{name: ("func", value) for name, value in FUNCTION_NAMES.items()},
    **COMMANDS,
    **{name: ("accent", name) for name in ACCENTS},
    **dict.fromkeys(TEXT_COMMANDS, ("text", "")),
}
# Those that may be written without white space behind them.
_BEFORE_LETTERS = {
    name
    for name in (*COMMANDS, *FUNCTION_NAMES, *CONSTANTS, *GREEK)
    if len(name) >= 2 and name.isalpha()
}
_LONGEST = max(map(len, _BEFORE_LETTERS))
# What the brace behind a command holds; a constant or letter may be the argument of another.
_TAKES: dict[str, Brace] = {
    **dict.fromkeys(("cmd", "func", "accent"), "group"),
    "text": "text",
    "group": "list",
}
_ARGUMENTS = frozenset(("const", "greek", "skip", "space"))


def _command(scanner: Scanner) -> None:
    found = _COMMAND.match(scanner.text, scanner.position)
    if found is None:  # a lone backslash at the end
        scanner.skip(1)
        return
    written = found[1]
    if written == "\\":
        scanner.emit("op", "\\\\", 2)
        return
    # `\lvertx`: TeX would not read it, people write it
    name = written if written in _TABLE else _prefix(written)
    kind, value = _TABLE[name]
    if kind not in _ARGUMENTS:
        scanner.next_brace = _TAKES.get(kind)
    _refuse_out_of_place(scanner, name)
    if kind in ("skip", "space"):
        scanner.skip(len(name) + 1, space=kind == "space")
        if name in _SIDES:
            _sized_bar(scanner, _SIDES[name])
    elif kind in ("text", "group"):
        scanner.skip(len(name) + 1)
    elif special := _by_surroundings(scanner, name):
        scanner.emit(*special, 6)
    elif kind == "greek":
        shape = name.removeprefix("var")  # of the same letter, unless both shapes are in use
        both = shape != name and f"\\{shape}" in scanner.text
        if name == "ell" and not _PLAIN_L.search(scanner.text):
            shape = "l"
        scanner.emit("sym", name if both else shape, len(name) + 1)
    else:
        scanner.count_bracket(kind, value)
        scanner.emit(cast(Kind, kind), value, len(name) + 1)
    if name != written:
        scanner.spaced = True


# What says nothing at the end of an answer, and what does at its beginning.
_AT_END = frozenset(("square", "blacksquare"))
_AT_BEGINNING = frozenset(("therefore", "because"))
_END = re.compile(r"[\s$.})\]]*$")


def _refuse_out_of_place(scanner: Scanner, name: str) -> None:
    """Raises ParseError for a command that says something where it stands."""
    if name in _AT_END and not _END.match(scanner.text, scanner.position + len(name) + 1):
        raise ParseError(f"\\{name} inside an answer")
    if name in _AT_BEGINNING and scanner.tokens:
        raise ParseError(f"\\{name} inside an answer")
    if name == "operatorname" and _is_unknown_operator(scanner):
        raise ParseError("an operator that is not known")


# A name behind a value that is no unit and has no argument: `5\\operatorname{re}`
_OPERATOR = re.compile(r"\\operatorname\*?\s*\{\s*([A-Za-z]+)\s*\}(?!\s*(?:\\left)?\s*[(\[{^_])")


def _is_unknown_operator(scanner: Scanner) -> bool:
    found = _OPERATOR.match(scanner.text, scanner.position)
    if found is None or scanner.last() not in ("num", "close", "sym", "const"):
        return False
    return found[1] not in FUNCTION_NAMES and unit_named(found[1]) is None


def _by_surroundings(scanner: Scanner, name: str) -> tuple[Kind, str] | None:
    """What a command means where something else stands beside it."""
    if name == "Gamma" and BRACKET_AHEAD.match(scanner.text, scanner.position + 6):
        return "func", "gamma"
    if name == "wedge" and marks_vectors(scanner.text):
        return "cmd", name
    return None


def _prefix(name: str) -> str:
    """The longest command that a run of letters begins with. Raises ParseError for none."""
    for end in range(min(len(name), _LONGEST), 1, -1):
        if name[:end] in _BEFORE_LETTERS:
            return name[:end]
    raise ParseError(f"unknown command \\{name[:30]}")


_SIDES: dict[str, Kind] = {"left": "open", "mleft": "open", "right": "close", "mright": "close"}
_SIZED = re.compile(r"\s?([|.])")


def _sized_bar(scanner: Scanner, side: Kind) -> None:
    r"""`\left|` and `\right|` say which bar opens and which closes."""
    found = _SIZED.match(scanner.text, scanner.position)
    if found is None:
        return
    if found[1] == ".":
        scanner.skip(len(found[0]))
    else:
        scanner.skip(len(found[0]) - 1)
        scanner.emit(side, "|", 1)


# Signs that mean the same wherever they stand, and what may be a part of a longer one.
_PLAIN_SIGNS: dict[str, Kind] = {
    **dict.fromkeys("+/^_%&", "op"),
    **dict.fromkeys(",;", "punct"),
    **dict.fromkeys("([", "open"),
    **dict.fromkeys(")]", "close"),
    "|": "bar",
}
# A word in brackets behind a value or word, such as a special token of a model: no factor.
_MARK = re.compile(r"\[/?[A-Z]{3,}\]")
_MARK_BEFORE = re.compile(r"\[[A-Z]{3,}\]\s*(?=[\d-])")
_LONG_SIGN = re.compile(r"\*\*|\.\.\.|[<>!=:]=|=[<>]|<>|->|'+|[-<>=*:!]")
_LONG_SIGNS: dict[str, tuple[Kind, str]] = {
    **{sign: ("op", sign) for sign in "-*!"},
    **{sign: ("rel", sign) for sign in ("<", ">", "=", "<=", ">=", "!=")},
    **{"==": ("rel", "="), ":=": ("rel", "="), "=<": ("rel", "<="), "<>": ("rel", "!=")},
    **{"=>": ("rel", "implies"), "->": ("rel", "to"), ":": ("punct", ":")},
    **{"**": ("op", "^"), "...": ("dots", "")},
}


def _sign(scanner: Scanner, char: str) -> None:
    kind = _PLAIN_SIGNS.get(char)
    if kind is not None:
        scanner.next_brace = None
        if char == "[" and scanner.last() in ("", "num", "word"):
            mark = _MARK if scanner.tokens else _MARK_BEFORE
            if mark.match(scanner.text, scanner.position):
                raise ParseError("a word in brackets beside a value")
        if char in "()[]":
            scanner.count_bracket(kind, char)
        scanner.emit(kind, char, 1)
    elif char == "{":
        _open_brace(scanner)
    elif char == "}":
        _close_brace(scanner)
    else:
        scanner.next_brace = None
        _long_sign(scanner, char)


def _long_sign(scanner: Scanner, char: str) -> None:
    text, at = scanner.text, scanner.position
    if found := _LONG_SIGN.match(text, at):
        sign = found[0]
        if sign == "!=" and not scanner.spaced and scanner.last() in ("num", "close"):
            sign = "!"  # `5!=120` is a factorial and an equals sign
        kind, value = _LONG_SIGNS.get(sign) or ("op", sign)
        scanner.emit(kind, value, len(sign))
    elif char == "$" or (char in '"`' and _touches_letter(text, at)):
        scanner.skip(1, space=True)
    elif char != ".":
        raise ParseError(f"a character outside the grammar: {char!r}")
    elif text[at + 1 : at + 2] in ("", " ", "}") or scanner.last() == "word":
        scanner.skip(1)  # a full stop after a word or at an end
    else:
        raise ParseError("a stray point")


def _touches_letter(text: str, at: int) -> bool:
    """Whether a quotation mark quotes a word; behind a number it may stand for inches."""
    return text[at + 1 : at + 2].isalpha() or text[max(at - 1, 0)].isalpha()


def _open_brace(scanner: Scanner) -> None:
    # `{,}` in brackets, where no number has taken it
    if scanner.text.startswith("{,}", scanner.position):
        scanner.emit("punct", ",", 3)
        return
    brace: Brace = scanner.next_brace or ("group" if scanner.last() == "op" else "list")
    scanner.next_brace = None
    if brace == "group" and scanner.last_value() == "\\\\":
        brace = "list"
    scanner.braces.append(brace)
    scanner.lists += brace == "list"
    if brace == "text":
        scanner.skip(1, space=True)
    else:
        scanner.emit("open", "{", 1)


def _close_brace(scanner: Scanner) -> None:
    if not scanner.braces:
        raise ParseError("unbalanced brace")
    brace = scanner.braces.pop()
    if brace == "text":
        scanner.skip(1, space=True)
        return
    scanner.lists -= brace == "list"
    scanner.emit("close", "}", 1)
    # a command of two arguments takes a second brace
    scanner.next_brace = "group" if brace == "group" else None

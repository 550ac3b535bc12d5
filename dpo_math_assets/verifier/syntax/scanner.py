"""The tokens of an answer, and the place up to which its text is read into them."""

import re
from typing import Literal, NamedTuple

from dpo_math_assets.verifier.lexicon.units import known_units
from dpo_math_assets.verifier.syntax.nodes import Node

Kind = Literal[
    "num",  # a number, in `node`
    "sym",  # a letter or name of a variable
    "const",
    "func",
    "op",  # + - * / ^ _ ! ' % mod & \\
    "open",  # ( [ \{ { < | floor ceil
    "close",
    "bar",
    "punct",  # , ; :
    "sep",  # and, or
    "rel",
    "set",  # union, inter, setminus
    "domain",  # R, Q, Z, C
    "pm",
    "dots",
    "empty",
    "cmd",  # a command that the grammar handles
    "word",
    "accent",
    "end",
]

# What a raw brace holds: an argument, items that commas separate, or words.
Brace = Literal["group", "list", "text"]

_OF_ITEMS = frozenset(("(", "[", "\\{", "<", ")", "]", "\\}", ">"))


_VECTOR = re.compile(
    r"\\(?:mathbf|textbf|boldsymbol|bm|pmb|bold|vec|hat|widehat|overrightarrow|underline|nabla)"
    r"(?![A-Za-z])"
)


def marks_vectors(text: str) -> bool:
    """Whether letters of a text are marked as vectors, so that signs of products may be theirs."""
    return "\\" in text and _VECTOR.search(text) is not None


class Token(NamedTuple):
    kind: Kind
    value: str
    spaced: bool  # white space stood before it
    start: int  # offset in the text
    node: Node | None = None  # the number, for kind `num`


class Scanner:
    """A position in a text, the tokens before it, and the braces that are open there.

    Without `units`, what is no word for certain is letters: `2hr` is a product.
    """

    __slots__ = (
        "braces",
        "known",
        "lists",
        "next_brace",
        "position",
        "spaced",
        "text",
        "tokens",
        "units",
        "upright",
    )

    def __init__(self, text: str, units: bool) -> None:
        self.text = text
        self.units = units
        self.known = known_units()
        self.position = 0
        self.tokens: list[Token] = []
        self.spaced = False
        self.braces: list[Brace] = []
        self.next_brace: Brace | None = None  # what the last command takes
        self.upright = False  # the letters that are read at present
        self.lists = 0  # open brackets and braces in which commas separate items

    def emit(self, kind: Kind, value: str, length: int = 0, node: Node | None = None) -> None:
        """Adds the token that the next `length` characters are."""
        # at half the cost of calling `Token`
        token = tuple.__new__(Token, (kind, value, self.spaced, self.position, node))
        self.tokens.append(token)
        self.position += length
        self.spaced = False

    def skip(self, length: int, *, space: bool = False) -> None:
        """Passes over characters that are no token, but may count as white space."""
        self.position += length
        self.spaced = self.spaced or space

    def count_bracket(self, kind: str, value: str) -> None:
        """Counts a bracket that opens or closes, if commas separate items in it."""
        if value in _OF_ITEMS:
            self.lists = max(0, self.lists + (1 if kind == "open" else -1))

    def last(self) -> str:
        """The kind of the last token, empty before the first."""
        return self.tokens[-1].kind if self.tokens else ""

    def last_value(self) -> str:
        """The value of the last token, empty before the first."""
        return self.tokens[-1].value if self.tokens else ""

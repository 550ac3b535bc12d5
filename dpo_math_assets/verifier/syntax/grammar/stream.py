"""The tokens of an answer, taken one by one, and what is open around the current one.

The rules of the grammar are functions of a `Stream`: each takes the tokens that it reads and gives
a node. Whatever makes the tree deeper counts against one limit, so that no later tier meets a tree
that it cannot walk.
"""

from dpo_math_assets.errors import InternalError, VerifierLimitError
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.scanner import Token, marks_vectors

MAX_DEPTH = 100


class NotMathematicsError(InternalError):
    """The answer holds words that are not about mathematics: all of it is text."""


class Stream:
    """A position in a list of tokens whose last is of kind `end`."""

    __slots__ = (
        "at",
        "bars",
        "depth",
        "in_set",
        "integrals",
        "of_vectors",
        "parameters",
        "returned",
        "source",
        "token",
        "tokens",
    )

    def __init__(self, source: str, tokens: list[Token]) -> None:
        self.source = source
        # Whether letters are marked as vectors, so that signs of products may be theirs.
        self.of_vectors = marks_vectors(source)
        self.tokens = tokens
        self.at = 0
        self.token = tokens[0]
        self.depth = 0
        # Absolute values that are open at this level of brackets.
        self.bars = 0
        # Directly inside set braces, where a bar separates.
        self.in_set = False
        # Inside integrals, where `d x` ends the integrand.
        self.integrals = 0
        # Letters that stand for any integer, each with what narrows that: ("k", "odd").
        self.parameters: list[tuple[str, str]] = []
        # A value that was read too early: where it begins, the value, where it ends.
        self.returned: tuple[int, Node, int] | None = None

    def peek(self, steps: int = 1) -> Token:
        """The token so many steps behind the current one; the last one at the end."""
        at = self.at + steps
        return self.tokens[at] if at < len(self.tokens) else self.tokens[-1]

    def last(self) -> Token:
        """The token before the current one, which must not be the first."""
        return self.tokens[self.at - 1]

    def advance(self, steps: int = 1) -> Token:
        """Takes so many tokens and gives the first; the last token stays where it is."""
        token = self.token
        self.seek(min(self.at + steps, len(self.tokens) - 1))
        return token

    def seek(self, at: int) -> None:
        """Goes to a token by its number."""
        self.at = at
        self.token = self.tokens[at]

    def sees(self, kind: str, *values: str) -> bool:
        """Whether the current token is of a kind and has one of the values, if some are given."""
        token = self.token
        return token.kind == kind and (not values or token.value in values)

    def take(self, kind: str, *values: str) -> bool:
        """Takes the current token if it is as `sees` says."""
        token = self.token
        if token.kind != kind or (values and token.value not in values):
            return False
        self.at += 1
        self.token = self.tokens[self.at]
        return True

    def expect(self, kind: str, *values: str) -> None:
        """Takes the current token, which must be as `sees` says; raises ParseError if not."""
        if not self.take(kind, *values):
            raise self.unexpected(" or ".join(f"`{value}`" for value in values) or kind)

    def unexpected(self, expected: str = "") -> ParseError:
        """The error of the current token, and what could have stood in its place."""
        token = self.token
        what = f"{token.kind} {token.value!r}" if token.kind != "end" else "end"
        return self.located(ParseError(f"unexpected {what}", expected=expected))

    def located(self, error: ParseError) -> ParseError:
        """An error at the current token, unless it knows its place."""
        start = self.token.start
        behind = self.peek().start if self.token.kind != "end" else start
        end = start + len(self.source[start:behind].rstrip())
        return error.placed(self.source, start, end)

    def deeper(self) -> None:
        """Counts a level of nesting; whoever calls it sets `depth` back behind the level."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise VerifierLimitError(f"answer nested more than {MAX_DEPTH} deep")

    def enter(self, *, in_set: bool = False) -> tuple[int, bool]:
        """Takes an opening bracket, and gives what `leave` needs behind the closing one."""
        self.advance()
        outside = self.bars, self.in_set
        self.bars, self.in_set = 0, in_set
        return outside

    def leave(self, outside: tuple[int, bool]) -> None:
        """Back to what was open outside the brackets."""
        self.bars, self.in_set = outside

    def give_back(self, at: int, node: Node) -> None:
        """Goes back to where a value begins, and keeps the value for the next that reads there."""
        self.returned = at, node, self.at
        self.seek(at)

    def reread(self) -> Node | None:
        """Takes the value that was given back at the current token, if one was."""
        if self.returned is None or self.returned[0] != self.at:
            return None
        _, node, end = self.returned
        self.returned = None
        self.seek(end)
        return node

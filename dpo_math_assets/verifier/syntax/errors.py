"""The error of a text that is no answer of the grammar: it points into the text."""

from dpo_math_assets.errors import DpoMathError

# Characters of the text that a message shows on either side of the place.
_SHOWN = 30


class ParseError(DpoMathError):
    """Text outside the grammar of answers.

    `source` is the text as the grammar reads it (rewritten, in ASCII), `start` and `end` are the
    offsets of what could not be read, and `expected` says what could have stood there. A problem
    that was found without its place has an empty `source`.
    """

    def __init__(
        self, problem: str, source: str = "", start: int = 0, end: int = 0, expected: str = ""
    ) -> None:
        super().__init__(problem, source, start, end, expected)
        self.problem = problem
        self.source = source
        self.start = start
        self.end = end
        self.expected = expected

    def placed(self, source: str, start: int, end: int) -> "ParseError":
        """The same problem with its place, unless it has one already."""
        if self.source:
            return self
        return ParseError(self.problem, source, start, end, self.expected)

    def __str__(self) -> str:
        expected = f"; expected {self.expected}" if self.expected else ""
        if not self.source:
            return self.problem + expected
        first = max(0, self.start - _SHOWN)
        last = max(self.end, self.start + 1)
        marks = " " * (self.start - first) + "^" * min(last - self.start, _SHOWN)
        shown = self.source[first : self.start + _SHOWN]
        return f"{self.problem} at {self.start}{expected}\n  {shown}\n  {marks}"

r"""Answer text to tokens: one pass over LaTeX and plain syntax alike, linear in the length.

Token kinds: `num` (value: Node), `sym`, `const`, `func` (names), `op` (`+ - * / ^ _ ! ' % mod &
\\`), `open`/`close` (`( [ \{ { | floor ceil`), `bar`, `punct` (`, ; :`), `sep` (and, or), `rel`,
`set` (union, inter, setminus), `pm`, `dots`, `empty`, `cmd` (a command the parser handles), `word`,
`accent`, and `end`.
"""

import re
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from dpo_math_assets.errors import VerifierLimit
from dpo_math_assets.verifier.lexicon.functions import (
    CONSTANTS,
    FUNCTION_NAMES,
    GREEK,
    PRINTED,
    PRINTED_SETS,
)
from dpo_math_assets.verifier.lexicon.latex import ACCENTS, COMMANDS, TEXT_COMMANDS
from dpo_math_assets.verifier.lexicon.units import (
    CURRENCY_CODES,
    LONG_ABBREVIATIONS,
    SPACED_UNITS,
    known_units,
    unit_named,
)
from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS, TENS, words
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.nodes import Node, make, num
from dpo_math_assets.verifier.syntax.number_words import (
    NUMERAL_WORDS,
    fraction_tail,
    scale_tail,
    spelled_number,
)

__all__ = ["MAX_CHARACTERS", "ParseError", "Token", "lex", "literal"]

MAX_CHARACTERS = 5_000
MAX_TOKENS = 1_000
MAX_DIGITS = 1_000
MAX_EXPONENT = 2_000


class Token(NamedTuple):
    kind: str
    value: str
    spaced: bool  # white space stood before it
    start: int  # offset in the text
    node: Node | None = None  # the number, for kind `num`


_NUMBER = re.compile(
    # grouped by LaTeX or thin spaces, grouped by commas (outside brackets only), plain, or .5
    r"(?:(?P<thin>[1-9]\d{0,2}(?:(?:\{,\}|,\\!\s*|\\!,|\\,|\\ |\\;|[~ ])\d{3})+(?!\d))"
    r"|(?P<comma>[1-9]\d{0,2}(?:,\d{3})+(?!\d))"
    r"|(?P<plain>\d+))?"
    # `0{,}5` cannot group thousands, so its comma is the decimal sign
    r"(?P<fraction>\.\d+|\.(?![.\d])|\{,\}(?:\d{1,2}|\d{4,}|(?<=(?<!\d)0\{,\})\d+)(?!\d))?"
    r"(?P<exponent>[eE][+-]?\d+(?![A-Za-z\d.]))?"
)
# A numeral, and behind it nothing that could belong to it: no group, base, exponent or ordinal, no
# word such as `and` (a half) or a scale (hundred, thousand, ...). An integer may also stand against
# a letter, a command or a numeral above.
_NUMBER_ALONE = re.compile(
    r"[0-9]{1,18}(?:\.[0-9]{1,18})?"
    r"(?=\s{0,9}(?:[-+*/=<>()\[\]|}!;&%]|,\s|$)|\s{1,9}(?i:(?!and|hund|thou|mill|bill|trill)[a-z]))"
    r"|[0-9]{1,18}(?=[a-df-mo-qu-zA-DF-Z]|\\[A-Za-z]|\^\{?[0-9])"
)
_PLAIN = re.compile(r"(?P<plain>\d+)(?P<fraction>\.\d+)?(?P<exponent>[eE][+-]?\d+(?![A-Za-z\d.]))?")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![A-Za-z])|\^\{?(?:\\text\{)?(?:st|nd|rd|th)\}?\}?")
_DOTS = re.compile(r"\s?(?:\.\.\.|\\[lc]?dots(?![A-Za-z]))")
# `don't`, `Tom's`, `I'm`, `o'clock`
_CONTRACTION = re.compile(
    r"(?:[A-Za-z]+n't|[A-Za-z]{2,}'(?:s|re|ve|ll|d)|I'(?:m|ve|ll|d)|o'clock)(?![A-Za-z'(])"
)
_NUMBER_AHEAD = re.compile(
    r"\s+\$?(?=[\d.]|\\(?:frac|sqrt|d?frac)|(?:" + "|".join((*NUMBER_WORDS, *TENS)) + r")(?![a-z]))"
)
_NOUN_AHEAD = re.compile(r"\s+([a-z]{4,})")
_SET_AHEAD = re.compile(r"\s*(?:[\[({]|\\\{|\\left|\\mathbb)")
# `xandy`, and not `more` or `hands`
_GLUED_WORD = re.compile(r"([a-cnx-z])?(and|or)([a-cnx-zA-Z])")
# `2.7 g/cm^3`, `20 J/mol`: what divides the letter is a unit, and so the letter is one
_BY_UNIT = re.compile(
    r"\s?/\s?\(?(?:kg|cm|mm|km|dm|mL|min|hr|sec|mol|ft|lb)(?![A-Za-z])|[\s*]\s?(?:kg|mol)\s?\^\s?\{?\s?-"
)
# What may stand between one unit and the next.
_IN_POWER = frozenset(("/", "^", "{", "}", "-", "("))
_NOON = re.compile(r"([apAP])\.\s?[mM]\b\.?")
_REPEATING = re.compile(r"\\(?:overline|bar|dot|overset\{\.\})\s*(?:\{(\d{1,50})\}|(\d))")
# `0.\\overline{ab}`: letters in the place of digits
_LETTER_DIGITS = re.compile(r"[A-Za-z]|\\(?:overline|bar|dot)(?![A-Za-z])")
_SAME_DIGIT = re.compile(r"(\d*?)(\d)\2\2+")
# `0.(3)`; behind other digits a bracket is a factor: `1.5(20)`
_REPEATING_IN_BRACKETS = re.compile(r"\((\d{1,50})\)")
_BASE = re.compile(
    r"_(?:\{\s*(?:\\text\{\s*)?(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten)(?:\s*\})?\s*\}|(\d))"
)
# Digits beyond 9, or in a bracket of their own: `1A_{16}`, `(101)_2`
_BASE_OF_WRITTEN = re.compile(
    r"(?:\(\s*(?P<bracketed>[0-9A-Z]+)\s*\)|\\(?:text|mathrm|textbf)\{\s*(?P<upright>[0-9A-Z]+)\s*\}"
    r"|(?P<bare>[0-9A-Z]{2,}))" + _BASE.pattern.replace("(\\d))", "(\\d{1,2}))")
)
_BASE_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_BASE_WORDS |= {"nine": 9, "ten": 10}
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_LETTERS = re.compile(r"[A-Za-z]+")
_NOT_DIGIT = re.compile(r"\D+")
_RELATION = re.compile(r"<=|>=|!=|==|=>|->|:=|=<|<>|<|>|=")
_RELATIONS = {"==": "=", ":=": "=", "=<": "<=", "<>": "!=", "=>": "implies", "->": "to"}
_PRIME = re.compile(r"'+")
# `xsinx`, `2pir`: letters that variables have, so that `copies` and `tanks` stay words.
_SPLIT = re.compile(
    r"([abcknrtx-zA-Z]{0,2}?)(arcsin|arccos|arctan|sin|cos|tan|sec|csc|cot|ln|log|exp|sqrt|pi|theta|alpha|"
    r"beta)([abhnrx-zA-Z]{0,2})"
)
_PRINTED = re.compile(r"([A-Za-z]+(?:(?<=Interval)\.(?:open|Lopen|Ropen))?)(?=\()")
# White space, and what the first character behind it says of the token that it begins.
_NEXT = re.compile(
    r"[\s~]*(?:(?P<letters>[A-Za-z])|(?P<number>[0-9]|\.(?=[0-9]))|(?P<command>\\)|(?P<symbol>[^\s~]))"
)
# Single letters that may be a word, half of the day, or the sign of a union.
_LETTERS_IN_WORDS = frozenset("aApPIU")
_NEGATIVE = frozenset(("negative", "minus"))
_JOINING = frozenset(("and", "or"))
_SHORT_WORDS = words("english", "short")
_PERCENT = frozenset(("percent", "pct", "percentage"))
_DEGREES = frozenset(("degree", "degrees"))
# Signs that mean the same wherever they stand.
_SIGNS = {
    **dict.fromkeys("+/^_%&", "op"),
    **dict.fromkeys(",;", "punct"),
    **dict.fromkeys("([", "open"),
    **dict.fromkeys(")]", "close"),
}
_COMMAND_NAMES = sorted(
    (*COMMANDS, *FUNCTION_NAMES, *CONSTANTS, *GREEK), key=lambda name: (-len(name), name)
)
_PREFIXES = tuple(name for name in _COMMAND_NAMES if len(name) >= 2 and name.isalpha())
# Runs of letters that are no mere words, in this spelling and in any.
_NAMES = GREEK.union(ACCENTS, FUNCTION_NAMES, CONSTANTS, PRINTED_SETS, PRINTED)
_MORE_THAN_WORDS = NUMERAL_WORDS.union(_NEGATIVE, _PERCENT, _DEGREES)


def lex(text: str, units: bool = True) -> list[Token]:
    """Tokens of `text` (already ASCII by `to_ascii`), ending in one of kind `end`.

    Without `units`, what is no word for certain is letters: `2hr` is a product.
    Raises ParseError outside the grammar and VerifierLimit for text, numbers or token lists that
    are too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise VerifierLimit(f"answer of {len(text)} characters; the limit is {MAX_CHARACTERS}")
    return _Lexer(text, units).run()


class _Lexer:
    def __init__(self, text: str, units: bool) -> None:
        self.text = text
        self.units = units
        self.position = 0
        self.tokens: list[Token] = []
        self.spaced = False
        # What each open raw brace is: "group", "list" (commas separate) or "text" (words).
        self.braces: list[str] = []
        self.brackets = 0  # open brackets and braces in which commas separate items
        self.next_brace = ""  # kind of the brace that the last command takes
        self.indexed = "_" in text
        self.contracted = "'" in text
        self.known = known_units()

    def run(self) -> list[Token]:
        tokens = self.tokens
        while found := _NEXT.match(self.text, self.position):
            at = found.end() - 1
            if at > self.position:
                self.position, self.spaced = at, True
            begins = found.lastgroup
            if len(tokens) > MAX_TOKENS:
                raise VerifierLimit(f"answer of more than {MAX_TOKENS} tokens")
            if self.indexed and (based := self._written_in_base()):
                self._emit("num", "", based[1], based[0])
            elif begins == "letters":
                self._letters()
            elif begins == "number":
                self._number()
            elif begins == "command":
                self._command()
            else:
                self._symbol(self.text[at])
        if self.braces:
            raise ParseError("unbalanced brace")
        if self.position < len(self.text):
            self.position, self.spaced = len(self.text), True
        self._emit("end", "")
        return tokens

    def _emit(self, kind: str, value: str, length: int = 0, node: Node | None = None) -> None:
        # at half the cost of calling `Token`
        token = tuple.__new__(Token, (kind, value, self.spaced, self.position, node))
        self.tokens.append(token)
        self.position += length
        self.spaced = False

    def _last(self) -> str:
        return self.tokens[-1].kind if self.tokens else ""

    # numbers

    def _number(self) -> None:
        text = self.text
        if alone := _NUMBER_ALONE.match(text, self.position):
            self._emit("num", "", len(alone[0]), literal(alone[0]))
            return
        found = _NUMBER.match(text, self.position)
        below = bool(self.tokens) and self.tokens[-1].value == "_"  # `log_10 100`
        comma = found and (found["comma"] or (found["fraction"] or "").startswith("{"))
        if found and (below or (comma and self.brackets)):
            found = _PLAIN.match(text, self.position)
        assert found is not None
        groups = found.groupdict()
        whole = groups.get("thin") or groups.get("comma") or groups.get("plain") or ""
        whole = _NOT_DIGIT.sub("", whole)
        fraction = (groups["fraction"] or ".").lstrip(".{,}")
        end = found.end()
        if len(whole) + len(fraction) > MAX_DIGITS:
            raise VerifierLimit(f"number of more than {MAX_DIGITS} digits")
        follows = text[end : end + 1]
        repeat = _REPEATING.match(text, end) if groups["fraction"] and follows == "\\" else None
        if repeat is None and groups["fraction"] == ".":
            repeat = _REPEATING_IN_BRACKETS.match(text, end)
        if groups["fraction"] == "." and repeat is None and _LETTER_DIGITS.match(text, end):
            raise ParseError("digits that are letters")
        powered = bool(self.tokens) and self.tokens[-1].value == "^"  # x^2_1 is a power of x_1
        whole_number = not (groups["fraction"] or groups["exponent"] or powered)
        base = _BASE.match(text, end) if whole_number and follows == "_" else None
        if repeat:
            node, end = _repeating(whole, fraction, repeat[repeat.lastindex or 1]), repeat.end()
        elif base:
            node, end = _based(whole, base[1] or base[2]), base.end()
        else:
            exponent = int(groups["exponent"][1:]) if groups["exponent"] else 0
            node = _literal(whole, fraction, exponent)
            # 0.333... and 3.14\ldots: the dots only say that the digits go on
            if fraction and (dots := _DOTS.match(text, end)):
                end = dots.end()
                if goes_on := _SAME_DIGIT.fullmatch(fraction):  # `0.1666...`
                    node = _repeating(whole, goes_on[1], goes_on[2])
            elif node.kind == "num" and follows.isspace():
                if tail := fraction_tail(text, end):  # `2 and a half`
                    node, end = _fraction(node.args[0] + tail[0]), tail[1]
                elif (scaled := scale_tail(text, end)) and scaled[1]:  # `5 thousand and two`
                    factor, more, end = scaled
                    node = num(node.args[0] * factor + more)
            elif ordinal := _ORDINAL.match(text, end):
                end = ordinal.end()
        self._emit("num", "", end - self.position, node)

    def _written_in_base(self) -> tuple[Node, int] | None:
        """A number whose digits hold letters or stand in a bracket, and the length of its text."""
        found = _BASE_OF_WRITTEN.match(self.text, self.position)
        if found is None:
            return None
        if found["bracketed"] and self.tokens:
            before = self.tokens[-1]
            if before.kind in ("sym", "func") or before.value in ("_", "^"):
                return None
        digits = found["bracketed"] or found["upright"] or found["bare"]
        base_text = next(filter(None, found.groups()[3:]))
        base = _BASE_WORDS.get(base_text) or int(base_text)
        if (found["bare"] and digits.isdigit()) or len(digits) > MAX_DIGITS:
            return None
        if len(digits) == 1 and digits.isalpha():  # a letter with an index
            return None
        if not 2 <= base <= 36 or any(int(digit, 36) >= base for digit in digits):
            return None
        return make("basen", (int(digits, base), base)), found.end() - self.position

    # commands

    def _command(self) -> None:
        found = _COMMAND.match(self.text, self.position)
        if found is None:  # a lone backslash at the end
            self.position += 1
            return
        name, length = found[1], found.end() - self.position
        if name == "\\":
            self._emit("op", "\\\\", length)
        elif name in TEXT_COMMANDS:
            self.position += length
            self.next_brace = "text"
        elif name in ACCENTS:
            self.next_brace = "group"
            self._emit("accent", name, length)
        elif name in COMMANDS:
            kind, value = COMMANDS[name]
            if kind in ("skip", "space"):
                self.position += length
                self.spaced = self.spaced or kind == "space"
                self._sized_bar(name)
                return
            if kind == "group":
                self.position += length
                self.next_brace = "list"
                return
            if kind in ("open", "close"):
                self._bracket(kind, value)
            self.next_brace = "group" if kind == "cmd" else ""
            self._emit(kind, value, length)
        elif name in FUNCTION_NAMES:
            self.next_brace = "group"
            self._emit("func", FUNCTION_NAMES[name], length)
        elif name in GREEK:
            shape = name.removeprefix("var")  # of the same letter, unless both shapes are in use
            both = shape != name and f"\\{shape}" in self.text
            self._emit("sym", name if both else shape, length)
        elif name in CONSTANTS:
            self._emit("const", CONSTANTS[name], length)
        else:
            # `\lvertx`: TeX would not read it, people write it
            for prefix in _PREFIXES:
                if name.startswith(prefix):
                    self.text = (
                        self.text[: self.position + 1 + len(prefix)]
                        + " "
                        + self.text[self.position + 1 + len(prefix) :]
                    )
                    return
            raise ParseError(f"unknown command \\{name[:30]}")

    def _sized_bar(self, name: str) -> None:
        r"""`\left|` and `\right|` say which bar opens and which closes."""
        side = {"left": "open", "mleft": "open", "right": "close", "mright": "close"}.get(name)
        rest = self.text[self.position : self.position + 2].lstrip()
        if side and rest.startswith("|"):
            self.position = self.text.index("|", self.position)
            self._emit(side, "|", 1)
        elif side and rest.startswith("."):
            self.position = self.text.index(".", self.position) + 1

    def _bracket(self, kind: str, value: str) -> None:
        if value in ("(", "[", "\\{", ")", "]", "\\}"):
            self.brackets = max(0, self.brackets + (1 if kind == "open" else -1))

    # letters

    def _letters(self) -> None:
        start = self.position
        found = _LETTERS.match(self.text, start)
        assert found is not None
        run = found[0]
        length = len(run)
        upright = self.next_brace == "text"  # \mathrm x
        if upright:
            self.next_brace = ""
        if length >= 4 and _is_only_a_word(run) and not self.text.startswith("'", start + length):
            self._emit("word", run, length)
            return
        upright = upright or "text" in self.braces
        if length == 1 and run not in _LETTERS_IN_WORDS:
            self._single(run, upright)
            return
        lower = run.lower()
        spelled = spelled_number(self.text, start) if lower in NUMERAL_WORDS else None
        if lower in _NEGATIVE and _NUMBER_AHEAD.match(self.text, start + length):
            self._emit("op", "-", length)
        elif spelled:
            self._emit("num", "", spelled[1] - start, _fraction(spelled[0]))
        elif self.contracted and (contraction := _CONTRACTION.match(self.text, start)):
            self._emit("word", contraction[0], len(contraction[0]))
        elif run == "in" and self._last() == "sym" and _SET_AHEAD.match(self.text, start + 2):
            self._emit("rel", "in", length)
        elif lower in _JOINING:
            self._emit("sep", lower, length)
        elif lower in _PERCENT:
            self._emit("op", "%", length)
        elif lower in _DEGREES or (run == "deg" and self._last() == "num"):
            self._emit("cmd", "degree", length)
        elif run == "mod" and not upright and not self.text.startswith("(", start + 3):
            self._emit("op", "mod", length)
        elif length == 1 and (noon := _NOON.match(self.text, start)):
            self._emit("word", noon[1].lower() + "m", len(noon[0]))
        elif lower == "to" and self._last() == "num":
            self._emit("punct", ":", length)
        elif run == "U" and self._between_intervals(start + 1):
            self._emit("set", "union", 1)
        elif length == 1:
            if self._is_article(run):
                self._emit("word", run, 1)
            else:
                self._single(run, upright)
        elif run in ACCENTS and self.text.startswith("{", start + length):
            self.next_brace = "group"
            self._emit("accent", run, length)
        elif run in FUNCTION_NAMES and not (run in self.known and self._last() == "num"):
            self._emit("func", FUNCTION_NAMES[run], length)
        elif run in CONSTANTS:
            self._emit("const", CONSTANTS[run], length)
        elif run in PRINTED and (printed := _PRINTED.match(self.text, start)):
            self._emit("func", printed[1], len(printed[1]))
        elif run in PRINTED_SETS:
            kind, value = PRINTED_SETS[run]
            self._emit(kind, value, length)
        elif upright and not run.isupper():
            self._emit("word", run, length)
        elif run in GREEK:
            self._emit("sym", run.removeprefix("var"), length)
        elif (
            (lower in _SHORT_WORDS and not self._glued(start))
            or self._is_unit(run, upright)
            or self._measures(run, start)
            or run in CURRENCY_CODES
            or run == "DNE"
        ):
            self._emit("word", run, length)
        elif run.isupper() and length >= 3:
            self._emit("sym", run, length)
        elif split := _SPLIT.fullmatch(run):
            self._split(split)
        elif glued := _GLUED_WORD.fullmatch(run):
            self._split(glued)
        elif length >= 4 or (
            length == 3 and run[0].isupper() and run[1:].islower() and self._last() != "op"
        ):
            self._emit("word", run, length)
        else:
            for letter in run:
                self._letter(letter)

    def _is_article(self, run: str) -> bool:
        if run not in "aA" or self._last() not in ("", "word"):
            return False
        noun = _NOUN_AHEAD.match(self.text, self.position + 1)
        return noun is not None and not (
            noun[1] in FUNCTION_NAMES or noun[1] in GREEK or noun[1] in CONSTANTS
        )

    def _single(self, letter: str, upright: bool) -> None:
        if self._is_unit_letter(letter, upright):
            self._emit("word", letter, 1)
        else:
            self._letter(letter)

    def _is_unit_letter(self, run: str, upright: bool) -> bool:
        if run not in self.known:
            return False
        if self._behind_value(upright, 1) or self._in_unit():
            return True
        measured = self.units and self.spaced and self._last() == "num"
        return measured and _BY_UNIT.match(self.text, self.position + 1) is not None

    def _behind_value(self, upright: bool, length: int) -> bool:
        r"""Whether an upright name stands behind a value; `\mathrm{C}_5^2` is a number's factor."""
        behind = self.text[self.position + length :].lstrip(" ~}")[:1]
        return upright and self._last() in ("num", "close", "const") and behind != "_"

    def _is_unit(self, run: str, upright: bool) -> bool:
        """A unit's abbreviation behind a number or inside a unit: `5 kg`, `225 lbs`, `9 sq ft`."""
        if run in self.known and self._behind_value(upright, len(run)):
            return True
        if not self.units or not _is_unit_word(run):
            return False
        if self._in_unit():
            return True
        return self._last() == "num" and (self.spaced or run not in SPACED_UNITS)

    def _measures(self, run: str, start: int) -> bool:
        """A unit's abbreviation that ends a value such as `5\\pi cm` or `(2 + 3) ft.`"""
        if not (self.units and self.spaced and run in LONG_ABBREVIATIONS):
            return False
        behind = self.text[start + len(run) :].lstrip()[:1]
        return (
            not any(token.kind == "sym" and token.value in run for token in self.tokens)
            and self._last() in ("const", "close", "sym")
            and behind in ("", ".", ",", ";", "^", "/", "}", ")")
        )

    def _in_unit(self) -> bool:
        """Behind a unit's word, its power, a number or a slash: `5 min 20 s`, `mol^{-1} K`."""
        before = self.tokens[-6:]
        if before[-1:] and before[-1].value == "*":
            before.pop()
        while before and (before[-1].kind == "num" or before[-1].value in _IN_POWER):
            token = before.pop()
            needed = {"-": ("^", "{"), "(": ("/",)}.get(token.value)
            if needed and (not before or before[-1].value not in needed):
                return False
        return bool(before) and before[-1].kind == "word" and _is_unit_word(before[-1].value)

    def _between_intervals(self, after: int) -> bool:
        """Whether a bracket closes before and one opens behind: `[0, 1) U (2, 3]`."""
        following = self.text[after:].lstrip().removeprefix("\\left")[:1]
        return self._last() == "close" and following in ("(", "[")

    def _glued(self, start: int) -> bool:
        """A letter run that touches a power or an operator is a product: `at^2`, `2*of`."""
        after = self.text[start + 2 : start + 4].lstrip()[:1]
        return after in ("^", "_", "*", "/", "(") and start + 2 < len(self.text)

    def _letter(self, letter: str) -> None:
        if letter in CONSTANTS:
            self._emit("const", CONSTANTS[letter], 1)
        else:
            self._emit("sym", letter, 1)

    def _split(self, found: "re.Match[str]") -> None:
        before, name, after = found[1] or "", found[2], found[3]
        for letter in before:
            self._letter(letter)
        if name in ("and", "or"):
            self._emit("sep", name, len(name))
        elif name in FUNCTION_NAMES:
            self._emit("func", FUNCTION_NAMES[name], len(name))
        elif name in CONSTANTS:
            self._emit("const", CONSTANTS[name], len(name))
        else:
            self._emit("sym", name, len(name))
        for letter in after:
            self._letter(letter)

    # everything else

    def _symbol(self, char: str) -> None:
        text, at = self.text, self.position
        if char == "{":
            if text.startswith("{,}", at):  # in brackets, where no number has taken it
                self._emit("punct", ",", 3)
                return
            kind = self.next_brace or ("group" if self._last() == "op" else "list")
            self.next_brace = ""
            if kind == "group" and self.tokens and self.tokens[-1].value == "\\\\":
                kind = "list"
            self.braces.append(kind)
            if kind == "list":
                self.brackets += 1
            if kind == "text":
                self.position += 1
                self.spaced = True
            else:
                self._emit("open", "{", 1)
            return
        if char == "}":
            if not self.braces:
                raise ParseError("unbalanced brace")
            kind = self.braces.pop()
            if kind == "list":
                self.brackets -= 1
            if kind == "text":
                self.position += 1
                self.spaced = True
            else:
                self._emit("close", "}", 1)
                # a command of two arguments takes a second brace
                self.next_brace = "group" if kind == "group" else ""
            return
        self.next_brace = ""
        if sign := _SIGNS.get(char):
            if sign in ("open", "close"):
                self._bracket(sign, char)
            self._emit(sign, char, 1)
        elif char == "!" and self._after_value():
            self._emit("op", "!", 1)  # `5!=120` is a factorial and an equals sign
        elif found := _RELATION.match(text, at):
            self._emit("rel", _RELATIONS.get(found[0], found[0]), len(found[0]))
        elif char == "*" and text.startswith("**", at):
            self._emit("op", "^", 2)
        elif char in "-*!":
            self._emit("op", char, 1)
        elif char == "'":
            primes = _PRIME.match(text, at)
            assert primes is not None
            self._emit("op", primes[0], len(primes[0]))
        elif char == "|":
            self._emit("bar", "|", 1)
        elif char == ":":
            self._emit("punct", char, 1)
        elif char == ".":
            if text.startswith("...", at):
                self._emit("dots", "", 3)
            elif text[at + 1 : at + 2] in ("", " ", "}") or self._last() == "word":
                self.position += 1  # a full stop after a word or at an end
            else:
                raise ParseError("a stray point")
        elif char in '$"`?':
            self.position += 1
            self.spaced = True
        else:
            raise ParseError(f"a character outside the grammar: {char!r}")

    def _after_value(self) -> bool:
        return not self.spaced and self._last() in ("num", "close")


@lru_cache(maxsize=4096)
def _is_only_a_word(run: str) -> bool:
    """Whether four letters or more are a word wherever they stand: no name, number or product.

    Words with an apostrophe aside, the longer way through `_Lexer._letters` comes to the same.
    """
    return (
        not run.isupper()
        and run not in _NAMES
        and run.lower() not in _MORE_THAN_WORDS
        and not (_SPLIT.fullmatch(run) or _GLUED_WORD.fullmatch(run))
    )


def _is_unit_word(word: str) -> bool:
    return unit_named(word) is not None or word in ("sq", "cu", "square", "cubic", "per")


def literal(numeral: str) -> Node:
    """The number that a plain numeral such as `-12.50` is."""
    if "." not in numeral:
        return num(int(numeral))
    whole, _, fraction = numeral.partition(".")
    node = _literal(whole.lstrip("-"), fraction, 0)
    return make(node.kind, (-node.args[0], *node.args[1:])) if whole[0] == "-" else node


def _literal(whole: str, fraction: str, exponent: int) -> Node:
    """The exact value of a decimal literal; an integer without point or exponent is a `num`."""
    if abs(exponent) > MAX_EXPONENT:
        raise VerifierLimit(f"exponent {exponent}; the limit is {MAX_EXPONENT}")
    digits = int(whole + fraction or "0")
    if not fraction and not exponent:
        return num(digits)
    places = len(fraction) - exponent
    p, q = (digits, 10**places) if places > 0 else (digits * 10**-places, 1)
    shared = gcd(p, q)
    return make("dec", (p // shared, q // shared, places))


def _fraction(value: Fraction) -> Node:
    return num(value.numerator, value.denominator)


def _repeating(whole: str, fraction: str, repeat: str) -> Node:
    shift, period = 10 ** len(fraction), 10 ** len(repeat) - 1
    p = int(whole + fraction or "0") * period + int(repeat)
    q = shift * period
    shared = gcd(p, q)
    return num(p // shared, q // shared)


def _based(digits: str, base_text: str) -> Node:
    base = _BASE_WORDS.get(base_text) or int(base_text)
    if base < 2 or any(int(digit) >= base for digit in digits):
        raise ParseError(f"{digits[:30]} is not a number in base {base}")
    return make("basen", (int(digits, base) if base <= 36 else 0, base))

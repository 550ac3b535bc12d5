r"""Answer text to a tree of nodes: a Pratt parser over the tokens of lexer.py.

From loose to tight: `;` and `,` and words such as `and` (lists) < relations < set operations <
sums < products < implicit products < prefix signs < powers < postfix signs. An implicit product
binds tighter than `/` where its right side begins with a letter (`a/2b` is a/(2b)), except after a
fraction of two integers (`1/2x` is x/2).

`parse` raises ParseError outside the grammar and VerifierLimit beyond a limit, and nothing else.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter

from dpo_math_assets.errors import VerifierLimit
from dpo_math_assets.verifier.lexicon.vocabulary import (
    FILLERS,
    NARROWING,
    NOTES,
    NUMBER_WORDS,
    OPENERS,
    PRINTED,
    REFUSED,
    SCALES,
)
from dpo_math_assets.verifier.syntax import builders as tree
from dpo_math_assets.verifier.syntax.lexer import MAX_CHARACTERS, ParseError, Token, lex, literal
from dpo_math_assets.verifier.syntax.nodes import (
    PARAMETER,
    SCALAR_KINDS,
    Node,
    children,
    free_symbols,
    make,
    num,
)
from dpo_math_assets.verifier.syntax.normalization import clean, to_ascii, undouble
from dpo_math_assets.verifier.syntax.rewrites import parts_of, rewritten
from dpo_math_assets.verifier.syntax.units import unit_factor

__all__ = ["NUMERAL", "ParseError", "parse"]

MAX_DEPTH = 100
PI = make("const", ("pi",))
# Words of one name in a list; more are a sentence.
MAX_NAME_WORDS = 3
# Different words of a remark behind a value; more make it all a sentence.
MAX_REMARK_WORDS = 8
# Words of a remark that says which letters may be any integer, or any number.
_PARAMETER_WORDS = frozenset(("integer", "integers", "constant", "constants", "natural"))
_CLOSING = {"(": (")", "]"), "[": ("]", ")"), "\\{": ("\\}",), "{": ("}",)}
# Combinations and permutations: `5C2`, `{}_5P_2`, `C_5^2`.
_CHOOSING = frozenset("CP")
_CHOOSING_INDEX = re.compile(r"([CA])_(\d{1,4})")
_FUNCTION_LETTERS = frozenset(("f", "g", "h", "F", "G", "H", "phi", "varphi", "psi"))
# Moments of random variables: `E(X^2)` is not `E(X)^2`.
_OF_VARIABLES = frozenset("DEV")
_VARIABLES = frozenset("XYZ")
_MATRICES = frozenset(
    ("matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "smallmatrix", "array", "psmallmatrix")
)
_VALUE_COMMANDS = frozenset(
    ("frac", "binom", "sqrt", "sum", "prod", "int", "lim", "mathbb", "begin")
)
# Tokens that join factors or begin one.
_IN_PRODUCT = frozenset(
    ("op", "cmd", "sym", "const", "func", "accent", "empty", "num", "open", "bar")
)
# Tokens that end a value, and with it all that binds tighter than lists do.
_BEHIND_VALUE = frozenset(("end", "close", "punct", "sep", "word"))
_BEHIND_TERM = _BEHIND_VALUE | {"rel", "set", "pm"}
# What general solutions are multiples of.
_TURNS = frozenset(("pi", "degree", "circ"))
_VALUE = attrgetter("value")
_LEAVES = frozenset(("num", "sym", "const"))
_SIGNS = frozenset("+-")
_INFIX = frozenset("+-*/")
_DOMAINS = frozenset("RQZNCP")
# Words between a value and the condition under which a function has it.
_CASE_WORDS = frozenset(("if", "for", "when", "where", "is", "otherwise", "else"))
# Words for a value by which it is told from others, each in one form.
_EXTREMES = {"maximum": "max", "minimum": "min"}
_EXTREMES |= {name: name for name in ("max", "min", "gcd", "lcm")}
_RAISED = (num(2), num(3))
_INDICES: dict[Node | None, int] = {num(index): index for index in range(1, 5)}
# The terms of an index: `n+1`
_INDEX_TERM = re.compile(r"[+-]?[A-Za-z0-9]+")
_DIGITS = re.compile(r"\d+")
# What needs no grammar; most golds are of this form.
NUMERAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_HIGHER_DERIVATIVE = re.compile(
    r"\{\s*(?:d|\\partial)\s*\^\{?([2-9])\}?\s*\}"
    r"\s*\{\s*(?:d|\\partial)\s*([a-zA-Z])\s*\^\{?([2-9])\}?\s*\}"
)
# Accents that are one mark in a longer or a shorter form.
_SAME_MARKS = {"overline": "bar", "overrightarrow": "vec", "widehat": "hat", "widetilde": "tilde"}


# `(C) 14`, `\\text{(C)} 14`, `C) 14`, `C. word`
_CHOICE = re.compile(
    r"(?:\\(?:text|textbf|mathrm|mathbf|textrm)\{)?\s*"
    r"(?:\((?P<a>[A-J])\)(?=[\s}\\])|(?P<b>[A-J])\)|(?P<c>[A-J])[.:](?=\s))"
    r"(?:[\s},~]|\\(?:[ ,;:]|q?quad(?![A-Za-z])))*(?P<rest>(?!and\b|or\b)[^\s+*/^=<>,}~].*)"
)
# `(2) 3`, `(i) 3`, `3. (5)`, `2020-01-02`: no product and no difference
_ITEM = re.compile(
    r"\s*(?:\((?:\d|i{1,3}|i?v|vi)\)\s+[\d.\\(a-zA-Z]|\d+\.\s*\(|\d{4}-\d\d-\d\d\s*$)"
)
# Letters that touch a number, which may be a unit or factors; what can be units alone.
_GLUED = re.compile(r"\d[A-Za-z]{2}")
_UNITS_ALONE = re.compile(r"[\d)}]\s+[A-Za-z]{2}|\\text|\\mathrm|(?<![\\A-Za-z])[A-Za-z]{4}")
# `A: 5, B: 3` are values of two letters
_LETTERED = re.compile(r"[,;]\s*[A-J]:")
_EXISTENCE = re.compile(
    r"^(?:the|it(?= (?:con|di)verges)|there (?:is|are)|(?:the |this )?(?:equation|system) has) "
)
# A currency's sign before or behind an amount.
_CURRENCY = re.compile(
    r"-?\s*(?:\\text\s*\{\s*)?(?P<sign>\\?\$|\\[a-z]+)[\s}]*-?[\d.]"
    r"|-?\d[\d.,]*\s*\\(?P<behind>[a-z]+)\s*$"
)
_CURRENCIES = {
    **dict.fromkeys(("$", "\\$", "\\dollar", "\\textdollar"), "dollar"),
    **dict.fromkeys(("\\euro", "\\texteuro"), "euro"),
    **dict.fromkeys(("\\pounds", "\\textsterling"), "GBP"),
    **dict.fromkeys(("\\yen", "\\textyen"), "yen"),
}
_ANY_INTEGER = make("sym", (f"{PARAMETER}0",))
# Words that name a set, or say one thing in several ways.
_PHRASES = {
    **dict.fromkeys(
        ("all real numbers", "all reals", "real numbers", "any real number", "every real number"),
        make("domain", ("R",)),
    ),
    **dict.fromkeys(("all integers", "integers"), make("domain", ("Z",))),
    **dict.fromkeys(("all even integers", "even integers"), tree.mul(num(2), _ANY_INTEGER)),
    **dict.fromkeys(
        ("all odd integers", "odd integers"), tree.add(tree.mul(num(2), _ANY_INTEGER), num(1))
    ),
    **dict.fromkeys(("all natural numbers", "natural numbers"), make("domain", ("N",))),
    **dict.fromkeys(("all positive integers", "positive integers"), make("domain", ("Z+",))),
    **dict.fromkeys(("all positive real numbers", "all positive reals"), make("domain", ("R+",))),
    "all nonzero real numbers": make("setminus", (make("domain", ("R",)), make("set", (num(0),)))),
    **dict.fromkeys(("all negative real numbers", "all negative reals"), make("domain", ("R-",))),
    **dict.fromkeys(
        ("all nonnegative real numbers", "all non negative real numbers", "all nonnegative reals"),
        make("domain", ("R>=0",)),
    ),
    **dict.fromkeys(
        ("diverges", "divergent", "series diverges", "series is divergent", "integral diverges"),
        make("text", ("diverges",)),
    ),
    **dict.fromkeys(
        ("converges", "convergent", "series converges", "series is convergent"),
        make("text", ("converges",)),
    ),
    **{
        f"{said} {how}": make("text", (f"converges {how}",))
        for how in ("absolutely", "conditionally")
        for said in ("converges", "series converges")
    },
    **{
        f"{said}{how}ly convergent": make("text", (f"converges {how}ly",))
        for how in ("absolute", "conditional")
        for said in ("", "series is ")
    },
    **dict.fromkeys(("positive infinity", "plus infinity"), make("const", ("oo",))),
    **dict.fromkeys(("negative infinity", "minus infinity"), tree.neg(make("const", ("oo",)))),
    **dict.fromkeys(
        ("no solution", "no solutions", "no real solution", "no real solutions", "empty set"),
        make("set", ()),
    ),
    **dict.fromkeys(
        ("dne", "does not exist", "limit does not exist"), make("text", ("does not exist",))
    ),
    **dict.fromkeys(
        ("infinite", "infinitely many", "infinitely many solutions", "infinite solutions"),
        make("text", ("infinitely many",)),
    ),
}


def parse(text: str, units: bool = True) -> Node:
    """The tree of an answer. Words that are no mathematics give a `text` node.

    Without `units`, abbreviations that are not set upright are products of letters.
    """
    if len(text) > MAX_CHARACTERS:
        raise VerifierLimit(f"answer of {len(text)} characters; the limit is {MAX_CHARACTERS}")
    found = _parsed(text) if units else _parsed(text, units=False)
    if isinstance(found, Node):
        return found
    error, message = found
    raise error(message)


@lru_cache(maxsize=4096)
def _parsed(
    text: str, units: bool = True
) -> Node | tuple[type[ParseError] | type[VerifierLimit], str]:
    """The tree, or why there is none: golds come again and again, and so do bad answers.

    Kept are the error's type and message: an error raised twice holds on to the frames of both.
    """
    if NUMERAL.fullmatch(text):
        return literal(text)
    try:
        source = undouble(to_ascii(clean(to_ascii(text))))
        if parts := parts_of(source):  # each answers a question of its own
            sources = [rewritten(clean(part)) for part in parts]
            return make("tuple", tuple(_parse_source(part, units) for part in sources))
        source = rewritten(source)
        if _ITEM.match(source):
            raise ParseError("a part or item of a numbered list, or a date")
        choice = _CHOICE.fullmatch(source)
        if choice is None or (choice["c"] and _LETTERED.search(source)):
            node = _parse_source(source, units)
            return _amount(source, node) if "$" in source or "\\" in source else node
        letter = choice["a"] or choice["b"] or choice["c"]
        try:
            rest = _parse_source(choice["rest"], units)
        except ParseError:  # a letter with a remark behind it
            rest = tree.text(choice["rest"])
        return make("choice", (letter, rest))
    except (ParseError, VerifierLimit) as error:
        return type(error), str(error)


def _amount(source: str, node: Node) -> Node:
    """A number with a currency's sign as a unit, also `\\$4.50/hour`; any other node as it is."""
    rate = node.kind == "unit" and node.args[1].startswith("/ ")
    if not rate and node.kind not in ("num", "dec"):
        return node
    found = _CURRENCY.match(source)
    sign = found and (found["sign"] or f"\\{found['behind']}")
    currency = _CURRENCIES.get(sign) if sign else None
    if currency is None:
        return node
    return make("unit", (node.args[0], f"{currency} {node.args[1]}") if rate else (node, currency))


def _parse_source(source: str, units: bool) -> Node:
    letters = units and _GLUED.search(source) and not _UNITS_ALONE.search(source)
    try:
        node = _read(source, units)
        if node.kind != "text" or not letters:
            return node
    except ParseError:
        if not letters:
            raise
    return _read(source, units=False)  # `\\frac{h^2}{8mL^2}`, `2mg\\sin x`


def _read(source: str, units: bool) -> Node:
    parser = _Parser(source, units)
    try:
        node = parser.answer()
        if parser.parameters or not _TURNS.isdisjoint(map(_VALUE, parser.tokens)):
            node = _with_parameters(node, parser.parameters)
    except _Words:
        node = tree.text(source)
    except RecursionError as error:  # the caller's own stack may be deep already
        raise VerifierLimit("answer nested too deeply") from error
    if node.kind == "text":
        return _PHRASES.get(_EXISTENCE.sub("", node.args[0]), node)
    return node


def _with_parameters(node: Node, parameters: list[tuple[str, str]]) -> Node:
    """Parameters that run through the integers, renamed by number: their letters mean nothing."""
    domains = dict(parameters)
    domains |= dict.fromkeys(sorted(_multipliers_of_pi(node) - domains.keys()), "")
    order = {
        make("sym", (name,)): make("sym", (f"{PARAMETER}{place}{domain}",))
        for place, (name, domain) in enumerate(domains.items())
    }
    if not order:
        return node

    def rename(inner: Node) -> Node | None:
        return order.get(inner)

    return tree.replace(node, rename)


def _multipliers_of_pi(node: Node) -> set[str]:
    r"""The letters of general solutions such as `2k\pi + \frac{\pi}{3}`.

    They run through the integers by custom: k, l, m or n, only ever in products of themselves,
    pi and numbers that are terms of a value, not inside a function or a power.
    """
    allowed: set[str] = set()
    refused: set[str] = set()

    def visit(inner: Node) -> None:
        if inner.kind == "mul":
            inner = tree.mul(*inner.args)  # `-k\\pi` is a product in a product
        if inner.kind == "mul" and PI in inner.args:
            factors = [x for x in inner.args if free_symbols(x) and not _alternates(x)]
            if not factors:
                return
            letter = _letter_of(factors[0]) if len(factors) == 1 else None
            if letter is not None and letter in "klmn":
                allowed.add(letter)
                return
        if inner.kind == "unit" and inner.args[1] == "degree":  # `30^\\circ + 360^\\circ k`
            value = inner.args[0]
            for term in value.args if value.kind == "add" else (value,):
                letter = _letter_of(term) if _turns(term) else None
                (allowed if letter in ("k", "l", "m", "n") else refused).update(free_symbols(term))
            return
        if inner.kind in SCALAR_KINDS and inner.kind != "add":
            refused.update(free_symbols(inner))
            return
        for child in children(inner):
            visit(child)

    visit(node)
    return allowed - refused


def _turns(term: Node) -> bool:
    """Whether a term is a multiple of a quarter turn in degrees, such as 360k."""
    factors = [factor for factor in term.args if factor.kind == "num"] if term.kind == "mul" else []
    return len(factors) == 1 and factors[0].args[1] == 1 and factors[0].args[0] % 90 == 0


def _alternates(factor: Node) -> bool:
    """Whether a factor is -1 to the power of a letter, which goes with any other parameter."""
    return factor.kind == "pow" and factor.args[0] == num(-1) and factor.args[1].kind == "sym"


def _letter_of(factor: Node) -> str | None:
    """The letter of `k` or `2k + 1`, or None for what is no such form."""
    letters: set[str] = set()
    for term in factor.args if factor.kind == "add" else (factor,):
        parts = term.args if term.kind == "mul" else (term,)
        letters.update(part.args[0] for part in parts if part.kind == "sym")
        if any(part.kind not in ("num", "sym") for part in parts) or len(parts) > 2:
            return None
    return letters.pop() if len(letters) == 1 else None


def _declaration(node: Node) -> tuple[str, str] | None:
    r"""("k", domain) of `k \in \mathbb{Z}`: nothing for Z itself, else `N`, `Z+`, `R`."""
    if node.kind != "rel" or node.args[0] != "in" or node.args[2].kind != "domain":
        return None
    name, domain = node.args[1], str(node.args[2].args[0])
    if name.kind != "sym" or (domain[0] not in "ZN" and domain != "R"):
        return None
    return name.args[0], "" if domain == "Z" else domain


def _numeral(word: str) -> bool:
    return word.lower() in NUMBER_WORDS or word.lower() in SCALES


def _labelled(labels: list[str], items: list[Node]) -> list[Node]:
    """`Alice: 5, Bob: 3` as values of names; a label by itself says nothing, but for `max`."""
    if len(labels) != len(items) or not all(labels):
        return items
    if len(items) == 1 and labels[0] not in _EXTREMES.values():
        return items
    return [
        make("rel", ("=", tree.text(label), item))
        for label, item in zip(labels, items, strict=True)
    ]


class _Words(Exception):
    """The answer holds words that are not about mathematics: all of it is text."""


class _Parser:
    def __init__(self, source: str, units: bool) -> None:
        self.source = source
        self.tokens = lex(source, units)
        self.at = 0
        self.depth = 0
        self.bars = 0  # open absolute values at this level of brackets
        self.builder = False  # directly inside set braces, where a bar separates
        # letters that stand for any integer, each with what narrows that: ("k", "odd")
        self.parameters: list[tuple[str, str]] = []
        self.integrals = 0  # inside integrals `d x` ends the integrand
        self.label = ""  # the words that named the last item, as in `Alice: 5`

    # the token stream

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def ahead(self, steps: int = 1) -> Token:
        return self.tokens[min(self.at + steps, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def sees(self, kind: str, *values: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == kind and (not values or token.value in values)

    def take(self, kind: str, *values: str) -> bool:
        if self.sees(kind, *values):
            self.at += 1
            return True
        return False

    def expect(self, kind: str, *values: str) -> None:
        if not self.take(kind, *values):
            raise self.unexpected()

    def unexpected(self) -> ParseError:
        token = self.token
        return ParseError(f"unexpected {token.kind} {token.value!r} at offset {token.start}")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise VerifierLimit(f"answer nested more than {MAX_DEPTH} deep")

    # lists and words

    def answer(self) -> Node:
        self.take("rel", "=", "approx")
        if self.token.kind == "end":
            raise ParseError("empty answer")
        node = self.series()
        if self.token.kind != "end":
            if any(token.kind == "word" for token in self.tokens):
                raise _Words
            raise self.unexpected()
        return node

    def series(self) -> Node:
        """Items joined by commas and words; groups of them joined by semicolons."""
        first = self.item()
        if self.tokens[self.at].kind in ("end", "close"):
            return _labelled([self.label], [first])[0] if self.label else first
        groups, labels = [[first]], [self.label]
        joined_by = set()
        alternatives: list[int] = []  # how many items stand before each `or`
        while True:
            # `1, 2, and 3`; `(1,2) (3,4)` after `\quad`
            separated = False
            while self.sees("punct", ",", ";") or self.sees("sep"):
                joined_by.add(self.tokens[self.at].value)
                if self.tokens[self.at].value == "or":
                    alternatives.append(len(groups[-1]))
                if self.next().value == ";":
                    groups.append([])
                separated = True
            if separated and self.sees("word") and self.tokens[self.at].value.lower() in NOTES:
                groups[-1][-1] = self.remark(groups[-1][-1])
            if self.sees("end") or self.sees("close"):
                break
            if not separated and not self.goes_on(groups[-1][-1]):
                break
            groups[-1].append(self.item())
            labels.append(self.label)
        groups = [self.without_domains(group) for group in groups if group]
        if len(groups) == 1:
            items = _labelled(labels, groups[0])
            if len(items) == 1:
                return items[0]
            if found := tree.alternatives(items, alternatives):
                return found
            if not alternatives and tree.is_conditional(items):
                return make("noted", (items[0], make("list", tuple(items[1:]))))
            return tree.conditions(items, "or" in joined_by) or make("list", tuple(items))
        if all(len(group) == 1 for group in groups):
            return make("list", tuple(_labelled(labels, [group[0] for group in groups])))
        return make("list", tuple(make("tuple", tuple(group)) for group in groups))

    def goes_on(self, last: Node) -> bool:
        """Whether a second value follows without a comma: `3 hours 20 minutes`."""
        measured = last.kind == "unit" and unit_factor(last.args[1]) is not None
        return measured and self.sees("num") and self.ahead().kind == "word"

    def without_domains(self, items: list[Node]) -> list[Node]:
        """The items without those that only say which numbers a parameter runs through.

        What an inequality bounds is no parameter: `x > 0, x \\in \\mathbb{Z}` is no interval.
        """
        if len(items) == 1:
            return items
        bounded = {
            operand.args[0]
            for item in items
            if tree.is_inequality(item)
            for operand in item.args
            if isinstance(operand, Node) and operand.kind == "sym"
        }
        kept: list[Node] = []
        for item in items:
            declared = _declaration(item)
            beside: list[Node] = []  # `a` of `a, b \\in \\mathbb{R}`
            if declared and declared[0] not in bounded:
                while len(kept) > 1 and kept[-1].kind == "sym" != kept[0].kind:
                    beside.append(kept.pop())
            if declared is None:
                kept.append(item)
            elif declared[0] in bounded:
                if declared[1] != "R":
                    kept.append(item)
            elif declared[1] == "R":
                kept.append(item)
            else:
                names = (declared[0], *(name.args[0] for name in beside))
                self.parameters += [(name, declared[1]) for name in names]
        return kept or items

    def declares(self, node: Node) -> bool:
        r"""Whether a node is `k \in \mathbb{Z}`; the parameter is noted."""
        declared = _declaration(node)
        if declared is None or declared[1] == "R":
            return False
        self.parameters.append(declared)
        return True

    def item(self) -> Node:
        """One relation or value with the words before and after it."""
        label = self.words_before() if self.tokens[self.at].kind in ("word", "func") else ""
        node = self.named_item()
        self.label = label
        return node

    def named_item(self) -> Node:
        kind = self.tokens[self.at].kind
        if kind == "dots":
            self.next()
            return make("dots", ())
        if kind == "word":
            return self.words_alone() or self.number_word()
        node = self.relation()
        if self.tokens[self.at].kind in ("end", "close"):
            return node
        if not self.builder and self.take("punct", ":"):
            return self.after_colon(node)
        node = self.words_after(node)
        if self.sees("rel", "approx") and self.tokens[self.at - 1].kind in ("word", "num", "close"):
            self.next()  # `36\\pi\\text{ cm} \\approx 113\\text{ cm}`: about so much
            self.words_after(self.set_expression())
        return node

    def words_before(self) -> str:
        """Takes words that say nothing about the item, or its label, which is returned."""
        start = self.at
        while (self.sees("word") and not _numeral(self.token.value)) or self.names_extreme():
            self.at += 1
        if self.at == start:
            return ""
        said = [token.value.lower() for token in self.tokens[start : self.at]]
        extremes = [_EXTREMES[word] for word in said if word in _EXTREMES]
        named = len(extremes) == 1 and FILLERS.issuperset({*said} - {*_EXTREMES, "value"})
        if named and (self.take("punct", ":") or self.take("rel", "=") or self.sees("num")):
            return extremes[0]  # `max 5, min 1`
        if self.sees("num") and self.ahead().kind == "punct" and self.ahead().value == ":":
            self.at += 1  # a numbered label: `Sequence 1:`
        if REFUSED.isdisjoint(said):
            if self.take("punct", ":") or self.take("rel", "="):  # `Area = 5`
                return " ".join(said)
            if all(word in FILLERS for word in said) and not self.sees("end"):
                return ""
        self.at = start
        self.number_word_or_text()
        return ""

    def names_extreme(self) -> bool:
        """Whether `max` names the value behind it: `\\max = 5`, `max 5`."""
        if not self.sees("func", "max", "min", "gcd", "lcm"):
            return False
        following = self.ahead()
        return following.kind == "num" or following.value in ("=", ":")

    def number_word_or_text(self) -> None:
        if not _numeral(self.token.value) and not self.words_end():
            raise _Words

    def words_end(self) -> int:
        """How many words make up the whole item here; 0 if more than words, or a sentence."""
        count = 0
        while self.ahead(count).kind == "word":
            count += 1
        after = self.ahead(count)
        whole = after.kind in ("end", "sep") or (after.kind == "punct" and after.value in ",;")
        return count if whole and count <= MAX_NAME_WORDS else 0

    def words_alone(self) -> Node | None:
        """An item of a few words, such as a name in a list of names."""
        count = self.words_end()
        said = [self.ahead(k).value for k in range(count)]
        if not said or _numeral(said[0]):
            return None
        if not REFUSED.isdisjoint(word.lower() for word in said):
            raise _Words
        self.at += count
        return tree.text(" ".join(said))

    def number_word(self) -> Node:
        word = self.next().value.lower()
        value = NUMBER_WORDS.get(word) or SCALES.get(word)
        if value is None and word != "zero":
            raise _Words
        return self.words_after(num(value or 0))

    def words_after(self, node: Node) -> Node:
        """A unit, a scale word or a remark after a value."""
        if not self.sees("word") and not (self.sees("op", "/") and self.ahead().kind == "word"):
            return node
        first = self.tokens[self.at].value.lower()
        if first in NOTES or (first in ("is", "are") and node.kind == "rel"):
            return self.remark(node)
        scale = SCALES.get(first.removesuffix("s"))
        if scale:
            self.next()
            if self.sees("sep") and self.ahead().kind == "word" and _numeral(self.ahead().value):
                raise _Words  # `5 thousand and two` in a notation that spelled.py does not know
            node = tree.mul(num(scale), node)
            if not self.sees("word"):
                return node
        said: list[str] = []
        bracketed = False  # inside the brackets of a divisor, as which all that follows counts
        while True:
            token = self.tokens[self.at]
            if token.kind == "word":
                power = not said and token.value.lower() in ("squared", "cubed")
                counted = token.value.lower() in NUMBER_WORDS or token.value.lower() in NARROWING
                if power or counted or token.value.lower() in REFUSED:
                    raise _Words
                if token.value.lower() in NOTES:
                    return self.words_after(tree.unit(node, said))
                said.append(token.value)
            elif token.kind == "op" and token.value in ("^", "/", "*", "-"):
                said.append(token.value)
            elif said and said[-1] == "^" and token.kind in ("num", "open", "close"):
                said.append(self.unit_power())
                continue
            elif token.kind in ("sym", "func") and said and said[-1] in ("/", "*"):
                said.append(token.value)
            elif token.value == "(" and said and said[-1] == "/":  # `J/(mol K)`
                bracketed = True
            elif token.value == ")" and bracketed:
                bracketed = False
            elif token.node in _RAISED and not token.spaced and said and unit_factor(said[-1]):
                said += ["^", str(token.node.args[0])]  # `cm2`
            else:
                break
            self.at += 1
        if bracketed or sum(word.isalpha() for word in said) > 5:
            raise _Words
        return tree.unit(node, said)

    def remark(self, node: Node) -> Node:
        """A value with the remark behind it, which goes on to the end of the text.

        It may declare a parameter. A condition is kept with the value, other remarks are dropped.
        """
        start = self.token.start
        remark = self.tokens[self.at :]
        words = {token.value.lower() for token in remark if token.kind == "word"}
        openers = sum(token.value.lower() in OPENERS for token in remark)
        if not REFUSED.isdisjoint(words) or openers > 1:  # `3 for even n, 5 for odd n`
            raise _Words
        if len(words) > MAX_REMARK_WORDS:
            raise _Words
        narrowed = " ".join(sorted(words & NARROWING))
        if any(token.kind == "num" for token in remark):  # `k is a multiple of 5`
            narrowed = tree.text(self.source[start:]).args[0]
        if not words.isdisjoint(_PARAMETER_WORDS) or not words.isdisjoint(
            ("multiple", "divisible")
        ):
            if tree.is_inequality(node):  # `x > 2 for integer x` is no interval
                raise _Words
            names = [token.value for token in remark if token.kind == "sym"]
            self.parameters += [(name, narrowed) for name in names]
        elif words & NARROWING:  # `n + 1 for even n`
            raise _Words
        self.at = len(self.tokens) - 1
        compared = any(token.kind == "rel" and token.value != "in" for token in remark)
        if not compared:
            return node
        condition = tree.text(self.source[start:]).args[0].partition(" ")[2]  # without `where`
        return make("noted", (node, make("text", (condition,))))

    def unit_power(self) -> str:
        braced = self.take("open", "{")
        sign = "-" if self.take("op", "-") else ""
        token = self.next()
        if token.node is None or token.node.kind != "num":
            raise _Words
        if braced:
            self.expect("close", "}")
        return sign + str(token.node.args[0])

    def after_colon(self, label: Node) -> Node:
        """`7:32` is a ratio, and `x: 5` gives x a value."""
        parts = [label, self.relation()]
        if label.kind == "sym" and parts[1].kind in ("num", "dec"):
            return self.words_after(make("rel", ("=", label, parts[1])))
        while self.take("punct", ":"):
            parts.append(self.relation())
        # `S : T = 7 : 32` puts the equals sign between two ratios
        for index, part in enumerate(parts):
            if part.kind == "rel" and part.args[0] == "=":
                left = make("ratio", (*parts[:index], part.args[1]))
                right = make("ratio", (part.args[2], *parts[index + 1 :]))
                return self.words_after(make("rel", ("=", left, right)))
        return self.words_after(make("ratio", tuple(parts)))

    # relations

    def relation(self) -> Node:
        items, operators = [self.set_expression()], []
        if self.tokens[self.at].kind in _BEHIND_VALUE:
            return items[0]
        while self.sees("rel") or (self.sees("cmd", "not") and self.ahead().kind == "rel"):
            negated = self.take("cmd", "not")
            operator = self.next().value
            if negated:
                operator = {"=": "!=", "in": "notin"}.get(operator, "?")
            if operator in ("?", "subset", "propto", "implies"):
                raise ParseError(f"relation {operator} is outside the grammar")
            operators.append(operator)
            item = self.set_expression()
            if operator == "in" and item.kind == "sym" and item.args[0] in ("Z", "N", "R", "Q"):
                item = make("domain", item.args)
            items.append(item)
        node = items[0]
        if len(operators) == 1:
            node = make("rel", (operators[0], items[0], items[1]))
        elif operators:
            node = make("chain", (tuple(operators), *items))
        if self.take("cmd", "pmod"):
            braced = self.take("open", "{")
            modulus = self.sum()
            if braced:
                self.expect("close", "}")
            node = make("mod", (node, modulus))
        elif self.sees("open", "(") and self.ahead().value == "mod":
            self.at += 2
            node = make("mod", (node, self.sum()))
            self.expect("close", ")")
        elif operators == ["equiv"] and (items[1].kind != "func" or items[1].args[0] != "mod"):
            node = make("rel", ("=", *items))  # `f(x) \\equiv 0`: everywhere
        elif operators == ["equiv"]:
            node = make(
                "mod", (make("rel", ("equiv", items[0], items[1].args[1])), items[1].args[2])
            )
        return node

    def set_expression(self) -> Node:
        node = self.sum()
        if self.tokens[self.at].kind not in ("cmd", "set"):
            return node
        if self.take("cmd", "choose"):
            node = tree.chosen("C", node, self.sum())
        while self.sees("set"):
            operator = self.next().value
            node = tree.set_operation(operator, node, self.sum())
        return node

    # arithmetic

    def sum(self) -> Node:
        self.deeper()
        terms = [self.signed() if self.tokens[self.at].kind == "pm" else self.product()]
        while (token := self.tokens[self.at]).kind in ("op", "pm"):
            if token.value == "+":
                self.next()
                if self.sees("dots"):
                    raise ParseError("dots inside a sum")
                terms.append(self.product())
            elif token.value == "-":
                self.next()
                if terms[-1].kind in ("set", "setbuilder", "domain", "interval"):
                    terms[-1] = make("setminus", (terms[-1], self.product()))
                else:
                    terms.append(tree.neg(self.product()))
            elif token.kind == "pm":
                terms.append(self.signed())
            else:
                break
        self.depth -= 1
        return tree.add(*terms) if len(terms) > 1 else terms[0]

    def signed(self) -> Node:
        return make(self.next().value, (self.product(),))

    def product(self) -> Node:
        """Factors joined by signs or by nothing; left to right."""
        if self.tokens[self.at].kind in _LEAVES:
            behind = self.tokens[self.at + 1]
            if behind.kind in _BEHIND_TERM or (behind.kind == "op" and behind.value in _SIGNS):
                return self.primary()
        node = self.prefixed()
        while (token := self.tokens[self.at]).kind in _IN_PRODUCT and token.value not in _SIGNS:
            sign = token.value if token.kind in ("op", "cmd") else ""
            if sign == "*":
                self.next()
                factor = self.prefixed()
                crossed = self.source.startswith("\\times", token.start)
                if crossed and tree.is_vector(node) and tree.is_vector(factor):
                    node = make("call", ("cross", node, factor))  # whose sides do not commute
                else:
                    node = tree.mul(node, factor)
            elif sign == "/" and self.ahead().kind == "word":
                return node  # `5/hour`
            elif sign in ("/", "over"):
                self.next()
                divisor = self.prefixed()
                if node.kind != "num" or divisor.kind != "num":
                    divisor = self.tight(divisor)
                node = tree.divide(node, divisor)
            elif sign == "mod":
                self.next()
                node = make("func", ("mod", node, self.tight(self.prefixed())))
            elif sign == "%":
                self.next()
                if node.kind == "percent":
                    raise ParseError("per cent of per cent")
                node = make("percent", (node,))
            elif self.implicit():
                factor = self.power()
                if node.kind in ("tuple", "list") and factor.kind == "tuple":  # `(1, 2) (3, 4)`
                    listed = node.args if node.kind == "list" else (node,)
                    node = make("list", (*listed, factor))
                elif not self.declares(factor):  # `k\pi (k \in \mathbb{Z})`
                    node = tree.mul(node, factor)
            else:
                break
        return node

    def tight(self, node: Node) -> Node:
        """Letters that stand against a divisor belong to it: `a/2b`."""
        while self.implicit() and self.token.kind in ("sym", "const"):
            node = tree.mul(node, self.power())
        return node

    def implicit(self) -> bool:
        """Whether the next token begins a factor without a sign before it."""
        token = self.tokens[self.at]
        if token.kind in ("sym", "const", "func", "accent", "empty"):
            return not (
                self.integrals and token.value == "d" and self.ahead().kind in ("sym", "accent")
            )
        if token.kind == "num":
            before = self.tokens[self.at - 1]
            # `x2` may be a power or an index that lost its sign; in `2^x3^y` it is a factor
            raised = self.at > 1 and self.tokens[self.at - 2].value == "^"
            factor = before.kind in ("close", "const") or (before.kind == "sym" and raised)
            return factor or before.value == "!" or (before.kind == "sym" and self.raises_letters())
        if token.kind == "open":
            return self.ahead().value != "mod"  # `5 (mod 7)`
        if token.kind == "bar":
            return token.value == "|" and not self.bars and not self.builder
        return token.kind == "cmd" and token.value in _VALUE_COMMANDS

    def raises_letters(self) -> bool:
        """Whether a power with a letter above follows, as in `n2^{n-1}`: then no sign is lost."""
        if self.ahead().value != "^":
            return False
        return any(self.ahead(steps).kind == "sym" for steps in (2, 3, 4))

    def prefixed(self) -> Node:
        self.deeper()
        if self.tokens[self.at].kind != "op":
            node = self.power()
        elif self.take("op", "-"):
            node = tree.neg(self.prefixed())
        elif self.take("op", "+"):
            node = self.prefixed()
        else:
            node = self.power()
        self.depth -= 1
        return node

    def power(self) -> Node:
        base = self.mixed_number(self.primary())
        while (token := self.tokens[self.at]).kind in ("op", "cmd") and token.value not in _INFIX:
            if self.take("op", "^"):
                if self.degree_mark():
                    base = self.degrees(base)
                    continue
                exponent = self.exponent()
                if base.kind == "sym" and self.sees("op", "_"):
                    base = self.subscripted(base)
                inverse = exponent == num(-1) and base.kind == "sym"
                if inverse and base.args[0] in _FUNCTION_LETTERS and self.sees("open", "("):
                    return self.powered(make("call", (f"{base.args[0]}^-1", *self.arguments())))
                base = self.chosen_by_index(base, exponent) or tree.power(base, exponent)
            elif self.sees("cmd", "degree", "circ"):
                self.next()
                base = self.degrees(base)
            elif self.sees("op", "!"):
                self.next()
                double = self.sees("op", "!") and not self.tokens[self.at].spaced
                if double:
                    self.next()
                base = make("fact2" if double else "fact", (base,))
            elif self.sees("op", "_") and base.kind == "sym":
                base = self.subscripted(base)
            elif (
                self.tokens[self.at].kind == "op"
                and self.tokens[self.at].value[0] == "'"
                and base.kind == "sym"
            ):
                base = make("sym", (base.args[0] + self.next().value,))
            else:
                break
        if base.kind == "sym" and self.sees("open", "(") and not self.tokens[self.at].spaced:
            name = base.args[0]
            expected = name in _OF_VARIABLES and self.ahead().value in _VARIABLES
            if expected or name.rstrip("'").split("_")[0] in _FUNCTION_LETTERS:
                return self.powered(make("call", (name, *self.arguments())))
        return base

    @staticmethod
    def chosen_by_index(base: Node, exponent: Node) -> Node | None:
        """`C_5^2`, as the ways to choose 2 of 5 are written where 5 stands below."""
        found = _CHOOSING_INDEX.fullmatch(base.args[0]) if base.kind == "sym" else None
        if found is None or exponent.kind != "num" or exponent.args[1] != 1:
            return None
        n, k = int(found[2]), exponent.args[0]
        return tree.chosen(found[1], num(n), exponent) if 0 < k < n else None

    def powered(self, node: Node) -> Node:
        if self.take("op", "^"):
            return tree.power(node, self.exponent())
        return node

    def exponent(self) -> Node:
        """What stands above: a braced group, or one signed factor, right associative."""
        self.deeper()
        if self.sees("open", "{"):
            node = self.group()
            if self.sees("op", "^"):
                raise ParseError("two exponents")
        elif self.take("op", "-"):
            node = tree.neg(self.exponent())
        elif self.take("op", "+"):
            node = self.exponent()
        else:
            node = self.power()
        self.depth -= 1
        return node

    def degree_mark(self) -> bool:
        if self.take("cmd", "circ", "degree"):
            return True
        if (
            self.sees("open", "{")
            and self.ahead().kind == "cmd"
            and self.ahead().value in ("circ", "degree")
            and self.ahead(2).kind == "close"
        ):
            self.at += 3
            return True
        return False

    def degrees(self, node: Node) -> Node:
        """`60^\\circ 42' 30''` as one angle in degrees."""
        parts = [node]
        for mark, share in (("'", 60), ("''", 3600)):
            if self.sees("num") and self.ahead().kind == "op" and self.ahead().value == mark:
                minutes = self.next().node
                assert minutes is not None
                self.next()
                parts.append(tree.divide(minutes, num(share)))
        scale = f" {self.next().value}" if self.sees("sym", "C", "F") else ""
        return make("unit", (tree.add(*parts), "degree" + scale))

    def subscripted(self, base: Node) -> Node:
        self.expect("op", "_")
        start = self.token.start
        if self.take("open", "{"):
            level = 1
            while level and not self.sees("end"):
                token = self.next()
                level += (token.kind, token.value) == ("open", "{")
                level -= (token.kind, token.value) == ("close", "}")
            name = self.source[start + 1 : self.tokens[self.at - 1].start]
        elif self.token.kind in ("num", "sym", "const", "word", "func"):
            token = self.next()
            name = self.source[start : self.token.start].split("^")[0]
            if token.kind == "num" and token.node is not None and token.node.kind == "num":
                name = str(token.node.args[0])
        else:
            raise self.unexpected()
        for noise in ("\\text", "\\mathrm", "\\", "{", "}", " "):
            name = name.replace(noise, "")
        if "+" in name:  # `F_{1+n}` is `F_{n+1}`
            terms = _INDEX_TERM.findall(name)
            if "".join(terms) == name:
                terms = [term if term[0] in "+-" else f"+{term}" for term in terms]
                terms.sort(key=lambda term: (term[-1].isdigit(), term))
                name = "".join(terms).removeprefix("+")
        return make("sym", (f"{base.args[0]}_{name}",))

    def mixed_number(self, node: Node) -> Node:
        r"""`3 \frac{1}{2}` and `3 1/2` are 3.5; the fraction must be one of plain integers."""
        following = self.tokens[self.at].kind
        if node.kind != "num" or following not in ("cmd", "num"):
            return node
        if self.tokens[self.at - 1].kind != "num":
            return node
        if self.sees("cmd", "frac"):
            start = self.at
            part = self.primary()
            if tree.is_proper_fraction(part):
                return tree.add(node, part)
            self.at = start
        elif self.sees("num") and self.tokens[self.at].spaced:
            over, under = self.ahead(1), self.ahead(2)
            top = self.tokens[self.at].node
            if over.value == "/" and top is not None and under.node is not None:
                part = tree.divide(top, under.node)
                if tree.is_proper_fraction(part):
                    self.at += 3
                    return tree.add(node, part)
        return node

    # primaries

    def primary(self) -> Node:
        token = self.tokens[self.at]
        if token.kind == "num":
            self.next()
            assert token.node is not None
            letter = self.tokens[self.at]
            if letter.value in _CHOOSING and not letter.spaced:  # `5C2`
                k = self.ahead()
                if k.node and not k.spaced:
                    self.at += 2
                    return tree.chosen(letter.value, token.node, k.node)
            return token.node
        if token.kind == "sym":
            self.next()
            index = self.index_behind(token.value) if self.sees("num") else None
            return make("sym", (f"{token.value}_{index}" if index else token.value,))
        if token.kind == "const":
            self.next()
            return make("const", (token.value,))
        if token.kind == "empty":
            self.next()
            return make("set", ())
        if token.kind == "domain":
            self.next()
            return make("domain", (token.value,))
        if token.kind == "func":
            return self.function()
        if token.kind == "open":
            empty = token.value == "{" and self.ahead().value == "}"
            if empty and self.ahead(2).value in ("_", "^"):
                self.at += 2
                return self.chosen_before()
            return self.bracket()
        if token.kind == "op" and token.value in ("_", "^"):
            return self.chosen_before()
        if token.kind == "bar" and token.value == "|":
            return self.absolute(closing="bar")
        if token.kind == "accent":
            return self.accented()
        if token.kind == "cmd":
            return self.command()
        if token.kind == "word":
            if self.tokens[self.at - 1].value == "-" and token.value.lower() in NUMBER_WORDS:
                self.next()  # `negative seven`
                return num(NUMBER_WORDS[token.value.lower()])
            raise _Words
        raise self.unexpected()

    def index_behind(self, letter: str) -> int | None:
        """Takes the digit behind a letter that is its index: `C1*exp(x)`, or `x1 = 2, x2 = 3`."""
        index = _INDICES.get(self.token.node)
        if index is None or self.token.spaced:
            return None
        if letter in ("C", "c"):
            found = self.tokens[self.at - 2].kind != "num"
        else:
            numbered = f"{letter}1" in self.source and f"{letter}2" in self.source
            found = numbered and self.ahead().value == "="
        self.at += found
        return index if found else None

    def group(self) -> Node:
        """A braced argument, or a single token without braces (`\\frac12`)."""
        if self.take("open", "{"):
            saved, self.bars, self.builder = (self.bars, self.builder), 0, False
            node = self.relation()
            if self.sees("punct", ","):
                items = [node]
                while self.take("punct", ","):
                    items.append(self.relation())
                node = make("list", tuple(items))
            node = self.words_after(node)
            self.expect("close", "}")
            self.bars, self.builder = saved
            return node
        if self.take("op", "-"):
            return tree.neg(self.group())
        return self.primary()

    def chosen_before(self) -> Node:
        r"""`{}_5C_2`, `{}^nP_r`: the number of things stands before the letter."""
        self.next()
        n = self.group()
        letter = self.next()
        if letter.kind != "sym" or letter.value not in _CHOOSING or not self.take("op", "_", "^"):
            raise self.unexpected()
        return tree.chosen(letter.value, n, self.group())

    def short_group(self) -> Node:
        """An argument of `\\frac` or `\\sqrt`: without braces it is one digit or letter."""
        token = self.token
        if token.kind == "num" and token.node is not None and token.node.kind == "num":
            found = _DIGITS.match(self.source, token.start)
            digits = found[0] if found else ""
            if len(digits) > 1:
                head, rest = num(int(digits[0])), num(int(digits[1:]))
                self.tokens[self.at] = Token("num", "", False, token.start + 1, rest)
                return head
        return self.group()

    def bracket(self) -> Node:
        token = self.token
        if token.value in ("floor", "ceil"):
            self.next()
            node = self.sum()
            self.expect("close", token.value)
            return make("func", (token.value, node))
        if token.value == "|":
            return self.absolute(closing="close")
        if token.value == "{":
            return self.raw_braces()
        self.deeper()
        self.next()
        saved = self.bars, self.builder
        self.bars, self.builder = 0, token.value == "\\{"
        if self.sees("close") and token.value == "\\{":
            self.next()
            self.bars, self.builder = saved
            self.depth -= 1
            return make("set", ())
        content = self.series()
        if token.value == "\\{" and (self.sees("bar") or self.sees("punct", ":")):
            self.next()
            self.builder = False
            condition = self.series()
            self.expect("close", "\\}")
            if self.declares(condition):  # all values of a general solution
                node = make("set", content.args if content.kind == "list" else (content,))
            else:
                node = self.set_of(content, condition)
        else:
            closing = self.token.value
            self.expect("close", *_CLOSING[token.value])
            node = tree.bracketed(token.value, closing, content)
        self.bars, self.builder = saved
        self.depth -= 1
        return node

    def raw_braces(self) -> Node:
        """Bare braces: TeX grouping, or a list that somebody wrote without backslashes."""
        self.deeper()
        self.next()
        saved = self.bars, self.builder
        self.bars, self.builder = 0, False
        if self.take("close", "}"):
            node = make("set", ())
        else:
            named = self.token.kind == "sym" and self.ahead().value in ("|", "mid", ":")
            self.builder = named and (
                self.ahead().kind == "bar" or any(token.kind == "rel" for token in self.tokens)
            )
            node = self.series()
            if self.take("bar") or (self.builder and self.take("punct", ":")):
                self.builder = False
                node = self.set_of(node, self.series())
            self.expect("close", "}")
        self.bars, self.builder = saved
        self.depth -= 1
        return node

    def set_of(self, element: Node, condition: Node) -> Node:
        r"""`{x | x > 1}`; `{x | x = k\pi, k \in Z}` says no more than its condition."""
        names = {name for name, _ in self.parameters}
        if names.isdisjoint(free_symbols(condition)) or condition.kind not in ("rel", "chain"):
            return make("setbuilder", (element, condition))
        if condition.args[:2] == ("=", element):
            return make("set", condition.args[2:])
        return condition

    def absolute(self, closing: str) -> Node:
        self.deeper()
        self.next()
        self.bars += closing == "bar"
        node = self.sum()
        self.bars -= closing == "bar"
        if self.sees("punct", ","):
            raise self.unexpected()
        if not self.take(closing, "|") and not self.take("close", "|"):
            raise self.unexpected()
        self.depth -= 1
        return make("abs", (node,))

    def accented(self) -> Node:
        name = self.next().value
        inner = self.group()
        letters = tree.letters(inner)
        if letters is None and name == "underline":
            return inner
        if letters is None and name in ("overline", "bar") and tree.is_complex(inner):
            return make("func", ("conj", inner))
        if letters is None:
            raise ParseError(f"\\{name} over more than letters")
        mark = _SAME_MARKS.get(name, name)
        return make("sym", (f"{mark}({letters})",))

    def function(self) -> Node:
        name = self.next().value
        if name in ("max", "min", "lim") and self.sees("op", "_"):
            raise ParseError(f"{name} over a condition")
        base = None
        exponent = None
        plain = self.source[self.tokens[self.at - 1].start] != "\\"
        glued = self.sees("num") and not self.token.spaced and self.ahead().value == "("
        if name == "log" and plain and glued:  # `log2(8)`
            base = self.next().node
        for _ in range(2):
            if self.sees("op", "_") and name == "log":
                self.next()
                base = self.log_base()
            elif self.take("op", "^"):
                exponent = self.exponent()
        if name == "sqrt" and self.sees("open", "["):
            self.next()
            index = self.sum()
            self.expect("close", "]")
            return tree.root(self.short_group(), index)
        if self.sees("open", "(") or self.sees("open", "[") or self.sees("open", "\\{"):
            arguments = self.arguments()
        elif self.sees("open", "{"):
            argument = self.group()
            arguments = list(argument.args) if argument.kind == "list" else [argument]
        else:
            arguments = [self.open_argument()]
        if name in PRINTED:
            return tree.printed(name, arguments)
        return tree.function(name, arguments, base, exponent)

    def log_base(self) -> Node:
        r"""`\log_{10} 5`, `\log_10 5` and, where no argument would be left, `\log_23`."""
        after = self.ahead()
        argument = after.kind in ("num", "sym", "const", "open", "func", "bar", "accent", "cmd")
        return self.group() if argument else self.short_group()

    def arguments(self) -> list[Node]:
        """Bracketed arguments, separated by commas."""
        node = self.bracket()
        if node.kind in ("tuple", "set", "list"):
            return list(node.args)
        if node.kind == "interval":
            return list(node.args[:2])
        return [node]

    def open_argument(self) -> Node:
        """The argument of `\\sin 2x`: factors up to a sign, a bracket or another function."""
        self.deeper()
        if self.take("op", "-"):
            node = tree.neg(self.open_argument())
        else:
            node = self.power()
            while self.implicit() and (
                self.token.kind in ("sym", "const", "num")
                or (self.token.kind == "cmd" and self.token.value in ("frac", "sqrt"))
            ):
                node = tree.mul(node, self.power())
            if (
                self.sees("op", "/")
                and self.ahead().kind == "num"
                and not self.token.spaced
                and not self.ahead().spaced
            ):
                self.next()
                node = tree.divide(node, self.power())
        self.depth -= 1
        return node

    def command(self) -> Node:
        name = self.token.value
        handlers: dict[str, Callable[[], Node]] = {
            "frac": self.fraction,
            "binom": self.binomial,
            "sqrt": self.square_root,
            "mathbb": self.domain,
            "begin": self.environment,
            "sum": self.series_operator,
            "prod": self.series_operator,
            "int": self.integral,
            "lim": self.limit,
        }
        if name not in handlers:
            raise self.unexpected()
        self.deeper()
        self.next()
        node = handlers[name]()
        self.depth -= 1
        return node

    def fraction(self) -> Node:
        if derivative := self.derivative():
            return derivative
        top = self.short_group()
        return tree.divide(top, self.short_group())

    def derivative(self) -> Node | None:
        r"""`\frac{d}{dx} f`, or the name `\frac{dy}{dx}`; None where the fraction is another."""
        if higher := self.higher_derivative():
            return higher
        shape = [self.ahead(k) for k in range(8)]
        values = [token.value for token in shape]
        named = shape[2].kind == shape[6].kind == "sym"
        if named and [*values[:2], *values[3:6], values[7]] == ["{", "d", "}", "{", "d", "}"]:
            self.at += 8
            return make("sym", (f"d{values[2]}/d{values[6]}",))
        if values[:5] != ["{", "d", "}", "{", "d"] or values[6] != "}" or shape[5].kind != "sym":
            return None
        self.at += 7
        variable = make("sym", (values[5],))
        return make("deriv", (self.product(), variable, 1))

    def higher_derivative(self) -> Node | None:
        r"""`\frac{d^2}{dx^2} f`; None where the fraction is another."""
        found = _HIGHER_DERIVATIVE.match(self.source, self.token.start)
        if found is None or found[1] != found[3]:
            return None
        while self.token.start < found.end():
            self.next()
        return make("deriv", (self.product(), make("sym", (found[2],)), int(found[1])))

    def binomial(self) -> Node:
        top = self.short_group()
        return tree.chosen("C", top, self.short_group())

    def square_root(self) -> Node:
        index: Node = num(2)
        if self.take("open", "["):
            index = self.sum()
            self.expect("close", "]")
        return tree.root(self.short_group(), index)

    def domain(self) -> Node:
        self.expect("open", "{")
        name = self.next().value
        self.expect("close", "}")
        if name not in _DOMAINS:
            raise ParseError(f"unknown domain {name}")
        sign = ""
        while self.sees("op", "^", "_"):
            self.next()
            start = self.token.start
            if self.sees("open", "{"):
                while not self.take("close", "}"):
                    if self.next().kind == "end":
                        raise ParseError("unbalanced brace")
            else:
                self.next()
            sign += self.source[start : self.token.start].strip(" {}")
        return make("domain", (name + sign,))

    def environment(self) -> Node:
        name = self.environment_name()
        if name == "cases":
            return self.cases()
        if name not in _MATRICES:
            raise ParseError(f"environment {name} is outside the grammar")
        if name == "array" and self.take("open", "{"):
            while not self.take("close", "}"):
                if self.next().kind == "end":
                    raise ParseError("unbalanced brace")
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while True:
            if self.sees("cmd", "end"):
                break
            if self.take("op", "\\\\"):
                if row:
                    rows.append(tuple(row))
                row = []
                continue
            row.append(self.relation())
            if not self.take("op", "&") and not (
                self.sees("op", "\\\\") or self.sees("cmd", "end")
            ):
                raise self.unexpected()
        if row:
            rows.append(tuple(row))
        self.next()
        if self.environment_name() != name:
            raise ParseError(f"environment {name} is not closed")
        if not rows or any(len(cells) != len(rows[0]) for cells in rows):
            raise ParseError("matrix with rows of different lengths")
        matrix = make("matrix", tuple(rows))
        return make("func", ("det", matrix)) if name == "vmatrix" else matrix

    def environment_name(self) -> str:
        start = self.token.start
        self.expect("open", "{")
        while not self.take("close", "}"):
            if self.next().kind == "end":
                raise ParseError("unbalanced brace")
        end = self.tokens[self.at - 1].start
        return self.source[start + 1 : end].strip().rstrip("*")

    def cases(self) -> Node:
        branches: list[tuple[Node, Node | None]] = []
        while not self.sees("cmd", "end"):
            value = self.relation()
            condition = None
            self.take("punct", ",")
            if self.take("op", "&") or self.sees("word"):
                condition = self.case_condition()
            self.take("punct", ",")
            branches.append((value, condition))
            if not self.take("op", "\\\\") and not self.sees("cmd", "end"):
                raise self.unexpected()
        self.next()
        if self.environment_name() != "cases" or not branches:
            raise ParseError("environment cases is empty or not closed")
        if all(condition is None for _, condition in branches):  # a system of equations
            return make("list", tuple(value for value, _ in branches))
        return make("cases", tuple(branches))

    def case_condition(self) -> Node | None:
        """The condition of a case: None for `otherwise`, words where it is no formula."""
        start, words = self.token.start, 0
        while self.sees("word") and self.token.value.lower() in _CASE_WORDS:
            self.next()
        at = self.at
        while not self.case_ends():
            words += self.sees("word")
            if self.next().kind == "end":
                raise ParseError("environment cases is not closed")
        if self.at == at:
            return None
        if words:
            said = tree.text(self.source[start : self.token.start]).args[0].split()
            return tree.text(" ".join(word for word in said if word not in _CASE_WORDS))
        self.at = at
        items, alternatives = [self.relation()], False
        while self.sees("punct", ",", ".") or self.sees("sep"):
            alternatives |= self.next().value == "or"
            if self.case_ends():  # the comma at the end of a row
                break
            items.append(self.relation())
        if len(items) == 1:
            return items[0]
        return tree.conditions(items, alternatives) or make("list", tuple(items))

    def case_ends(self) -> bool:
        return self.sees("op", "\\\\") or self.sees("cmd", "end")

    def bounds(self) -> tuple[Node | None, Node | None]:
        low = high = None
        for _ in range(2):
            if self.take("op", "_"):
                low = self.group()
            elif self.take("op", "^"):
                high = self.exponent()
        return low, high

    def series_operator(self) -> Node:
        kind = self.tokens[self.at - 1].value
        low, high = self.bounds()
        if low is None or low.kind != "rel" or low.args[0] != "=" or high is None:
            raise ParseError(f"\\{kind} without bounds of the form i=a..b")
        variable = tree.as_symbol(low.args[1])
        if variable is None:
            raise ParseError(f"\\{kind} over something that is no variable")
        body = tree.rename_constant(self.product(), variable)
        return make(kind, (body, variable, low.args[2], high))

    def integral(self) -> Node:
        low, high = self.bounds()
        self.integrals += 1
        body, variable = self.integrand()
        self.integrals -= 1
        return make("integral", (body, variable, low, high))

    def integrand(self) -> tuple[Node, Node]:
        """`f dx`, in brackets or not."""
        self.deeper()
        if self.sees("open", "(", "[", "\\{", "{") and self.differential_inside():
            self.next()
            body = self.integrand()
            self.expect("close")
        else:
            node = num(1) if self.sees("sym", "d") else self.sum()
            self.expect("sym", "d")
            variable = tree.as_symbol(self.primary())
            if variable is None:
                raise ParseError("an integral over something that is no variable")
            body = node, variable
        self.depth -= 1
        return body

    def differential_inside(self) -> bool:
        """Whether the bracket that opens here closes directly after `d x`."""
        level, at = 0, self.at
        while at < len(self.tokens):
            kind = self.tokens[at].kind
            level += (kind == "open") - (kind == "close")
            if level == 0:
                break
            at += 1
        return self.tokens[max(at - 2, 0)].value == "d" and self.tokens[at - 1].kind == "sym"

    def limit(self) -> Node:
        self.expect("op", "_")
        self.expect("open", "{")
        relation = self.relation()
        side = self.next().value if self.sees("cmd", "+", "-") else "+-"
        self.expect("close", "}")
        if relation.kind != "rel" or relation.args[0] != "to":
            raise ParseError("a limit without x -> a")
        variable = tree.as_symbol(relation.args[1])
        if variable is None:
            raise ParseError("a limit over something that is no variable")
        return make("limit", (self.product(), variable, relation.args[2], side))

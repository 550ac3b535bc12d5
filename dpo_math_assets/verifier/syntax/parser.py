r"""The entry of the grammar: an answer's text to its tree.

`parse` raises ParseError outside the grammar and VerifierLimitError beyond a limit, and nothing
else.
"""

import re
from functools import lru_cache, partial

from dpo_math_assets.errors import DpoMathError, VerifierLimitError
from dpo_math_assets.verifier.lexicon.units import CURRENCY_SIGNS, UnitTable, known_units
from dpo_math_assets.verifier.lexicon.words import meanings
from dpo_math_assets.verifier.lexicon.words import words as known_words
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.grammar.lists import answer
from dpo_math_assets.verifier.syntax.grammar.parameters import with_parameters
from dpo_math_assets.verifier.syntax.grammar.stream import NotMathematicsError, Stream
from dpo_math_assets.verifier.syntax.grammar.words import text as words
from dpo_math_assets.verifier.syntax.lexer import MAX_CHARACTERS, lex
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.normalization import clean, to_ascii, undouble
from dpo_math_assets.verifier.syntax.numerals import literal
from dpo_math_assets.verifier.syntax.rewrites import parts_of, rewritten
from dpo_math_assets.verifier.trace import applied, is_recording

_PHRASES = {
    phrase.strip(): meaning
    for meaning, phrases in meanings("english", "phrases").items()
    for phrase in phrases.strip().splitlines()
}
# What needs no grammar; most golds are of this form.
NUMERAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
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
_DOUBTFUL = known_words("english", "doubts")
_LETTERED = re.compile(r"[,;]\s*[A-J]:")
_EXISTENCE = re.compile(
    r"^(?:the|it(?= (?:con|di)verges)|there (?:is|are)|(?:the |this )?(?:equation|system) has) "
)
# A currency's sign before or behind an amount.
_CURRENCY = re.compile(
    r"-?\s*(?:\\text\s*\{\s*)?(?P<sign>\\?\$|\\[a-z]+)[\s}]*-?[\d.]"
    r"|-?\d[\d.,]*\s*\\(?P<behind>[a-z]+)\s*$"
)


def parse(text: str, units: bool = True) -> Node:
    """The tree of an answer. Words that are no mathematics give a `Text`.

    Without `units`, abbreviations that are not set upright are products of letters.
    """
    if len(text) > MAX_CHARACTERS:
        raise VerifierLimitError(f"answer of {len(text)} characters; the limit is {MAX_CHARACTERS}")
    # Rules are recorded where they are applied, so that a recorded parse is never a kept one.
    read = _parsed.__wrapped__ if is_recording() else _parsed
    found = read(text, units, known_units())
    if isinstance(found, Node):
        return found
    raise found()


@lru_cache(maxsize=4096)
def _parsed(text: str, units: bool, _known: UnitTable) -> Node | partial[DpoMathError]:
    """The tree, or why there is none: golds come again and again, and so do bad answers.

    Kept, for the units known at present, are the tree, or how to make the error: one that is
    raised twice holds on to the frames of both.
    """
    if NUMERAL.fullmatch(text):
        return literal(text)
    try:
        source = undouble(to_ascii(clean(to_ascii(text))))
        if parts := parts_of(source):  # each answers a question of its own
            applied("grammar.parts", source)
            return nodes.Tuple(tuple(_read(rewritten(clean(part)), units) for part in parts))
        source = rewritten(source)
        if _ITEM.match(source):
            raise ParseError("a part or item of a numbered list, or a date")
        found = _CHOICE.fullmatch(source)
        if found is None or (found["c"] and _LETTERED.search(source)):
            node = _read(source, units)
            return _amount(source, node) if "$" in source or "\\" in source else node
        return _choice(found["a"] or found["b"] or found["c"], found["rest"], units)
    except (ParseError, VerifierLimitError) as error:
        applied("grammar.unparsable", text, error)
        failure: type[DpoMathError] = type(error)
        return partial(failure, *error.args)


def _choice(letter: str, behind: str, units: bool) -> Node:
    applied("grammar.choice", letter, behind)
    try:
        rest = _read(behind, units)
    except ParseError:  # a letter with a remark behind it
        rest = words(behind)
    if isinstance(rest, nodes.Text) and not _DOUBTFUL.isdisjoint(rest.words.split()):
        raise ParseError("a choice that is in doubt")
    return nodes.Choice(letter, rest)


def _amount(source: str, node: Node) -> Node:
    """A number with a currency's sign as a unit, also `\\$4.50/hour`; any other node as it is."""
    rate = isinstance(node, nodes.Quantity) and node.unit.startswith("/ ")
    if not rate and not isinstance(node, nodes.Number | nodes.Decimal):
        return node
    found = _CURRENCY.match(source)
    currency = CURRENCY_SIGNS.get(found["sign"] or f"\\{found['behind']}") if found else None
    if currency is None:
        return node
    applied("grammar.currency", node, currency)
    if isinstance(node, nodes.Quantity):
        return nodes.Quantity(node.value, f"{currency} {node.unit}")
    return nodes.Quantity(node, currency)


def _read(source: str, units: bool) -> Node:
    """The tree of one answer; letters that touch a number are factors where no unit fits."""
    letters = units and _GLUED.search(source) and not _UNITS_ALONE.search(source)
    try:
        node = _tree(source, units)
        if not letters or not isinstance(node, nodes.Text):
            return _phrase(node)
    except ParseError:
        if not letters:
            raise
    node = _phrase(_tree(source, units=False))  # `\\frac{h^2}{8mL^2}`, `2mg\\sin x`
    applied("grammar.letters_for_units", source, node)
    return node


def _phrase(node: Node) -> Node:
    """What a phrase stands for, such as `all real numbers`; any other node as it is."""
    phrase = isinstance(node, nodes.Text) and _PHRASES.get(_EXISTENCE.sub("", node.words))
    if not phrase:
        return node
    meaning = _tree(phrase, units=True)
    applied("grammar.phrase", node, meaning)
    return meaning


def _tree(source: str, units: bool) -> Node:
    stream = Stream(source, lex(source, units))
    try:
        return with_parameters(stream, answer(stream))
    except NotMathematicsError:
        return words(source)
    except ParseError as error:
        raise stream.located(error) from error
    except RecursionError as error:  # the caller's own stack may be deep already
        raise VerifierLimitError("answer nested too deeply") from error

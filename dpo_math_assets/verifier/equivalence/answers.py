"""Two answers compared, cheapest tier first; each tier says how it knows.

text: the normalised texts are the same. exact: both are numbers, compared as rationals (a decimal
that shows enough digits also stands for what it rounds). structural: containers item by item, and
expressions by their canonical form. numeric: `probe`. symbolic: SymPy, in the pool. What no tier
establishes is undecided.

`compare_texts` is symmetric in its two answers except where `Conventions` says otherwise, which of
two failures is named (`unparsable_gold` wins), and for several boxes, which only a candidate may
have without them being one answer.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from dpo_math_assets.errors import VerifierLimit
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.predicates import undefined
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.commutativity import words_may_differ
from dpo_math_assets.verifier.equivalence.comparison import AMBIGUOUS, Outcome, Pool
from dpo_math_assets.verifier.equivalence.interpretations import as_list, decimal_comma
from dpo_math_assets.verifier.equivalence.matcher import Matcher
from dpo_math_assets.verifier.lexicon.vocabulary import LONG_ABBREVIATIONS
from dpo_math_assets.verifier.syntax.nodes import Node, contents, free_symbols
from dpo_math_assets.verifier.syntax.normalization import normalise
from dpo_math_assets.verifier.syntax.parser import NUMERAL, ParseError, parse
from dpo_math_assets.verifier.syntax.units import unit_factor

__all__ = ["NAMED_PARTS", "AnswerText", "Comparison", "compare_texts", "plain_numbers"]

# Verdict, reason and method of a pair.
Comparison = tuple[str, str, str | None]

_EXACT: Comparison = ("correct", "pass", "exact")
_MISMATCH: Comparison = ("incorrect", "mismatch", None)


class AnswerText(NamedTuple):
    """A final answer as text, and the contents of its boxes where there are several."""

    text: str
    boxes: tuple[str, ...] = ()


def compare_texts(
    answer: AnswerText, gold: AnswerText, conventions: Conventions, pool: Pool | None
) -> Comparison:
    """(verdict, reason, method) of a final answer against a gold answer, neither empty.

    Without a pool, what only SymPy could settle is undecided.
    """
    if NUMERAL.fullmatch(answer.text) and NUMERAL.fullmatch(gold.text):  # with one reading each
        if answer.text == gold.text:
            return "correct", "pass", "text"
        numbers = parse(answer.text), parse(gold.text)
        return _verdict(Matcher(conventions, pool).answers(*numbers))
    try:
        return _compare(answer, gold, conventions, pool)
    except VerifierLimit:
        return "undecided", "too_large", None


def _compare(
    answer_text: AnswerText, gold_text: AnswerText, conventions: Conventions, pool: Pool | None
) -> Comparison:
    answer, gold = answer_text.text, gold_text.text
    if conventions.decimal_comma and ("," in answer or "," in gold):
        pointed = _with_point(answer), _with_point(gold)
        listed = any("," in text for text in pointed)  # then `30,60 degrees` may be two values, too
        answer, gold = (answer, gold) if listed else pointed
    if _same_text(answer, gold):
        return "correct", "pass", "text"
    if plain := plain_numbers(answer, gold):
        return plain
    if gold_text.boxes:
        gold = ", ".join(gold_text.boxes)
    try:
        gold_node = parse(gold)
    except ParseError:
        return "undecided", "unparsable_gold", None
    if answer_text.boxes:
        named = NAMED_PARTS in answer
        return _compare_boxes(answer_text.boxes, gold_node, conventions, pool, named=named)
    try:
        node = parse(answer)
        found = _compare_parsed(answer, gold, node, gold_node, conventions, pool)
    except ParseError:  # or a unit or a set where only a number can stand
        found = "undecided", "unparsable_answer", None
    if found[0] == "incorrect" and (product := _products(answer, gold, node, gold_node)):
        again = _verdict(Matcher(conventions, pool).answers(*product))
        return again if again[0] == "correct" else found
    if found[0] == "incorrect" and ("floor" in answer) != ("floor" in gold):
        floors = _with_floors(answer), _with_floors(gold)
        return _compared_as(*floors, conventions, pool) or found
    if found[2] == "structural" and words_may_differ(answer, gold):
        return "undecided", "undetermined", None
    if found[0] != "correct" and _degrees_alone(f"{answer} {gold}"):
        # `180 - 2x` for `180^\\circ - 2x`
        numbers = _DEGREE.sub("", answer), _DEGREE.sub("", gold)
        return _compared_as(*numbers, conventions, pool) or found
    return found


def _compared_as(
    answer: str, gold: str, conventions: Conventions, pool: Pool | None
) -> Comparison | None:
    """The pass of an answer and a gold in other words; None if they do not pass so either."""
    try:
        nodes = parse(answer), parse(gold)
        again = _compare_parsed(answer, gold, *nodes, conventions, pool)
    except ParseError:
        return None
    return again if again[0] == "correct" else None


_BRACKET = re.compile(r"(?:\\left\s*)?\[|(?:\\right\s*)?\]")


def _with_floors(text: str) -> str:
    """Brackets as Gauss wrote them, beside an answer with floors: `[n/2]` for ⌊n/2⌋."""
    if "floor" in text:
        return text
    return _BRACKET.sub(lambda found: "\\lfloor " if "[" in found[0] else "\\rfloor ", text)


# `3 km`, which nobody writes for a product of letters
_MEASURED = re.compile(rf"\d\s+(?:{'|'.join(LONG_ABBREVIATIONS)}|min)(?![A-Za-z])")


def _products(answer: str, gold: str, *nodes: Node) -> tuple[Node, Node] | None:
    """Both answers with a unit as letters where the other has letters: `2hr` beside `2rh`."""
    measured = ["unit" in contents(node) for node in nodes]
    if measured == [False, False] or not any(map(free_symbols, nodes)):
        return None
    if _MEASURED.search(answer) or _MEASURED.search(gold):
        return None
    try:
        products = parse(answer, units=False), parse(gold, units=False)
    except (ParseError, VerifierLimit):
        return None
    return products if products != nodes and all(map(free_symbols, products)) else None


_DEGREE = re.compile(
    r"\s*(?:\^\s*\{?\s*\\(?:circ|degree)(?![A-Za-z])\s*\}?|°|\\degree(?![A-Za-z]))"
)
_DEGREE_MARKS = ("circ", "degree", "°")
# A letter of its own: what an angle is called, or counts its turns.
_VARIABLE = re.compile(
    r"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z])|\\(?:alpha|beta|gamma|theta|phi|varphi)"
)
# Commands that leave an angle an angle; any other, a word or a sign of measure may not.
_PLAIN_COMMAND = re.compile(
    r"\\(?:alpha|beta|gamma|theta|phi|varphi|le|ge|leq|geq|frac|dfrac|cdot|times|left|right|in|mathbb|quad)"
    r"(?![A-Za-z])"
)


def _degrees_alone(texts: str) -> bool:
    """Whether angles in degrees stand with letters, and nothing says how else to measure."""
    if not any(mark in texts for mark in _DEGREE_MARKS) or not _DEGREE.search(texts):
        return False
    rest = _PLAIN_COMMAND.sub(" ", _DEGREE.sub("", texts))
    return _VARIABLE.search(texts) is not None and not re.search(r"[A-Za-z]{2}|[%$\\']", rest)


def _compare_parsed(
    answer: str,
    gold: str,
    node: Node,
    gold_node: Node,
    conventions: Conventions,
    pool: Pool | None,
) -> Comparison:
    if gold_node.kind in ("list", "set"):
        node = parse(as_list(answer))
    elif node.kind in ("list", "set") and (listed := as_list(gold)) != gold:
        # `3,250` as two values only where the candidate has them in this order
        gold_node = parse(listed)
        conventions = conventions.model_copy(update={"bare_list_ordered": True})
    comma = None
    if conventions.decimal_comma and ("," in answer or "," in gold):
        comma = _decimal_commas(answer, gold, node, gold_node)
    return comma or _verdict(Matcher(conventions, pool).answers(node, gold_node))


_COMMA_AND_UNIT = re.compile(r"\s*\$?(-?\d+),(\d+)(?!\d)([^\d,][^,]*)")


def _with_point(text: str) -> str:
    """`2,5 cm` with a point, where a known unit says that it is one value."""
    found = _COMMA_AND_UNIT.fullmatch(text) if "," in text else None
    if found is None or (len(found[2]) == 3 and len(found[1].lstrip("-")) < 4):
        return text
    pointed = f"{found[1]}.{found[2]}{found[3]}"
    try:
        node = parse(pointed)
    except (ParseError, VerifierLimit):
        return text
    known = node.kind == "unit" and (node.args[1] == "degree" or unit_factor(node.args[1]))
    return pointed if known or node.kind == "percent" else text


def _same_text(answer: str, gold: str) -> bool:
    """Whether both have one normal form, and it says something."""
    if answer.isascii() and gold.isascii() and gold.isalnum():
        # as most: only spaces, wrapping and commands are taken off
        if gold not in answer:
            return False
        if "\\" not in answer and sum(map(str.isalnum, answer)) > len(gold):
            return False
    normal = normalise(answer)
    return bool(normal) and normal == normalise(gold) and not _undefined(normal)


# What every text of an undefined value holds: a zero, an infinity, or a name of its own.
_SUSPECT = re.compile(r"0|nan|zoo|oo|inf", re.IGNORECASE)


def _undefined(normal: str) -> bool:
    """Whether a text says what has no value, such as `1/0`: that equals not even itself."""
    if not _SUSPECT.search(normal):
        return False
    try:
        return undefined(parse(normal))
    except (ParseError, VerifierLimit):
        return False


def _decimal_commas(answer: str, gold: str, node: Node, gold_node: Node) -> Comparison | None:
    """`16,5` against a single decimal.

    A gold with one digit behind the comma (`3,4` against 3.4) may as well be two answers.
    """
    value = decimal_comma(normalise(answer)) if gold_node.kind == "dec" else None
    if value is not None:
        return _EXACT if value == exact(gold_node) else _MISMATCH
    value = decimal_comma(normalise(gold)) if node.kind == "dec" else None
    if value is None or value != exact(node):
        return None
    return ("undecided", "ambiguous_answer", None) if (value * 10).denominator == 1 else _EXACT


def _verdict(outcome: Outcome) -> Comparison:
    if outcome.state == "equal":
        return "correct", "pass", outcome.method
    if outcome.state == "different":
        return _MISMATCH
    return "undecided", outcome.reason, None


# Between boxes that have a place of their own, as they are extracted.
NAMED_PARTS = "}; \\boxed{"


def _compare_boxes(
    boxes: Sequence[str], gold: Node, conventions: Conventions, pool: Pool | None, *, named: bool
) -> Comparison:
    """Several boxes are one answer only where the gold has as many parts.

    Named parts that fit the gold in another order only may be right or wrong.
    """
    parts = gold.args if gold.kind in ("list", "set") else (gold,)
    try:
        node = parse(", ".join(boxes))
    except ParseError:
        return "undecided", "ambiguous_answer", None
    items = node.args if node.kind == "list" else (node,)
    if len(parts) != len(items) or len(parts) == 1:
        return "undecided", "ambiguous_answer", None
    matcher = Matcher(conventions, pool)
    found = matcher.answers(node, gold)
    if named and found.state == "equal":
        in_order = matcher.every(list(zip(items, parts, strict=True)))
        found = found if in_order.state == "equal" else AMBIGUOUS
    return _verdict(found)


_PLAIN = re.compile(r"\s*(-?)(\$?)\s?(\d{1,18}|[1-9]\d{0,2}(?:,\d{3}){1,5})(?:\.(\d{1,18}))?\.?\s*")


def plain_numbers(answer: str, gold: str) -> Comparison | None:
    """The commonest rows: two numbers, perhaps grouped or with a dollar sign, one an integer.

    An integer is never a rounded decimal.
    """
    first = _PLAIN.fullmatch(answer)
    second = _PLAIN.fullmatch(gold) if first else None
    if first is None or second is None:
        return None
    places, others = (first[4] or "").rstrip("0"), (second[4] or "").rstrip("0")
    if (places and others) or ((places or others) and (first[2] or second[2])):
        return None  # one may round the other, or be cents beside dollars
    if places or others:
        return _MISMATCH
    same = int(first[1] + first[3].replace(",", "")) == int(second[1] + second[3].replace(",", ""))
    return _EXACT if same else _MISMATCH

"""Two answers as texts: cheapest first, numbers, the same text, then their trees.

What the text alone can tell is read here: commas, floors in brackets, degrees, units that may be
letters. `compare_texts` is symmetric in its two answers except where `Conventions` says otherwise,
which of two failures is named (`unparsable_gold` wins), and for several boxes, which only a
candidate may have without them being one answer.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier.algebra.exact import exact
from dpo_math_assets.verifier.algebra.predicates import undefined
from dpo_math_assets.verifier.conventions import Conventions
from dpo_math_assets.verifier.equivalence.asides import asides_differ
from dpo_math_assets.verifier.equivalence.commas import as_list, decimal_comma, with_points
from dpo_math_assets.verifier.equivalence.commutativity import words_may_differ
from dpo_math_assets.verifier.equivalence.context import Context
from dpo_math_assets.verifier.equivalence.families import COLLECTIONS
from dpo_math_assets.verifier.equivalence.logic import compare_formulas
from dpo_math_assets.verifier.equivalence.outcome import (
    AMBIGUOUS,
    EQUAL_EXACT,
    EQUAL_TEXT,
    TOO_LARGE,
    UNKNOWN,
    UNPARSABLE_ANSWER,
    UNPARSABLE_GOLD,
    Outcome,
    SymbolicEqual,
    different,
)
from dpo_math_assets.verifier.equivalence.printed_floats import FLOAT_DIGITS
from dpo_math_assets.verifier.equivalence.whole_answers import compare_answers, context_of
from dpo_math_assets.verifier.lexicon.units import LONG_ABBREVIATIONS
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.nodes import (
    Decimal,
    Node,
    Percent,
    Quantity,
    ValueList,
)
from dpo_math_assets.verifier.syntax.normalization import normalise
from dpo_math_assets.verifier.syntax.parser import NUMERAL, parse
from dpo_math_assets.verifier.syntax.trees import children, contents, free_symbols
from dpo_math_assets.verifier.syntax.units import unit_factor
from dpo_math_assets.verifier.trace import applied

# Between boxes that have a place of their own, as they are extracted.
NAMED_PARTS = "}; \\boxed{"
_DIFFERENT = Outcome("different")


class AnswerText(NamedTuple):
    """A final answer as text, and the contents of its boxes where there are several."""

    text: str
    boxes: tuple[str, ...] = ()


def compare_texts(
    answer: AnswerText,
    gold: AnswerText,
    conventions: Conventions,
    symbolic: SymbolicEqual | None,
) -> Outcome:
    """A final answer against a gold answer, neither empty.

    Without `symbolic`, what only SymPy could settle is unknown.
    """
    if _LISTED.fullmatch(answer.text) and _LISTED.fullmatch(gold.text):
        applied("reading.lists_in_order", answer.text, gold.text)
        conventions = conventions.model_copy(update={"bare_list_ordered": True})
    context = context_of(conventions, symbolic)
    if NUMERAL.fullmatch(answer.text) and NUMERAL.fullmatch(gold.text):  # with one reading each
        if answer.text == gold.text:
            return EQUAL_TEXT
        return compare_answers(parse(answer.text), parse(gold.text), context)
    try:
        return _compare(answer, gold, context)
    except VerifierLimitError:
        return TOO_LARGE


def compare_readings(
    answers: tuple[AnswerText, ...],
    gold: AnswerText,
    conventions: Conventions,
    symbolic: SymbolicEqual | None,
) -> Outcome:
    """The readings of an answer against a gold answer: equal if one is, different if all are."""
    outcomes = []
    for answer in answers:
        outcome = compare_texts(answer, gold, conventions, symbolic)
        if outcome.state == "equal":
            return outcome
        outcomes.append(outcome)
    return next((each for each in outcomes if each.state != "different"), outcomes[0])


def _compare(answer: AnswerText, gold: AnswerText, context: Context) -> Outcome:
    text, gold_text = _pointed(answer.text, gold.text, context)
    if _same_text(text, gold_text):
        return EQUAL_TEXT
    if outcome := plain_numbers(text, gold_text) or compare_formulas(text, gold_text):
        return outcome
    try:
        pair = _Pair(text, ", ".join(gold.boxes) or gold_text)
    except ParseError:
        return UNPARSABLE_GOLD
    if answer.boxes:
        return _compare_boxes(answer.boxes, pair.gold_node, context, named=NAMED_PARTS in text)
    outcome = pair.compared(context)
    if outcome.state != "equal":
        return _read_again(pair, outcome, context)
    if outcome.method == "structural" and words_may_differ(text, pair.gold):
        applied("reading.spelled_word", text, pair.gold)
        return UNKNOWN
    if _scripts(text) != _scripts(pair.gold):
        applied("reading.script_letter", text, pair.gold)
        return UNKNOWN
    if asides_differ(text, pair.gold):
        applied("reading.other_words", text, pair.gold)
        return UNKNOWN
    return outcome


# Letters in a script of their own, which may stand for something else than plain ones.
_SCRIPT = re.compile(r"\\math(?:cal|scr|frak)\s*\{?\s*([A-Za-z])")


def _scripts(text: str) -> set[str]:
    return set(_SCRIPT.findall(text)) if "\\math" in text else set()


# Three items or more in square brackets, as programs write lists.
_LISTED = re.compile(r"[\s$]*(?:\\left)?\[([^,;\[\]]+,){2,}[^,;\[\]]+\][\s$.]*")
_PLAIN = re.compile(
    r"\s*(-(?!\s)|)(\$?)\s?(\d{1,18}|[1-9]\d{0,2}(?:,\d{3}){1,5})(?:\.(\d{1,18}))?\.?\s*"
)


def plain_numbers(answer: str, gold: str) -> Outcome | None:
    """The commonest rows: two numbers, perhaps grouped or with a dollar sign, one an integer.

    An integer is never a rounded decimal.
    """
    first = _PLAIN.fullmatch(answer)
    second = _PLAIN.fullmatch(gold) if first else None
    if first is None or second is None:
        return None
    places, others = _places(first), _places(second)
    if places or others:
        # both may be decimals of which one rounds the other; one may be cents beside dollars, or a
        # float that a program printed
        if _may_group(first, second) or _may_group(second, first):
            applied("reading.point_of_thousands", answer, gold)
            return AMBIGUOUS
        money = first[2] or second[2]
        longest = max(len(first[3] + places), len(second[3] + others))
        open_to_rounding = (places and others) or money or longest >= FLOAT_DIGITS
        return None if open_to_rounding else _DIFFERENT
    same = int(first[1] + first[3].replace(",", "")) == int(second[1] + second[3].replace(",", ""))
    return EQUAL_EXACT if same else _DIFFERENT


def _may_group(number: "re.Match[str]", other: "re.Match[str]") -> bool:
    """Whether a point groups thousands in much of the world: `1.234` beside 1234."""
    joined = number[1] + number[3] + (number[4] or "")
    grouped = len(number[4] or "") == 3 and "," not in number[3] and number[3][0] != "0"
    return grouped and not other[4] and joined == other[1] + other[3].replace(",", "")


def _places(number: "re.Match[str]") -> str:
    """The digits behind the point, without the zeros at their end."""
    return (number[4] or "").rstrip("0")


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
    node = _parsed(normal)
    return node is not None and undefined(node)


def _parsed(text: str, *, units: bool = True) -> Node | None:
    try:
        return parse(text, units=units)
    except (ParseError, VerifierLimitError):
        return None


class _Pair:
    """An answer and a gold as texts, and the gold's tree; ParseError where it has none."""

    def __init__(self, answer: str, gold: str) -> None:
        self.answer = answer
        self.gold = gold
        self.gold_node = parse(gold)
        self.node: Node | None = None

    def compared(self, context: Context) -> Outcome:
        """The outcome of the trees."""
        try:
            self.node = parse(self.answer)
            return self._compared(self.node, context)
        except ParseError:  # or a unit or a set where only a number can stand
            return UNPARSABLE_ANSWER

    def _compared(self, node: Node, context: Context) -> Outcome:
        gold_node = self.gold_node
        if isinstance(gold_node, COLLECTIONS):
            node = self._listed(self.answer, node)
        elif isinstance(node, COLLECTIONS):
            gold_node = self._listed(self.gold, gold_node)
            if gold_node is not self.gold_node:
                # `3,250` as two values only where the candidate has them in this order
                ordered = context.conventions.model_copy(update={"bare_list_ordered": True})
                context = replace(context, conventions=ordered)
        commas = context.conventions.decimal_comma and ("," in self.answer or "," in self.gold)
        if commas and (outcome := _decimal_commas(self.answer, node, self.gold, gold_node)):
            applied("reading.decimal_comma", self.answer, self.gold)
            return outcome
        return compare_answers(node, gold_node, context)

    @staticmethod
    def _listed(text: str, node: Node) -> Node:
        """`100,200` as two values beside a list."""
        listed = as_list(text)
        if listed == text:
            return node
        applied("reading.separating_comma", text, listed)
        return parse(listed)


# Commas

_COMMA_AND_UNIT = re.compile(r"\s*\$?(-?\d+),(\d+)(?!\d)([^\d,][^,]*)")


def _pointed(answer: str, gold: str, context: Context) -> tuple[str, str]:
    """Both texts with a point for the comma of `2,5 cm`."""
    if not context.conventions.decimal_comma or not ("," in answer or "," in gold):
        return answer, gold
    pointed = _with_point(answer), _with_point(gold)
    if pointed == (answer, gold) or any("," in text for text in pointed):
        return answer, gold  # beside a list `30,60 degrees` may be two values, too
    applied("reading.comma_before_unit", answer, gold)
    return pointed


def _with_point(text: str) -> str:
    """`2,5 cm` with a point, where a known unit says that it is one value."""
    match = _COMMA_AND_UNIT.fullmatch(text) if "," in text else None
    if match is None or (len(match[2]) == 3 and len(match[1].lstrip("-")) < 4):
        return text
    pointed = f"{match[1]}.{match[2]}{match[3]}"
    node = _parsed(pointed)
    known = isinstance(node, Quantity) and (node.unit == "degree" or unit_factor(node.unit))
    return pointed if known or isinstance(node, Percent) else text


def _decimal_commas(answer: str, node: Node, gold: str, gold_node: Node) -> Outcome | None:
    """`16,5` against a single decimal.

    A gold with one digit behind the comma (`3,4` against 3.4) may as well be two answers.
    """
    value = decimal_comma(normalise(answer)) if isinstance(gold_node, Decimal) else None
    if value is not None:
        return EQUAL_EXACT if value == exact(gold_node) else different(node, gold_node)
    value = decimal_comma(normalise(gold)) if isinstance(node, Decimal) else None
    if value is None or value != exact(node):
        return None
    return AMBIGUOUS if (value * 10).denominator == 1 else EQUAL_EXACT


# Boxes


def _compare_boxes(boxes: tuple[str, ...], gold: Node, context: Context, *, named: bool) -> Outcome:
    """Several boxes are one answer only where the gold has as many parts.

    Named parts that fit the gold in another order only may be right or wrong.
    """
    try:
        node = parse(", ".join(boxes))
    except ParseError:
        return AMBIGUOUS
    parts = children(gold) if isinstance(gold, COLLECTIONS) else (gold,)
    items = node.items if isinstance(node, ValueList) else (node,)
    if len(parts) != len(items) or len(parts) == 1:
        return AMBIGUOUS
    applied("reading.boxes_as_parts", node, gold)
    outcome = compare_answers(node, gold, context)
    if named and outcome.state == "equal" and context.in_order(items, parts).state != "equal":
        return AMBIGUOUS
    return outcome


# Other readings of texts that are not equal


def _read_again(pair: _Pair, outcome: Outcome, context: Context) -> Outcome:
    """The pass of two texts in another reading, or their outcome where they do not pass so either.

    The first reading that the texts have decides.
    """
    pointed = with_points(pair.answer), with_points(pair.gold)
    if outcome.state == "different" and _ITEM_OF_LIST.match(pair.answer):
        return _compare_item(pair, outcome, context)
    if pointed != (pair.answer, pair.gold):
        again, rule = _compared(*pointed, context), "reading.semicolons"
        if again.state == "unknown":
            return again
    elif outcome.state == "different" and (products := _products(pair)):
        again, rule = compare_answers(*products, context), "reading.letters_of_unit"
    elif outcome.state == "different" and ("floor" in pair.answer) != ("floor" in pair.gold):
        again = _compared(_with_floors(pair.answer), _with_floors(pair.gold), context)
        rule = "reading.brackets_as_floors"
    elif _degrees_alone(f"{pair.answer} {pair.gold}"):  # `180 - 2x` for `180^\\circ - 2x`
        again = _compared(_DEGREE.sub("", pair.answer), _DEGREE.sub("", pair.gold), context)
        rule = "reading.degrees_left_out"
    else:
        return outcome
    if again.state != "equal":
        return outcome
    applied(rule, pair.answer, pair.gold)
    return again


# A dash and a space before words or digits, as Markdown begins the item of a list.
_ITEM_OF_LIST = re.compile(r"\s*-\s+(?=[A-Za-z0-9$*])")


def _compare_item(pair: _Pair, outcome: Outcome, context: Context) -> Outcome:
    """`- 5` may be 5, the item of a list, perhaps of more than one."""
    item = _ITEM_OF_LIST.sub("", pair.answer)
    parts = isinstance(pair.gold_node, COLLECTIONS)
    if not parts and _compared(item, pair.gold, context).state == "different":
        return outcome
    applied("reading.item_of_list", pair.answer, item)
    return AMBIGUOUS


def _compared(answer: str, gold: str, context: Context) -> Outcome:
    try:
        return _Pair(answer, gold).compared(context)
    except ParseError:
        return UNPARSABLE_GOLD


_BRACKET = re.compile(r"(?:\\left\s*)?\[|(?:\\right\s*)?\]")


def _with_floors(text: str) -> str:
    """Brackets as Gauss wrote them, beside an answer with floors: `[n/2]` for ⌊n/2⌋."""
    if "floor" in text:
        return text
    return _BRACKET.sub(lambda match: "\\lfloor " if "[" in match[0] else "\\rfloor ", text)


# `3 km`, which nobody writes for a product of letters
_MEASURED = re.compile(rf"\d\s+(?:{'|'.join(LONG_ABBREVIATIONS)}|min)(?![A-Za-z])")


def _products(pair: _Pair) -> tuple[Node, Node] | None:
    """Both answers with a unit as letters where the other has letters: `2hr` beside `2rh`."""
    if pair.node is None or not (free_symbols(pair.node) or free_symbols(pair.gold_node)):
        return None
    if Quantity not in contents(pair.node) | contents(pair.gold_node):
        return None
    if _MEASURED.search(pair.answer) or _MEASURED.search(pair.gold):
        return None
    node, gold_node = _parsed(pair.answer, units=False), _parsed(pair.gold, units=False)
    if node is None or gold_node is None or (node, gold_node) == (pair.node, pair.gold_node):
        return None
    return (node, gold_node) if free_symbols(node) and free_symbols(gold_node) else None


# It starts where a run of spaces does, so that no run is scanned more than once.
_DEGREE = re.compile(
    r"(?<=[A-Za-z0-9)}\]])\s*(?:\^\s*(?:\{\s*)?\\(?:circ|degree)(?![A-Za-z])\s*\}?|°|\\degree(?![A-Za-z]))"
)
_DEGREE_MARKS = ("circ", "degree", "°")
_ANGLE_NAMES = "alpha|beta|gamma|theta|phi|varphi"
# A letter of its own: what an angle is called, or counts its turns.
_VARIABLE = re.compile(rf"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z])|\\(?:{_ANGLE_NAMES})")
# Commands that leave an angle an angle; any other, a word or a sign of measure may not.
_PLAIN_COMMAND = re.compile(
    rf"\\(?:{_ANGLE_NAMES}|le|ge|leq|geq|frac|dfrac|cdot|times|left|right|in|mathbb|quad)"
    r"(?![A-Za-z])"
)


def _degrees_alone(texts: str) -> bool:
    """Whether angles in degrees stand with letters, and nothing says how else to measure."""
    if not any(mark in texts for mark in _DEGREE_MARKS) or not _DEGREE.search(texts):
        return False
    rest = _PLAIN_COMMAND.sub(" ", _DEGREE.sub("", texts))
    return _VARIABLE.search(texts) is not None and not re.search(r"[A-Za-z]{2}|[%$\\']", rest)

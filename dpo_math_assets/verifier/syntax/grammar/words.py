"""What words around a value mean: a unit, a scale, a label, a remark, or that all of it is text."""

import re
from typing import TypeGuard

from dpo_math_assets.verifier.lexicon.units import unit_named
from dpo_math_assets.verifier.lexicon.words import NUMBER_WORDS, SCALES, meanings, words
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.builders import is_inequality, mul
from dpo_math_assets.verifier.syntax.grammar.stream import NotMathematicsError, Stream
from dpo_math_assets.verifier.syntax.nodes import Node, num
from dpo_math_assets.verifier.syntax.scanner import Token
from dpo_math_assets.verifier.syntax.trees import free_symbols
from dpo_math_assets.verifier.syntax.units import unit_factor
from dpo_math_assets.verifier.trace import applied

# Words of one name in a list; more are a sentence.
MAX_NAME_WORDS = 3
# Different words of a remark behind a value; more make it all a sentence.
MAX_REMARK_WORDS = 8
# Words of a unit.
MAX_UNIT_WORDS = 5

_FILLERS = words("english", "fillers")
_NARROWING = words("english", "narrowing")
_REFUSED = words("english", "refused")
_REMARKS = words("english", "remarks")
_CASE_OPENERS = words("english", "case_openers")
_PARAMETERS = words("english", "parameters")
_NO_UNITS = _REFUSED.union(_NARROWING, NUMBER_WORDS, SCALES, words("english", "pronouns"))
_EXTREMES: dict[str, str] = meanings("english", "extremes")

_RAISED = (num(2), num(3))
_UNIT_SIGNS = frozenset(("^", "/", "*", "-"))
_STATING = frozenset(("is", "are", "equals"))
_BEGINNING_SENTENCES = (nodes.Symbol("I"), nodes.Symbol("A"))
_JOINING = _UNIT_SIGNS | {"per"}
_UNSAID = re.compile(r"(?:[^\w+*/^=<>.%-]|_)+")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_IN_TEXT = re.compile(r"\\textbf|\\textit|\\text|\\mathrm|\\mbox|\\ |\$")
_POWERS = {"square": "^2", "sq": "^2", "squared": "^2", "cubic": "^3", "cubed": "^3", "cu": "^3"}
_POWERS_BEFORE = frozenset(("square", "sq", "cubic", "cu"))
_UNSAID_OF_UNITS = frozenset(("the", "of", "a", "an", "is", "answer"))
_TEMPERATURES = {"celsius": "C"}


def text(words: str) -> nodes.Text:
    """Words as a node: lower case, letters, digits and signs kept, single spaces."""
    words = _UNSAID.sub(" ", _IN_TEXT.sub(" ", words)).lower()
    return nodes.Text(_ORDINAL.sub("", " ".join(words.split()).rstrip(".")))


def _is_numeral(word: str) -> bool:
    return word.lower() in NUMBER_WORDS or word.lower() in SCALES


# before a value


def words_before(stream: Stream) -> str:
    """Takes words that say nothing about the item, or its label, which is returned."""
    start = stream.at
    while (stream.sees("word") and not _is_numeral(stream.token.value)) or _names_extreme(stream):
        stream.advance()
    if stream.at == start:
        return ""
    said = [token.value.lower() for token in stream.tokens[start : stream.at]]
    label = _label_of(stream, said)
    if label is not None:
        return label
    stream.seek(start)
    if not _is_numeral(stream.token.value) and not _words_of_item(stream):
        raise NotMathematicsError
    return ""


def _label_of(stream: Stream, said: list[str]) -> str | None:
    """What the words before a value call it, empty for mere fillers; None for anything else."""
    extremes = [_EXTREMES[word] for word in said if word in _EXTREMES]
    named = len(extremes) == 1 and _FILLERS.issuperset({*said} - {*_EXTREMES, "value"})
    if named and (_take_label_sign(stream) or stream.sees("num")):
        applied("grammar.extreme", extremes[0])
        return extremes[0]  # `max 5, min 1`
    if stream.sees("num") and stream.peek().kind == "punct" and stream.peek().value == ":":
        stream.advance()  # a numbered label: `Sequence 1:`
    if not _REFUSED.isdisjoint(said):
        return None
    if label := _stated_label(stream, said):
        applied("grammar.label", label)
        return label
    if _FILLERS.issuperset(said) and not stream.sees("end"):
        applied("grammar.filler", said)
        return ""
    return None


def _stated_label(stream: Stream, said: list[str]) -> str:
    """The label of `Area = 5` or `the area is 5`, or nothing."""
    if _take_label_sign(stream):
        return " ".join(said)
    states = len(said) > 2 and said[-1] in _STATING and not stream.sees("end")
    return " ".join(said[:-1]) if states and not _FILLERS.issuperset(said) else ""


def _take_label_sign(stream: Stream) -> bool:
    return stream.take("punct", ":") or stream.take("rel", "=")


def _names_extreme(stream: Stream) -> bool:
    """Whether `max` names the value behind it: `\\max = 5`, `max 5`."""
    if not stream.sees("func", "max", "min", "gcd", "lcm"):
        return False
    following = stream.peek()
    return following.kind == "num" or following.value in ("=", ":")


# instead of a value


def _words_of_item(stream: Stream) -> int:
    """How many words make up the whole item here; 0 if more than words, or a sentence."""
    count = 0
    while stream.peek(count).kind == "word":
        count += 1
    after = stream.peek(count)
    whole = after.kind in ("end", "sep") or (after.kind == "punct" and after.value in ",;")
    return count if whole and count <= MAX_NAME_WORDS else 0


def words_alone(stream: Stream) -> Node | None:
    """An item of a few words, such as a name in a list of names."""
    count = _words_of_item(stream)
    said = [token.value for token in stream.tokens[stream.at : stream.at + count]]
    if not said or _is_numeral(said[0]):
        return None
    if not _REFUSED.isdisjoint(word.lower() for word in said):
        raise NotMathematicsError
    stream.advance(count)
    return text(" ".join(said))


def number_in_words(stream: Stream) -> Node:
    """A number by its word, such as `seven` or `dozen`, and what stands behind it."""
    word = stream.advance().value.lower()
    value = NUMBER_WORDS.get(word) or SCALES.get(word)
    if value is None and word != "zero":
        raise NotMathematicsError
    return words_after(stream, num(value or 0))


# behind a value


def words_after(stream: Stream, node: Node) -> Node:
    """A unit, a scale word or a remark after a value."""
    token = stream.token
    if token.kind != "word" and not (stream.sees("op", "/") and stream.peek().kind == "word"):
        return node
    first = token.value.lower()
    if first in _REMARKS or (first in ("is", "are") and isinstance(node, nodes.Relation)):
        return remark(stream, node)
    scale = SCALES.get(first.removesuffix("s"))
    if scale:
        stream.advance()
        if stream.sees("sep") and stream.peek().kind == "word" and _is_numeral(stream.peek().value):
            raise NotMathematicsError  # `5 thousand and two`, which the lexer would read as one
        applied("grammar.scale", node, first)
        node = mul(num(scale), node)
        if not stream.sees("word"):
            return node
    said = _unit_words(stream)
    if node in _BEGINNING_SENTENCES and not any(map(unit_named, said)):
        raise NotMathematicsError  # `I used the law`
    measured = unit(node, said)
    return remark(stream, measured) if sees_note(stream) else measured


def sees_note(stream: Stream) -> bool:
    """Whether a remark begins here."""
    return stream.token.kind == "word" and stream.token.value.lower() in _REMARKS


def _unit_words(stream: Stream) -> list[str]:
    """The words, signs and powers of a unit."""
    said: list[str] = []
    bracketed = False  # inside the brackets of a divisor, as which all that follows counts
    while not sees_note(stream):
        token = stream.token
        if said and said[-1] == "^" and token.kind in ("num", "open", "close"):
            said.append(_unit_power(stream))
            continue
        if token.value == "(" and said and said[-1] == "/":  # `J/(mol K)`
            bracketed = True
        elif token.value == ")" and bracketed:
            bracketed = False
        elif part := _part_of_unit(token, said):
            said += part
        else:
            break
        stream.advance()
    goes_on = bracketed or _goes_on(said)
    if goes_on and not sees_note(stream):
        raise NotMathematicsError
    return said


def _goes_on(said: list[str]) -> bool:
    """Whether words are too many for a unit, or end in what joins them to others: `5 per`."""
    joined = bool(said) and said[-1].lower() in _JOINING
    return joined or sum(map(str.isalpha, said)) > MAX_UNIT_WORDS


def _part_of_unit(token: Token, said: list[str]) -> list[str]:
    """What a token adds to a unit, or nothing where it is no part of one."""
    if token.kind == "word":
        word = token.value.lower()
        if word in _NO_UNITS or (not said and word in ("squared", "cubed")):
            raise NotMathematicsError
        return [token.value]
    if token.kind == "op" and token.value in _UNIT_SIGNS:
        return [token.value]
    if token.kind in ("sym", "func") and said and said[-1] in ("/", "*"):
        return [token.value]
    return _power_without_sign(token, said[-1]) if said else []


def _power_without_sign(token: Token, unit: str) -> list[str]:
    """The power of `cm2`."""
    if unit in _UNIT_SIGNS or token.spaced or token.node not in _RAISED or not unit_factor(unit):
        return []
    return ["^", str(token.node.p)] if isinstance(token.node, nodes.Number) else []


def _unit_power(stream: Stream) -> str:
    braced = stream.take("open", "{")
    sign = "-" if stream.take("op", "-") else ""
    token = stream.advance()
    if not isinstance(token.node, nodes.Number):
        raise NotMathematicsError
    if braced:
        stream.expect("close", "}")
    return sign + str(token.node.p)


def unit(value: Node, said: list[str]) -> Node:
    """A value with the words after it as its unit, spelled in one way."""
    name = _unit_name(said)
    if not name:
        return value
    match value:
        case nodes.Quantity():
            return nodes.Quantity(value.value, f"{value.unit} {name}")
        case nodes.Relation():
            return nodes.Relation(value.op, value.left, unit(value.right, said))
        case nodes.RelationChain():
            return nodes.RelationChain(value.ops, (*value.items[:-1], unit(value.items[-1], said)))
    if _is_size(value) and unit_factor(name) is None:  # `3 \\times 2` matrix
        applied("grammar.size", value, name)
        value = nodes.UnknownFunction("\\size", value.factors)
    measured = nodes.Quantity(value, name)
    applied("grammar.unit", value, measured)
    return measured


def _is_size(value: Node) -> TypeGuard[nodes.Product]:
    """Whether a value is written as a product of two numbers or letters, as sizes are."""
    sides = (nodes.Number, nodes.Symbol)
    return (
        isinstance(value, nodes.Product)
        and len(value.factors) == 2
        and all(isinstance(side, sides) for side in value.factors)
    )


def _unit_name(said: list[str]) -> str:
    words: list[str] = []
    pending = ""
    for word in said:
        name = unit_named(word) or word.lower()
        if name in _UNSAID_OF_UNITS:
            continue
        if name in _POWERS_BEFORE:
            pending = _POWERS[name]
            continue
        if name in _POWERS and words:
            words[-1] += _POWERS[name]
            continue
        if name == "per":
            name = "/"
        elif name == "^" or (words and words[-1].endswith("^")):
            words[-1:] = [(words[-1] if words else "") + name]
            continue
        elif len(name) > 3 and name.endswith("s") and not name.endswith("ss"):
            name = _TEMPERATURES.get(name, name[:-1])
        words.append(name + pending)
        pending = ""
    return " ".join(words)


def is_measured(node: Node) -> bool:
    """Whether a node has a unit that is known."""
    return isinstance(node, nodes.Quantity) and unit_factor(node.unit) is not None


# remarks


def remark(stream: Stream, node: Node) -> Node:
    """A value with the remark behind it, which goes on to the end of the text.

    It may declare a parameter. A condition is kept with the value, other remarks are dropped.
    """
    behind = stream.tokens[stream.at :]
    if len(behind) < 3:  # an opening word, and the end
        raise NotMathematicsError
    said = text(stream.source[stream.token.start :]).words
    stream.parameters += _parameters_of(node, behind, said)
    stream.seek(len(stream.tokens) - 1)
    applied("grammar.remark", node, said)
    if not any(token.kind == "rel" and token.value != "in" for token in behind):
        return node
    return nodes.Conditional(node, nodes.Text(said.partition(" ")[2]))  # without `where`


def _sets(node: Node, behind: list[Token]) -> bool:
    """Whether a remark gives a letter of the value a number: `x + 1 for x = 2`."""
    kinds = [token.kind for token in behind]
    if kinds != ["word", "sym", "rel", "num", "end"] or behind[2].value != "=":
        return False
    return behind[1].value in free_symbols(node)


def _is_no_condition(node: Node, behind: list[Token]) -> bool:
    """Whether a remark says nothing about letters, as `5 where 0 = 1`, or gives one a value."""
    kinds = {token.kind for token in behind}
    related = "rel" in kinds and "sym" not in kinds
    counts = "num" in kinds and "rel" not in kinds  # `5 for every 10`
    declares = any(token.value.lower() in _PARAMETERS for token in behind)
    return related or (counts and not declares) or _sets(node, behind)


def _parameters_of(node: Node, behind: list[Token], said: str) -> list[tuple[str, str]]:
    """The letters that a remark declares, each with what narrows it.

    Raises NotMathematicsError for a remark that says more of the value than can be kept.
    """
    words = {token.value.lower() for token in behind if token.kind == "word"}
    openers = sum(token.value.lower() in _CASE_OPENERS for token in behind)
    if not _REFUSED.isdisjoint(words) or openers > 1:  # `3 for even n, 5 for odd n`
        raise NotMathematicsError
    declares = not _PARAMETERS.isdisjoint(words)
    narrowing = words & _NARROWING
    # `x > 2 for integer x` is no interval; `n + 1 for even n` is no value of n + 1
    beyond = is_inequality(node) if declares else bool(narrowing)
    if beyond or _is_no_condition(node, behind) or len(words) > MAX_REMARK_WORDS:
        raise NotMathematicsError
    counted = any(token.kind == "num" for token in behind)  # `k is a multiple of 5`
    narrowed = said if counted else " ".join(sorted(narrowing))
    return [(token.value, narrowed) for token in behind if declares and token.kind == "sym"]

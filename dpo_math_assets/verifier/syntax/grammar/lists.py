"""Lists of values and relations, what joins them, and what brackets make of them."""

from collections.abc import Sequence
from itertools import pairwise

from dpo_math_assets.verifier.lexicon.words import meanings
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.builders import is_inequality
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.grammar import expressions, words
from dpo_math_assets.verifier.syntax.grammar.parameters import declaration, declares
from dpo_math_assets.verifier.syntax.grammar.stream import NotMathematicsError, Stream
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.syntax.trees import children, free_symbols
from dpo_math_assets.verifier.trace import applied

_CLOSING = {"(": (")", "]"), "[": ("]", ")"), "<": (">",)}
_LABELS = frozenset(meanings("english", "extremes").values())


def answer(stream: Stream) -> Node:
    """All of a text."""
    stream.take("rel", "=", "approx")
    if stream.sees("end"):
        raise stream.unexpected("a value")
    node = series(stream)
    if not stream.sees("end"):
        if any(token.kind == "word" for token in stream.tokens):
            raise NotMathematicsError
        raise stream.unexpected("the end")
    return node


# items and what joins them


def series(stream: Stream) -> Node:
    """Items joined by commas and words; groups of them joined by semicolons."""
    label, first = _item(stream)
    if stream.token.kind in ("end", "close"):
        return _labelled([label], [first])[0] if label else first
    groups, labels = [[first]], [label]
    alternatives: list[int] = []  # how many items stand before each `or`
    while True:
        # `1, 2, and 3`; `(1,2) (3,4)` after `\quad`
        separated = _take_separators(stream, groups, alternatives)
        if separated and words.sees_note(stream):
            noted = groups[-1] or groups[-2]
            noted[-1] = words.remark(stream, noted[-1])
        if stream.token.kind in ("end", "close"):
            break
        if not separated and not _goes_on(stream, groups[-1][-1]):
            break
        label, item = _item(stream)
        groups[-1].append(item)
        labels.append(label)
    return _joined(stream, groups, labels, alternatives)


def _take_separators(stream: Stream, groups: list[list[Node]], alternatives: list[int]) -> bool:
    start = stream.at
    while stream.sees("punct", ",", ";") or stream.sees("sep"):
        if stream.at - start == 2 or (stream.at > start and stream.token.kind == "punct"):
            raise stream.unexpected("an item")  # `1, , 2`
        sign = stream.advance().value
        if sign == "or":
            alternatives.append(len(groups[-1]))
        elif sign == ";" and groups[-1]:
            groups.append([])
    if stream.last().kind == "sep" and stream.token.kind in ("end", "close"):
        raise stream.unexpected("an item")  # `5 or`
    return stream.at > start


def _goes_on(stream: Stream, last: Node) -> bool:
    """Whether a second value follows without a comma: `3 hours 20 minutes`."""
    return stream.sees("num") and stream.peek().kind == "word" and words.is_measured(last)


def _joined(
    stream: Stream, groups: list[list[Node]], labels: list[str], alternatives: list[int]
) -> Node:
    groups = [_without_domains(stream, group) for group in groups if group]
    if len(groups) > 1:
        if all(len(group) == 1 for group in groups):
            return nodes.ValueList(tuple(_labelled(labels, [group[0] for group in groups])))
        return nodes.ValueList(tuple(nodes.Tuple(tuple(group)) for group in groups))
    items = _labelled(labels, groups[0])
    if len(items) == 1:
        return items[0]
    if _are_statements(stream, items, bool(alternatives)):
        raise ParseError("letters joined as statements")
    return (
        _solutions(items, alternatives)
        or _conditional(items, alternatives)
        or conditions(items, bool(alternatives))
        or nodes.ValueList(tuple(items))
    )


def _are_statements(stream: Stream, items: list[Node], alternatives: bool) -> bool:
    r"""Whether letters are joined as in `p or q` or `p \land q`: no list of values."""
    signs = [token for token in stream.tokens if token.kind == "sep"]
    logical = alternatives or any(stream.source[token.start] == "\\" for token in signs)
    return logical and all(isinstance(item, nodes.Symbol) for item in items)


def _labelled(labels: list[str], items: list[Node]) -> list[Node]:
    """`Alice: 5, Bob: 3` as values of names; a label by itself says nothing, but for `max`."""
    if len(labels) != len(items) or not all(labels):
        return items
    if len(items) == 1 and labels[0] not in _LABELS:
        return items
    applied("grammar.named_values", labels, items)
    named = zip(labels, items, strict=True)
    return [nodes.Relation("=", words.text(label), item) for label, item in named]


def _solutions(items: list[Node], ends: list[int]) -> Node | None:
    """`x = 1, y = 2 or x = 3, y = 4` as two tuples; `x = 1 or y = 2` as a union.

    `ends` says behind how many items each `or` stands. None where the items are not assignments,
    or all of one name.
    """
    assigned: list[tuple[nodes.Symbol, Node]] = []
    for item in items:
        match item:
            case nodes.Relation("=", nodes.Symbol() as name, value):
                assigned.append((name, value))
            case _:
                return None
    if not ends:
        return None
    values = [dict(assigned[low:high]) for low, high in pairwise((0, *ends, len(items)))]
    same_names = all(found.keys() == values[0].keys() for found in values)
    order = sorted((name for name, _ in assigned[: ends[0]]), key=lambda symbol: symbol.name)
    if len(order) < 2:
        return None if same_names else nodes.SetUnion(tuple(items))
    if not same_names:
        return None
    solutions = nodes.ValueList(
        tuple(nodes.Tuple(tuple(found[name] for name in order)) for found in values)
    )
    applied("grammar.solutions", items, solutions)
    return solutions


def _conditional(items: list[Node], alternatives: list[int]) -> Node | None:
    r"""A value in letters followed by what holds of them: `\\sqrt{x}, x \\ge 0`."""
    first, *rest = items
    valued = isinstance(first, nodes.SCALARS) or (
        isinstance(first, nodes.Relation) and first.op == "="
    )
    letters = free_symbols(first) if valued and not alternatives else frozenset[str]()
    if not letters or not all(_restricts(item, letters) for item in rest):
        return None
    applied("grammar.conditional", first, rest)
    return nodes.Conditional(first, nodes.ValueList(tuple(rest)))


def _restricts(item: Node, letters: frozenset[str]) -> bool:
    belongs = isinstance(item, nodes.Relation) and item.op in ("in", "notin")
    return (belongs or is_inequality(item)) and free_symbols(item) <= letters


def conditions(items: Sequence[Node], alternatives: bool) -> Node | None:
    r"""Inequalities as one condition: alternatives (`or`), or all at once; None for other items.

    In `x \\ne 0, 1` the values after the first belong to its sign.
    """
    first = items[0]
    if isinstance(first, nodes.Relation) and first.op == "!=":
        items = [
            nodes.Relation("!=", first.left, item) if isinstance(item, nodes.SCALARS) else item
            for item in items
        ]
    if not all(map(is_inequality, items)):
        return None
    return nodes.SetUnion(tuple(items)) if alternatives else nodes.SetIntersection(tuple(items))


def _without_domains(stream: Stream, items: list[Node]) -> list[Node]:
    """The items without those that only say which numbers a parameter runs through.

    What an inequality bounds is no parameter: `x > 0, x \\in \\mathbb{Z}` is no interval.
    """
    if len(items) == 1:
        return items
    bounded = {
        side.name
        for item in items
        if is_inequality(item)
        for side in children(item)
        if isinstance(side, nodes.Symbol)
    }
    kept: list[Node] = []
    for item in items:
        declared = declaration(item)
        if declared is None:
            kept.append(item)
            continue
        name, domain = declared
        if name in bounded:
            if domain != "R":
                kept.append(item)
            continue
        names = [name, *_take_names(kept)]
        if domain == "R":
            kept.append(item)
        else:
            stream.parameters += [(each, domain) for each in names]
    return kept or items


def _take_names(kept: list[Node]) -> list[str]:
    r"""The letters at the end that the same declaration is of: `a` of `a, b \in \mathbb{Z}`."""
    names: list[str] = []
    while (
        len(kept) > 1
        and not isinstance(kept[0], nodes.Symbol)
        and isinstance(kept[-1], nodes.Symbol)
    ):
        names.append(kept[-1].name)
        kept.pop()
    return names


# one item


def _item(stream: Stream) -> tuple[str, Node]:
    """One relation or value with the words before and after it, and its label."""
    label = words.words_before(stream) if stream.token.kind in ("word", "func") else ""
    return label, _value(stream)


def _value(stream: Stream) -> Node:
    kind = stream.token.kind
    if kind == "dots":
        stream.advance()
        return nodes.Dots()
    if kind == "word":
        return words.words_alone(stream) or words.number_in_words(stream)
    node = expressions.relation(stream)
    if stream.token.kind in ("end", "close"):
        return node
    if not stream.in_set and stream.take("punct", ":"):
        return words.words_after(stream, _behind_colon(stream, node))
    return words.words_after(stream, node)


def _behind_colon(stream: Stream, label: Node) -> Node:
    """`7:32` is a ratio, and `x: 5` gives x a value."""
    parts = [label, expressions.relation(stream)]
    if isinstance(label, nodes.Symbol) and isinstance(parts[1], nodes.Number | nodes.Decimal):
        applied("grammar.value_behind_colon", label, parts[1])
        return nodes.Relation("=", label, parts[1])
    while stream.take("punct", ":"):
        parts.append(expressions.relation(stream))
    # `S : T = 7 : 32` puts the equals sign between two ratios
    for index, part in enumerate(parts):
        if isinstance(part, nodes.Relation) and part.op == "=":
            left = nodes.Ratio((*parts[:index], part.left))
            more = parts[index + 1 :]
            right = nodes.Ratio((part.right, *more)) if more else part.right  # `A:B = 1`
            return nodes.Relation("=", left, right)
    return nodes.Ratio(tuple(parts))


# brackets


def opened(stream: Stream) -> Node:
    """What begins with a bracket of any kind."""
    opening = stream.token.value
    if opening in ("floor", "ceil"):
        stream.advance()
        return nodes.Function(opening, (expressions.closed(stream, "close", opening),))
    if opening == "|":
        return absolute(stream)
    if opening == "{" and stream.peek().value == "}" and stream.peek(2).value in ("_", "^"):
        stream.advance(2)
        return expressions.number_before_letter(stream)
    stream.deeper()
    outside = stream.enter(in_set=opening == "\\{")
    if opening == "{":
        node = _raw_braces(stream)
    elif opening == "\\{":
        node = _set(stream)
    else:
        content = series(stream)
        closing = stream.token.value
        stream.expect("close", *_CLOSING[opening])
        node = _bracketed(opening, closing, content)
    stream.leave(outside)
    stream.depth -= 1
    return node


def _set(stream: Stream) -> Node:
    r"""`\{1, 2\}`, `\{x \mid x > 1\}`"""
    if stream.take("close"):
        return nodes.FiniteSet(())
    content = series(stream)
    if not stream.sees("bar") and not stream.sees("punct", ":"):
        stream.expect("close", "\\}")
        return nodes.FiniteSet(_items(content))
    stream.advance()
    stream.in_set = False
    condition = series(stream)
    stream.expect("close", "\\}")
    if declares(stream, condition):  # all values of a general solution
        return nodes.FiniteSet(_items(content))
    return _set_of(stream, content, condition)


def _raw_braces(stream: Stream) -> Node:
    """Bare braces: TeX grouping, or a list that somebody wrote without backslashes."""
    if stream.take("close", "}"):
        return nodes.FiniteSet(())
    named = stream.sees("sym") and stream.peek().value in ("|", "mid", ":")
    stream.in_set = named and (
        stream.peek().kind == "bar" or any(token.kind == "rel" for token in stream.tokens)
    )
    node = series(stream)
    if stream.take("bar") or (stream.in_set and stream.take("punct", ":")):
        stream.in_set = False
        node = _set_of(stream, node, series(stream))
    stream.expect("close", "}")
    return node


def _set_of(stream: Stream, element: Node, condition: Node) -> Node:
    r"""`{x | x > 1}`; `{x | x = k\pi, k \in Z}` says no more than its condition."""
    names = {name for name, _ in stream.parameters}
    if not names.isdisjoint(free_symbols(condition)):
        match condition:
            case nodes.Relation("=", left, right) if left == element:
                return nodes.FiniteSet((right,))
            case nodes.Relation() | nodes.RelationChain():
                return condition
    return nodes.SetBuilder(element, condition)


def _bracketed(opening: str, closing: str, content: Node) -> Node:
    """What round and square brackets make of their content."""
    items = _items(content)
    if (opening, closing) == ("(", ")"):
        return nodes.Tuple(items) if isinstance(content, nodes.ValueList) else content
    if opening == "<":
        if isinstance(content, nodes.ValueList):
            return nodes.Tuple(items)
        applied("grammar.angle_brackets", content)
        return nodes.UnknownFunction("\\langle", items)  # a mean, or what an element generates
    if (opening, closing) == ("[", "]"):
        rows = tuple(map(_row, items))
        if len(rows) > 1 and rows[0] and all(len(row) == len(rows[0]) for row in rows):
            applied("grammar.matrix_of_rows", items)
            return nodes.Matrix(rows)
    if len(items) == 2:
        return nodes.Interval(items[0], items[1], opening == "[", closing == "]")
    if (opening, closing) == ("[", "]"):
        return content
    raise ParseError("an interval that has not two ends")


def _items(content: Node) -> tuple[Node, ...]:
    return content.items if isinstance(content, nodes.ValueList) else (content,)


def _row(node: Node) -> tuple[Node, ...]:
    """The cells of `[1, 2]` or `[1, 2, 3]` inside other brackets; none for anything else."""
    match node:
        case nodes.Interval(low, high, True, True):
            return low, high
        case nodes.ValueList(items):
            return items
    return ()


def absolute(stream: Stream) -> Node:
    """A value between bars."""
    bar = stream.token
    if bar.value != "|":
        raise stream.unexpected("a value")
    stream.deeper()
    stream.advance()
    stream.bars += bar.kind == "bar"
    node = expressions.set_expression(stream)
    stream.bars -= bar.kind == "bar"
    if not stream.take("bar" if bar.kind == "bar" else "close", "|"):
        stream.expect("close", "|")
    stream.depth -= 1
    return nodes.AbsoluteValue(node)

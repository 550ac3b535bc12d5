"""LaTeX environments (matrices, functions by cases, systems of equations) and number domains.

Each rule stands behind its command, which is taken already.
"""

from dpo_math_assets.verifier.lexicon.words import words
from dpo_math_assets.verifier.syntax import nodes
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.grammar.expressions import relation
from dpo_math_assets.verifier.syntax.grammar.lists import conditions
from dpo_math_assets.verifier.syntax.grammar.stream import Stream
from dpo_math_assets.verifier.syntax.grammar.words import text
from dpo_math_assets.verifier.syntax.nodes import Node
from dpo_math_assets.verifier.trace import applied

_CASE_WORDS = words("english", "cases")
_MATRICES = frozenset(
    ("matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "smallmatrix", "array", "psmallmatrix")
)
_DOMAINS = frozenset("RQZNCP")


def domain(stream: Stream) -> Node:
    r"""`\mathbb{Z}^+`"""
    name = _braced(stream)
    if name not in _DOMAINS:
        raise ParseError(f"unknown domain {name[:30]}")
    while stream.take("op", "^", "_"):
        raised = stream.last().value == "^"
        start = stream.token.start
        if stream.sees("open", "{"):
            _braced(stream)
        else:
            stream.advance()
        mark = stream.source[start : stream.token.start].strip(" {}")
        name += f"^{mark}" if raised and mark.isalnum() else mark  # Z^2 is not Z_2
    return nodes.NumberDomain(name)


def _braced(stream: Stream) -> str:
    """The text in the braces that open here."""
    start = stream.token.start
    stream.expect("open", "{")
    while not stream.take("close", "}"):
        if stream.sees("end"):
            raise stream.unexpected("`}`")
        stream.advance()
    return stream.source[start + 1 : stream.last().start].strip()


def environment(stream: Stream) -> Node:
    r"""What stands between `\begin` and `\end`."""
    name = _braced(stream).rstrip("*")
    if name == "cases":
        return _cases(stream)
    if name not in _MATRICES:
        raise ParseError(f"environment {name[:30]} is outside the grammar")
    if name == "array" and stream.sees("open", "{"):
        _braced(stream)
    rows = _rows(stream)
    _close(stream, name)
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise ParseError("matrix with rows of different lengths")
    matrix = nodes.Matrix(tuple(rows))
    return nodes.Function("det", (matrix,)) if name == "vmatrix" else matrix


def _rows(stream: Stream) -> list[tuple[Node, ...]]:
    rows: list[tuple[Node, ...]] = []
    row: list[Node] = []
    while not stream.sees("cmd", "end"):
        if stream.take("op", "\\\\"):
            rows += [tuple(row)] if row else []
            row = []
            continue
        row.append(relation(stream))
        if not stream.take("op", "&") and not _row_ends(stream):
            raise stream.unexpected("`&` or the end of a row")
    return [*rows, tuple(row)] if row else rows


def _row_ends(stream: Stream) -> bool:
    return stream.sees("op", "\\\\") or stream.sees("cmd", "end")


def _close(stream: Stream, name: str) -> None:
    stream.expect("cmd", "end")
    if _braced(stream).rstrip("*") != name:
        raise ParseError(f"environment {name} is not closed")


def _cases(stream: Stream) -> Node:
    branches: list[tuple[Node, Node | None]] = []
    while not stream.sees("cmd", "end"):
        value = relation(stream)
        condition = None
        stream.take("punct", ",")
        if stream.take("op", "&") or stream.sees("word"):
            condition = _case_condition(stream)
        stream.take("punct", ",")
        branches.append((value, condition))
        if not stream.take("op", "\\\\") and not stream.sees("cmd", "end"):
            raise stream.unexpected("the end of a row")
    _close(stream, "cases")
    if not branches:
        raise ParseError("environment cases is empty")
    if all(condition is None for _, condition in branches):
        system = nodes.ValueList(tuple(value for value, _ in branches))
        applied("grammar.system_of_equations", system)
        return system
    return nodes.Cases(tuple(branches))


def _case_condition(stream: Stream) -> Node | None:
    """The condition of a case: None for `otherwise`, words where it is no formula."""
    start = stream.token.start
    while stream.sees("word") and stream.token.value.lower() in _CASE_WORDS:
        stream.advance()
    first = stream.at
    while not _row_ends(stream):
        if stream.sees("end"):
            raise stream.unexpected("`\\end{cases}`")
        stream.advance()
    if stream.at == first:
        return None
    if any(token.kind == "word" for token in stream.tokens[first : stream.at]):
        said = text(stream.source[start : stream.token.start]).words.split()
        return text(" ".join(word for word in said if word not in _CASE_WORDS))
    stream.seek(first)
    items, alternatives = [relation(stream)], False
    while stream.sees("punct", ",", ".") or stream.sees("sep"):
        alternatives |= stream.advance().value == "or"
        if _row_ends(stream):  # the comma at the end of a row
            break
        items.append(relation(stream))
    if len(items) == 1:
        return items[0]
    return conditions(items, alternatives) or nodes.ValueList(tuple(items))

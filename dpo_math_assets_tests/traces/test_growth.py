"""A text of any kind takes the readers time in proportion to its length.

A hundred times the text may take a hundred times the time; what is quadratic takes ten thousand
times. Ratios are taken of the best of three runs, far from either.
"""

import time
from collections.abc import Callable

import pytest

from dpo_math_assets.pairs.card import shown_as_is
from dpo_math_assets.traces.containers import Line
from dpo_math_assets.traces.csv_records import CsvRecords
from dpo_math_assets.traces.json_records import JsonRecords, copy_unescaped
from dpo_math_assets.traces.places import without_secrets
from dpo_math_assets.traces.prompts import canonical_key

SHORT, LONG = 2_000, 100_000
# The long text is 50 times the short one; a quadratic reader takes 2,500 times as long.
MOST = 400.0
# Seconds that a short text is taken to cost at least, so that noise is no growth.
LEAST_S = 0.0005


def _json(text: str) -> object:
    raw = text.encode()
    return list(JsonRecords().read([Line(1, 0, raw, text)]))


def _json_lines(text: str) -> object:
    lines = text.split("|")
    return list(JsonRecords().read(Line(n, n, t.encode(), t) for n, t in enumerate(lines, 1)))


def _csv(text: str) -> object:
    head = Line(1, 0, b"a,b\n", "a,b\n")
    return list(CsvRecords().read([head, Line(2, 4, text.encode(), text)]))


READERS: dict[str, Callable[[str], object]] = {
    "json": _json,
    "json_lines": _json_lines,
    "csv": _csv,
    "copy": copy_unescaped,
    "secrets": without_secrets,
    "card": shown_as_is,
    "prompt": canonical_key,
}
UNITS = [
    *("{x}", "{", "[", "a", " ", "a ", ", ", '"', "\\", '{"a":1},', "x,", "[{", "{x} ", "{|", "}|"),
    *(
        '"|',
        '{"a":}',
        "\ufeff,",
        "{x},y ",
        "://a@",
        "\n",
        "!x",
        "Q: ",
        "<",
        "&",
        "1 ",
        "&lt;",
        "> ",
    ),
]


def _seconds(read: Callable[[str], object], text: str) -> float:
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        read(text)
        best = min(best, time.process_time() - begun)
    return best


def _growth(read: Callable[[str], object], unit: str) -> float:
    short, long = (unit * (size // len(unit)) for size in (SHORT, LONG))
    return _seconds(read, long) / max(_seconds(read, short), LEAST_S)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_a_long_text_takes_a_reader_no_more_than_its_length(reader: str) -> None:
    growth = {unit: _growth(READERS[reader], unit) for unit in UNITS}
    assert {unit: times for unit, times in growth.items() if times > MOST} == {}


def test_a_quadratic_reader_is_seen() -> None:
    def quadratic(text: str) -> int:
        return sum(text.count("x", 0, place) for place in range(0, len(text), 4))

    assert _growth(quadratic, "ab") > MOST

"""What stands behind a marker: the rest of its line, or the lines below that belong to it."""

import re

from dpo_math_assets.verifier.extraction.tokens import NUMERIC, has_words

# Lines of one answer.
MAX_PARTS = 8

# `the answer is`
states = re.compile(
    r"\s+(?:is|are|will be|would be|should be|must be|equals|=)(?:\s*:)?\s+(?=\S)", re.IGNORECASE
)
_FENCED_LINE = re.compile(r"[ \t]*+```\w*+[ \t]*+\n[ \t]*+([^\n`{]++)\n?[ \t]*+(?:```|\Z)")
# Where the string of JSON that holds an answer ends.
_NEXT_FIELD = re.compile(r'"\s*,\s*"\w+"\s*:')
_DISPLAY_ENDS = {"$$": "$$", "\\[": "\\]"}
_SIGN_OR_BULLET = re.compile(rf"-\s+{NUMERIC}")
# `The value is`, `We have:` at the end of a line
_LEADS_ON = re.compile(r"(?:\b(?:is|are)|:)\s*$")
# One part of an answer on a line of its own, behind a bullet, a letter or a name.
_PART_LINE = re.compile(
    r"\s*(?:(?P<bullet>[-*•])\s+|\(?(?P<letter>[a-e])\)\s*|\${0,2}(?P<name>[A-Za-z])\s*=)\s*(?P<value>[^=\n]{1,60})"
)
_BULLET = re.compile(r"^[-*•]\s+")
_JOINED = re.compile(r"\b(or|and),")


def line_at(text: str, start: int) -> str:
    """The rest of the line from `start` on."""
    end = text.find("\n", start)
    return text[start:] if end < 0 else text[start:end]


def opening_line(text: str, start: int) -> str:
    """The rest of the line; of a display formula that begins it all, of a block its only line."""
    line = line_at(text, start)
    if line.lstrip().startswith("```"):
        fenced = _FENCED_LINE.match(text, start)
        return fenced[1] if fenced else ""
    if '":' in line and (field := _NEXT_FIELD.search(line)):
        line = line[: field.start()]
    opening = line.strip()[:2]
    closing = _DISPLAY_ENDS.get(opening)
    if closing is None:
        return line
    begins = start + line.index(opening) + 2
    close = text.find(closing, begins)
    return line if close < start + len(line) else text[begins:close].strip()


def _next_line(text: str, start: int) -> str:
    """The first line with text after the one at `start`; a display formula is taken whole."""
    end = text.find("\n", start)
    while end >= 0:
        if line_at(text, end + 1).strip():
            return opening_line(text, end + 1)
        end = text.find("\n", end + 1)
    return ""


def rest(text: str, start: int) -> str:
    """The rest of the line, or the next line with text; without a phrase that opens it."""
    line = opening_line(text, start)
    if not line.strip(" *_#$\\[]()"):
        line = _next_line(text, start)
    at = line[:40].lower().find("answer")
    if at >= 0 and (phrase := states.match(line, at + 6)):
        line = line[phrase.end() :]
    where = text.find(line, start)
    if led_to := _led_to(text, where, line):
        return led_to
    if where >= 0:
        line = _with_following(text, where + len(line), line)
    # a single `- 5` below the marker: a bullet, or a sign
    return "" if where > start and _SIGN_OR_BULLET.fullmatch(line.strip()) else line


def below(text: str, start: int) -> str:
    """The line below the one at `start`, or the one that it leads on to."""
    line = _next_line(text, start)
    return _led_to(text, text.find(line, start), line) or line


def _led_to(text: str, at: int, line: str) -> str:
    """What a line that leads on leads to: a value below it and no block of another format."""
    if at < 0 or not line.rstrip().endswith(("is", "are", ":")) or not _LEADS_ON.search(line):
        return ""
    led_to = _next_line(text, at + len(line) - 1)
    return "" if led_to.startswith("{") else led_to


def _with_following(text: str, end: int, first: str) -> str:
    """An answer with the lines below it that give its other parts in the same way.

    `x = 3` above `y = 4`, `(a) 3` above `(b) 4`, bullets, and what an `or` at the end leads on to.
    """
    lines = [first.strip()]
    while text.startswith("\n", end) and len(lines) < MAX_PARTS:
        line = line_at(text, end + 1)
        above, part = _PART_LINE.fullmatch(lines[-1]), _PART_LINE.fullmatch(line.rstrip(" ."))
        open_ended = lines[-1].endswith((" or", " and", ","))
        if not open_ended and not (above and part and _goes_on(above, part)):
            break
        if has_words(line) and not part:
            break
        lines.append(line.strip())
        end += 1 + len(line)
    if len(lines) == 1:
        return first
    values = [_BULLET.sub("", line).rstrip(" .,;") for line in lines]
    return _JOINED.sub(r"\1", ", ".join(values))


def _goes_on(above: "re.Match[str]", part: "re.Match[str]") -> bool:
    """Whether two lines are parts of one answer: another letter, another name, another bullet."""
    if above["bullet"] and part["bullet"]:
        return not has_words(above["value"]) and not has_words(part["value"])
    kind = "letter" if above["letter"] else "name"
    return bool(above[kind] and part[kind]) and above[kind] != part[kind]

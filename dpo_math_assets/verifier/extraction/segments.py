"""The parts of a completion that are no answer to its question: thoughts, code, other dialogues.

Their delimiters are data. What a model thinks before it answers does not count where an answer
follows; nothing follows from thoughts that were cut off, from a program, or from what stands behind
a question that the completion goes on to ask itself.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from dpo_math_assets.verifier.trace import applied

Thoughts = tuple[tuple[str, str], ...]

# What begins and ends the thoughts of models.
THOUGHTS: Thoughts = (
    *((f"<{name}>", f"</{name}>") for name in ("think", "thinking", "thought", "thoughts")),
    *((f"<{name}>", f"</{name}>") for name in ("reasoning", "scratchpad")),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("◁think▷", "◁/think▷"),
    ("[THINK]", "[/THINK]"),
)
# Where a model that speaks in channels gives its answer.
_FINAL_CHANNEL = "<|channel|>final<|message|>"
_CHANNEL = re.compile(r"<\|channel\|>\s*(?P<name>\w+)")
# Tokens of a chat: what stands between the first and the second is the answer.
_SPECIAL = re.compile(
    r"<\|[A-Za-z_]{1,20}\|>|</?s>|\[/?(?:INST|EOS|PAD|SEP)\]|<(?:eos|EOS|(?:end|start)_of_turn)>"
    r"|<｜[^｜<>\n]{1,40}｜>"
)
_BRACKETED_TOKENS = ("INST]", "EOS]", "PAD]", "SEP]")
_SPECIAL_NEEDLES = ("<|", "s>", "S>", "T]", "S]", "D]", "P]", "_turn>", "<｜")
# What is written in a programming language says nothing to a reader.
LANGUAGES = "python|py|sage|cpp|c|java|javascript|js|r|matlab"
_CODE = re.compile(rf"```(?:{LANGUAGES})\b.*?(?:```|\Z)", re.DOTALL)
# What draws a figure.
_FIGURES = (("[asy]", "[/asy]"), ("\\begin{asy}", "\\end{asy}"), ("\\begin{tikz", "\\end{tikz"))
# Where a completion that has given its answer begins another dialogue.
QUESTIONS = (
    "Q|Question|QUESTION|Problem|PROBLEM|Exercise|Task|Example|Input|Instruction|Human|HUMAN|"
    "User|USER|Bonus|Follow-up|Extension"
)
_QUESTION = (
    r"(?:(?:Next|New|Another|Practice|Similar|Sample|Extra) )?"
    rf"(?:{QUESTIONS}|(?<= )(?:question|problem))"
    r"(?P<number> ?#?\d{1,3})?[*_\]]*(?::|\.(?= )|\n)"
)
_NEXT_QUESTION = re.compile(rf"\n[#*\[>_ \t-]*+{_QUESTION}")
# Who may ask it in the middle of a line.
ASKING = ("Q", "Question", "Human", "User")
_ASKS = tuple(f" {speaker}:" for speaker in ASKING)
_QUESTION_BEHIND = re.compile(rf"(?<=[\d.!?$}})*]) +(?P<number>)(?:{'|'.join(ASKING)}):")
_FIRST_QUESTION = re.compile(rf"[#*\[>_\s-]*+{_QUESTION}")
# Beginnings of other dialogues that are looked at.
MAX_QUESTIONS = 4
# A text of JSON: what is cut off in it has no answer.
BEGINS_JSON = r"\s*(?:```\s*json\s*)?\{\s*\""

# Every text of which something is left out has a match of one of these; without lookaround.
NEEDLES = (
    # line ends of Windows, what only Python calls space
    r"[\r\x1c-\x1f]",
    r"</?[A-Za-z]",
    r"<\|",
    "<｜",
    r"\[asy\]",
    r"\\begin\{(?:asy\}|tikz)",
    r"INST\]",
    r"EOS\]",
    r"PAD\]",
    r"SEP\]",
    rf"```(?:{LANGUAGES})(?-u:\b)",
    f" (?:{'|'.join(ASKING)}):",
    rf"\n[#*\[>_ \t-]*(?:[A-Z][a-z]+ )?(?:{QUESTIONS}|question|problem)"
    r"(?: ?#?\d{1,3})?[*_\]]*(?:[:\n]|\. )",
)

Question = tuple[int, bool]


def answering_part(text: str, thoughts: Thoughts = ()) -> str:
    """The text without thoughts, without what follows the answer in a chat, and without code.

    `thoughts` are pairs of delimiters beside `THOUGHTS`.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if (tags := _thought_tags(thoughts)) and any(map(text.__contains__, tags.needles)):
        shorter = _without_thoughts(text, tags)
        if shorter is not text:
            applied("segment.thoughts", text, shorter)
            text = shorter
    if "<" in text or any(map(text.__contains__, _BRACKETED_TOKENS)):
        for rule, part in (("segment.channel", _final_channel), ("segment.chat", _first_message)):
            shorter = part(text)
            if shorter is not text:
                applied(rule, text, shorter)
                text = shorter
    for rule, signs, part in _CODE_PARTS:
        if any(map(text.__contains__, signs)) and (shorter := part(text)) != text:
            applied(rule, text, shorter)
            text = shorter
    return text


def _without_code(text: str) -> str:
    return _CODE.sub("", text)


def _without_figures(text: str) -> str:
    """The text without the code of its figures; one that is not closed reaches to the end."""
    for opening, closing in _FIGURES:
        kept, begins = [], 0
        while (at := text.find(opening, begins)) >= 0:
            kept.append(text[begins:at])
            end = text.find(closing, at)
            begins = len(text) if end < 0 else end + len(closing)
        text = "".join((*kept, text[begins:]))
    return text


_CODE_PARTS = (
    ("segment.code", ("```",), _without_code),
    ("segment.figure", ("[asy]", "{asy}", "{tikz"), _without_figures),
)


class _Tags(NamedTuple):
    """The delimiters of thoughts, those that end them, and how delimiters begin."""

    pattern: "re.Pattern[str]"
    closing: frozenset[str]
    needles: tuple[str, ...]


@lru_cache(maxsize=64)
def _thought_tags(thoughts: Thoughts) -> _Tags:
    pairs = (*THOUGHTS, *thoughts)
    tags = sorted((tag for pair in pairs for tag in pair), key=len, reverse=True)
    return _Tags(
        re.compile("|".join(map(re.escape, tags))),
        frozenset(closing for _, closing in pairs),
        tuple(sorted({tag[:4] for tag in tags})),
    )


def thought_needles(thoughts: Thoughts) -> tuple[str, ...]:
    """Patterns of which every text with a delimiter of thoughts has a match."""
    return tuple(re.escape(tag) for pair in (*THOUGHTS, *thoughts) for tag in pair)


def _without_thoughts(text: str, tags: _Tags) -> str:
    """The text behind its thoughts, or before them where they are not closed: they were cut off."""
    found = list(tags.pattern.finditer(text))
    if not found:
        return text
    last = found[-1]
    if last[0] not in tags.closing:
        return text[: last.start()]
    return text[last.end() :] if text[last.end() :].strip() else text


def _final_channel(text: str) -> str:
    """What is said in the final channel; nothing where the text was cut off in another one."""
    channel = text.rfind(_FINAL_CHANNEL)
    if channel >= 0:
        return text[channel + len(_FINAL_CHANNEL) :]
    first = _CHANNEL.search(text) if "<|channel|>" in text else None
    if first is None or any(each["name"] == "final" for each in _CHANNEL.finditer(text)):
        return text
    return text[: first.start()]


def _first_message(text: str) -> str:
    """What stands before the first token of a chat that has text before it."""
    if not any(map(text.__contains__, _SPECIAL_NEEDLES)):
        return text
    begins = 0
    for special in _SPECIAL.finditer(text):
        if text[begins : special.start()].strip():
            return text[begins : special.start()]
        begins = special.end()
    return text


def next_questions(text: str) -> Iterator[Question]:
    """Where the questions begin that a completion asks itself, and whether it begins with one too.

    Nothing where the first question of the text and the next one are numbered: these are parts of
    one question.
    """
    questions = _QUESTION_BEHIND if any(map(text.__contains__, _ASKS)) else _NEXT_QUESTION
    if not questions.search(text):
        return
    first = _FIRST_QUESTION.match(text)
    for question in islice(questions.finditer(text), MAX_QUESTIONS):
        if first and first["number"] and question["number"]:
            return
        yield question.start(), first is not None

"""The parts of a completion that are no answer to its question: thoughts, code, other dialogues.

Their delimiters are data. What a model thinks before it answers does not count where an answer
follows; nothing follows from thoughts that were cut off, from a program, or from what stands behind
a question that the completion goes on to ask itself.
"""

import re
from collections.abc import Iterator
from itertools import islice

from dpo_math_assets.verifier.trace import applied

# Tags of thoughts, and the two in words that some models write: `<|end_of_thought|>`.
THOUGHTS = ("think", "thinking", "thought", "thoughts", "reasoning", "scratchpad")
_THOUGHT = re.compile(rf"<(?:(/?)(?:{'|'.join(THOUGHTS)})|\|(?:begin|(end))_of_thought\|)>")
_THOUGHT_NEEDLES = ("think", "thought", "reasoning>", "scratchpad>")
# Where a model that speaks in channels gives its answer.
_FINAL_CHANNEL = "<|channel|>final<|message|>"
# Tokens of a chat: what stands between the first and the second is the answer.
_SPECIAL = re.compile(
    r"<\|[A-Za-z_]{1,20}\|>|</?s>|\[/?(?:INST|EOS)\]|<(?:eos|EOS|(?:end|start)_of_turn)>"
    r"|<｜[^｜<>\n]{1,40}｜>"
)
_SPECIAL_NEEDLES = ("<|", "s>", "S>", "T]", "S]", "_turn>", "<｜")
# What is written in a programming language says nothing to a reader.
LANGUAGES = "python|py|sage|cpp|c|java|javascript|js|r|matlab"
_CODE = re.compile(rf"```(?:{LANGUAGES})\b.*?(?:```|\Z)", re.DOTALL)
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
    r"INST\]",
    r"EOS\]",
    rf"```(?:{LANGUAGES})(?-u:\b)",
    f" (?:{'|'.join(ASKING)}):",
    rf"\n[#*\[>_ \t-]*(?:[A-Z][a-z]+ )?(?:{QUESTIONS}|question|problem)"
    r"(?: ?#?\d{1,3})?[*_\]]*(?:[:\n]|\. )",
)

Question = tuple[int, bool]


def answering_part(text: str) -> str:
    """The text without thoughts, without what follows the answer in a chat, and without code."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "<" in text or "INST]" in text or "EOS]" in text:
        for rule, part in (
            ("segment.thoughts", _without_thoughts),
            ("segment.channel", _final_channel),
            ("segment.chat", _first_message),
        ):
            shorter = part(text)
            if shorter is not text:
                applied(rule, text, shorter)
                text = shorter
    if "```" in text:
        shorter = _CODE.sub("", text)
        if shorter != text:
            applied("segment.code", text, shorter)
            text = shorter
    return text


def _without_thoughts(text: str) -> str:
    """The text behind its thoughts, or before them where they are not closed: they were cut off."""
    if not any(map(text.__contains__, _THOUGHT_NEEDLES)):
        return text
    tags = list(_THOUGHT.finditer(text))
    if not tags:
        return text
    if not (tags[-1][1] or tags[-1][2]):
        return text[: tags[-1].start()]
    return text[tags[-1].end() :] if text[tags[-1].end() :].strip() else text


def _final_channel(text: str) -> str:
    channel = text.rfind(_FINAL_CHANNEL)
    return text if channel < 0 else text[channel + len(_FINAL_CHANNEL) :]


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

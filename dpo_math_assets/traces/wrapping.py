"""What a prompt asks, without what it is wrapped in.

One problem is logged bare, behind an instruction, under a system prompt, as the last question after
worked examples, as a chat in a model's own markup, as HTML or JSON. `asked_pieces` gives the
problem alone where the wrapping is of a known form; `pieces` cuts a whole prompt where a wrapping
of any form may end: at ends of sentences and lines, at labels and tags.

A prompt without a wrapping loses nothing but sentences that say how to answer. All of it errs on
the side of joining: it decides what is held out and what is not trained on, nothing else.
"""

import html
import json
import re
import unicodedata
from typing import Any, NamedTuple

# Characters -------------------------------------------------------------------------------------

# Cyrillic, Greek and other signs that a reader takes for those of the second line.
_LOOK_ALIKE_LETTERS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408"
    "\u0405\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5"
    "\u03a7\u03bf\u0251\u0131\u0261\u2215\u2012",
    "aeopcyxijsdqwhABEKMHOPCTYXIJSABEZHIKMNOPTYXoaig/-",
)
# Letters and digits in the styles of mathematics, and signs in small forms.
_STYLED = re.compile("[\U0001d400-\U0001d7ff\ufe50-\ufe6f]")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_TAG_NAMES = (
    "a|b|blockquote|body|br|code|center|div|em|font|h[1-6]|hr|html|i|li|ol|p|pre|small|span|strong|"
    "table|tbody|td|th|thead|tr|tt|u|ul|problem|question|task|input|prompt|user|instruction"
)
_TAG = re.compile(
    rf"</?(?:{_TAG_NAMES})(?:\s[\w:-]{{1,40}}=(?:\"[^\"<>]{{0,300}}\"|'[^'<>]{{0,300}}'))*\s?/?>",
    re.IGNORECASE,
)
_WHOLE_NUMBER = re.compile(r"(?<=\d)\.0+(?!\d)")
_BREAK = "\x1e"  # where a tag or a label stood; white space to `re` and to `str`


def folded(text: str) -> str:
    """The text with look-alikes, character references, `5.0`, HTML and JSON in their plain form.

    `text` has its invisible and full-width characters replaced already (`prompts`).
    """
    text = _unpacked(text)
    for _ in range(2):  # some text is escaped twice
        if "&" in text:
            text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    if "<" in text:
        text = _TAG.sub(_BREAK, text.replace("<sup>", "^").replace("</sup>", ""))
    if not text.isascii():
        text = text.translate(_LOOK_ALIKE_LETTERS)
        text = _STYLED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
        text = _OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
    return _WHOLE_NUMBER.sub("", text) if ".0" in text else text


# Turns and labelled blocks ----------------------------------------------------------------------

_ROLES = {
    "asks": "user|human|student|question|q|problem|exercise|task|input|query|prompt|now solve|"
    "your turn",
    "given": "instruction|context|passage|story",  # belongs to the question after it
    "answers": "assistant|model|bot|ai|gpt|teacher|tutor|answer|a|ans|solution|sol|response|"
    "output|result|final answer|reasoning|explanation|thought|let's think step by step",
    "aside": "system|developer|tool|example|examples|instructions|note|hint|format|rules",
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names.split("|")}
_NAMES = "|".join(sorted(_ROLE_OF, key=len, reverse=True))
# A label stands where a line or a sentence begins: `Q:`, `**Problem 3.**`, `### Input`, `User:`.
_LABEL = (
    rf"(?:(?<=[\n.?!>\]{_BREAK}])|\A)[ \t]?[ \t]?(?:[*_]{{1,3}}|\#{{1,6}}[ ]?)?"
    rf"(?P<label>{_NAMES})(?:[ ]?(?:no\.?[ ]?|\#)?\d{{1,6}})?[*_]{{0,3}}[ ]?"
    r"(?:[:.](?!\w)|(?=\n))[*_]{0,3}"
)
_MARKUP = (
    rf"<\|(?:im_start|start_header_id)\|>[ ]?(?P<turn>\w{{1,20}})|<\|(?P<mark>{_NAMES})\|>|"
    r"<start_of_turn>[ ]?(?P<start>\w{1,20})|(?P<user>\[INST\]|<</SYS>>)|(?P<reply>\[/INST\])|"
    r"(?P<system><<SYS>>)"
)
_BLOCK = re.compile(f"{_MARKUP}|{_LABEL}", re.IGNORECASE)
_END_MARKUP = re.compile(
    r"<\|[\w .-]{1,40}\|>|<end_of_turn>|<(?:bos|eos|/?s)>|</?think>", re.IGNORECASE
)
_MARKUP_ROLES = {"user": "asks", "reply": "answers", "system": "aside"}


def _blocks(text: str) -> list[tuple[str, str]]:
    """The parts of a prompt as (role, text); the role is empty before the first label."""
    role, start, blocks = "", 0, []
    for found in _BLOCK.finditer(text):
        blocks.append((role, text[start : found.start()]))
        start = found.end()
        kind = found.lastgroup or ""
        role = _MARKUP_ROLES.get(kind) or _ROLE_OF.get(found[kind].lower(), "asks")
    blocks.append((role, text[start:]))
    return blocks


def _unpacked(text: str) -> str:
    """A prompt that is JSON as text: chat messages as labelled turns, of others what is text."""
    stripped = text.strip()
    if not stripped.startswith(('{"', "[{")):
        return text
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        value = value["messages"]
    if isinstance(value, list):
        turns = [turn for turn in value if isinstance(turn, dict)]
        texts: list[Any] = [f"{turn.get('role')}: {turn.get('content')}" for turn in turns]
    else:
        texts = [each for each in value.values() if isinstance(each, str)]
    return "\n\n".join(texts) or text


# Pieces -----------------------------------------------------------------------------------------

# Where a wrapping may end. Lines are broken anywhere: one that goes on in small letters or numbers
# belongs to the one before.
_BORDER = re.compile(
    r"([.?!][\"')\]*_]{0,3}|:[\"'*_]{0,3})\s|\n(?=[^\Wa-z\d_]|[\[#*|>`])|```+\w{0,12}"
)
_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_QUOTING = re.compile(r"^(?:>[ \t]?|\#{1,6} )+", re.MULTILINE)
_SIGNS = re.compile(
    r"[=+^<>/%\u00d7\u00f7\u2211\u222b\u221a$]|(?<=\w)[*-](?=\d)|(?<=\d)[*-]|"
    r"\\(?!boxed\b|text\b)[a-zA-Z]{2}"
)
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NUMBER_WORDS = _words(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million
    """
)

# The words in which a task is put. What is left of a prompt without them is what it asks.
TASK_WORDS = _words(
    """
    answer calculate compute determine evaluate express find give simplify solve tell work write
    a an are as be by does equal equals following for given how i is it let me much of out
    please problem result s the this to value what you your
    """
)
# What instructions and pleasantries beside it are made of.
_SMALL_TALK = TASK_WORDS | _words(
    """
    again all also and any at below best boxed brief briefly but can careful carefully check
    clear clearly concise could correct correctly deep do each end exact exactly exercise
    explain expression final finally first good hello help hey hi here homework in intermediate
    into job just kindly let's line luck make math mathematical mathematics maths my need no now
    on only or own provide put question reason reasoning show showing simple so solution solving
    step steps take task thank thanks that then there think thinking try up us use using verify
    want we with within without would
    """
)
# One of these makes an instruction of a sentence that is put to the reader.
_CUES = _words(
    """
    answer answers answering assistant box boxed brackets breath calculation calculations
    calculator carefully code concise detail detailed exercise expert explain explanation final
    form format helpful homework instructions json language latex marks math mathematical
    mathematician mathematics maths points problem problems professor question questions quiz
    reason reasoning reply respond response result sentence sentences sheet solution solutions
    solve solver solving step steps student tags task teacher test think thinking thought
    thoughts tutor work working words
    """
)
_ADDRESSING = _words(
    """
    answer always assume be before begin box carefully check do don't double enclose end ensure
    explain express finish first follow format give here here's include keep let let's make
    never now only output place please present print provide put reason remember reply report
    respond return say show simplify solve start state take the think this try use verify we
    wrap work write
    """
)
_TO_THE_READER = _words(
    """
    above below following let's me my please step you you're your
    """
)
_QUESTIONING = _words(
    """
    compute find for how if what when where which who whose why
    """
)
_ASKING = re.compile(
    r"\b(?:calculate|compute|convert|determine|differentiate|evaluate|expand|express|factor|find|"
    r"give|how|integrate|prove|round|simplify|solve|what|which|write)\b",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"(?:for example|for instance|as an example|e\.g\.|example\b)", re.IGNORECASE)
_COUNTER = re.compile(
    rf"[\[(*_]{{0,4}}(?:(?:{_NAMES}|id|no|number|nr|ticket|item|case|attempt|sample|page|part)[ ]?"
    r"(?:no\.?|[.:#-])?[ ]?[a-z]?\d{1,9}(?:[ ]?(?:of|/)[ ]?\d{1,9})?|\#\d{1,9}|"
    r"(?:\d{1,9}|[a-z])(?=[.)\]]))[.:)\]*_]{0,4}\Z",
    re.IGNORECASE,
)


class Piece(NamedTuple):
    """A part of a prompt between two places where a wrapping may end."""

    text: str
    counts: bool  # whether it holds numbers or other mathematics

    @property
    def asks(self) -> bool:
        """Whether it is a question or a task by itself."""
        return self.text.endswith("?") or _ASKING.search(self.text) is not None


def pieces(text: str) -> list[Piece]:
    """The parts of a `folded` prompt, without labels, instructions, counters and named examples."""
    return _cut(_laid_out(text))


def _cut(text: str) -> list[Piece]:
    text = _BLOCK.sub(_BREAK, _END_MARKUP.sub(_BREAK, text))
    parts = _BORDER.sub(rf"\1{_BREAK}", text).split(_BREAK)
    kept = (_piece(_QUOTING.sub("", part.strip())) for part in parts)
    return [piece for piece in kept if piece]


def asked_pieces(text: str) -> list[Piece]:
    """The pieces of the problem that a `folded` prompt asks.

    Without system prompt, worked examples and what else `pieces` leaves out. Of several questions
    it is the last one that nobody answers. Where there seems to be nothing but wrapping, the
    wrapping is what is asked.
    """
    return asked_and_all_pieces(text)[0]


def asked_and_all_pieces(text: str) -> tuple[list[Piece], list[Piece]]:
    """`asked_pieces` and `pieces` of a prompt, at the price of one where it has no labels."""
    text = _laid_out(text)
    blocks = _blocks(text)
    every = _cut(text)
    asked = every if len(blocks) == 1 else _last_question(blocks)
    return asked or every or [Piece(text.strip(), False)], every


def _last_question(blocks: list[tuple[str, str]]) -> list[Piece]:
    group: list[tuple[str, list[Piece]]] = []
    groups = [group]
    for role, block in blocks:
        if role in ("answers", "aside"):
            group = []
            groups.append(group)
        else:
            group.append((role, _cut(block)))
    for group in reversed(groups):
        labelled = [piece for role, block in group for piece in block if role]
        for found in (labelled, [piece for _, block in group for piece in block]):
            if any(piece.counts for piece in found):
                return found
    return []


def _laid_out(text: str) -> str:
    """The text with one kind of line end, a break for an empty line, and no marks of quotation."""
    lines = (line.strip(" \t") or _BREAK for line in _LINE_END.split(text))
    return _QUOTING.sub("", "\n".join(lines))


def _piece(text: str) -> Piece | None:
    """The piece, or None for one that says how to answer, or counts, and asks nothing."""
    if not text or _COUNTER.match(text) or _EXAMPLE.match(text):
        return None
    words = [word.lower() for word in _WORD.findall(text)]
    numbers = len(_NUMBER.findall(text)) + sum(word in NUMBER_WORDS for word in words)
    if _SIGNS.search(text) or numbers > 1:
        return Piece(text, True)
    if not numbers and all(word in _SMALL_TALK for word in words):
        return None
    return None if _says_how(words, numbers) else Piece(text, numbers > 0)


def _says_how(words: list[str], numbers: int) -> bool:
    """Whether a piece of these words tells the reader how to answer."""
    if not words or words[0] in _QUESTIONING or _CUES.isdisjoint(words):
        return False
    return words[0] in _ADDRESSING or not (numbers or _TO_THE_READER.isdisjoint(words))

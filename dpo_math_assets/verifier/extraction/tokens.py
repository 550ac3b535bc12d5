r"""The one definition each of a number, a formula, a sentence, a choice and a word in a completion.

Constants that are strings are parts for larger patterns and have no groups: `rf"= {NUMBER}$"`.
Where two definitions differ for a reason, both stand here and say the reason. What a number or a
formula means is read by the grammar in `syntax`; here they are only found between words.
"""

import re

# A number without a sign: `42`, `1,234.5`.
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
# A number with its signs: `-$1,234.50`.
AMOUNT = rf"-?\$?{NUMBER}"
PLAIN_NUMBER = re.compile(AMOUNT)
# Characters of numbers in any order, where only values can stand: `1/2`, `10.50`, `3,4`.
NUMERIC = r"[\d.,/]+"
# The runs of digits in a text; with them it is asked whether a text repeats another one's numbers.
NUMBERS = re.compile(r"\d+(?:\.\d+)?")
FRACTION = r"\\[dt]?frac\{[^{}]*\}\{[^{}]*\}"
# How a value begins: a sign, a digit, a formula or a command.
VALUE_START = r"[-$\\\d]"

# `$...$` on one line, `$$...$$`, `\(...\)` or `\[...\]`; two prices in a line are no formula.
FORMULA = re.compile(
    r"\$\$[^$]+\$\$|(?<!\\)\$[^$\n]+(?<!\\)\$(?!\d)|\\\([^\\]*(?:\\(?![()])[^\\]*)*\\\)"
    r"|\\\[[^\\]*(?:\\(?![\[\]])[^\\]*)*\\\]"
)

# The end of a sentence that holds an answer: nothing may be cut off behind a title (`Mr. Smith`),
# nor where the text goes on in small letters (`5.5`, `approx. 7`).
SENTENCE_END = re.compile(
    r"[.!?。\n](?:(?<=\n)|(?<!\bMr.)(?<!\bMs.)(?<!\bDr.)(?<!\bSt.)(?<!\bvs.)(?<!\bNo.)(?<!\bMrs.)"
    r"(?=\s+[A-Z\"'(*<\\]|\s*$|\s*<|\"?,?\s*$))"
)
# Where the sentences around an answer are parted: each is read on its own, so that a cut too many
# does no harm.
SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+|\n")

# The letter of one of several choices.
CHOICE = "[A-J]"
CHOICE_ALONE = re.compile(rf"\(?{CHOICE}\)?")
# A choice as a question lists it: `(A)`, `B.`, `C:`.
LISTED_CHOICE = rf"\(?\b{CHOICE}[).:]"
# The letter or small Roman number of a part of a question: `(a)`, `(ii)`.
PART = "(?:[a-h]|i{1,3}|iv|v)"

# A word of English, and not the name of a variable.
WORD = re.compile(r"[A-Za-z]{2,}")
LATEX_WORD = re.compile(r"\\[A-Za-z]+")
# Upright text in a formula, such as `\text{ apples}`.
TEXT_COMMAND = re.compile(r"\\(?:text|textrm|textbf|mbox|mathrm)\s*\{([^{}]*)\}")
_LOWER_WORD = re.compile(r"[a-z][a-z'’-]*")


def first_sentence(text: str, *, ask: bool = False) -> str:
    """The first sentence without its end; with `ask` a question keeps its mark."""
    end = SENTENCE_END.search(text)
    if end is None:
        return text
    return text[: end.end() if ask and end[0] == "?" else end.start()]


def lower_words(text: str) -> list[str]:
    """The words of a text in lower case; `isn't` and `twenty-one` are one word each."""
    return _LOWER_WORD.findall(text.lower())


def has_words(text: str) -> bool:
    """Whether a text holds a word beside the names of its commands."""
    return WORD.search(LATEX_WORD.sub(" ", text) if "\\" in text else text) is not None


def has_digits(text: str) -> bool:
    """Whether a text holds a digit."""
    return any(map(str.isdigit, text))

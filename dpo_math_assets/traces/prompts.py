"""One problem, one key: what makes two spellings of a prompt the same problem.

`normalise_prompt` joins spellings that a reader cannot tell apart and nothing else:

- Unicode NFC. Not NFKC, which turns `x²` into `x2` and `½` into `1⁄2`.
- Characters without a glyph go: byte-order mark, zero-width space, joiners, word joiner, soft
  hyphen, direction marks, variation selectors. The invisible operators U+2061 to U+2064 stay: an
  invisible separator or plus sign means something.
- Every line end (CR LF, CR, NEL, U+2028, U+2029, form feed) is `\\n`. A run of white space is one
  space, or one `\\n` if it holds a line end; none remains at the ends. Line ends stay apart from
  spaces since rows of a matrix or a system may depend on them.
- Minus sign, hyphen and non-breaking hyphen are `-`. The en and em dash stay: `3–5` may be a range.
- Curly single and double quotes are straight. Primes stay.
- Full-width forms are their ASCII characters.

Case, spaces inside formulas (`5*7`, `5 * 7`) and notation (`×`, `\\times`) stay different: equal
meaning is the verifier's subject, not this module's. `canonical_key` is coarser on purpose: it
compares the problems that prompts ask and not what these are wrapped in (see `wrapping`).
"""

import re
import unicodedata
from hashlib import blake2b

from dpo_math_assets.traces.wrapping import asked_pieces, folded

_INVISIBLE = [
    0x00AD,  # soft hyphen
    0x034F,  # combining grapheme joiner
    0x061C,  # Arabic letter mark
    0x180E,  # Mongolian vowel separator
    *range(0x200B, 0x2010),  # zero-width space, joiners, direction marks
    *range(0x202A, 0x202F),  # direction embeddings
    0x2060,  # word joiner
    *range(0x2066, 0x2070),  # direction isolates and deprecated format characters
    *range(0xFE00, 0xFE10),  # variation selectors
    0xFEFF,  # byte-order mark, zero-width no-break space
]
_LOOK_ALIKES = str.maketrans(
    {
        **dict.fromkeys(_INVISIBLE),
        **dict.fromkeys([0x2010, 0x2011, 0x2212], "-"),
        **dict.fromkeys([0x2018, 0x2019, 0x201B], "'"),
        **dict.fromkeys([0x201C, 0x201D, 0x201F], '"'),
        **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    }
)
# Combining marks in a row. `unicodedata` sorts them by exchanging neighbours: what is not in order
# takes the square of its length. No letter, digit or sign below U+0300 is a mark.
_MANY_MARKS = re.compile(r"[^\w\x00-\u02ff]{31,}")
# A run of white space, unless it is the one space that it is to become.
_SPACES = re.compile(r"[^\S ]\s*| \s+")
_LINE_END = re.compile("[\n\r\v\f\x85\u2028\u2029]")

# Groups of three digits are one number; LaTeX commands are words; each other sign stands alone.
_TOKEN = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\\?[^\W\d_]+|[^\s\w]|_")
# Signs that carry no meaning by themselves, and multiplication, which may be left out: 2(x), 2*(x).
_SILENT = frozenset(".,;:?!$'\"\\*×·⋅∗∙✕_") | {"\\cdot", "\\times", "\\left", "\\right", "\\ast"}
_SAME = {"÷": "/", "\\div": "/", "–": "-", "—": "-", "{": "(", "}": ")", "[": "(", "]": ")"}


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _plain_characters(text: str) -> str:
    if text.isascii():
        return text
    text = _MANY_MARKS.sub(
        lambda found: _in_canonical_order(found[0]), text.translate(_LOOK_ALIKES)
    )
    return unicodedata.normalize("NFC", text)


def _in_canonical_order(marks: str) -> str:
    """The same combining marks, decomposed and in the order into which NFC brings them."""
    ordered: list[str] = []
    run: list[str] = []
    for mark in "".join(unicodedata.normalize("NFD", each) for each in marks):
        if not unicodedata.combining(mark):  # marks are exchanged with marks only
            ordered += [*sorted(run, key=unicodedata.combining), mark]
            run = []
        else:
            run.append(mark)
    return "".join(ordered + sorted(run, key=unicodedata.combining))


def normalise_prompt(text: str) -> str:
    """The prompt with invisible differences of spelling removed; see the module's text."""
    return _SPACES.sub(
        lambda found: "\n" if _LINE_END.search(found[0]) else " ", _plain_characters(text)
    ).strip()


def prompt_key(text: str) -> str:
    """16 hex digits: the same for prompts that look the same."""
    return _hash(normalise_prompt(text))


def text_key(text: str) -> str:
    """16 hex digits of the text exactly as it is."""
    return _hash(text)


def plain_text(text: str) -> str:
    """The prompt in the characters in which problems are compared (`wrapping.folded`)."""
    return folded(_plain_characters(text))


def tokens(text: str) -> list[str]:
    """The words, numbers and operators of a `plain_text` in order, in lower case."""
    found = _TOKEN.findall(text.casefold())
    kept = (_SAME.get(token, token.replace(",", "")) for token in found if token not in _SILENT)
    return [token for token in kept if token]


def canonical_key(text: str) -> str:
    """16 hex digits: the same for prompts whose problem has the same tokens in whatever order.

    The problem is what is left without the wrapping (`wrapping.asked_pieces`). The key decides on
    which side of the split a prompt falls, so that `5*7` and `7*5`, or a twin with its terms
    exchanged, or the same problem under a system prompt, never stand on both. Joining too much is
    safe there; too little is not.
    """
    asked = [token for piece in asked_pieces(plain_text(text)) for token in tokens(piece.text)]
    return _hash("\x1f".join(sorted(asked)))

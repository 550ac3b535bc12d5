r"""The final answer in a completion: where people and models put it, strongest marker first.

1. a `FINAL ANSWER:` line or a heading `Final Answer` (Markdown and case aside), the rest of the
   line or the next line
2. `\boxed{}` and `\fbox{}`, balanced, with the sign, factor or unit that touches them
3. `####`
4. a JSON field `"answer"` or `"final"` (`"final_answer"`)
5. `A:`, `Answer:`, "the (final) answer is", "the correct option is", `<answer>`, what is as clear
   in other languages, and labels of the user's own
6. a completion that is itself an answer: one short line, one formula in a single short sentence,
   a last line that is a bare answer, or a last sentence that states a value (`Therefore, ...`)

What somebody else may have answered, or what is denied, asked or supposed, is no answer; text
inside `<think>` does not count where an answer follows it, nor do thoughts that are cut off.
The way of a completion: `segments` leaves its thoughts and its code out, the finders of `markers`
give candidates, `cleanup` and `vetoes` look at each, and `resolve` decides which one stands.
Everything here is linear in the length of the text.
"""

import re

from dpo_math_assets.verifier.extraction.candidate import (
    AMBIGUOUS,
    Equality,
    Extraction,
    Finder,
)
from dpo_math_assets.verifier.extraction.choices import with_its_choice
from dpo_math_assets.verifier.extraction.markers import FINDERS, marked
from dpo_math_assets.verifier.extraction.markers.boxed import boxes
from dpo_math_assets.verifier.extraction.resolve import resolve
from dpo_math_assets.verifier.extraction.segments import Thoughts, answering_part, next_questions
from dpo_math_assets.verifier.extraction.tokens import AMOUNT, has_digits
from dpo_math_assets.verifier.syntax.normalization import clean
from dpo_math_assets.verifier.trace import applied

# A marker with a number and nothing else, as most of what `prefilter` leaves of completions is.
_NUMBER_ALONE = re.compile(
    rf"(?:FINAL ANSWER|F(?i:inal answer)):[ \t]*+(?P<final>{AMOUNT})[ \t\n]*+"
    rf"|#{{4,}}+[ \t]*+(?P<hashes>{AMOUNT})[ \t\n]*+"
    rf"|(?:A:[ \t]*+|[Tt]he (?:final |correct )?answer is:? )(?P<label>{AMOUNT})\.?[ \t\n]*+"
    r'|[ \t]*+(?:\{[ \t]*+)?"(?:final_)?answer"[ \t]*+:[ \t]*+(?P<quote>"?)'
    rf"(?P<json>{AMOUNT})(?P=quote)[ \t\n]*+\}}[ \t\n]*+(?:```[ \t\n]*+)?"
)
_ALONE_RULES = {
    "final": "marker.final_answer",
    "hashes": "marker.hashes",
    "json": "marker.json_field",
    "label": "marker.phrases",
}


def number_alone(candidate: str) -> Extraction | None:
    """What `extract` gives for a number behind a marker and nothing else, at once."""
    alone = _NUMBER_ALONE.fullmatch(candidate)
    if alone is None or not (marker := alone.lastgroup):
        return None
    applied(_ALONE_RULES[marker], alone[marker])
    return Extraction(alone[marker], marker, None)


def extract(
    candidate: str,
    equality: Equality,
    finders: tuple[Finder, ...] = FINDERS,
    thoughts: Thoughts = (),
) -> Extraction:
    """The final answer of a completion, its candidates compared by the caller's `equality`.

    `thoughts` are pairs of delimiters of thoughts beside the usual ones.
    """
    text = answering_part(candidate, thoughts)
    found = _before_next_question(text, equality, finders) or _answer_of(text, equality, finders)
    return with_its_choice(text, found)


def _answer_of(text: str, equality: Equality, finders: tuple[Finder, ...]) -> Extraction:
    """The answer of a text with one speaker who answers one question."""
    return resolve(text, marked(text, finders), equality)


def _before_next_question(
    text: str, equality: Equality, finders: tuple[Finder, ...]
) -> Extraction | None:
    """The answer that stands before a question which the completion goes on to ask itself.

    What follows such a question answers it, and not the one that was asked. Where the text begins
    with a question too, or its answer is told by nothing but its place, nobody can tell which
    answer is meant, unless they agree.
    """
    for begins, is_second in next_questions(text):
        found = _answer_of(text[:begins], equality, finders)
        by_place = found.marker in ("bare", "last_line")
        if found.reason == "no_final_answer" or (by_place and not has_digits(found.answer or "")):
            continue
        applied("segment.next_question", text, text[:begins])
        if found.answer is None or (not is_second and found.marker != "last_line"):
            return found
        other = _answer_of(text[begins:], equality, finders)
        agree = other.answer is None or equality.differ(found.answer, other.answer) is False
        return found if agree else AMBIGUOUS
    return None


def split_boxes(answer: str, equality: Equality) -> list[str]:
    """The contents of several boxes, or nothing where there are fewer than two."""
    found = [
        "" if box.other and equality.differ(*box.other) is not False else clean(box.answer or "")
        for box in boxes(answer)
    ]
    return found if len(found) > 1 else []

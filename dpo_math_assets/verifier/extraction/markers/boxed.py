r"""The boxes of a text, `\boxed{}` and `\fbox{}`, each with what belongs to its content.

What touches a box is often part of the answer: `-\boxed{5}` is -5, `\boxed{5}\pi` is 5π,
`\sqrt{\boxed{5}}` a root, `\boxed{90}` minutes are no hours. A box that is a term of something
else (`2 + \boxed{5} = 7`), or that words make another value of (`half of \boxed{5}`), has no answer
that could be told from its place. What stands on another line does not touch a box, unless one
formula runs over both.
"""

import re
from typing import NamedTuple

from dpo_math_assets.verifier.extraction.candidate import Anchor, Candidate, Finder
from dpo_math_assets.verifier.extraction.tokens import FRACTION, NUMBER
from dpo_math_assets.verifier.lexicon.units import unit_named
from dpo_math_assets.verifier.lexicon.words import ORDINALS, SCALES, word_set
from dpo_math_assets.verifier.trace import applied


class Box(NamedTuple):
    """Offsets of a box in its text, and its answer: None if its place leaves that open.

    `other` is its content and another value that the text gives beside it: `\\boxed{3} or 4`. The
    box has an answer only if they are equal.
    """

    start: int
    end: int
    answer: str | None
    other: tuple[str, str] | None = None


class _Before:
    """A pattern that ends where a box begins.

    Searching tries every place before the box, so the text must end with one of the `signs`, but
    for spaces and dollars, or hold one of the `words`, as all that the pattern finds does.
    """

    def __init__(self, signs: str, words: str, regex: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self.signs, self.words = frozenset(signs), words.split()
        self.pattern = re.compile(regex, flags)

    def ends(self, left: str) -> bool:
        sign = left.rstrip(" \t\n$")[-1:]
        return (
            sign in self.signs or any(word in left for word in self.words)
        ) and self.pattern.search(left) is not None


_BOX = re.compile(r"\\(?:boxed|fbox)[ \t]*\{|\\beginboxed[ \t]*\{")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
# How far around a box is looked.
REACH = 60
# How far back the beginning of a displayed formula is looked for.
DISPLAY_REACH = 2_000

# The end of a sentence, question or displayed formula that ends its line, or its paragraph: nothing
# before it belongs to a box.
_LINE_BREAK = r"(?:\.\s*\n|(?:[!?]|\\\])\s*\n\s*\n)"
_BREAK = re.compile(_LINE_BREAK)
# A box, and what has its name and no braces.
_BOXES = r"\\(?:boxed|fbox)"
_UNBRACED = r"\\(?:boxed|fbox)[ \t]*(?:[^ \t{]|$)|(?:^|[^\\])(?:boxed|fbox)"

# Commands around a box that only show it.
_SHOWING = word_set(
    "text textbf textit textrm mathbf mathrm mathit mathsf mbox hbox fbox boxed color textcolor "
    "colorbox underline emph large Large LARGE huge Huge displaystyle bf bm boldsymbol bold "
    "fcolorbox framebox ensuremath"
)
_COMMAND_BEFORE = re.compile(
    r"(?:\\([A-Za-z]+)\*?[ ]?(?:\[[^\[\]{}]*\])?(?:\{[^{}]*\})*|(?<!\\)([_^])"
    r"|(\\[dt]?frac\s*\{.{1,40}\}))[ ]?$"
)
_EMPHASIS_BEFORE = re.compile(r"(?:^|[\s:,;(])[*_]+$")
# A minus sign that touches the box, or stands behind what begins a value; not a Markdown bullet.
_SIGN_BEFORE = _Before(
    "-−mp",
    "",
    r"(?:(?:^|[\s=$(\[{:&,~]|\\[\[(,;:!]|\\approx)[-−]|[=$(\[]\s*[-−]\s*|\\[pm][mp]\s*)$",
)
_UNEQUAL_BEFORE = _Before("≠=", "\\ne", r"(?:\\neq?|≠|\\not\s*=)\s*$")
# One end of a range, a member of what is excluded, crossed out, an alternative to a number.
_APART_BEFORE = _Before(
    "<>≤≥❌✗✘–",
    "\\ge \\le \\notin between but or",
    r"(?:[<>≤≥]|\\[gl]eq?|\\notin\b[^$\n]{0,40}|\bbetween\s[^.\n]{1,40}\band|[❌✗✘]|\d–|\ball but"
    r"|\d\$?\s+or)\s*\$?\s*$",
)
_ENDS_RANGE = re.compile(r"\s*(?:[<>≤≥]|\\[gl]eq?(?![A-Za-z]))\s*[A-Za-z]")
_TERM_BEFORE = _Before(
    "-−+*/·×÷_^}0123456789",
    "\\times \\cdot \\div \\sqrt frac \\ln \\log \\sin \\cos \\tan \\pi",
    r"(?:[\w)}]\s*[-−+*/·×÷]|[\d)]\s+[-−]|[+/×÷]|\\(?:times|cdot|div|sqrt|d?frac|ln|log|sin|cos|tan)"
    r"|[_^]|\\[dt]?frac\{[^{}]*\}\{[^{}]*\}|\\sqrt\{[^{}]*\}|(?<![\w.])\d+(?:\.\d+)?|\\pi)$",
)
# The end that bounds a letter: `y \\geq \\boxed{4}`; the letters that a coefficient is of.
_BOUND_BEFORE = re.compile(
    r"(?:^|[$(:,;.]|\\\(|\\\[|[a-z]{2})\s*(?P<bound>[A-Za-z]\s*(?:[≤≥]|\\[gl]eq?(?:slant)?)\s*)$"
)
_LETTERS_AFTER = re.compile(
    r"(?P<letters>(?:[abcdf-hj-zA-Z](?:\^\{?\d{1,3}\}?)?){1,4})(?![A-Za-z'’\d])"
)
_FORMULA_END = re.compile(r"[\s.]*(?:\$|\\[)\]]|\Z)")
_SUFFIX = re.compile(
    r"\d|\.\d|,\d{3}(?!\d)|\s*(?:\\pi(?![A-Za-z])|\\sqrt|\\d?frac|\^|\\?%|°|\+\s*C\b|\\degree|\\circ)"
    r"|_(?=[\d{])|[a-zπ](?![A-Za-z'’])|\([a-z0-9]\s*[-+]|!(?=\s*(?:\$|\\[\])]))"
)
_TERM_AFTER = re.compile(
    r"\s*(?:\\(?:times|cdot|div)(?![A-Za-z])|[-−+/·×÷](?!\s+[aI]\s)\s*(?:\d|\\[a-z]|\(|[A-Za-z](?![A-Za-z'’]))"
    r"|\*(?!\*)\s*\d)"
)
# Behind the formula of the box: degrees and per cent belong to it, a factor in words changes it.
_MARK_AFTER = re.compile(r"\s*(?:\$|\\\))\s*(°|\^\\circ|degrees?\b|\\?%|percent\b)")
# How often something happens, or as much as something else: no factor.
_TIMES = (
    r"(?:as|more|larger|greater|bigger|longer|in|on|per|each|every|during|daily|weekly|today|for|by"
    r"|over|at|before|after|until|when|while|to|altogether|an? (?:second|minute|hour|day|night|week"
    r"|month|year|game|round|lap|trip|person|time))\b"
)
_FACTOR_AFTER = re.compile(
    r"(?:\s|\\[,;:! ]|[~$]|\\\))*(?<![\s\w])(?:[kKMB](?![A-Za-z'’]))"
    rf"|\s*(?:\$|\\\))?\s*(?:squared|cubed|times\b(?!\s*(?:[.,;!?)$]|\\[)\]]|\Z)|\s+{_TIMES})|"
    r"pi\b|and a half|hundred|thousand|million|billion)"
    r"|(?:\s|\\[,;:! ]|~)*(?:\$|\\\)|\\[,;:! ]|~)[\s$]*"
    r"(?:π|√|[×·÷]\s*\d|\\(?:pi|sqrt|times|cdot)(?![A-Za-z]))"
    r"|(?:\s*[-+/×·÷=]|\{|\s*\\(?:times|cdot))\s*\Z"
)
# Words behind the formula of the box, and before it, that make another value of it or bound one.
_CHANGED_AFTER = re.compile(
    r"(?:\s|\$|\\\))*(?:(?:less|more|fewer) than|or (?:more|less|fewer)\b|at (?:most|least)|"
    r"to (?:\$|\\\$|\d)|"
    r",?(?:R ?|(?:with )?(?:a )?remainder (?:of )?)\d|, ?\d+(?:, ?\d+)*,? (?:and|or) \d|"
    r"(?:[a-z]+ )?and +\$?(?:\d|\\d?frac)|"
    r"(?:minus|plus|over|divided by|factorial)\b|(?:\\to|\\rightarrow)(?![A-Za-z])|→)"
)
# `\\boxed{3} or 4`: another value, unless it is the same in another form.
_OR_AFTER = re.compile(
    rf"(?:\s|[$,]|\\\))*\bor\s+(?:[a-z]\s*=\s*)?(\$(?!\\f?box)[^$\n]{{1,40}}\$|-?{NUMBER}(?:/\d+)?\\?%?)"
)
# A share of a number is another number.
_SHARE = re.compile(r"frac|%|\d/\d")
_OF_NUMBER = re.compile(r"[\s$\\%)]*of\s+\$?\d")
_WORDS_SET = re.compile(r"\\text\s*\{([^{}]*)\}")
_BOUNDING = word_set("twice double triple than times plus minus below above under except nor")
_COPULAS = word_set("is are was were be equals")
_FRACTIONS = (ORDINALS - word_set("first second last")) | word_set("hundredth thousandth")
_SHARES = _FRACTIONS | word_set(
    "root reciprocal square cube negative opposite inverse divisor divisors multiple multiples"
)
# Behind the formula of the box: `sixths`, `halves`.
_WORD_AFTER = re.compile(r"[\s$)\\]*\s([a-z]+s)\b")
_OPEN_END = re.compile(r"[\s$)\\]*(?:but|and|or)[\s.]*\Z")
_OF_THE_ANSWER = _Before(
    "",
    "nswer NSWER",
    r"\b(?:half|third|quarter|twice|double|square|root)\s(?:of\s)?(?:the|our)\s(?:final\s)?answer\s"
    r"(?:is|equals)[\s$*:]*$",
    re.IGNORECASE,
)
_NEGATIVE_BEFORE = _Before(
    "-−", "negative minus", r"(?:\b(?:negative|minus)\s+\$?\s*|(?:^|[\s=:(])[-−]\$)$"
)
_ASKED = re.compile(r"[\s$*_)\\\]]{0,4}\?")
# Where the formula around a box begins and ends.
_BEGINS = re.compile(
    r"(?:[\n$=:&~]|[.,;]\s|\\[\[(]|\\(?:approx|implies|Rightarrow|therefore|quad|qquad|text\{[^{}]*\})|(?<![\\A-Za-z])[A-Za-z]{2,}\s)"
)
_STOPS = re.compile(
    r"[\n$=:&~]|[.,;](?=\s|$)|\\[\])\\]|\\(?:approx|implies|Rightarrow|quad|qquad|text|mathrm)"
    r"|(?<![\\A-Za-z])[A-Za-z]{2,}|[*_]{2}"
)
_SIMPLE = re.compile(r"[\w.,]+|\\?[a-zA-Z]+")
_NUMBER = re.compile(rf"-?\\?\$?(?:{NUMBER}|\.\d+)(?:/\d+)?|{FRACTION}")
_UNIT_AFTER = re.compile(
    r"(?:\\[,;: ]|[\s$~*]|\\[)\]])*(?:\\(?:text|mathrm|textrm|mbox)\s*\{\s*)?(?P<unit>"
    r"(?:(?:square|cubic|sq\.?)\s+)?(?P<name>[A-Za-z]{2,})(?:\}?\^\{?[23]\}?|[²³])?"
    r"(?:\s*/\s*[A-Za-z]+|\s+per\s+[A-Za-z]+)?)"
)


# How a value ends that goes on.
_CUT = (",", "\\", "+", "-", "=", "^", "_", "{", "(", "/")


def boxes(text: str) -> list[Box]:
    """The outermost boxes in order; one scan of the braces serves them all."""
    starts = [(found.start(), found.end()) for found in _BOX.finditer(text)]
    if not starts:
        return []
    begin = starts[0][0] - len(_since_break(text, starts[0][0], REACH))
    while begin and text[begin - 1] == "\\":
        begin -= 1  # what the backslash escapes is no brace
    closing, around = _braces(text, begin, {end - 1 for _, end in starts})
    last = text.rfind("\\boxed")
    found: list[Box] = []
    covered = -1
    for start, end in starts:
        close = closing.get(end - 1)
        if start < covered:
            continue
        if close is not None:
            brace = around[end - 1]
            inside = brace >= 0 and start - brace <= REACH
            before_brace = text[max(begin, brace - REACH) : brace] if inside else ""
            found.append(_in_place(text, start, end, close, inside and _alters(before_brace)))
            covered = close
        elif last < end:
            found.append(_open_box(text, start, end))
            covered = found[-1].end
    return found


def _open_box(text: str, start: int, end: int) -> Box:
    """A box without its closing brace up to the end of its line, as careless completions have it.

    It has no answer where its value was cut off.
    """
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    content = text[end:stop].rstrip("$ ")
    return Box(start, stop, None if stop == len(text) and content.endswith(_CUT) else content)


def _since_break(text: str, end: int, reach: int) -> str:
    """What stands before `end`, at most `reach` characters, and belongs to what stands there."""
    before = text[max(0, end - reach) : end]
    if "\n" not in before:
        return before
    begins = [found.end() for found in _BREAK.finditer(before)]
    return before[begins[-1] :] if begins else before


def _braces(text: str, begin: int, wanted: set[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Where each wanted brace closes, and the brace around it, open since `begin` (-1: none)."""
    closing: dict[int, int] = {}
    around: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACE.finditer(text, begin):
        if found[0] == "{":
            if found.start() in wanted:
                around[found.start()] = opened[-1] if opened else -1
            opened.append(found.start())
        elif found[0] == "}" and opened:
            start = opened.pop()
            if start in wanted:
                closing[start] = found.start()
    return closing, around


def _in_place(text: str, start: int, end: int, close: int, inside: bool) -> Box:
    """The box with its answer as its place makes it; `inside` a brace that holds something else."""
    content, after = text[end:close], close + 1
    if len(content) > REACH:
        return Box(start, after, content)
    left, following = _since_break(text, start, REACH), text[after : after + REACH]
    right = following
    if part := _part_of_formula(left, content, following):
        applied("marker.box_part", content, part)
        return Box(start, after, part)
    changed = _governed(left)
    if not changed:
        if ("\n" in left or "\n" in right) and not _runs_on(text, start, left, right):
            left, right = left[left.rfind("\n") + 1 :], right.partition("\n")[0]
        changed = _changed(left, content, right) or _OPEN_END.match(following) is not None
    if changed or _ASKED.match(right):
        applied("marker.box_changed", content)
        return Box(start, after, None)
    answer = _with_surroundings(left, content, right, inside)
    if answer == content and _NUMBER.fullmatch(content) and (unit := _unit(following)):
        # 3 dozen: 36 or 3, as the question wants it
        answer = None if unit == "dozen" else f"{content} {unit}"
        applied("marker.box_unit", content, answer)
    return Box(start, after, answer, _other_form(content, right))


def _part_of_formula(left: str, content: str, right: str) -> str | None:
    r"""`y \geq \boxed{4}` or `\boxed{-15}x^3`, where either the box or all of it may be asked for.

    Which of both is meant, only the gold can say; the box stays in the answer for it.
    """
    if not _NUMBER.fullmatch(content):
        return None
    bound = _BOUND_BEFORE.search(left) if _FORMULA_END.match(right) else None
    if bound:
        return f"{bound['bound']}\\boxed{{{content}}}"
    letters = _LETTERS_AFTER.match(right)
    if letters is None or not _FORMULA_END.match(right, letters.end()):
        return None
    alone = left.endswith("$") or not left.rstrip() or left.rstrip().endswith(("=", "\\(", "\\["))
    return f"\\boxed{{{content}}}{letters['letters']}" if alone else None


def _with_surroundings(left: str, content: str, right: str, inside: bool) -> str | None:
    """The content with the sign, mark or formula that touches its box; None for a mere term."""
    value = content
    if mark := _MARK_AFTER.match(right):
        value += "^\\circ" if mark[1][:1] in "°^d" else "\\%"
        applied("marker.box_mark", content, value)
    if _NEGATIVE_BEFORE.ends(left):
        value = f"-{value}" if _SIMPLE.fullmatch(value) else f"-({value})"
        applied("marker.box_sign", content, value)
    if left.endswith(("*", "_")):
        left = _EMPHASIS_BEFORE.sub(" ", left)
    signed = _SIGN_BEFORE.ends(left)
    suffixed = right != "" and _SUFFIX.match(right) is not None
    if _is_term(left, right, kept_before=inside or signed, kept_behind=suffixed):
        applied("marker.box_term", content)
        return None
    touched = inside or suffixed or signed or _is_absolute(left, right)
    if touched or _UNEQUAL_BEFORE.ends(left):
        formula = _unwrapped(left, value, right)
        applied("marker.box_formula", content, formula)
        return formula
    return value


def _is_absolute(left: str, right: str) -> bool:
    """Whether a box is all that stands between two bars."""
    return right[:1] == "|" and left[-1:] == "|" and left.count("|") == 1


def _is_term(left: str, right: str, *, kept_before: bool, kept_behind: bool) -> bool:
    """Whether a box is a term of something larger that its formula cannot be kept with."""
    return (not kept_before and _TERM_BEFORE.ends(left.rstrip())) or (
        not kept_behind and _TERM_AFTER.match(right) is not None
    )


def _runs_on(text: str, start: int, left: str, right: str) -> bool:
    """Whether a formula that holds the box began on an earlier line."""
    line = left[left.rfind("\n") + 1 :]
    if "\n" in left and "$" not in line and "\n" not in right.partition("$")[0] and "$" in right:
        above = left[: -len(line) - 1].rsplit("\n", 1)[-1]
        if above.count("$") % 2 == 1:
            return True
    before = _since_break(text, start, DISPLAY_REACH)
    if before.count("$$") % 2 == 1:
        return True
    pairs = (("\\[", "\\]"), ("\\begin{", "\\end{"))
    return any(before.rfind(begin) > before.rfind(end) for begin, end in pairs)


def _changed(left: str, content: str, right: str) -> bool:
    """Whether what stands on the line of a box makes another value of it, or sets it aside."""
    if _APART_BEFORE.ends(left) or _OF_THE_ANSWER.ends(left):
        return True
    if not right.strip(" $.*)]\\"):
        return False
    if "\\text" in right:
        right = _WORDS_SET.sub(r"\1", right)
    if _FACTOR_AFTER.match(right) or _CHANGED_AFTER.match(right) or _ENDS_RANGE.match(right):
        return True
    if (word := _WORD_AFTER.match(right)) and (
        word[1] == "halves" or word[1].removesuffix("s") in _FRACTIONS
    ):
        return True
    if _OR_AFTER.match(right):
        return False  # an answer if it is the same value
    return _OF_NUMBER.match(right) is not None and _SHARE.search(content + right[:3]) is not None


def _other_form(content: str, right: str) -> tuple[str, str] | None:
    """The content and the value that stands behind an `or`."""
    if "or" not in right:
        return None
    other = _OR_AFTER.match(_WORDS_SET.sub(r"\1", right) if "\\text" in right else right)
    return (content, other[1]) if other else None


def _governed(left: str) -> bool:
    """Whether the words before a box make another value of it: `half of`, `is at least`."""
    words = left.rstrip(" \n$*(\\[").lower().rsplit(None, 3)
    last = words[-1] if words else ""
    if last == "of":
        return len(words) > 1 and not _SHARES.isdisjoint((words[-2], words[-2].removesuffix("s")))
    if last in ("by", "to"):
        return len(words) > 1 and words[-2] in ("divided", "up")
    if last in ("least", "most"):  # `he needs at least`: the number that is asked for
        return len(words) < 3 or words[-3] in _COPULAS or not words[-3].isalpha()
    # `as shown below` on the line above
    return last in _BOUNDING and (last not in ("above", "below") or "\n" not in left[-REACH // 6 :])


def _alters(before_brace: str) -> bool:
    """Whether a brace behind this text holds part of something larger: a root, an exponent."""
    found = _COMMAND_BEFORE.search(before_brace)
    return found is not None and found[1] not in _SHOWING


def _unwrapped(left: str, content: str, right: str) -> str | None:
    """The formula around a box with the box taken off; None where it is a term of an equation."""
    begins = [found.end() for found in _BEGINS.finditer(left)]
    stop = _STOPS.search(right)
    if stop and stop[0] == "=":
        return None
    before = left[begins[-1] if begins else 0 :].lstrip()
    behind = right[: stop.start()] if stop else right
    if not _SIMPLE.fullmatch(content):
        content = f"({content})"
    formula = before + content + behind
    balanced = formula.count("{") == formula.count("}")
    return formula if balanced and "\\boxed" not in formula else None


def _unit(right: str) -> str | None:
    """A known unit behind a box; what else is counted there does not matter."""
    found = _UNIT_AFTER.match(right)
    if found is None:
        return None
    name = found["name"]
    known = name in SCALES or unit_named(name) is not None
    return found["unit"].replace("}", "") if known and name != "in" else None


_LETTER_IS = re.compile(r"(?<![A-Za-z\\])([A-Za-z])\s*=\s*$")


def _find(text: str) -> list[Candidate]:
    """The boxes with their answers, and the letters they are given to if these differ."""
    found = boxes(text) if "box" in text else []
    names = [""] * len(found)
    if len(found) > 1:
        named = [_LETTER_IS.search(text[max(0, box.start - 12) : box.start]) for box in found]
        letters = {name[1] for name in named if name}
        if len(found) == len(letters):
            names = [f"{name[1]}=" if name else "" for name in named]
    return [
        Candidate(box.start, box.end, name + box.answer if box.answer else "", box.other)
        for box, name in zip(found, names, strict=True)
    ]


BOXED = Finder(
    "marker.boxed",
    "boxed",
    (_BOXES, _UNBRACED),
    _find,
    (Anchor(_BOXES, _LINE_BREAK, rf"{_BOXES}[ \t]*\{{", lone=False, instead=".\n"),),
)

r"""Notations that are rewritten into the grammar's own before the lexer sees them.

Each says one thing in another way: `]0, 1[` for `(0, 1)`, `1.5 x 10^3`, `413 (base 5)`, a block of
aligned equations for a list of them. Every pattern is linear in the length of the text.
"""

import re
from collections.abc import Callable
from itertools import compress

from dpo_math_assets.verifier.lexicon.functions import CONSTANTS, FUNCTION_NAMES, GREEK

__all__ = ["parts_of", "rewritten"]

Replacement = str | Callable[["re.Match[str]"], str]


def _outward_brackets(found: "re.Match[str]") -> str:
    before, left, inside, right = found.groups()
    return f"{before} {'(['[left == '[']}{inside}{')]'[right == ']']}"


def _equations(found: "re.Match[str]") -> str:
    return rf"\begin{{cases}}{found[1].replace('&', ' ')}\end{{cases}}"


def _statements(found: "re.Match[str]") -> str:
    """`(1)(3)`: the numbers of statements that hold; nobody multiplies so."""
    return ", ".join(char for char in found[0] if char.isdigit())


def _event(found: "re.Match[str]") -> str:
    """`P(A|B) =` as one name, so that its value can be compared and two names told apart."""
    written = found["event"] or found["variable"]
    event = "".join(char if char.isalnum() else f"u{ord(char)}u" for char in written if char != " ")
    return f"P_{{{found['letter']}{event}}} ="


def _angle(found: "re.Match[str]") -> str:
    first, last = sorted((found[1], found[3]))
    return rf"\angle {first}{found[2]}{last}"


def _triangle(found: "re.Match[str]") -> str:
    return rf"\triangle {''.join(sorted(found[1]))}"


def _quantity(found: "re.Match[str]") -> str:
    """`rank(A) =` as one name, unless the word is a function that the grammar knows."""
    word, of = (found["word"] or found["upright"]).lower(), found["of"] or found["letter"]
    if word in FUNCTION_NAMES or word in CONSTANTS or word in GREEK:
        return found[0]
    name = "".join(char for char in word + of if char.isalnum())
    return f"V_{{{name}}} ="


def _except(found: "re.Match[str]") -> str:
    values = ", ".join(filter(None, (found["values"], found["last"])))
    return rf"\mathbb{{R}}\setminus\{{{values}\}}"


def _integers(found: "re.Match[str]") -> str:
    domain = r"\mathbb{Z}^+" if found["positive"] else r"\mathbb{Z}"
    return rf"\{{{found['name']}\in{domain}\mid {found['name']}{found['condition']}\}}"


def _beyond(found: "re.Match[str]") -> str:
    sign = ">" if found["side"].lower() in ("greater", "more", "larger") else "<"
    return f"{found['name'] or 'x'} {sign}{'=' if found['equal'] else ''} {found['bound']}"


_SPACES = re.compile(r"  +")
# A value whose letters are commands.
_VALUE = r"(?:[^a-zA-Z\\]|\\[a-z]+)+?"
_REALS = r"^\s*(?:all|every)\s+(?:the\s+)?(?:real\s+numbers?|reals?)(?:\s+\$?x\$?)?,?\s+"

_REMAINDER = re.compile(
    r"^\s*(\d+)[\s~]*(?:\\(?:text|mathrm)\s*\{)?[\s,~]*(?:with\s+)?(?:a\s+)?(?:[Rr]|remainder)"
    r"(?:\s+of)?[\s.~]*\}?\s*(\d+)\s*$"
)

# What occurs in the text wherever the pattern can match, the pattern, its replacement.
_REWRITES: tuple[tuple[str, "re.Pattern[str]", Replacement], ...] = (
    # a vector in angle brackets, on its own or behind an equals sign
    (">", re.compile(r"(^|=)\s*<([^<>=|]*,[^<>=|]*)>(?=\s*$)"), r"\1\\langle \2\\rangle "),
    ("\\left]", re.compile(r"\\left(?=\])|\\right(?=[\[\]])"), ""),
    ("\\right[", re.compile(r"\\left(?=[\[\]])|\\right(?=\[)"), ""),
    # an interval with a semicolon
    (";", re.compile(r"^\s*([\[\]])([^;,\[\]()]+);([^;,\[\]()]+)([\[\]])\s*$"), r"\1\2,\3\4"),
    # open ends with the brackets turned outwards
    (
        ",",
        re.compile(
            r"(^|\\cup|\\in|=)\s*([\[\]])([^\[\]()]*[,;][^\[\]()]*)([\[\]])(?=\s*(?:$|\\cup))"
        ),
        _outward_brackets,
    ),
    # the currency before the amount
    (
        "",
        re.compile(r"^\s*(USD|EUR|GBP|INR|CNY|RMB|JPY|Rs)\b\.?\s*(-?\d[\d.,]*)\s*$"),
        r"\2 \1",
    ),
    # a period in brackets, where the number is all there is
    (".", re.compile(r"^(\s*-?0?\.\d*)\((\d{1,9})\)\s*$"), r"\1\\overline{\2}"),
    (
        "\\dot",
        re.compile(r"\\dot\s*\{?(\d)\}?(\d{0,20})\\dot\s*\{?(\d)\}?"),
        r"\\overline{\1\2\3}",
    ),
    ("cent", re.compile(r"\bper\s+cent\b"), "percent"),
    ("fl", re.compile(r"\bfl(?:uid\b|\b\.?)\s*(?:ounces?|oz)\b\.?"), "floz"),
    # a choice behind its value or before it: `14 (C)`, `C (14)`
    (")", re.compile(r"^\s*(-?[$\\\d][^()]*)\s\(([A-J])\)\s*$"), r"(\2) \1"),
    (")", re.compile(r"^\s*([A-J])\s\((-?[$\\\d][^()]*)\)\s*$"), r"(\1) \2"),
    # choices among numbered statements
    ("(", re.compile(r"^\s*(?:\([1-9]\)\s*){2,9}$"), _statements),
    # x as the sign of a product with a power of ten
    ("10", re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*(?:\^|\*\*))"), "*"),
    # `1h 30min`: the letter between two numbers
    ("min", re.compile(r"(?<=\d)\s*h(?:rs?)?\s*(?=\d+\s*min)"), " hours "),
    # prefixes that stand in other letters than their unit: `2 \\mu\\text{C}`, `4.7 k\\Omega`
    (
        "\\mu",
        re.compile(
            r"(?<=[\d\s~,;}])\\mu\s*\\(?:text|mathrm|textrm)\s*\{[\s~]*(?=[A-Za-z]{1,3}[\s~]*[}/^])"
        ),
        r"\\text{ u",
    ),
    (
        "\\mu",
        re.compile(
            r"(?<=[\d\s~,;}])\\(?:text|mathrm|textrm)\s*\{[\s~]*\\mu\s*(?=[A-Za-z]{1,3}[\s~]*[}/^])"
        ),
        r"\\text{ u",
    ),
    (
        "\\Omega",
        re.compile(
            r"(?<=[\d\s~,;}])(?:\\(?:text|mathrm|textrm)\s*\{[\s~]*([kMGm])[\s~]*(?:\}\s*)?|([kMGm])\s*)"
            r"\\Omega(?![A-Za-z])(?P<end>\})?"
        ),
        lambda found: rf"\text{{ {found[1] or found[2]}Omega}}",
    ),
    # an angle, named from either side; a triangle by itself, named from any corner
    ("\\angle", re.compile(r"\\angle\s*([A-Z])\s*([A-Z])\s*([A-Z])(?![A-Za-z])"), _angle),
    ("\\triangle", re.compile(r"^\s*\\triangle\s*([A-Z]{3})\s*$"), _triangle),
    # quotient and remainder, which are words and no number
    ("R", _REMAINDER, r"\1 remainder \2"),
    ("remainder", _REMAINDER, r"\1 remainder \2"),
    (" r ", _REMAINDER, r"\1 remainder \2"),
    ("diverge", re.compile(r"^\s*diverges?\s+to\s+(?=[^a-z]*\\infty|[^a-z]*infinity)"), ""),
    # the base in words behind the digits
    (
        "base",
        re.compile(
            r"(?<=[0-9A-Z])[\s~]*(?:\\text\s*\{)?\s*[,(]?\s*(?:in\s+)?base[\s~-]*(\w+)\s*\)?\s*\}?\s*$"
        ),
        r"_{\1}",
    ),
    ("base", re.compile(r"_\{\s*(?:\\text\s*\{)?\s*base[\s~]*\}?\s*(\w+)\s*\}?\}"), r"_{\1}"),
    # a block of equations, a line each
    (
        "\\begin{",
        re.compile(
            r"\\begin\{(?:aligned|align|gathered|split)\*?\}(.*?)"
            r"\\end\{(?:aligned|align|gathered|split)\*?\}",
            re.DOTALL,
        ),
        _equations,
    ),
    # cases as a brace before an array, and as computer algebra prints them
    (
        "\\begin{array}",
        re.compile(
            r"\\left\s*(?:\\\{|\\lbrace)\s*\\begin\{array\}\s*\{[^{}]*\}(.*?)\\end\{array\}\s*"
            r"\\right\s*(?:\.|$)",
            re.DOTALL,
        ),
        r"\\begin{cases}\1\\end{cases}",
    ),
    ("Piecewise(", re.compile(r",\s*True\s*\)"), ")"),
    # the gap below a row, rules between rows
    ("\\\\[", re.compile(r"\\\\\s*\[-?[\d.]+\s*(?:pt|em|ex|mm|cm|in)\]"), r"\\\\ "),
    ("\\hline", re.compile(r"\\hline(?![A-Za-z])"), " "),
    # colour says nothing
    ("color", re.compile(r"\\(?:text)?color\s*\{[A-Za-z!0-9]{1,30}\}"), " "),
    # space of the size of something that is not shown
    ("\\", re.compile(r"\\(?:[hv]?phantom|[hv]space\*?)\s*\{[^{}]*\}"), " "),
    # one side of a limit
    (
        "lim",
        re.compile(r"(\\(?:to|rightarrow)\s*[^{}^]{1,40})\^\{?([+-])\}?(?=\s*\})"),
        lambda found: found[1] + (r"\fromabove " if found[2] == "+" else r"\frombelow "),
    ),
    # probabilities and expectations of events
    (
        "=",
        re.compile(
            r"^\s*\\?(?:mathbb|mathrm|operatorname|text)?\{?(?P<letter>Pr|P|E|Var)\}?\s*"
            r"(?:\((?=[^()]*\)\s*=)(?P<event>[^()]*(?:[|=<>]|\\(?:cap|cup|mid|g|l|ne|text))[^()]*)\)"
            r"|\[(?P<variable>[^\[\]=]*)\])\s*="
        ),
        _event,
    ),
    # quantities that are named by a word: `\operatorname{rank}(A) =`, `\dim V =`
    (
        "=",
        re.compile(
            r"^\s*(?:\\(?:text|mathrm|operatorname)\{\s*(?P<upright>[A-Za-z]{2,12})\s*\}"
            r"|\\?(?P<word>rank|dim|tr|trace|nullity|Var|Cov|[Aa]rea|[Pp]erimeter|[Vv]olume|ord|deg))\s*"
            r"(?:\((?P<of>[^()=]{1,60})\)|(?<=dim|ank)\s*(?P<letter>[A-Z]))\s*=(?=[^=]+$)"
        ),
        _quantity,
    ),
    # the greatest value of a function: `[f(x)]_{\max} = 5`
    (
        "_",
        re.compile(r"^\s*\[?([a-z])\s*\([a-z]\)\s*\]?\s*(?=_\s*\{?\s*\\?(?:max|min|text|mathrm))"),
        r"\1",
    ),
    # the name of a number: `LCM = 36`
    (
        "=",
        re.compile(r"^\s*(?:\\text\s*\{\s*|\\)?det\s*\}?\s*="),
        "",
    ),
    # derivatives without `\frac`
    (
        "/d",
        re.compile(r"(?<![A-Za-z\\{])d([a-zA-Z])\s?/d([a-z])(?![A-Za-z])"),
        r"\\frac{d\1}{d\2}",
    ),
    # combinations as calculators and programs have them
    ("nC", re.compile(r"\bnCr\s*\("), "C("),
    ("nP", re.compile(r"\bnPr\s*\("), "P("),
    ("choose", re.compile(r"(?<![\\A-Za-z])choose\s*\("), "C("),
    ("choose", re.compile(r"(?<=\d)\s+choose\s+(?=\d)"), r" \\choose "),
    # the sign of both values in ASCII
    ("+/-", re.compile(r"\+/-"), r"\\pm "),
    ("+-", re.compile(r"(^|=)\s*\+-(?=\s*[\d\\])"), r"\1\\pm "),
    # a logarithm's base in words
    ("base", re.compile(r"\blog\s+base\s+(\w+)\s+of\s+"), r"\\log_{\1} "),
    ("union", re.compile(r"(?<=[\])])\s+union\s+(?=[\[(])"), r" \\cup "),
    (
        " root",
        re.compile(r"\s*(?:\\text\{\s*)?\((?:a\s+)?(?:double|repeated|triple)\s+root\)\s*\}?\s*$"),
        "",
    ),
    # a share of a whole
    (" o", re.compile(r"^\s*(\d+)\s+out\s+of\s+(\d+)\s*$"), r"\1/\2"),
    (" in ", re.compile(r"^\s*(\d+)\s+in\s+(\d+)\s*$"), r"\1/\2"),
    # the reals without some, beyond one, or under a condition
    (
        "all",
        re.compile(
            _REALS + r"(?:except|but|other than|excluding)\s+(?:for\s+)?(?:\$?x\s*=\s*)?"
            rf"(?P<values>{_VALUE})(?:,?\s+and\s+(?:\$?x\s*=\s*)?(?P<last>{_VALUE}))?\$?\s*$",
            re.IGNORECASE,
        ),
        _except,
    ),
    (
        "integers",
        re.compile(
            r"^\s*(?:for\s+)?all\s+(?P<positive>positive\s+)?integers\s+\$?(?P<name>[a-z])\$?\s*"
            r"(?:(?:such\s+that|with|where|satisfying)\s+\$?(?P=name)\s*)?"
            r"(?P<condition>(?:[<>]|\\(?:[lg]eq?|neq?)(?![a-z]))[^$]{1,40})\$?\s*$",
            re.IGNORECASE,
        ),
        _integers,
    ),
    (
        "than",
        re.compile(
            rf"(?:{_REALS}|^\s*\$?(?P<name>[a-z])\$?\s+(?:is\s+|must\s+be\s+)?)"
            r"(?P<side>greater|more|larger|less|smaller)\s+than\s+"
            r"(?P<equal>or\s+equal\s+to\s+)?(?P<bound>\S+)",
            re.IGNORECASE,
        ),
        _beyond,
    ),
    (
        "all",
        re.compile(
            _REALS + r"(?:(?:such\s+that|where|with|for\s+which|satisfying)\s+)?\$?"
            r"(?=-?(?:[a-z]|\d+)\s*(?:[<>]|\\(?:[lg](?:e|t|eq)|neq?)(?![a-z])))",
            re.IGNORECASE,
        ),
        "",
    ),
)


_MARKS = tuple(mark for mark, *_ in _REWRITES)
# What finds each: a notation bound to the beginning is not looked for behind it.
_FINDS = tuple(
    pattern.match if pattern.pattern.startswith("^") else pattern.search
    for _, pattern, _ in _REWRITES
)

_PART_IN_TEXT = re.compile(r"\\text(?:bf|rm)?\{\s*(\(\w{1,4}\))\s*\}")
_FIRST_PART = re.compile(r"\s*\(?([a1i])\)\s*(?=\S)")
_NEXT_PART = re.compile(
    r"[,;]?\s*(?:and\s+)?(?<=[\s,;])\(?([b-h2-8]|i{2,3}|i?v|vi{1,3})\)\s*(?=[^\s,;)])"
)
_PARTS = {"a": list("bcdefgh"), "1": list("2345678")}
_PARTS["i"] = ["ii", "iii", "iv", "v", "vi", "vii", "viii"]


def parts_of(source: str) -> list[str]:
    """The answers to the parts of a question, `(a) 5 (b) 6` or `i) 5 ii) 6`, in order, or none."""
    if "b)" not in source and "2)" not in source and "ii)" not in source:
        return []
    source = _PART_IN_TEXT.sub(r" \1 ", source)
    first = _FIRST_PART.match(source)
    if first is None:
        return []
    begun, *rest = _NEXT_PART.split(source[first.end() :])
    answers = [begun, *rest[1::2]]
    in_turn = rest and rest[::2] == _PARTS[first[1]][: len(rest) // 2]
    return answers if in_turn and all(map(str.strip, answers)) else []


def rewritten(source: str) -> str:
    """The text with these notations in the grammar's own."""
    if source.isalnum():
        return source
    if "  " in source:  # no pattern is to try its luck from every space of a long row
        source = _SPACES.sub(" ", source)
    marked = compress(_FINDS, map(source.__contains__, _MARKS))
    if any(finds(source) for finds in marked):
        for mark, pattern, replacement in _REWRITES:
            if mark in source:
                source = pattern.sub(replacement, source)
    return source

"""Normal form of answer text: Unicode mathematics to ASCII or LaTeX, wrapping and spacing removed.

Only characters named in the tables change. Letters that merely look like digits or like other
letters (Cyrillic a, Greek omicron, a letter O) stay what they are and so never equal them.
"""

import re
from unicodedata import normalize

from dpo_math_assets.verifier.syntax.chinese import in_english

# First code points of the runs of ten decimal digits that count as digits: full width,
# Arabic-Indic, extended Arabic-Indic, Devanagari, Bengali, Thai, and the mathematical alphabets.
_DIGIT_RUNS = (0xFF10, 0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50)
_MATH_DIGITS = range(0x1D7CE, 0x1D800)


def _words(text: str) -> list[str]:
    return text.split()


_GREEK = _words(
    """
    alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho
    varsigma sigma tau upsilon varphi chi psi omega
    """
)
_GREEK_CAPITALS = {
    "Γ": "Gamma",
    "Δ": "Delta",
    "Θ": "Theta",
    "Λ": "Lambda",
    "Ξ": "Xi",
    "Π": "Pi",
    "Σ": "Sigma",
    "Φ": "Phi",
    "Ψ": "Psi",
    "Ω": "Omega",
}

# Joiners, directions of writing, variants, soft hyphens. Between letters or digits they stay, so
# that the answer cannot be read: nobody sees whether they separate.
_INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
    "\u00ad\u061c\u180e\ufe0e\ufe0f"
)
_JOINING = re.compile(rf"(?<=\w)[{_INVISIBLE}]+(?=\w)")
# A character that no grammar has.
_SEPARATOR = "\N{REPLACEMENT CHARACTER}"

_CHARACTERS: dict[str, str] = {
    # minus signs and hyphens
    **dict.fromkeys("−–‐‑‒﹣－", "-"),
    # products, quotients and other operators
    **dict.fromkeys("⋅·∙＊", "*"),
    **{"×": "\\times ", "•": "\\bullet ", "∗": "\\ast ", "⋆": "\\star ", "∘": "\\circ "},
    **{
        "⊕": "\\oplus ",
        "⊖": "\\ominus ",
        "⊗": "\\otimes ",
        "⊙": "\\odot ",
        "⊻": "\\veebar ",
        "∇": "\\nabla ",
    },
    **dict.fromkeys("÷∕⁄／", "/"),
    **{"＋": "+", "＝": "=", "＜": "<", "＞": ">", "±": "\\pm ", "∓": "\\mp ", "√": "\\sqrt "},
    **{"∛": "\\sqrt[3] ", "∜": "\\sqrt[4] ", "∑": "\\sum ", "∏": "\\prod ", "∫": "\\int "},
    # relations
    **dict.fromkeys("≤⩽≦", "\\le "),
    **dict.fromkeys("≥⩾≧", "\\ge "),
    **{"≠": "\\ne ", "≈": "\\approx ", "≅": "\\approx ", "≡": "\\equiv ", "∼": "\\sim "},
    **{"→": "\\to ", "⇒": "\\to ", "↦": "\\to ", "∝": "\\propto "},
    # sets
    **{"∈": "\\in ", "∉": "\\notin ", "∪": "\\cup ", "∩": "\\cap ", "∅": "\\emptyset "},
    **{"∖": "\\setminus ", "⊆": "\\subseteq ", "⊂": "\\subset ", "ℝ": "\\mathbb{R}"},
    **{"ℚ": "\\mathbb{Q}", "ℤ": "\\mathbb{Z}", "ℕ": "\\mathbb{N}", "ℂ": "\\mathbb{C}"},
    # constants, degrees, primes
    **{"∞": "\\infty ", "°": "^\\circ ", "º": "^\\circ ", "′": "'", "’": "'", "‘": "'", "″": "''"},
    **{"℃": "^\\circ C", "℉": "^\\circ F", "△": "\\triangle "},
    **{"ℯ": "e", "ⅇ": "e", "ⅈ": "i", "∂": "\\partial ", "…": "...", "⋯": "..."},
    # brackets and punctuation
    **{"（": "(", "）": ")", "［": "[", "］": "]", "｛": "\\{", "｝": "\\}", "，": ",", "、": ","},
    **{
        "；": ";",
        "：": ":",
        "．": ".",
        "。": ".",
        "％": "%",
        "！": "!",
        "｜": "|",
        "│": "|",
        "＄": "$",
    },
    **{"⌊": "\\lfloor ", "⌋": "\\rfloor ", "⌈": "\\lceil ", "⌉": "\\rceil ", "“": '"', "”": '"'},
    **{"⟨": "\\langle ", "⟩": "\\rangle ", "¢": "\\text{ cents}", "€": "\\euro "},
    **{
        "£": "\\pounds ",
        "¥": "\\yen ",
        "￥": "\\yen ",
        "₹": "\\rupee ",
        "₽": "\\ruble ",
        "₩": "\\won ",
        "₫": "\\dong ",
        "₱": "\\peso ",
        "₪": "\\shekel ",
        "µ": "\\mu ",
        "ϕ": "\\phi ",
        "ϵ": "\\epsilon ",
        "∠": "\\angle ",
    },
    # vulgar fractions
    **{"½": "\\frac{1}{2}", "⅓": "\\frac{1}{3}", "⅔": "\\frac{2}{3}", "¼": "\\frac{1}{4}"},
    **{"¾": "\\frac{3}{4}", "⅕": "\\frac{1}{5}", "⅖": "\\frac{2}{5}", "⅗": "\\frac{3}{5}"},
    **{"⅘": "\\frac{4}{5}", "⅙": "\\frac{1}{6}", "⅚": "\\frac{5}{6}", "⅛": "\\frac{1}{8}"},
    **{"⅐": "\\frac{1}{7}", "⅑": "\\frac{1}{9}", "⅒": "\\frac{1}{10}"},
    **{"⅜": "\\frac{3}{8}", "⅝": "\\frac{5}{8}", "⅞": "\\frac{7}{8}"},
    # numbered statements
    **{chr(0x2460 + k): f"({k + 1})" for k in range(9)},
    # marks of success, and words between values
    **dict.fromkeys("✓✔☑✅■□∎", " "),
    **{"或": " or ", "和": " and "},
    # spaces, and characters that show nothing
    **dict.fromkeys(
        "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " "
    ),
    **dict.fromkeys("\u202f\u205f\u3000\t\r\n\x0b\x85\u2028\u2029", " "),
    **dict.fromkeys(_INVISIBLE, ""),
    **{"\u2061": " ", "\u2062": "*", "\u2063": ",", "\u2064": "+"},  # what MathML does not show
    **{capital: f"\\{name} " for capital, name in _GREEK_CAPITALS.items()},
    **{chr(0x3B1 + k): f"\\{name} " for k, name in enumerate(_GREEK) if name != "omicron"},
    "φ": "\\phi ",
}
_TABLE = str.maketrans(_CHARACTERS)
_TABLE.update({start + k: str(k) for start in _DIGIT_RUNS for k in range(10)})
_TABLE.update({code: str((code - _MATH_DIGITS.start) % 10) for code in _MATH_DIGITS})

# Letters of the mathematical alphabets, in whatever style.
_MATH_LETTERS = re.compile("[\U0001d400-\U0001d7cb]+")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ", "0123456789+-()nix")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙᵢₖₓ", "0123456789+-()nikx")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ]+")
_SUBSCRIPT_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙᵢₖₓ]+")
_ROOT_OF_NUMBER = re.compile(r"√(\d+(?:\.\d+)?)")
_FRACTION_AFTER_DIGIT = re.compile(r"(?<=\d)(?=[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅑⅒⅜⅝⅞])")

# A JSON or Python escape that ate the first letter of a command: \frac -> form feed + rac.
_EATEN = re.compile(
    r"\x0c(?=rac\b|rac[{\d])|\x08(?=oxed\{|egin\{|inom|ar\{|eta\b)"
    r"|\t(?=extcirc|ext[a-z]*\{|imes\b|heta\b|frac)"
)
_EATEN_LETTER = {"\x0c": "\\f", "\x08": "\\b", "\t": "\\t"}

_DOUBLED = re.compile(r"\\\\(?=[A-Za-z({\[$%!,;:\\])")
_SINGLE = re.compile(r"(?<!\\)\\(?=[A-Za-z])")


def to_ascii(text: str) -> str:
    """Digits, signs and symbols of Unicode mathematics as ASCII or LaTeX, by the tables above."""
    if text.isascii() and text.isprintable():
        return text
    text = _EATEN.sub(lambda found: _EATEN_LETTER[found.group()], text)
    if not text.isascii():
        text = _MATH_LETTERS.sub(lambda letters: normalize("NFKC", letters[0]), text)
        text = _JOINING.sub(_SEPARATOR, text)
        text = _SUPERSCRIPT_RUN.sub(
            lambda run: "^{" + run.group().translate(_SUPERSCRIPTS) + "}", text
        )
        text = _SUBSCRIPT_RUN.sub(lambda run: "_{" + run.group().translate(_SUBSCRIPTS) + "}", text)
        text = _FRACTION_AFTER_DIGIT.sub(" ", text)
        text = _ROOT_OF_NUMBER.sub(r"\\sqrt{\1}", text)
        text = in_english(text)
    return text.translate(_TABLE)


def undouble(text: str) -> str:
    r"""`\\\\frac` for `\\frac`, as text escaped twice has it.

    A double backslash is a row break only inside an environment; there it is halved only if no
    single backslash begins a command.
    """
    if "\\\\" not in text:
        return text
    if "\\begin" in text and _SINGLE.search(text):
        return text
    return _DOUBLED.sub(lambda found: "\\", text)


_PAIRS = (
    *(("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")),
    *(("**", "**"), ("__", "__"), ("`", "`"), ('"', '"'), ("'", "'"), ("*", "*")),
)


_LEFT = frozenset(left[0] for left, _ in _PAIRS)
# What wrapping begins and ends with; most answers have neither.
_OPENING = frozenset(" \t\r\n\x0b\x0c\xa0\u3000$\\*_`\"'")
_ENDING = frozenset(" \t\r\n\x0b\x0c\xa0\u3000.,;$)]*_`\"'\\D")
# What says at the end of an answer that it ends: the special tokens of models, and `QED`.
_END_MARKS = (
    *(f"[{name}]" for name in ("PAD", "SEP", "END", "EOS", "BOS", "CLS", "EOT", "INST", "/INST")),
    *(" QED", " Q.E.D."),
)


def clean(text: str) -> str:
    """The answer without the wrapping of its place: Markdown, delimiters, quotes, full stop.

    Linear in the length: each step takes a pair that does not come again inside.
    """
    if text and text[0] not in _OPENING and text[-1] not in _ENDING:
        return text
    while (shorter := _unwrapped(_without_end(text.strip()))) != text:
        text = shorter
    return text


def _without_end(text: str) -> str:
    r"""The text without the full stop, comma, `\\\\` or mark of an end behind it."""
    if text.endswith(_END_MARKS):
        for mark in _END_MARKS:
            if text.endswith(mark) and len(text) > len(mark):
                text = text[: -len(mark)].rstrip()
    if text.endswith("\\\\") and not text.endswith("\\\\\\"):
        text = text[:-2].rstrip()
    if text[-1:] not in (".", ",", ";") or text.endswith("..."):
        return text
    shorter = text.rstrip(".,; \t\r\n")
    # `\\,` and `\\;` are spaces of LaTeX; what stands before them is for the lexer
    return text if shorter.endswith("\\") else shorter


def _unwrapped(text: str) -> str:
    """The text without one pair of delimiters around all of it."""
    if text[:1] not in _LEFT:
        return text
    for left, right in _PAIRS:
        start, end = len(left), len(text) - len(right)
        if (
            start < end
            and text.startswith(left)
            and text.endswith(right)
            and text[end - 1] != "\\"
            and text.find(left, start, end) < 0
            and text.find(right, start, end) < 0
        ):
            return text[start:end]
    return text


_SPACING = re.compile(
    r"(\\\\)|\\[,;:! ]|\\(?:left|right|[bB]igg?[lrm]?|mleft|mright|displaystyle|textstyle|limits|"
    r"quad|qquad|thinspace|,)(?![A-Za-z])|\s+|~"
)
_VARIANT = re.compile(r"\\[dtc]frac(?![A-Za-z])")
_MID = re.compile(r"\\(?:mid|vert)(?![A-Za-z])")
_ELLIPSIS = re.compile(r"\\[lc]?dots(?![A-Za-z])")


def normalise(text: str) -> str:
    """Text with equal meaning by its letters alone: what the cheapest tier compares.

    Idempotent. Removes wrapping, spacing and size commands; spaces between two letters or digits
    are kept as one, because `1 2` is not `12`.
    """
    if text.isalnum() and text.isascii():
        return text
    text = to_ascii(text)
    while (shorter := _normalise_once(text)) != text:
        text = shorter
    return text


_SPACE_RUN = re.compile(r"\s+")
_FREE_SPACE = re.compile(r"(?<![A-Za-z0-9.,]) | (?![A-Za-z0-9.,])")


def _normalise_once(text: str) -> str:
    text = clean(undouble(text))
    if "\\" in text:
        text = _MID.sub("|", text)
        text = _ELLIPSIS.sub("...", _VARIANT.sub(r"\\frac", text))
        text = _SPACING.sub(lambda found: found.group(1) or " ", text)
    return _FREE_SPACE.sub("", _SPACE_RUN.sub(" ", text))

"""Names the lexer knows: functions, constants, letters, LaTeX commands, words with a meaning."""

__all__ = [
    "ACCENTS",
    "CHINESE_COUNTERS",
    "CHINESE_UNITS",
    "COMMANDS",
    "CONSTANTS",
    "CURRENCY_CODES",
    "FILLERS",
    "FUNCTION_NAMES",
    "GREEK",
    "LONG_ABBREVIATIONS",
    "NARROWING",
    "NOTES",
    "NOUNS",
    "NUMBER_WORDS",
    "OPENERS",
    "ORDINALS",
    "PRINTED",
    "PRINTED_SETS",
    "REFUSED",
    "SCALES",
    "SHORT_WORDS",
    "SPACED_UNITS",
    "SPACES",
    "TENS",
    "TEXT_COMMANDS",
    "UNITS",
    "UPRIGHT_UNITS",
    "unit_named",
    "word_set",
]


def _words(text: str) -> list[str]:
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(_words(text))


_TRIG = ("sin", "cos", "tan", "cot", "sec", "csc")
_HYPERBOLIC = tuple(name + "h" for name in _TRIG)

# Spelling -> name in nodes.FUNCTIONS, or a name that parse.py builds itself (sqrt, cbrt, ...).
FUNCTION_NAMES: dict[str, str] = {
    **{name: name for name in _TRIG + _HYPERBOLIC},
    **{"arc" + name: "a" + name for name in _TRIG + _HYPERBOLIC},
    **{"a" + name: "a" + name for name in _TRIG + _HYPERBOLIC},
    **{"ar" + name: "a" + name for name in _HYPERBOLIC},
    **{"tg": "tan", "ctg": "cot", "arctg": "atan", "cosec": "csc", "sh": "sinh", "ch": "cosh"},
    **{"exp": "exp", "ln": "ln", "log": "log", "lg": "lg", "sqrt": "sqrt", "cbrt": "cbrt"},
    **{"floor": "floor", "ceil": "ceil", "ceiling": "ceil", "abs": "abs", "Abs": "abs"},
    **{"sgn": "sign", "sign": "sign", "gcd": "gcd", "lcm": "lcm", "Re": "re", "Im": "im"},
    **{"max": "max", "min": "min", "Max": "max", "Min": "min", "Mod": "mod", "arg": "arg"},
    **{"mod": "mod", "binomial": "binom", "det": "det", "conjugate": "conj", "factorial": "fact"},
    **{"cis": "cis", "hcf": "gcd", "GCD": "gcd", "LCM": "lcm", "root": "root"},
}

CONSTANTS: dict[str, str] = {
    **{"pi": "pi", "Pi": "pi", "infinity": "oo", "infty": "oo", "inf": "oo", "oo": "oo"},
    **{"Infinity": "oo", "exponentialE": "e", "imaginaryI": "i", "nan": "nan", "zoo": "nan"},
    **{"NaN": "nan", "NAN": "nan"},
    **{"e": "e", "i": "i", "imath": "i"},
}
GREEK = word_set(
    """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi
    omicron rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta
    Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar mho aleph angle triangle nabla
    """
)

# Commands whose braces hold words or upright letters.
TEXT_COMMANDS = word_set(
    """
    text textbf textit textrm textsf texttt mbox hbox mathrm mathbf mathit mathsf mathtt
    operatorname bold bf rm boldsymbol bm pmb mathcal mathscr mathfrak emph textnormal unit
    """
)
ACCENTS = word_set(
    "overline bar hat vec tilde widehat widetilde overrightarrow overleftrightarrow dot ddot "
    "underline"
)

# Command -> (token kind, value). Kinds are those of lexer.py.
COMMANDS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("cdot", "times", "ast", "bullet", "cdotp", "centerdot"), ("op", "*")),
    **{"div": ("op", "/"), "pm": ("pm", "pm"), "mp": ("pm", "mp")},
    **{"over": ("cmd", "over"), "bmod": ("op", "mod"), "mod": ("op", "mod")},
    **dict.fromkeys(("lt",), ("rel", "<")),
    **dict.fromkeys(("gt",), ("rel", ">")),
    **dict.fromkeys(("le", "leq", "leqslant", "leqq"), ("rel", "<=")),
    **dict.fromkeys(("ge", "geq", "geqslant", "geqq"), ("rel", ">=")),
    **dict.fromkeys(("ne", "neq"), ("rel", "!=")),
    **dict.fromkeys(("approx", "simeq", "cong", "sim", "doteq", "approxeq"), ("rel", "approx")),
    **{"equiv": ("rel", "equiv"), "in": ("rel", "in"), "notin": ("rel", "notin")},
    **{"subseteq": ("rel", "subset"), "subset": ("rel", "subset"), "propto": ("rel", "propto")},
    **dict.fromkeys(("to", "rightarrow", "mapsto", "longrightarrow"), ("rel", "to")),
    **dict.fromkeys(("Rightarrow", "implies", "iff", "Leftrightarrow"), ("rel", "implies")),
    **{"cup": ("set", "union"), "bigcup": ("set", "union"), "cap": ("set", "inter")},
    **{"setminus": ("set", "setminus"), "backslash": ("set", "setminus")},
    **{"smallsetminus": ("set", "setminus")},
    **{"wedge": ("sep", "and"), "land": ("sep", "and"), "vee": ("sep", "or"), "lor": ("sep", "or")},
    **{"lbrace": ("open", "\\{"), "rbrace": ("close", "\\}"), "{": ("open", "\\{")},
    **{"}": ("close", "\\}"), "lbrack": ("open", "["), "rbrack": ("close", "]")},
    **{"lgroup": ("open", "("), "rgroup": ("close", ")")},
    **{"langle": ("open", "("), "rangle": ("close", ")")},
    **{"lfloor": ("open", "floor"), "rfloor": ("close", "floor")},
    **{"lceil": ("open", "ceil"), "rceil": ("close", "ceil")},
    **{"llcorner": ("open", "floor"), "lrcorner": ("close", "floor")},
    **{"ulcorner": ("open", "ceil"), "urcorner": ("close", "ceil")},
    **{"lvert": ("open", "|"), "rvert": ("close", "|"), "vert": ("bar", "|"), "|": ("bar", "|")},
    **{"lVert": ("open", "|"), "rVert": ("close", "|"), "Vert": ("bar", "|")},
    **{"mid": ("bar", "mid"), "colon": ("punct", ":")},
    **dict.fromkeys(("dots", "ldots", "cdots", "dotsc", "dotsb", "dotsm"), ("dots", "")),
    **{"emptyset": ("empty", ""), "varnothing": ("empty", "")},
    **{"%": ("op", "%"), "circ": ("cmd", "circ"), "degree": ("cmd", "degree")},
    **{"textcirc": ("cmd", "circ"), "textdegree": ("cmd", "degree")},
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"), ("cmd", "frac")),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), ("cmd", "binom")),
    **{"sqrt": ("cmd", "sqrt"), "choose": ("cmd", "choose"), "sum": ("cmd", "sum")},
    **{"prod": ("cmd", "prod"), "int": ("cmd", "int"), "lim": ("cmd", "lim")},
    **{"partial": ("sym", "d"), "jmath": ("sym", "j"), "mathbb": ("cmd", "mathbb")},
    **{"pmod": ("cmd", "pmod")},
    **{"pod": ("cmd", "pmod"), "begin": ("cmd", "begin"), "end": ("cmd", "end")},
    **{"boxed": ("group", ""), "fbox": ("group", ""), "variable": ("group", "")},
    **{"fromabove": ("cmd", "+"), "frombelow": ("cmd", "-")},
    **{"top": ("sym", "T"), "intercal": ("sym", "T")},
    **{"prime": ("op", "'"), "not": ("cmd", "not"), "perp": ("cmd", "perp")},
    **{
        "therefore": ("skip", ""),
        "because": ("skip", ""),
        "square": ("skip", ""),
        "blacksquare": ("skip", ""),
    },
    **dict.fromkeys(("left", "right", "middle", "mleft", "mright"), ("skip", "")),
    **{
        prefix + size: ("skip", "")
        for prefix in ("big", "Big", "bigg", "Bigg")
        for size in ("", "l", "r", "m")
    },
    **dict.fromkeys(("displaystyle", "textstyle", "scriptstyle", "limits"), ("skip", "")),
    **dict.fromkeys(("quad", "qquad", "thinspace", "nolimits", "hspace", "phantom"), ("skip", "")),
    **dict.fromkeys(
        (",", ";", ":", "!", " ", "(", ")", "[", "]", "/", "large", "Large"), ("skip", "")
    ),
    **dict.fromkeys(("pounds", "textsterling", "euro", "texteuro"), ("skip", "")),
    **dict.fromkeys(("yen", "textyen", "dollar", "textdollar"), ("skip", "")),
    **{"$": ("skip", ""), "&": ("skip", ""), "#": ("skip", ""), "_": ("skip", "")},
}

# Names in which computer algebra systems print what has no plain notation, and those of sets.
PRINTED = word_set(
    """
    Interval Interval.open Interval.Lopen Interval.Ropen Union Intersection Complement FiniteSet Eq
    Ne Lt Le Gt Ge Rational Matrix Piecewise Integral Sum Product Derivative Limit
    """
)
PRINTED_SETS = {
    "EmptySet": ("empty", ""),
    "Reals": ("domain", "R"),
    "Integers": ("domain", "Z"),
    "Rationals": ("domain", "Q"),
    "Complexes": ("domain", "C"),
}

# Codes that may stand before an amount as well as behind it.
CURRENCY_CODES = word_set("USD EUR GBP INR CNY RMB JPY Rs")

# What a question has named whose answer is an adjective: `isosceles triangle`.
NOUNS = word_set("triangle quadrilateral function sequence series number angle curve matrix")

# Units behind a number in Chinese, and the words that only say that things are counted.
CHINESE_UNITS = {
    **{"毫米": "mm", "厘米": "cm", "分米": "dm", "千米": "km", "公里": "km", "米": "m"},
    **{"毫克": "mg", "千克": "kg", "公斤": "kg", "克": "g", "吨": "tonnes"},
    **{"毫升": "mL", "升": "L", "秒": "seconds", "分钟": "minutes", "小时": "hours"},
    **{"天": "days", "周": "weeks", "月": "months", "年": "years", "元": "yuan", "度": "degrees"},
}
CHINESE_COUNTERS = "个種种人只条本件次名张块棵支辆台位组根颗"

# Skipped commands that are white space.
SPACES = frozenset(("quad", "qquad", "thinspace", ",", ";", ":", " "))

# English words of two or three letters that are not products of variables.
SHORT_WORDS = word_set(
    """
    is it no yes not the for all any odd if of to by at on day men be we are has was per cup am
    pm an as so its his her our one two six ten can only set box new due non who old both each
    """
)

# Words before an answer that say nothing about it.
FILLERS = word_set(
    """
    only about approximately approx exactly roughly is are the answer equals equal to value a an
    either both namely nearly around just total of final be was solution solutions result option
    choice number so therefore thus hence that all point points interval
    """
)

# Words that open a remark about the answer (its quantifiers): the remark is dropped.
NOTES = word_set("for where with such some because since as here using")

# Words that say which integers are meant.
NARROWING = word_set("even odd positive negative nonnegative nonpositive nonzero natural prime")

# Words that open a case: a remark with two of them tells cases apart.
OPENERS = frozenset(("for", "where", "with", "if", "when", "otherwise"))

# Words that change what is said: an answer with one of them is text and never a value.
REFUSED = word_set(
    """
    not no wrong incorrect false never isnt except unless if when but more less than least most
    fewer greater above below under over impossible undefined unknown neither nor minus plus
    times cannot cant without until instead otherwise half halves third thirds quarter quarters
    fifth fifths sixths sevenths eighths ninths tenth tenths hundredth hundredths thousandths
    twice double triple factorial tens score maybe perhaps possibly probably remainder
    repeating recurring doubling doubled halving squaring
    extraneous rejected discarded excluded ruled invalid inadmissible don't can't
    january february march april may june july august september october november december
    """
)

NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        _words(
            """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen twenty
    """
        )
    )
}
# Words that may name a number, by its place or as a share.
ORDINALS = word_set(
    "first second third fourth fifth sixth seventh eighth ninth tenth last half quarter"
)
TENS = {
    word: 10 * value
    for value, word in enumerate(
        _words("twenty thirty forty fifty sixty seventy eighty ninety"), start=2
    )
}
SCALES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}


def unit_named(word: str) -> str | None:
    """The name in UNITS that a word has, a plural `s` aside; `ms` is no plural of m."""
    if word in UNITS:
        return word
    plural = word.endswith("s") and len(word) > 2 and word[:-1] in UNITS
    return word[:-1] if plural else None


# Abbreviations that are no product of letters, also where no number stands before them.
LONG_ABBREVIATIONS = word_set(
    """
    mm cm dm km in ft yd kg lb lbs oz floz mL sec hr hrs mph kph kmph mol kJ MJ Pa kPa MPa Hz kHz
    MHz GHz nm eV keV MeV kW kV kN
    """
)
# Letters that are units only where they stand upright: `2\\text{ A}`; `2A` is 2 times A.
UPRIGHT_UNITS = word_set("A B C F H K M T")

# Unit -> (dimension, factor to the dimension's base unit as p, q). Spellings end in no plural s.
# A litre is a thousandth of a cubic metre; months and years are no fixed number of seconds.
UNITS: dict[str, tuple[str, int, int]] = {
    **dict.fromkeys(("mm", "millimeter", "millimetre"), ("m", 1, 1000)),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), ("m", 1, 100)),
    **dict.fromkeys(("dm", "decimeter", "decimetre"), ("m", 1, 10)),
    **dict.fromkeys(("m", "meter", "metre"), ("m", 1, 1)),
    **dict.fromkeys(("km", "kilometer", "kilometre"), ("m", 1000, 1)),
    **dict.fromkeys(("in", "inch", "inche"), ("m", 254, 10000)),
    **dict.fromkeys(("ft", "foot", "feet"), ("m", 3048, 10000)),
    **dict.fromkeys(("yd", "yard"), ("m", 9144, 10000)),
    **dict.fromkeys(("mi", "mile"), ("m", 1609344, 1000)),
    **dict.fromkeys(("acre",), ("m^2", 40_468_564_224, 10**7)),
    **dict.fromkeys(("hectare",), ("m^2", 10**4, 1)),
    **dict.fromkeys(("mg", "milligram"), ("g", 1, 1000)),
    **dict.fromkeys(("g", "gram"), ("g", 1, 1)),
    **dict.fromkeys(("kg", "kilogram"), ("g", 1000, 1)),
    **dict.fromkeys(("tonne",), ("g", 10**6, 1)),
    **dict.fromkeys(("oz", "ounce"), ("g", 45_359_237, 1_600_000)),
    **dict.fromkeys(("lb", "pound"), ("g", 45_359_237, 100_000)),
    **dict.fromkeys(("ml", "mL", "milliliter", "millilitre"), ("m^3", 1, 10**6)),
    **dict.fromkeys(("l", "L", "liter", "litre"), ("m^3", 1, 1000)),
    **dict.fromkeys(("gal", "gallon"), ("m^3", 3_785_411_784, 10**12)),
    **dict.fromkeys(("quart",), ("m^3", 946_352_946, 10**12)),
    **dict.fromkeys(("pint",), ("m^3", 473_176_473, 10**12)),
    **dict.fromkeys(("cup",), ("m^3", 473_176_473, 2 * 10**12)),
    **dict.fromkeys(("floz",), ("m^3", 473_176_473, 16 * 10**12)),
    **dict.fromkeys(("tablespoon", "tbsp"), ("m^3", 473_176_473, 32 * 10**12)),
    **dict.fromkeys(("teaspoon", "tsp"), ("m^3", 473_176_473, 96 * 10**12)),
    **dict.fromkeys(("s", "sec", "second"), ("s", 1, 1)),
    **dict.fromkeys(("min", "minute"), ("s", 60, 1)),
    **dict.fromkeys(("h", "hr", "hour"), ("s", 3600, 1)),
    **dict.fromkeys(("day",), ("s", 86400, 1)),
    **dict.fromkeys(("week",), ("s", 604800, 1)),
    **dict.fromkeys(("month",), ("month", 1, 1)),
    **dict.fromkeys(("year", "yr"), ("month", 12, 1)),
    **dict.fromkeys(("decade",), ("month", 120, 1)),
    **dict.fromkeys(("century", "centurie"), ("month", 1200, 1)),
    **dict.fromkeys(("cent", "penny", "pennie"), ("dollar", 1, 100)),
    **dict.fromkeys(("nickel",), ("dollar", 1, 20)),
    **dict.fromkeys(("dime",), ("dollar", 1, 10)),
    **dict.fromkeys(("dollar", "usd", "USD"), ("dollar", 1, 1)),
    **dict.fromkeys(("euro", "eur", "EUR"), ("euro", 1, 1)),
    **dict.fromkeys(("yen", "JPY"), ("yen", 1, 1)),
    **dict.fromkeys(("yuan", "CNY", "RMB"), ("yuan", 1, 1)),
    **dict.fromkeys(("rupee", "INR", "Rs"), ("rupee", 1, 1)),
    **dict.fromkeys(("GBP",), ("sterling", 1, 1)),
    **dict.fromkeys(("cal", "calorie"), ("g m^2 s^-2", 4184, 1)),
    **dict.fromkeys(("kWh",), ("g m^2 s^-2", 36 * 10**8, 1)),
    **dict.fromkeys(("atm", "atmosphere"), ("g m^-1 s^-2", 101_325_000, 1)),
    **dict.fromkeys(("rpm",), ("s^-1", 1, 60)),
    **dict.fromkeys(("rev", "revolution"), ("", 1, 1)),
    **dict.fromkeys(("mol", "mole"), ("mol", 1, 1)),
    **dict.fromkeys(("rad", "radian"), ("rad", 1, 1)),
    **dict.fromkeys(("dB", "decibel"), ("dB", 1, 1)),
    **dict.fromkeys(("mph",), ("m s^-1", 1609344, 3_600_000)),
    **dict.fromkeys(("kph", "kmph"), ("m s^-1", 1000, 3600)),
}

_PREFIXES = {
    **{"T": ("tera", 10**12, 1), "G": ("giga", 10**9, 1), "M": ("mega", 10**6, 1)},
    **{"k": ("kilo", 1000, 1), "": ("", 1, 1), "c": ("centi", 1, 100), "m": ("milli", 1, 1000)},
    **{"u": ("micro", 1, 10**6), "n": ("nano", 1, 10**9), "p": ("pico", 1, 10**12)},
}
# Sign, names, dimension and factor, and the prefixes that are in use.
_PREFIXED = (
    ("m", "meter metre", "m", 1, 1, "un"),
    ("g", "gram", "g", 1, 1, "u"),
    ("s", "second", "s", 1, 1, "mun"),
    ("L", "liter litre", "m^3", 1, 1000, "u"),
    ("N", "newton", "g m s^-2", 1000, 1, "km"),
    ("J", "joule", "g m^2 s^-2", 1000, 1, "kMGm"),
    ("W", "watt", "g m^2 s^-3", 1000, 1, "kMGm"),
    ("Pa", "pascal", "g m^-1 s^-2", 1000, 1, "kMG"),
    ("Hz", "hertz", "s^-1", 1, 1, "kMG"),
    # exact, as the charge of the electron is
    ("eV", "electronvolt", "g m^2 s^-2", 1_602_176_634, 10**25, "kMGm"),
    ("A", "ampere amp", "A", 1, 1, "kmu"),
    ("C", "coulomb", "A s", 1, 1, "mun"),
    ("V", "volt", "g m^2 s^-3 A^-1", 1000, 1, "kMmu"),
    ("Omega", "ohm", "g m^2 s^-3 A^-2", 1000, 1, "kMGm"),
    ("F", "farad", "A^2 s^4 g^-1 m^-2", 1, 1000, "munp"),
    ("T", "tesla", "g s^-2 A^-1", 1000, 1, "mun"),
    ("Wb", "weber", "g m^2 s^-2 A^-1", 1000, 1, "m"),
    ("H", "henry henrie", "g m^2 s^-2 A^-2", 1000, 1, "mu"),
    ("K", "kelvin", "K", 1, 1, "m"),
    ("M", "molar", "mol m^-3", 1000, 1, "mu"),
    ("mol", "mole", "mol", 1, 1, "kmu"),
    ("B", "byte", "byte", 1, 1, "kMGT"),
)


def _with_prefixes() -> dict[str, tuple[str, int, int]]:
    units = dict[str, tuple[str, int, int]]()
    for sign, names, dimension, p, q, prefixes in _PREFIXED:
        for mark in ("", *prefixes):
            spelled, over, under = _PREFIXES[mark]
            spellings = mark + sign, *(spelled + name for name in names.split())
            units |= dict.fromkeys(spellings, (dimension, p * over, q * under))
    return units


_SYSTEMATIC = _with_prefixes()
UNITS |= _SYSTEMATIC
# Those that are units only behind a space, or where they stand upright: `2 cal`, but `2cal` is 2
# times c, a and l, and `2mV` 2 times m and V.
SPACED_UNITS = frozenset(
    (
        *_words("sq cu cal Rs gal rad mol rpm atm"),
        *(name for name in _SYSTEMATIC if len(name) == 2 and name not in ("kJ", "kW", "Hz", "eV")),
    )
)

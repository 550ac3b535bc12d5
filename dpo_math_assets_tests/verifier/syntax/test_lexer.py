"""Tokens of answers: what each place begins, and that no text at all is a crash."""

import string
from contextlib import suppress
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpo_math_assets.errors import VerifierLimitError
from dpo_math_assets.verifier.lexicon.functions import CONSTANTS, FUNCTION_NAMES, GREEK
from dpo_math_assets.verifier.lexicon.latex import ACCENTS, COMMANDS
from dpo_math_assets.verifier.lexicon.units import CURRENCY_CODES, UNITS
from dpo_math_assets.verifier.syntax import letters
from dpo_math_assets.verifier.syntax.errors import ParseError
from dpo_math_assets.verifier.syntax.lexer import MAX_CHARACTERS, MAX_TOKENS, lex
from dpo_math_assets.verifier.syntax.parser import parse
from dpo_math_assets.verifier.syntax.scanner import Kind, Token

relaxed = settings(deadline=None, max_examples=300)


def shown(text: str, units: bool = True) -> str:
    """The tokens of a text, as `kind:value` apart from the last; numbers as they are."""
    tokens = lex(text, units)[:-1]
    return " ".join(
        str(token.node.p) if token.kind == "num" else f"{token.kind}:{token.value}"  # type: ignore[union-attr]
        for token in tokens
    )


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # words
        ("negative 5", "op:- 5"),
        ("negative feelings", "word:negative word:feelings"),
        ("twenty-one", "21"),
        ("don't", "word:don't"),
        ("x in [0", "sym:x rel:in open:[ 0"),
        ("5 in", "5 word:in"),
        ("2 to 3", "2 punct:: 3"),
        ("x to y", "sym:x word:to sym:y"),
        ("7 mod 3", "7 op:mod 3"),
        ("mod(7", "func:mod open:( 7"),
        ("20 percent", "20 op:%"),
        ("30 deg", "30 cmd:degree"),
        ("5 p.m.", "5 word:pm"),
        ("[0, 1) U (2", "open:[ 0 punct:, 1 close:) set:union open:( 2"),
        ("a theta", "sym:a sym:theta"),
        ("a circle", "word:a word:circle"),
        # names
        ("sin x", "func:sin sym:x"),
        ("5 min", "5 word:min"),
        ("min(5", "func:min open:( 5"),
        ("Interval.open(0", "func:Interval.open open:( 0"),
        ("EmptySet", "empty:"),
        ("Reals", "domain:R"),
        ("varphi", "sym:phi"),
        # units
        ("5 kg", "5 word:kg"),
        ("5cal", "5 sym:c sym:a sym:l"),
        ("5 cal", "5 word:cal"),
        ("20 J/mol", "20 word:J op:/ word:mol"),
        (r"2\text{ A}", "2 word:A"),
        ("2A", "2 sym:A"),
        (r"5\pi cm", "5 const:pi word:cm"),
        # products of letters
        ("xsinx", "sym:x func:sin sym:x"),
        ("xandy", "sym:x sep:and sym:y"),
        ("at^2", "sym:a sym:t op:^ 2"),
        ("ABC", "sym:ABC"),
        ("Tom", "word:Tom"),
        ("xy", "sym:x sym:y"),
        # commands
        (r"\lvertx\rvert", "open:| sym:x close:|"),
        (r"\left|x\right|", "open:| sym:x close:|"),
        (r"\left.x\right|", "sym:x close:|"),
        (r"\frac12", "cmd:frac 12"),
        (r"\varphi+\phi", "sym:varphi op:+ sym:phi"),
        (r"\varphi+x", "sym:phi op:+ sym:x"),
        ("\\", ""),
        # signs
        ("5!=120", "5 op:! rel:= 120"),
        ("x!=1", "sym:x rel:!= 1"),
        ("2**3", "2 op:^ 3"),
        ("x''", "sym:x op:''"),
        ("x -> 0", "sym:x rel:to 0"),
        ("x := 0", "sym:x rel:= 0"),
        ("1, 2...", "1 punct:, 2 dots:"),
        ("apples.", "word:apples"),
        ("({,}5", "open:( punct:, 5"),
    ],
)
def test_a_text_has_these_tokens(text: str, tokens: str) -> None:
    assert shown(text) == tokens


def test_without_units_what_is_no_word_for_certain_is_letters() -> None:
    assert shown("2 hr") == "2 word:hr"
    assert shown("2 hr", units=False) == "2 sym:h sym:r"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("}", "unbalanced brace"),
        ("{1", "unbalanced brace"),
        (r"\qwerty", r"unknown command \qwerty"),
        ("x.y", "a stray point"),
        ("5 § 3", "a character outside the grammar: '§'"),
    ],
)
def test_what_is_outside_the_grammar_is_an_error_that_names_it(text: str, problem: str) -> None:
    with pytest.raises(ParseError) as error:
        lex(text)
    assert error.value.problem.startswith(problem)


@pytest.mark.parametrize("text", ["1" * (MAX_CHARACTERS + 1), "x+" * MAX_TOKENS])
def test_what_is_too_long_is_beyond_a_limit(text: str) -> None:
    with pytest.raises(VerifierLimitError):
        lex(text)


def test_a_command_before_letters_leaves_the_places_of_later_tokens() -> None:
    assert [(token.start, token.spaced) for token in lex(r"\lvertx+1")] == [
        (0, False),
        (6, True),
        (7, False),
        (8, False),
        (9, False),
    ]


def test_commands_are_of_kinds_that_the_lexer_knows() -> None:
    kinds = {kind for kind, _ in COMMANDS.values()}
    assert kinds <= {*get_args(Kind), "skip", "space", "group"}


names = st.sampled_from(
    [*FUNCTION_NAMES, *UNITS, *ACCENTS, *CONSTANTS, *GREEK, *CURRENCY_CODES, "Interval", "percent"]
)
words = st.one_of(names, st.text(string.ascii_letters, min_size=3, max_size=9))


@relaxed
@given(st.lists(words, min_size=1, max_size=4), st.sampled_from(["{}", "5 {}", r"\text{{{}}}"]))
def test_a_word_seen_at_once_is_the_token_that_the_longer_way_gives(
    said: list[str], frame: str
) -> None:
    text = frame.format(" ".join(said))
    with pytest.MonkeyPatch.context() as patch:
        shorter = _tokens(text)
        patch.setattr(letters, "_is_only_a_word", lambda run: False)
        assert _tokens(text) == shorter


def _tokens(text: str) -> list[Token] | str:
    try:
        return lex(text)
    except ParseError as error:
        return str(error)


pieces = st.one_of(
    st.sampled_from([f"\\{name}" for name in (*COMMANDS, *ACCENTS, "text", "begin{cases}")]),
    st.sampled_from(["_", "^", "{", "}", "(", ")", "|", ".", "_.5", "e9", "\\", "&", "\\\\", ","]),
    st.text(string.digits + ".,_^e", max_size=5),
    names,
    st.text(max_size=4),
)


@pytest.mark.slow
@settings(deadline=None, max_examples=1_500)
@given(st.lists(pieces, max_size=12).map("".join))
def test_no_text_is_a_crash(text: str) -> None:
    for read in (lex, parse):
        with suppress(ParseError, VerifierLimitError):
            read(text)

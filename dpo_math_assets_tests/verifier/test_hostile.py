"""Answers made to run code, to hang, or to fill the memory: none may, nor harm another row."""

from pathlib import Path

import polars as pl
import pytest

from dpo_math_assets.verifier import verify, verify_frame

DEADLINE_S = 1.0

CODE = [
    "__import__('os').system('touch {path}')",
    "open('{path}','w')",
    "exec(\"open('{path}','w')\")",
    "[c for c in ().__class__.__base__.__subclasses__()]",
    "\\boxed{{__import__('os').system('touch {path}')}}",
    "\\input{{{path}}}",
    "\\write18{{touch {path}}}",
    "lambda: open('{path}','w')",
    "Symbol('x').func.__globals__['open']('{path}','w')",
    "f\"{{open('{path}','w')}}\"",
]

ENORMOUS = {
    "a tower of powers": "9^9^9^9",
    "a tower in braces": "2^{2^{2^{2^{2^{2^{2}}}}}}",
    "a factorial of 10^8": "(10^8)!",
    "a factorial of factorials": "(((5!)!)!)!",
    "a binomial": "\\binom{10^{12}}{10^{11}}",
    "brackets": "(" * 100_000 + "1" + ")" * 100_000,
    "braces": "{" * 100_000 + "1" + "}" * 100_000,
    "open boxes": "\\boxed{" * 20_000,
    "roots": "\\sqrt" * 10_000 + "{2}",
    "fractions": "\\frac" * 10_000,
    "minus signs": "-" * 100_000 + "1",
    "digits": "7" * 1_000_000,
    "a long sum": "x+" * 500_000 + "1",
    "a long list": "1," * 100_000 + "1",
    "an exponent of many digits": "10^{" + "9" * 2_000 + "}",
    "a decimal of many digits": "0." + "3" * 100_000,
    "an endless integral": "\\int_0^1 \\sin(\\sin(x)) e^{x^3} \\ln(x) \\, dx",
    "a doit": "Integral(exp(x**x), (x, 0, 1)).doit()",
    "a sum of sums": "\\sum_{a=1}^{300} \\sum_{b=1}^{300} \\sum_{c=1}^{300} \\sin(abc)",
    "a sum with many terms": "\\sum_{k=1}^{10^{12}} \\frac{1}{k}",
    "an expansion": "(a+b+c+d+e+f)^{200} \\sin(x)",
    "slow items": ", ".join(f"\\sum_{{k=1}}^{{300}} \\sin(k+{n})" for n in range(40)),
}

UNDEFINED = ["NaN", "zoo", "\\infty-\\infty", "\\frac{1}{0}", "0^0", "\\frac{0}{0}", "\\ln(0)"]


@pytest.mark.parametrize("code", CODE)
def test_code_in_an_answer_is_text_and_never_runs(code: str, tmp_path: Path) -> None:
    made = tmp_path / "made"
    answer = code.format(path=made)
    for candidate in (f"FINAL ANSWER: {answer}", answer):
        for gold in ("42", "x^2", answer):
            assert verify(candidate, gold).ok is not True or gold == answer
    verify("FINAL ANSWER: 42", answer)
    assert not made.exists()


@pytest.mark.parametrize("gold", ["42", "x^2+1", "\\sqrt{2}"])
@pytest.mark.parametrize("name", ENORMOUS)
def test_an_enormous_answer_is_no_pass_and_ends_by_its_deadline(name: str, gold: str) -> None:
    frame = pl.DataFrame({"candidate": [f"FINAL ANSWER: {ENORMOUS[name]}"], "ground_truth": [gold]})
    # A hang is a test that does not end; the benchmark measures the overrun.
    out = verify_frame(frame, workers=1, timeout_s=DEADLINE_S)
    assert out["verdict"][0] != "correct"


@pytest.mark.parametrize("gold", ["42", "0", "1", "\\frac{1}{3}"])
@pytest.mark.parametrize("answer", UNDEFINED)
def test_the_undefined_never_equals_a_number(answer: str, gold: str) -> None:
    assert verify(f"FINAL ANSWER: {answer}", gold).ok is not True
    assert verify(f"FINAL ANSWER: {gold}", answer).ok is not True


def test_many_slow_comparisons_in_one_row_share_its_deadline() -> None:
    """Each of the 1,600 comparisons is within its own limits; together they take minutes."""
    lists = [
        ", ".join(f"\\sum_{{k=1}}^{{300}} \\{name}(k+{n})" for n in range(40))
        for name in ("sin", "cos")
    ]
    frame = pl.DataFrame({"candidate": [f"FINAL ANSWER: {lists[0]}"], "ground_truth": [lists[1]]})
    assert verify_frame(frame, timeout_s=0.05)["reason"][0] == "timeout"
    assert verify(frame["candidate"][0], lists[1], timeout_s=0.05).reason == "timeout"


@pytest.mark.slow
def test_hostile_rows_take_nothing_from_the_honest_rows_between_them() -> None:
    rows = []
    for text in (*CODE, *ENORMOUS.values(), *UNDEFINED):
        rows += [(f"FINAL ANSWER: {text}", "42"), ("FINAL ANSWER: 42", "42")]
        rows += [("FINAL ANSWER: 41", "42"), ("FINAL ANSWER: 2(x+1)", "2x+2")]
    frame = pl.DataFrame(rows, schema=["candidate", "ground_truth"], orient="row")
    out = verify_frame(frame, workers=2, timeout_s=DEADLINE_S)["verdict"]
    assert set(out.gather_every(4, 1)) == {"correct"}
    assert set(out.gather_every(4, 2)) == {"incorrect"}
    assert set(out.gather_every(4, 3)) == {"correct"}
    assert "correct" not in set(out.gather_every(4, 0))

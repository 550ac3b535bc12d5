import polars as pl
import pytest

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.slices import answer_type, samples_of_kind, slice_prompts

from .samples import judged, same


@pytest.mark.parametrize(
    ("gold", "kind"),
    [
        ("18", "integer"),
        ("-1,200", "integer"),
        ("$42$", "integer"),
        ("3.50", "decimal"),
        ("15\\%", "percent"),
        ("1/2", "fraction"),
        ("-\\frac{3}{4}", "fraction"),
        ("\\frac43", "expression"),
        ("(B)", "choice or letter"),
        ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "matrix"),
        ("(1, 2)", "tuple or interval"),
        ("[0, \\infty)", "tuple or interval"),
        ("\\{1, 2\\}", "set"),
        ("y = 2x + 1", "relation"),
        ("x \\le 3", "relation"),
        ("\\text{even}", "words"),
        ("Evelyn", "words"),
        ("x^2 + 1", "expression"),
        ("\\left(3, \\frac{\\pi}{2}\\right)", "tuple or interval"),
    ],
)
def test_answer_types_are_what_a_reader_would_call_them(gold, kind):
    frame = pl.DataFrame({"gold": [gold]})
    assert frame.select(answer_type(pl.col("gold"))).item() == kind


def test_difficulty_is_found_from_samples_that_are_not_compared():
    samples = judged({"base": {"a": ("w", "cwcw"), "b": ("c", "wcwc")}})
    found = slice_prompts(samples, "base", []).filter(slice_by="difficulty")
    bins = dict(found.select("prompt_id", "slice").iter_rows())
    assert bins == {"a": "4 always right", "b": "1 never right"}
    compared = samples_of_kind(samples, "difficulty").filter(mode="sampled")
    assert set(compared["sample"]) == {1, 3}
    assert samples_of_kind(samples, "source").height == samples.height


def test_one_sample_a_prompt_cannot_both_bin_and_be_compared():
    samples = judged({"base": same(3, "c", "c")})
    assert slice_prompts(samples, "base", []).filter(slice_by="difficulty").is_empty()


def test_a_meta_field_of_any_type_makes_slices():
    samples = judged(
        {"base": {"a": ("c", ""), "b": ("c", ""), "c": ("c", "")}},
        meta={"a": '{"level": 5}', "b": '{"level": "5", "it\'s odd.x": true}', "c": "{}"},
    )
    found = slice_prompts(samples, "base", ["level", "it's odd.x"])
    assert found.filter(slice_by="meta.level")["slice"].to_list() == ["5", "5"]
    assert found.filter(slice_by="meta.it's odd.x")["slice"].to_list() == ["true"]


def test_a_mistyped_slice_field_is_an_error_and_not_an_empty_table():
    with pytest.raises(EvaluationError, match="'levle' has 0 different values"):
        slice_prompts(judged({"base": same(2, "c", "")}), "base", ["levle"])


def test_an_id_field_is_no_slice():
    outcomes = same(60, "c", "")
    meta = {prompt: f'{{"id": "{prompt}"}}' for prompt in outcomes}
    with pytest.raises(EvaluationError, match="'id' has 60 different values"):
        slice_prompts(judged({"base": outcomes}, meta=meta), "base", ["id"])

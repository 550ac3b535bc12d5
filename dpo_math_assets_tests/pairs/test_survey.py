"""The survey: pass rates count attempts; a prompt whose right answer is unknown is set aside."""

import polars as pl
import pytest

from dpo_math_assets.pairs.pairing import PairingSettings, build_pairs
from dpo_math_assets.pairs.split import SplitSettings
from dpo_math_assets.pairs.survey import PROBLEM_SCHEMA, Survey, survey_pairs, survey_traces
from dpo_math_assets_tests.pairs.builders import cleaned, trace


def survey(*rows: dict[str, object]) -> Survey:
    return survey_traces(cleaned(*rows), SplitSettings())


def test_a_text_given_five_times_counts_five_times() -> None:
    found = survey(
        trace("p", "so 14", "correct", line=1),
        *(
            trace("p", "so 15", "incorrect", line=line, duplicate=line > 2)
            for line in (2, 3, 4, 5, 6)
        ),
        trace("p", "hm", "undecided", line=7),
    )
    assert found.problems.schema == PROBLEM_SCHEMA
    assert found.problems.select("attempts", "correct", "pass_rate").row(0) == (6, 1, 1 / 6)
    assert found.wrong_answers.select("rejected_answer", "answer_count").rows() == [("15", 5)]


def test_an_attempt_exported_twice_counts_once() -> None:
    first = trace("p", "so 14", "correct", trace_id="a")
    again = first | {"export": "e2", "line_number": 8}
    assert survey(first, again).problems.get_column("attempts").to_list() == [1]


@pytest.mark.parametrize(
    ("golds", "set_aside"),
    [
        (("14", "14"), None),
        (("14", " 14 "), None),
        (("0.5", "1/2"), None),
        (("1,000", "1000"), None),
        (("14", "15"), "gold_conflict"),
        (("14", "fourteen-ish"), "gold_conflict"),
    ],
)
def test_two_exports_that_disagree_on_the_answer_set_the_prompt_aside(
    golds: tuple[str, str], set_aside: str | None
) -> None:
    found = survey(
        trace("p", "x", "correct", export="e1", ground_truth=golds[0]),
        trace("p", "y", "correct", export="e2", ground_truth=golds[1]),
    )
    assert found.problems.get_column("set_aside").to_list() == [set_aside]


def test_prompts_without_a_usable_reference_answer_are_not_evaluated_on() -> None:
    found = survey(
        trace("p", "x", "undecided", line=1, reason="unparsable_gold"),
        trace("q", "x", "undecided", line=2, reason="missing_inputs", ground_truth=None),
        trace("r", "x", "correct", line=3, gold_conflict=True),
        trace("s", "x", "undecided", line=4),
    )
    rows = found.problems.sort("prompt").select("prompt", "set_aside", "pass_rate").rows()
    assert rows == [
        ("p", "unverifiable_reference_answer", None),
        ("q", "no_reference_answer", None),
        ("r", "gold_conflict", 1.0),
        ("s", None, None),
    ]


@pytest.mark.parametrize(
    ("eval_fraction", "set_aside"), [(0.0, None), (0.94, "unverifiable_reference_answer")]
)
def test_where_a_person_decided_for_the_verifier_there_is_training_and_no_evaluation(
    eval_fraction: float, set_aside: str | None
) -> None:
    rows = [
        trace("p", "x", verdict, reason="human", verifier_reason="unparsable_gold")
        for verdict in ("correct", "incorrect")
    ]
    found = survey_traces(cleaned(*rows), SplitSettings(eval_fraction=eval_fraction))
    assert found.problems.select("pass_rate", "set_aside").rows() == [(0.5, set_aside)]


def test_a_text_judged_both_ways_is_contested() -> None:
    once = trace("p", "so 14", "correct", export="e1")
    then = trace("p", "so 14", "incorrect", export="e2")
    found = survey(once, then, trace("p", "so 15", "incorrect", line=3))
    assert found.contested.rows() == [(once["prompt_key"], once["candidate_key"])]


def test_pairs_alone_give_the_survey_of_their_distinct_completions() -> None:
    traces = cleaned(
        trace("p", "so 14", "correct", line=1),
        trace("p", "so 15", "incorrect", line=2),
        trace("p", "is 15", "incorrect", line=3),
    )
    pairs, _ = build_pairs(traces, cleaned(), PairingSettings())
    found = survey_pairs(pairs.lazy(), SplitSettings())
    assert found.problems.select("attempts", "correct").row(0) == (3, 1)
    assert found.wrong_answers.select("rejected_answer", "answer_count").rows() == [("15", 2)]
    assert found.contested.is_empty()


def test_a_record_without_a_prompt_is_no_problem_to_survey() -> None:
    nameless = {"prompt": None, "prompt_key": None}
    assert survey(trace("p", "x", "correct") | nameless).problems.is_empty()


def test_no_traces_give_empty_tables() -> None:
    found = survey()
    assert found.problems.schema == PROBLEM_SCHEMA
    assert [len(table) for table in (found.problems, found.wrong_answers, found.contested)] == [
        0,
        0,
        0,
    ]
    assert isinstance(found.contested, pl.DataFrame)

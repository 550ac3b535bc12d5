"""Every check of the graph fails on a literal example of what it is there for, and only on that.

Each begins with a small project on which the check passes, and changes one thing in it by hand.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import polars as pl
import pytest

from dpo_math_assets import checks
from dpo_math_assets.checks.per_export import EXPORT_CHECKS
from dpo_math_assets.evaluation.gate import GateCondition, GateDecision
from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
from dpo_math_assets.json_objects import as_json
from dpo_math_assets.pairs.schema import PAIR_SCHEMA
from dpo_math_assets.resources import Project
from dpo_math_assets.stages.artifacts import CLEANED, PAIRS, QUARANTINE, RAW, UNJUDGED
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_partition,
)
from dpo_math_assets.stages.tasks import SamplingRequest
from dpo_math_assets.storage import Store, write_json, write_parquet, write_text
from dpo_math_assets.traces.schema import CLEANED_SCHEMA
from dpo_math_assets.verifier import VERIFIER_VERSION
from dpo_math_assets_tests.graph.conftest import attempt, write_export
from dpo_math_assets_tests.stages.builders import manifest

KEY = "000001-a.jsonl"
LOG = [
    attempt("3*(4+5)", "27", "27", ok=True),
    attempt("3*(4+5)", "17", "27", ok=False),
    '{"prompt": "cut o',
]
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One export, of a right answer, a wrong one and half a line, that went through to a pair."""
    project = Project(data_root=str(tmp_path / "data"), landing_folder=str(tmp_path / "landing"))
    write_export(tmp_path / "landing" / "a.jsonl", LOG, age=60)
    process(project)
    return project


def process(project: Project) -> None:
    """Register what landed, and make what is not up to date."""
    workspace = project.workspace()
    workspace.landing.register(settle_seconds=1)
    exports = workspace.landing.partitions()
    for key in exports:
        read_partition(workspace, key, exports)
        clean_partition(workspace, key)
    inputs = pairing_inputs(workspace, exports)
    for key in exports:
        pair_partition(workspace, key, inputs)


def run(
    check: dg.AssetChecksDefinition, project: Project, *keys: str, **more: Any
) -> dg.AssetCheckResult:
    """What a check finds on these partitions, or on the one of the fixture."""
    if known := EXPORT_CHECKS.get(check.check_key.name):
        return known.look(project.workspace(), keys or [KEY])
    function: Callable[..., dg.AssetCheckResult] = check.node_def.compute_fn.decorated_fn  # type: ignore[attr-defined, union-attr]
    if more:
        function = functools.partial(function, SimpleNamespace(op_execution_context=None))
    return function(project=project, **more)


def refused(
    check: dg.AssetChecksDefinition, project: Project, *keys: str, **more: Any
) -> tuple[dg.AssetCheckSeverity, str]:
    """The severity and the words of a check that does not pass."""
    found = run(check, project, *keys, **more)
    assert found.passed is False
    return found.severity, found.description or ""


def rewrite(project: Project, asset: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Replace a partition's rows under a record that reports what was there before."""
    store = project.workspace().store
    path = store.partition(asset, KEY)
    write_parquet(path, change(pl.read_parquet(path)))
    maker = RAW if asset == QUARANTINE else asset
    record = store.record(maker, KEY)
    assert record is not None
    beside = [store.partition(QUARANTINE, KEY)] if maker == RAW else []
    store.finish(maker, KEY, record["inputs"], record["report"], beside)


def rereport(project: Project, asset: str, **changes: Any) -> None:
    """Replace fields of a partition's report."""
    record = project.workspace().store.record(asset, KEY)
    assert record is not None
    path = project.workspace().store.partition(asset, KEY).with_suffix(".json")
    write_json(path, {**record, "report": {**record["report"], **changes}})


def put(project: Project, asset: str, rows: list[dict[str, Any]], schema: pl.Schema) -> None:
    """Rows as the partition KEY of an asset; what they do not name is null."""
    frame = pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
    write_parquet(project.workspace().store.partition(asset, KEY), frame)
    project.workspace().store.finish(asset, KEY, {}, {})


BY_PARTITION = [
    checks.row_balance,
    checks.exports_are_processed,
    checks.every_trace_is_verified,
    checks.verifier_did_not_crash,
    checks.human_verdicts_hold,
    checks.log_agrees,
    checks.no_chosen_is_rejected,
    checks.verdicts_hold_again,
    checks.pairs_follow_traces,
]


@pytest.mark.parametrize("check", BY_PARTITION, ids=lambda check: check.check_key.name)
def test_every_check_of_the_logs_passes_on_the_export_that_the_others_change(
    project: Project, check: dg.AssetChecksDefinition
) -> None:
    assert run(check, project).passed is True


class TestRowBalance:
    def test_a_trace_that_was_read_and_is_not_stored(self, project: Project) -> None:
        rewrite(project, RAW, lambda rows: rows.head(1))
        assert refused(checks.row_balance, project) == (
            ERROR,
            f"{KEY}: 2 traces and 1 quarantined were read, 1 and 1 are stored",
        )

    def test_a_trace_that_is_stored_twice(self, project: Project) -> None:
        rewrite(project, RAW, lambda rows: pl.concat([rows, rows.head(1)]))
        assert "3 and 1 are stored" in refused(checks.row_balance, project)[1]

    def test_a_quarantined_line_that_is_not_stored(self, project: Project) -> None:
        rewrite(project, QUARANTINE, lambda rows: rows.clear())
        assert "2 and 0 are stored" in refused(checks.row_balance, project)[1]

    def test_a_record_that_is_neither_a_trace_nor_set_aside(self, project: Project) -> None:
        rereport(project, RAW, records_in=4)
        said = f"{KEY}: 4 records in, 3 accounted for"
        assert refused(checks.row_balance, project) == (ERROR, said)

    def test_bytes_that_no_reader_accounted_for(self, project: Project) -> None:
        rereport(project, RAW, held=500, accounted=480)
        assert "of 500 bytes" in refused(checks.row_balance, project)[1]

    def test_one_partition_of_a_range_is_enough_and_an_unread_one_is_not_its_subject(
        self, project: Project
    ) -> None:
        found = run(checks.row_balance, project, "never-read")
        assert found.passed is True
        rewrite(project, RAW, lambda rows: rows.head(1))
        assert refused(checks.row_balance, project, "never-read", KEY)[1].startswith(KEY)


class TestExportsAreReadable:
    def test_a_quarantined_line_is_a_warning_that_names_the_export(self, project: Project) -> None:
        severity, said = refused(checks.exports_are_readable, project)
        assert severity == WARN
        assert f"1 of 3 records are quarantined, in {KEY} (1)" in said

    def test_an_export_without_a_bad_line_passes(self, project: Project) -> None:
        rereport(project, RAW, quarantined={})
        assert run(checks.exports_are_readable, project).passed is True

    def test_an_export_that_was_not_read(self, project: Project) -> None:
        rereport(project, RAW, quarantined={})
        severity, said = refused(checks.exports_are_readable, project, KEY, "never-read")
        assert severity == ERROR and said.startswith("never-read: it was not read")

    def test_an_export_that_was_set_aside_whole(self, project: Project) -> None:
        rereport(project, RAW, unreadable="a.jsonl: not a Parquet file", quarantined={})
        assert refused(checks.exports_are_readable, project) == (
            ERROR,
            f"{KEY}: a.jsonl: not a Parquet file",
        )

    def test_an_export_of_which_no_line_is_a_trace(self, project: Project) -> None:
        rereport(project, RAW, traces=0, quarantined={"unknown_shape": 3})
        severity, said = refused(checks.exports_are_readable, project)
        assert severity == ERROR
        assert "it gave no trace, all 3 records are quarantined" in said


class TestExportsAreProcessed:
    def test_an_export_without_pairs_is_named(self, project: Project) -> None:
        project.workspace().store.remove(PAIRS, KEY)
        severity, said = refused(checks.exports_are_processed, project)
        assert severity == ERROR and said.startswith(f"Not processed: {KEY}.")

    def test_an_export_that_changed_since(self, project: Project) -> None:
        write_export(Path(project.landing_folder) / "a.jsonl", LOG[:1], age=30)
        project.workspace().landing.register(settle_seconds=1)
        assert KEY in refused(checks.exports_are_processed, project)[1]

    def test_an_unregistered_partition_is_not_processed(self, project: Project) -> None:
        assert "made-up" in refused(checks.exports_are_processed, project, KEY, "made-up")[1]

    def test_an_export_that_is_left_out_is_not_waited_for(self, project: Project) -> None:
        project.workspace().store.remove(PAIRS, KEY)
        project.settings_file.write_text('intake: {left_out: ["a.jsonl"]}\n')
        assert run(checks.exports_are_processed, project).passed is True


class TestEveryTraceIsVerified:
    def test_a_trace_that_is_missing_after_cleaning(self, project: Project) -> None:
        rewrite(project, CLEANED, lambda rows: rows.head(1))
        said = f"{KEY}: 2 raw traces, 1 cleaned ones"
        assert refused(checks.every_trace_is_verified, project) == (ERROR, said)

    @pytest.mark.parametrize("verdict", [None, "right", ""])
    def test_a_trace_without_one_of_the_three_verdicts(
        self, project: Project, verdict: str | None
    ) -> None:
        first = pl.int_range(pl.len()) == 0
        rewrite(
            project,
            CLEANED,
            lambda rows: rows.with_columns(
                verdict=pl.when(first).then(pl.lit(verdict)).otherwise("verdict")
            ),
        )
        assert (
            "1 without a verdict, 0 of another"
            in refused(checks.every_trace_is_verified, project)[1]
        )

    @pytest.mark.parametrize("version", [None, VERIFIER_VERSION + "-old"])
    def test_a_trace_of_another_version_of_the_verifier(
        self, project: Project, version: str | None
    ) -> None:
        rewrite(
            project,
            CLEANED,
            lambda rows: rows.with_columns(verifier_version=pl.lit(version, dtype=pl.String)),
        )
        assert (
            "0 without a verdict, 2 of another"
            in refused(checks.every_trace_is_verified, project)[1]
        )

    def test_a_partition_that_is_not_cleaned_yet_hides_no_other(self, project: Project) -> None:
        assert run(checks.every_trace_is_verified, project, "not-cleaned").passed is True
        rewrite(project, CLEANED, lambda rows: rows.head(1))
        assert KEY in refused(checks.every_trace_is_verified, project, "not-cleaned", KEY)[1]


def test_a_verifier_that_failed_on_a_trace_is_a_warning_that_shows_the_trace(
    project: Project,
) -> None:
    rows = [{"reason": "pass"}, {"reason": "worker_crashed", "trace_id": "t7", "line_number": 7}]
    put(project, CLEANED, rows, CLEANED_SCHEMA)
    severity, said = refused(checks.verifier_did_not_crash, project)
    assert severity == WARN and "failed on 1 of 2 traces" in said
    shown = run(checks.verifier_did_not_crash, project).metadata["traces"]
    assert [(row.data["trace_id"], row.data["line_number"]) for row in shown.records] == [("t7", 7)]


class TestHumanVerdictsHold:
    def sheet(self, project: Project, judged_key: str, decision: str) -> Path:
        path = project.workspace().overrides_folder / "sheet.csv"
        write_text(path, f"judged_keys,override\n{judged_key},{decision}\n")
        return path

    def judged(self, project: Project) -> str:
        key: str = pl.read_parquet(project.workspace().store.partition(CLEANED, KEY))["judged_key"][
            0
        ]
        return key

    def test_a_row_that_says_nothing_that_we_know(self, project: Project) -> None:
        sheet = self.sheet(project, self.judged(project), "perhaps")
        severity, said = refused(checks.human_verdicts_hold, project)
        assert severity == ERROR
        assert f"1 rows are not applied, the first: {sheet}, row 2: override is" in said

    def test_a_row_about_a_judgement_that_there_is_none_of(self, project: Project) -> None:
        self.sheet(project, "t0123456789abcdef", "correct")
        severity, said = refused(checks.human_verdicts_hold, project)
        assert severity == WARN and "t0123456789abcdef is no trace's" in said

    def test_a_verdict_that_is_not_applied_yet(self, project: Project) -> None:
        self.sheet(project, self.judged(project), "incorrect")
        assert refused(checks.human_verdicts_hold, project) == (
            WARN,
            f"Changed since {KEY} was cleaned: materialize it again.",
        )
        process(project)
        assert run(checks.human_verdicts_hold, project).passed is True


@pytest.mark.parametrize(
    ("differing", "compared", "severity"),
    # More than a tenth of at least twenty is an error: the log may judge something else.
    [(1, 20, WARN), (2, 20, WARN), (3, 20, ERROR), (19, 19, WARN), (20, 20, ERROR)],
)
def test_logged_verdicts_that_differ_from_the_verifiers(
    project: Project, differing: int, compared: int, severity: dg.AssetCheckSeverity
) -> None:
    agrees: list[bool | None] = [number >= differing for number in range(compared)]
    rows = [{"export": KEY, "agrees_with_log": told} for told in [*agrees, None]]
    put(project, CLEANED, rows, CLEANED_SCHEMA)
    found_severity, said = refused(checks.log_agrees, project)
    assert found_severity == severity
    assert f"{differing} of {compared} logged verdicts differ" in said
    assert (f"More than 10% do in {KEY} ({differing})" in said) == (severity == ERROR)


PAIR = {
    "pair_id": "1",
    "prompt": "Compute 3*(4+5)",
    "ground_truth": "27",
    "chosen": "FINAL ANSWER: 27",
    "rejected": "FINAL ANSWER: 17",
    "chosen_answer": "27",
    "rejected_answer": "17",
    "chosen_method": "exact",
    "rejected_reason": "mismatch",
}


class TestNoChosenIsRejected:
    @pytest.mark.parametrize(
        "change",
        [
            {"rejected": PAIR["chosen"]},
            {"chosen": None, "rejected": None},
            {"chosen": ""},
            {"chosen": None},
            {"rejected": " \n"},
            {"rejected": None},
            {"rejected_answer": "27"},
            {"rejected_answer": "27", "chosen_method": None},
        ],
        ids=str,
    )
    def test_two_sides_that_do_not_differ(self, project: Project, change: dict[str, Any]) -> None:
        put(project, PAIRS, [PAIR], PAIR_SCHEMA)
        assert run(checks.no_chosen_is_rejected, project).passed is True
        put(project, PAIRS, [PAIR, {**PAIR, **change}], PAIR_SCHEMA)
        said = "1 of 2 pairs have two sides that do not differ."
        assert refused(checks.no_chosen_is_rejected, project) == (ERROR, said)

    @pytest.mark.parametrize("human", ["chosen_method", "rejected_reason"])
    def test_a_person_may_reject_a_right_answer_by_a_wrong_way(
        self, project: Project, human: str
    ) -> None:
        pair = {**PAIR, "rejected_answer": "27", human: "human"}
        put(project, PAIRS, [pair], PAIR_SCHEMA)
        assert run(checks.no_chosen_is_rejected, project).passed is True


class TestVerdictsHoldAgain:
    def found(self, project: Project, *pairs: dict[str, Any]) -> bool:
        put(project, PAIRS, list(pairs), PAIR_SCHEMA)
        return run(checks.verdicts_hold_again, project).passed

    def test_a_chosen_text_with_a_wrong_answer(self, project: Project) -> None:
        assert self.found(project, PAIR)
        assert not self.found(project, {**PAIR, "chosen": "FINAL ANSWER: 18"})
        assert refused(checks.verdicts_hold_again, project) == (
            ERROR,
            "1 sides of 1 pairs are judged differently now.",
        )

    def test_a_chosen_text_without_an_answer(self, project: Project) -> None:
        assert not self.found(project, {**PAIR, "chosen": "I do not know."})

    def test_a_rejected_text_with_the_right_answer(self, project: Project) -> None:
        assert not self.found(project, {**PAIR, "rejected": "FINAL ANSWER: 54/2"})

    def test_a_rejected_text_without_an_answer_is_fine_only_where_it_was_let_in_as_such(
        self, project: Project
    ) -> None:
        silent = {**PAIR, "rejected": "I do not know."}
        assert not self.found(project, silent)
        assert self.found(project, {**silent, "rejected_reason": "no_final_answer"})

    @pytest.mark.parametrize("human", ["chosen_method", "rejected_reason"])
    def test_what_a_person_decided_is_not_asked_again(self, project: Project, human: str) -> None:
        assert self.found(project, {**PAIR, "rejected": "FINAL ANSWER: 27", human: "human"})

    def test_one_broken_pair_among_good_ones(self, project: Project) -> None:
        broken = {**PAIR, "pair_id": "0", "chosen": "FINAL ANSWER: 18"}
        assert not self.found(project, PAIR, broken, {**PAIR, "pair_id": "2"})


@pytest.mark.parametrize("file", ["train", "validation", "sft"])
def test_a_problem_that_is_trained_on_and_held_out_in_another_order(
    project: Project, file: str
) -> None:
    def publish(version: str, held_out: str) -> None:
        with project.workspace().store.versions("dpo_dataset").new_version(version) as folder:
            for name in ("train", "validation", "sft"):
                prompt = "Compute 3+4." if name == file else f"Compute 1+1 {name}."
                write_text(folder / f"{name}.jsonl", f'{{"prompt": "{prompt}"}}\n')
            write_text(folder / "eval_prompts.jsonl", f'{{"prompt": "{held_out}"}}\n')

    publish("d1", "Compute 5+6.")
    assert run(checks.no_prompt_on_both_sides, project).passed is True
    publish("d2", "Compute 4+3.")
    assert refused(checks.no_prompt_on_both_sides, project) == (
        ERROR,
        "1 problems are both trained on and held out.",
    )


def test_an_export_that_is_in_no_pair_yet_is_named_beside_the_dataset(project: Project) -> None:
    project.workspace().store.remove(PAIRS, KEY)
    severity, said = refused(checks.pairs_follow_traces, project)
    assert severity == WARN
    assert said.startswith(f"Not in this dataset, or changed since: {KEY}.")


class Sampler:
    """Writes these completions in place of the process that samples a checkpoint."""

    def __init__(self, *completions: str) -> None:
        self.completions = completions

    def within(self, context: object) -> "Sampler":
        return self

    def sample(self, request: SamplingRequest) -> None:
        rows = [
            {"prompt": "p", "mode": "greedy", "completion": text, "truncated": False}
            for text in self.completions
        ]
        frame = pl.DataFrame(rows, schema_overrides=SAMPLE_SCHEMA)
        write_parquet(Store(request.root).partition(UNJUDGED, "dpo"), frame)


@pytest.mark.parametrize(
    ("completions", "passes"), [(["", " \n"], False), (["", "4"], True), (["4", "5"], True)]
)
def test_a_checkpoint_that_writes_nothing(
    project: Project, completions: list[str], passes: bool
) -> None:
    with project.workspace().store.versions("dpo_checkpoint").new_version("v1") as folder:
        write_text(folder / "model" / "config.json", "{}")
    with project.workspace().store.versions("dpo_dataset").new_version("d1") as folder:
        write_text(folder / "eval_prompts.jsonl", "")
    found = run(checks.loads_and_generates, project, tasks=Sampler(*completions))
    assert found.passed is passes
    assert (found.description or "").endswith("of 2 completions hold text.")


@pytest.mark.parametrize("warnings", [[], ["The chosen completions fell by 40.0 nats."]])
def test_a_training_that_unlearned_its_answers(project: Project, warnings: list[str]) -> None:
    with project.workspace().store.versions("dpo_checkpoint").new_version("v1") as folder:
        report = replace(manifest("base").report, warnings=warnings)
        write_json(folder / "manifest.json", as_json(manifest("base", report=report)))
    found = run(checks.training_is_sound, project)
    assert found.passed is (not warnings)
    assert found.severity == WARN
    assert found.description == (warnings or ["Training gave no warning."])[0]


def test_a_candidate_that_the_gate_refuses(project: Project) -> None:
    better = GateCondition("improvement", True, 0.1, 0.0, "avg@8 rose by 10 points.")
    slower = GateCondition("greedy_not_worse", False, -0.1, 0.0, "Greedy fell by 10 points.")
    for conditions, passes in (([better], True), ([better, slower], False)):
        with (
            project.workspace()
            .store.versions("offline_eval_pass_rates")
            .new_version(f"e{passes}") as folder
        ):
            write_json(folder / "decision.json", GateDecision(conditions).as_dict())
        assert run(checks.no_regression, project).passed is passes
    assert (
        "1 of 2 conditions fail: Greedy fell by 10 points."
        in refused(checks.no_regression, project)[1]
    )


def test_every_check_of_the_graph_is_in_this_file() -> None:
    defined = {
        name for name, value in vars(checks).items() if isinstance(value, dg.AssetChecksDefinition)
    }
    source = Path(__file__).read_text("utf-8")
    assert len(defined) == 14
    assert [name for name in sorted(defined) if f"checks.{name}" not in source] == []

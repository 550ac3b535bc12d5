import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dpo_math_assets.cli import main
from dpo_math_assets.stages.ingest import clean_partition, read_partition
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets_tests.evaluation.conftest import make_tiny_model


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write(path: Path, rows: list[Any]) -> Path:
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def test_verify_writes_every_row_back_with_its_verdict(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "model_output": "so \\boxed{\\frac12}", "gold": "0.5", "extra": [1]},
        {"id": 2, "prediction": "FINAL ANSWER: 13", "ground_truth": "14"},
        {
            "id": 3,
            "candidate": "First add both.\nThen multiply by the first.",
            "ground_truth": "14",
        },
        {"id": 4, "candidate": "14"},
        {"id": 5, "final_answer": 14, "ground_truth": 14},
    ]
    out = tmp_path / "out.jsonl"
    assert (
        main(["verify", "--input", str(write(tmp_path / "in.jsonl", rows)), "--output", str(out)])
        == 0
    )
    judged = lines(out)
    assert [{key: row[key] for key in rows[n]} for n, row in enumerate(judged)] == rows
    assert [(row["verdict"], row["ok"], row["reason"]) for row in judged] == [
        ("correct", True, "pass"),
        ("incorrect", False, "mismatch"),
        ("undecided", None, "no_final_answer"),
        ("undecided", None, "missing_inputs"),
        ("correct", True, "pass"),
    ]
    assert (judged[0]["extracted"], judged[1]["method"]) == ("\\frac12", None)


def test_verify_explains_each_verdict_where_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"candidate": "\\sin x", "ground_truth": "\\cos x"}
    source, out = write(tmp_path / "in.jsonl", [row]), tmp_path / "out.jsonl"
    assert main(["verify", "--explain", "--input", str(source), "--output", str(out)]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(row)))
    assert main(["verify", "--explain"]) == 0
    for explained in (*lines(out), json.loads(capsys.readouterr().out)):
        steps = {step["rule"]: step for step in explained["explanation"]}
        assert steps["witness.point"]["before"].startswith("x = ")
        assert steps["witness.point"]["why"]


def test_verify_can_stand_where_the_runtime_calls_its_checker(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    payloads = [
        {"final_answer": "FINAL ANSWER: 2+2", "ground_truth": "4"},
        {"final_answer": "5", "ground_truth": "4"},
        {"final_answer": "", "ground_truth": "4"},
        "not JSON",
        "[1]",
    ]
    text = "\n".join(p if isinstance(p, str) else json.dumps(p) for p in payloads)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["verify"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(answer["ok"], answer["reason"]) for answer in answers] == [
        (True, "pass"),
        (False, "mismatch"),
        (False, "missing_inputs"),
        (False, "bad_payload"),
        (False, "bad_payload"),
    ]
    assert set(answers[0]) == {"ok", "reason"}


def test_a_line_of_the_input_that_is_not_json_is_named_and_nothing_half_written_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path / "in.jsonl", [{"candidate": "1", "gold": "1"}, "{broken"])
    assert main(["verify", "--input", str(source), "--output", str(tmp_path / "out.jsonl")]) == 2
    assert "in.jsonl, line 2: not JSON" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_output_stays_strict_json_where_a_log_holds_nan_or_a_lone_surrogate(tmp_path: Path) -> None:
    rows = [
        '{"candidate": "1", "gold": "1", "score": NaN}',
        '{"candidate": "\\ud800 1", "gold": "1"}',
    ]
    out = tmp_path / "out.jsonl"
    source = write(tmp_path / "in.jsonl", rows)
    assert main(["verify", "--input", str(source), "--output", str(out)]) == 0

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    for line in out.read_text("utf-8").splitlines():
        json.loads(line, parse_constant=refuse)


def test_build_pairs_also_selects_a_training_set_with_problems_held_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"prompt": f"Compute {a}*7", "candidate": f"FINAL ANSWER: {answer}", "ground_truth": 7 * a}
        for a in range(2, 40)
        for answer in (7 * a, 7 * a + 1, a, 70 * a)
    ]
    log = write(tmp_path / "log.jsonl", rows)
    bench = write(tmp_path / "bench.jsonl", [{"id": 1, "prompt": "7*11", "ground_truth": "77"}])
    command = ["build-pairs", "--input", str(log), "--output", str(tmp_path / "pairs.jsonl")]
    command += ["--dataset", str(tmp_path / "d"), "--set", f"sampling.benchmark_files=['{bench}']"]
    assert main(command) == 0
    assert len(lines(tmp_path / "pairs.jsonl")) == 38 * 3
    train = {row["prompt"] for row in lines(tmp_path / "d/train.jsonl")}
    held_out = {row["prompt"] for row in lines(tmp_path / "d/eval_prompts.jsonl")}
    assert len(train) > 20 and held_out and not train & held_out
    assert "Compute 11*7" not in train
    assert f"{len(held_out)} held-out problems" in capsys.readouterr().err
    assert main(command) == 2  # an older training set is not written over
    assert "exists already" in capsys.readouterr().err


def test_build_pairs_reads_logs_of_several_shapes_into_one_file_of_pairs(tmp_path: Path) -> None:
    flat = write(
        tmp_path / "flat.jsonl",
        [
            {
                "trace_id": "a",
                "prompt": "Solve 2*(3+4)",
                "candidate": "FINAL ANSWER: 14",
                "ground_truth": "14",
                "ok": True,
            }
        ],
    )
    call = write(
        tmp_path / "calls.jsonl",
        [
            {
                "problem": {
                    "id": "s:1",
                    "goal": "Solve 2*(3+4)",
                    "persona_id": "p",
                    "context": {"ground_truth": "14"},
                },
                "solver_output": {"summary": "FINAL ANSWER: 15", "data": {}, "essence_ids": []},
                "check": {"ok": False, "reason": "mismatch", "metrics": {}, "citations": []},
            }
        ],
    )
    out = tmp_path / "pairs.jsonl"
    assert main(["build-pairs", "--input", str(flat), str(call), "--output", str(out)]) == 0
    (pair,) = lines(out)
    assert (pair["prompt"], pair["chosen"], pair["rejected"]) == (
        "Solve 2*(3+4)",
        "FINAL ANSWER: 14",
        "FINAL ANSWER: 15",
    )
    assert pair["meta"]["trace_id"] == pair["meta"]["trace_id_pass"] == "a"
    assert pair["meta"]["verifier"] == "math.sympy.verify"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["verify", "--input", "x.jsonl"], "--input and --output go together"),
        (["verify", "--input", "none.jsonl", "--output", "o"], "none.jsonl cannot be read"),
        (["build-pairs", "--input", "none.jsonl", "--output", "o"], "none.jsonl"),
        (["audit", "--data", "none", "--output", "o.csv"], "no cleaned_traces there"),
        (["train", "--model", "", "--data", "none.jsonl", "--out", "o"], "none.jsonl"),
        (["train", "--model", "m", "--data", "d", "--out", "o", "--set", "beta=1"], "section.name"),
        (
            ["train", "--model", "m", "--data", "d", "--out", "o", "--set", "training.bta=1"],
            "no setting named 'bta'",
        ),
        (["evaluate", "--model", "m", "--prompts", "none.jsonl", "--out", "o"], "none.jsonl"),
    ],
)
def test_a_mistake_is_one_sentence_on_stderr_and_no_traceback(
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_every_setting_is_printed_with_its_default_and_meaning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["settings"]) == 0
    printed = capsys.readouterr().out
    assert "training:\n" in printed
    assert "  beta: 0.1\n      " in printed
    assert "None" not in printed  # a setting without a description


@pytest.mark.slow
def test_a_model_is_trained_and_compared_with_its_base_without_dagster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make_tiny_model(tmp_path / "base", window=96)
    sums = [(f"{a}+{b}=", a + b) for a in range(2, 8) for b in range(a, 8)]
    pairs = write(
        tmp_path / "pairs.jsonl",
        [
            {"prompt": p, "chosen": f"FINAL ANSWER: {s}", "rejected": f"FINAL ANSWER: {s + 1}"}
            for p, s in sums[:16]
        ],
    )
    out = tmp_path / "trained"
    settings = ["--set", "training.learning_rate=1e-2", "--set", "training.max_length=64"]
    train = ["train", "--model", str(base), "--data", str(pairs), "--out", str(out), *settings]
    assert main(train) == 0
    assert (out / "model.safetensors").exists() and (out / "curves.json").exists()
    assert main(train) == 2
    assert "exists already" in capsys.readouterr().err

    prompts = write(
        tmp_path / "held_out.jsonl",
        [
            {"id": n, "prompt": p, "ground_truth": str(s), "meta": {}}
            for n, (p, s) in enumerate(sums[16:])
        ],
    )
    report = tmp_path / "report"
    evaluate = ["evaluate", "--model", str(out), "--against", str(base), "--out", str(report)]
    evaluate += ["--prompts", str(prompts), "--trained-on", str(pairs)]
    evaluate += ["--set", "sampling.k=2", "--set", "sampling.max_new_tokens=24"]

    def stop(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr("dpo_math_assets.stages.evaluation.judge_samples", stop)
        with pytest.raises(KeyboardInterrupt):
            main(evaluate)
    assert not report.exists()
    with monkeypatch.context() as drawn_already:
        drawn_already.setattr("dpo_math_assets.evaluation.sampling.sample_model", stop)
        assert main(evaluate) == 0
    rates = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(rate["model"], rate["prompts"]) for rate in rates] == [(str(out), 5), (str(base), 5)]
    conditions = {
        condition["name"]: condition["passed"]
        for condition in json.loads((report / "decision.json").read_text())["conditions"]
    }
    assert conditions["not_trained_on"] is True
    assert "chosen_still_likely" in conditions
    assert (report / "report.html").exists()
    assert {path.name for path in tmp_path.iterdir()} == {
        "base",
        "pairs.jsonl",
        "trained",
        "held_out.jsonl",
        "report",
    }


def test_audit_shows_no_answer_of_an_export_that_is_left_out(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    row = {"candidate": "FINAL ANSWER: 7", "ground_truth": "5", "ok": True}
    write(landing / "games.jsonl", [{**row, "prompt": "Compute 2+3"}])
    write(landing / "sums.jsonl", [{**row, "prompt": "Compute 1+4"}])
    workspace = Workspace.at(tmp_path)
    workspace.landing.register(0)
    exports = workspace.landing.partitions()
    for key in exports:
        read_partition(workspace, key, exports)
        clean_partition(workspace, key)
    (tmp_path / "settings.yaml").write_text("intake: {left_out: [games.jsonl]}\n")
    sheet = tmp_path / "sheet.csv"
    assert main(["audit", "--data", str(tmp_path), "--output", str(sheet)]) == 0
    assert "Compute 1+4" in sheet.read_text("utf-8-sig")
    assert "Compute 2+3" not in sheet.read_text("utf-8-sig")


def test_export_traces_writes_new_rows_of_the_database_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "runtime.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE task_trace (id text, created_at text, ok boolean)")
        connection.execute("INSERT INTO task_trace VALUES ('t1', '2026-01-05T10:00:00.000Z', 1)")
        connection.commit()
    monkeypatch.setenv("DPO_MATH_DATABASE_URL", f"sqlite:///{database}")
    out = tmp_path / "logs"
    assert main(["export-traces", "--out", str(out)]) == 0
    written = out / "task_trace" / "000001.jsonl"
    assert capsys.readouterr().out == f"{written}\n"
    assert [row["id"] for row in lines(written)] == ["t1"]
    assert main(["export-traces", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.out == "" and "No new rows" in captured.err
    monkeypatch.delenv("DPO_MATH_DATABASE_URL")
    assert main(["export-traces", "--out", str(out)]) == 2
    assert "DPO_MATH_DATABASE_URL is not set" in capsys.readouterr().err

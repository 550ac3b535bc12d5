"""The benchmarks' baseline does what the script that people use today does, faults included."""

import importlib.util
import json
from pathlib import Path

import dpo_math_assets

SCRIPT = Path(dpo_math_assets.__file__).parents[1] / "benchmarks" / "todays_script.py"


def test_every_right_is_paired_with_every_wrong_and_what_it_cannot_read_is_dropped(
    tmp_path: Path,
) -> None:
    spec = importlib.util.spec_from_file_location("todays_script", SCRIPT)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    same = {"prompt": " 2*7 ", "ground_truth": "14"}
    records = [
        {**same, "trace_id": "a", "candidate": "14", "ok": True},
        {**same, "trace_id": "b", "solver_output": "15", "ok": "false"},  # text is true
        {**same, "trace_id": "c", "candidate": "16", "ok": False},
        {**same, "trace_id": "d", "candidate": "16", "ok": None},
        {**same, "trace_id": "e", "candidate": " ", "ok": False},
        {**same, "trace_id": "f", "candidate": "17", "ground_truth": "14.0", "ok": False},
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, records)) + "\n{broken\n")
    assert script.build_pairs(log, tmp_path / "pairs.jsonl") == 4
    rows = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert [(row["meta"]["trace_id_pass"], row["meta"]["trace_id_fail"]) for row in rows] == [
        ("a", "c"),
        ("a", "d"),
        ("b", "c"),
        ("b", "d"),
    ]
    assert rows[0] == {
        "prompt": "2*7",
        "chosen": "14",
        "rejected": "16",
        "meta": {"trace_id_pass": "a", "trace_id_fail": "c", "verifier": "math.sympy.verify"},
    }

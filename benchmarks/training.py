"""What each preference loss does to the embedded default's model, and what our run costs over TRL.

    python benchmarks/training.py [--short] [--seeds 10 11 12] [--work DIR] [--only losses|overhead]

Losses: for each seed a base model is pre-trained, its log goes through the lineage's stages, and
every setting trains on the same pairs. Each model answers the same held-out problems and is
compared with its base prompt by prompt; the release gate judges it as it would judge a release.
Overhead: `train_dpo` and a bare TRL script train alternately on the same data, each in a process
of its own. With `--work` what is done is kept there, and an interrupted run goes on from it.

The demo's settings were picked on the held-out problems of its default split. So the problems that
are reported here are held out by another split, less all that the default one holds out, and the
seeds are others. Nothing here is a test: it reports and never fails.
"""

import argparse
import contextlib
import importlib.metadata
import io
import json
import multiprocessing
import os
import platform
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import polars as pl

from dpo_math_assets.demo.prepare import prepare_demo
from dpo_math_assets.demo.settings import THREADS, demo_sampling, demo_training
from dpo_math_assets.evaluation.gate import judge_release
from dpo_math_assets.evaluation.judge import judge_samples
from dpo_math_assets.evaluation.prompts import load_eval_prompts
from dpo_math_assets.evaluation.sampling import sample_model
from dpo_math_assets.evaluation.statistics import compare_models
from dpo_math_assets.pairs.selection import DatasetSettings
from dpo_math_assets.pairs.split import TRAIN, SplitSettings, split_of
from dpo_math_assets.settings import Settings
from dpo_math_assets.stages.dataset import write_dataset
from dpo_math_assets.stages.ingest import (
    clean_partition,
    pair_partition,
    pairing_inputs,
    read_file,
)
from dpo_math_assets.stages.workspace import Workspace
from dpo_math_assets.storage import atomic_folder, digest, write_json, write_parquet
from dpo_math_assets.traces.landing import partition_key
from dpo_math_assets.traces.places import fingerprint_file
from dpo_math_assets.traces.prompts import canonical_key
from dpo_math_assets.training.settings import TrainingSettings

SEEDS = [10, 11, 12]
SPLIT = SplitSettings(split_salt="benchmark-of-losses")
BASE = "base"


@dataclass(frozen=True)
class Setting:
    """One row of the table: a loss with its weights, beta and learning rate."""

    loss: list[str]  # TRL's names, or ["control"]: SFT on the verified completions alone
    weights: list[float]
    beta: float
    learning_rate: float

    @property
    def name(self) -> str:
        """What the table calls it."""
        if self.is_control:
            return f"SFT control, lr {self.learning_rate:g}"
        terms = " + ".join(
            loss if weight == 1.0 else f"{weight:g} {loss}"
            for loss, weight in zip(self.loss, self.weights, strict=True)
        )
        return f"{terms}, beta {self.beta:g}, lr {self.learning_rate:g}"

    @property
    def is_control(self) -> bool:
        """Trained without preferences."""
        return self.loss == ["control"]

    def training(self, base_model: Path, seed: int) -> TrainingSettings:
        """The demo's run with this loss."""
        changes: dict[str, Any] = {"learning_rate": self.learning_rate, "seed": seed}
        if not self.is_control:
            changes |= {
                "loss_type": self.loss,
                "loss_weights": self.weights,
                "beta": self.beta,
            }
        return demo_training(str(base_model)).model_copy(update=changes)


DEMO = demo_training(BASE)
DEMO_SETTING = Setting(DEMO.loss_type, DEMO.loss_weights, DEMO.beta, DEMO.learning_rate)
CONTROL = Setting(["control"], [1.0], 0.1, DEMO.learning_rate)
COLLAPSING = Setting(["sigmoid"], [1.0], 0.1, 1e-3)
SETTINGS = [
    CONTROL,
    Setting(["control"], [1.0], 0.1, 1e-3),
    DEMO_SETTING,
    Setting(["sigmoid", "sft"], [1.0, 1.0], 0.1, 2e-4),
    Setting(["sigmoid", "sft"], [1.0, 1.0], 0.1, 5e-4),
    Setting(["sigmoid", "sft"], [1.0, 1.0], 0.1, 1e-3),
    Setting(["sigmoid"], [1.0], 0.1, 1e-4),
    Setting(["sigmoid"], [1.0], 0.1, 5e-4),
    Setting(["sigmoid"], [1.0], 0.3, 5e-4),
    COLLAPSING,
    Setting(["ipo"], [1.0], 0.1, 1e-4),
    Setting(["ipo"], [1.0], 0.1, 5e-4),
    Setting(["ipo"], [1.0], 0.1, 1e-3),
]
SHORT_SETTINGS = [CONTROL, DEMO_SETTING, COLLAPSING]


@dataclass(frozen=True)
class Inputs:
    """What every setting of a seed starts from."""

    base_model: Path
    dataset: Path
    prompts: pl.DataFrame  # PROMPT_SCHEMA: the problems that are reported


def say(text: str) -> None:
    """Progress, apart from the tables."""
    print(f"[{datetime.now(UTC):%H:%M:%S}] {text}", flush=True)


def show(rows: list[dict[str, Any]]) -> None:
    """Rows as a Markdown table."""
    with pl.Config(
        tbl_formatting="MARKDOWN",
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=1000,
        fmt_str_lengths=400,
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
    ):
        print(pl.DataFrame(rows, infer_schema_length=None), flush=True)


def quiet(_: dict[str, float | int | str]) -> None:
    """Progress that nobody follows."""


def prepare(work: Path, seed: int, size: str) -> Inputs:
    """Base model, dataset and held-out problems of a seed; what is there already is kept."""
    paths = prepare_demo(
        work, work / "landing", seed=seed, size=size, split=SPLIT, on_progress=quiet
    )
    dataset = dataset_of(paths.export, work, DatasetSettings(**SPLIT.model_dump()))
    return Inputs(paths.base_model, dataset, fresh(load_eval_prompts(dataset, [])))


def dataset_of(export: Path, work: Path, selection: DatasetSettings) -> Path:
    """The dataset that the lineage's stages make of one export; kept where it is there already."""
    dataset = work / "dataset"
    if not dataset.exists():
        workspace = Workspace.at(work / "store", settings=Settings(dataset=selection))
        key = partition_key(1, export.name)
        read_file(workspace, key, export, fingerprint_file(export))
        clean_partition(workspace, key)
        pair_partition(workspace, key, pairing_inputs(workspace, [key]))
        with atomic_folder(dataset) as folder:
            write_dataset(workspace, [key], folder, lineage={"exports": [key]})
    return dataset


def fresh(prompts: pl.DataFrame) -> pl.DataFrame:
    """The prompts on which no setting was ever picked: those that the demo trains on."""
    default = SplitSettings()
    sides = [split_of(canonical_key(prompt), default) for prompt in prompts["prompt"]]
    return prompts.filter(pl.Series(sides) == TRAIN)


def answers(model: Path, name: str, inputs: Inputs, seed: int, size: str, out: Path) -> Any:
    """Judged samples of a model on the reported problems, SAMPLE_SCHEMA."""
    if not out.exists():
        settings = demo_sampling(size).model_copy(update={"seed": seed})
        drawn = out.with_name(f"{out.stem}-drawn.parquet")
        sample_model(str(model), inputs.prompts, name, settings, drawn)
        write_parquet(out, judge_samples(pl.read_parquet(drawn), workers=2))
        drawn.unlink()
    return pl.read_parquet(out)


def row_of(
    setting: Setting, seed: int, inputs: Inputs, base: pl.DataFrame, work: Path, size: str
) -> dict[str, Any]:
    """Train one setting, and compare it with its base: one row of numbers."""
    from dpo_math_assets.training.dpo import train_dpo
    from dpo_math_assets.training.sft import train_sft_control

    kept = work / f"{digest([asdict(setting), seed, size])}.json"
    if kept.exists():
        row: dict[str, Any] = json.loads(kept.read_text("utf-8"))
        return row
    run = train_sft_control if setting.is_control else train_dpo
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        model = Path(temporary) / "model"
        report = run(setting.training(inputs.base_model, seed), inputs.dataset, model, quiet)
        samples = answers(model, "dpo", inputs, seed, size, Path(temporary) / "judged.parquet")
    fall = report.logps_chosen_fall_per_token
    compared = compare_models(pl.concat([base, samples]))
    decision = judge_release(compared, chosen_fall=fall)
    assert compared.mcnemar is not None
    row = {
        "setting": setting.name,
        "seed": seed,
        "prompts": compared.n_prompts,
        "base": {name: found.base_rate for name, found in compared.differences.items()},
        "differences": {name: asdict(found) for name, found in compared.differences.items()},
        "mcnemar_p": compared.mcnemar.p_value,
        "fall": fall,
        "reward_accuracy": report.final.get("rewards/accuracies"),
        "cpu_seconds": report.cpu_seconds,
        "steps": report.steps,
        "displaced": any("likelihood displacement" in warning for warning in report.warnings),
        "holds": decision.holds,
        "failed": [condition.name for condition in decision.conditions if not condition.passed],
        "summary": decision.summary(),
    }
    write_json(kept, row)
    return row


def percent(rate: float) -> str:
    return f"{100 * rate:.1f}"


def p_value(p: float) -> str:
    return "<.001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def table_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row of numbers as the table shows it."""
    sampled = row["differences"]["avg_at_k"]
    return {
        "seed": row["seed"],
        "model": row["setting"],
        "avg@8": percent(sampled["candidate_rate"]),
        "gain [95 %]": f"{100 * sampled['difference']:+.1f} "
        f"[{100 * sampled['low']:+.1f}, {100 * sampled['high']:+.1f}]",
        "p": p_value(sampled["p_value"]),
        "greedy": percent(row["differences"]["pass_at_1"]["candidate_rate"]),
        "McNemar p": p_value(row["mcnemar_p"]),
        "pass@8": percent(row["differences"]["pass_at_k"]["candidate_rate"]),
        "fall of chosen, nats/token": "" if row["fall"] is None else f"{row['fall']:+.2f}",
        "reward accuracy": ""
        if row["reward_accuracy"] is None
        else f"{row['reward_accuracy']:.2f}",
        "CPU s": f"{row['cpu_seconds']:.0f}",
        "training warned": "displacement" if row["displaced"] else "",
        "gate": "holds" if row["holds"] else "refuses: " + ", ".join(row["failed"]),
    }


def base_row(row: dict[str, Any]) -> dict[str, Any]:
    """The base that a row was compared with, as the table shows it."""
    empty = dict.fromkeys(table_row(row), "")
    rates = row["base"]
    return empty | {
        "seed": row["seed"],
        "model": BASE,
        "avg@8": percent(rates["avg_at_k"]),
        "greedy": percent(rates["pass_at_1"]),
        "pass@8": percent(rates["pass_at_k"]),
    }


def summary_row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One setting over all seeds."""
    gains = [row["differences"]["avg_at_k"]["difference"] for row in rows]
    falls = [row["fall"] for row in rows if row["fall"] is not None]
    accuracies = [row["reward_accuracy"] for row in rows if row["reward_accuracy"] is not None]

    def mean_rate(metric: str) -> str:
        return percent(
            statistics.mean(row["differences"][metric]["candidate_rate"] for row in rows)
        )

    return {
        "model": rows[0]["setting"],
        "avg@8": mean_rate("avg_at_k"),
        "gain, least to most": f"{100 * min(gains):+.1f} to {100 * max(gains):+.1f}",
        "greedy": mean_rate("pass_at_1"),
        "pass@8": mean_rate("pass_at_k"),
        "fall of chosen": f"{statistics.mean(falls):+.2f}" if falls else "",
        "reward accuracy": f"{statistics.mean(accuracies):.2f}" if accuracies else "",
        "warned": f"{sum(row['displaced'] for row in rows)} of {len(rows)}" if falls else "",
        "gate holds": f"{sum(row['holds'] for row in rows)} of {len(rows)}",
    }


def losses(work: Path, seeds: list[int], settings: list[Setting], size: str) -> None:
    """The table of losses and settings, a seed at a time, and over all of them."""
    print("\n## Losses and settings\n", flush=True)
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        folder = work / f"{size}-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        begun = time.process_time()
        inputs = prepare(folder, seed, size)
        base = answers(inputs.base_model, BASE, inputs, seed, size, folder / "base.parquet")
        say(
            f"seed {seed}: base model, log and dataset after {time.process_time() - begun:.0f} "
            f"CPU s, {inputs.prompts.height} problems held out"
        )
        for setting in settings:
            rows.append(row_of(setting, seed, inputs, base, folder, size))
            say(f"seed {seed}: {setting.name}")
    print()
    show(
        [
            line
            for seed in seeds
            for of_seed in [[row for row in rows if row["seed"] == seed]]
            for line in [base_row(of_seed[0]), *map(table_row, of_seed)]
        ]
    )
    print(f"\nOver {len(seeds)} seeds:\n")
    show(
        [
            summary_row([row for row in rows if row["setting"] == setting.name])
            for setting in settings
        ]
    )
    refused = next((row for row in rows if row["displaced"]), None)
    if refused:
        print(
            f"\nWhat the gate says of {refused['setting']} (seed {refused['seed']}): "
            f"{refused['summary']}"
        )


def ours(base_model: Path, dataset: Path, out: Path) -> None:
    """The run as the graph and the command line start it."""
    from dpo_math_assets.training.dpo import train_dpo

    train_dpo(demo_training(str(base_model)), dataset, out, quiet, work=out.parent / "states")


def bare(base_model: Path, dataset: Path, out: Path) -> None:
    """The same run as a script on TRL alone, written as its documentation does."""
    import torch
    from datasets import load_dataset
    from transformers import AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    torch.set_num_threads(THREADS)
    files = {side: str(dataset / f"{side}.jsonl") for side in ("train", "validation")}
    rows = load_dataset("json", data_files=files, cache_dir=str(out.parent / "cache"))
    config = DPOConfig(
        output_dir=str(out.parent / "states"),
        loss_type=DEMO.loss_type,
        loss_weights=DEMO.loss_weights,
        beta=DEMO.beta,
        learning_rate=DEMO.learning_rate,
        num_train_epochs=DEMO.epochs,
        per_device_train_batch_size=DEMO.batch_size,
        gradient_accumulation_steps=DEMO.gradient_accumulation_steps,
        max_length=DEMO.max_length,
        precompute_ref_log_probs=True,
        gradient_checkpointing=False,
        eval_strategy="epoch",
        save_strategy="steps",
        save_steps=DEMO.checkpoint_steps,
        save_total_limit=2,
        logging_steps=DEMO.logging_steps,
        seed=DEMO.seed,
        bf16=False,
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    trainer = DPOTrainer(
        model=str(base_model),
        args=config,
        train_dataset=rows["train"],
        eval_dataset=rows["validation"],
        processing_class=AutoTokenizer.from_pretrained(base_model),
    )
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.train()
    trainer.save_model(str(out))


def timed(
    run: Callable[[Path, Path, Path], None], base_model: Path, dataset: Path
) -> tuple[float, float, bytes]:
    """Seconds by the clock and of the processor of a run in a new process, and its weights."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        out = Path(temporary) / "model"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        process = multiprocessing.get_context("spawn").Process(
            target=run, args=(base_model, dataset, out)
        )
        process.start()
        process.join()
        seconds = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.exitcode:
            raise SystemExit(f"the {run.__name__} run failed")
        spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
        return seconds, spent, (out / "model.safetensors").read_bytes()


def overhead(work: Path, seed: int, size: str, rounds: int) -> None:
    """Our run against a bare TRL script, A B A B, whole processes with their imports."""
    print("\n## Overhead over a bare TRL run\n", flush=True)
    inputs = prepare(work / f"{size}-{seed}", seed, size)
    rows = []
    ratios: dict[str, list[float]] = {"clock": [], "processor": []}
    for number in range(1, rounds + 1):
        theirs = timed(bare, inputs.base_model, inputs.dataset)
        mine = timed(ours, inputs.base_model, inputs.dataset)
        ratios["clock"].append(mine[0] / theirs[0])
        ratios["processor"].append(mine[1] / theirs[1])
        rows.append(
            {
                "round": number,
                "bare TRL, s": f"{theirs[0]:.1f}",
                "train_dpo, s": f"{mine[0]:.1f}",
                "bare TRL, CPU s": f"{theirs[1]:.1f}",
                "train_dpo, CPU s": f"{mine[1]:.1f}",
                "ratio of CPU s": f"{mine[1] / theirs[1]:.3f}",
                "same weights": "yes" if mine[2] == theirs[2] else "no",
            }
        )
    show(rows)
    medians = ", ".join(f"{statistics.median(of):.3f} by the {by}" for by, of in ratios.items())
    print(f"\nMedian ratio of train_dpo to bare TRL: {medians}.")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="a tiny model, one seed, few rows")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--work", type=Path, help="folder to keep models and finished rows in")
    parser.add_argument("--only", choices=("losses", "overhead"))
    parser.add_argument("--rounds", type=int, default=4, help="pairs of runs for the overhead")
    options = parser.parse_args()
    size = "small" if options.short else "default"
    seeds = options.seeds[:1] if options.short else options.seeds
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("trl", "transformers", "torch")
    )
    print(
        f"# Training on the embedded default\n\n{datetime.now(UTC):%Y-%m-%d}, Python "
        f"{platform.python_version()}, {versions}; {os.cpu_count()} cores {platform.machine()}, "
        f"{THREADS} used; size {size}"
    )
    work = options.work or Path(tempfile.mkdtemp(prefix="benchmark-"))
    try:
        if options.only != "overhead":
            losses(work, seeds, SHORT_SETTINGS if options.short else SETTINGS, size)
        if options.only != "losses":
            overhead(work, seeds[0], size, 1 if options.short else options.rounds)
    finally:
        if options.work is None:
            shutil.rmtree(work)


if __name__ == "__main__":
    main()

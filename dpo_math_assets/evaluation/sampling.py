"""Completions of a model on the evaluation prompts: one greedy and k sampled, as a Parquet file.

Prompts are sorted by length and cut into shards, so that a batch holds prompts of like length and
padding is little. Each finished shard is a file of its own beside the output: a run that is killed
goes on from there. The shards' folder is named after everything that decides the samples (model,
prompts, settings), so shards of another run are never taken for this one's. A shard's random
numbers depend on the seed and the shard alone, so the same input gives the same samples, whether
or not the run was interrupted.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.generation import Completion, LocalModel
from dpo_math_assets.evaluation.prompts import load_eval_prompts as load_eval_prompts
from dpo_math_assets.evaluation.schema import PROMPT_SCHEMA, SAMPLE_SCHEMA
from dpo_math_assets.evaluation.server import ServerModel
from dpo_math_assets.evaluation.settings import SamplingSettings as SamplingSettings
from dpo_math_assets.storage import write_parquet

GREEDY = "greedy"
SAMPLED = "sampled"


@dataclass(frozen=True)
class SampleReport:
    """What one call of `sample_model` drew."""

    model: str
    prompts: int
    completions: int
    completion_tokens: int
    truncated: int
    resumed_shards: int  # shards that an earlier, interrupted run had finished
    shards: int
    seconds: float
    fingerprint: str  # of model, prompts and settings: equal means equal samples


class Generator(Protocol):
    """What answers: a model in this process or behind a server."""

    def identity(self) -> str:
        """Text that differs where the model does."""

    def length(self, prompt_id: str, prompt: str) -> int:
        """How long a prompt is, in a unit of its own; raises EvaluationError if too long."""

    def complete(
        self, prompts: list[tuple[str, str]], copies: int, greedy: bool, seed: int
    ) -> list[list[Completion]]:
        """`copies` completions of each (prompt_id, prompt), in order."""


@dataclass(frozen=True)
class _Shard:
    """Prompts that are answered together, in one mode."""

    number: int
    mode: str
    copies: int  # completions a prompt
    prompts: list[dict[str, Any]]  # rows of PROMPT_SCHEMA

    @property
    def completions(self) -> int:
        return self.copies * len(self.prompts)


def sample_model(
    model_dir: str,
    prompts: pl.DataFrame,
    model_name: str,
    settings: SamplingSettings,
    out: Path,
    on_progress: Callable[[dict[str, float | int | str]], None] | None = None,
    run_code_of: str = "",
) -> SampleReport:
    """Draw the completions of one model and write them to `out` (SAMPLE_SCHEMA, not yet judged).

    `model_dir` is a folder or hub id, `model_name` what the rows call it (base, dpo, sft). Rows
    come out ordered by prompt as given, greedy first. Raises EvaluationError where the model cannot
    be loaded or a prompt leaves no room to answer.
    """
    started = time.monotonic()
    chosen = limit_prompts(prompts, settings.max_prompts)
    generator: Generator
    if url := settings.server_urls.get(model_name):
        generator = ServerModel(url, model_dir, settings)
    else:
        generator = LocalModel(model_dir, settings, run_code_of)
    shards = _shards(chosen, generator, settings)
    fingerprint = _fingerprint(generator, chosen, model_name, settings)
    folder = out.parent / f".{out.stem}-shards-{fingerprint}"
    paths = [folder / f"{shard.number:06d}.parquet" for shard in shards]

    total = sum(shard.completions for shard in shards)
    resumed = done = 0
    for shard, path in zip(shards, paths, strict=True):
        if path.exists():
            resumed += 1
        else:
            write_parquet(path, _draw(generator, shard, model_name, settings.seed))
        done += shard.completions
        if on_progress is not None:
            on_progress({"model": model_name, "completions": done, "of": total})

    order = chosen.select("prompt_id").with_row_index("order")
    samples = (
        pl.concat([pl.read_parquet(path, glob=False) for path in paths])
        .join(order, on="prompt_id", validate="m:1")
        .sort("order", "mode", "sample")
        .select(SAMPLE_SCHEMA.names())
    )
    write_parquet(out, samples)
    for left_over in out.parent.glob(f".{out.stem}-shards-*"):
        shutil.rmtree(left_over)
    return SampleReport(
        model=model_name,
        prompts=chosen.height,
        completions=samples.height,
        completion_tokens=int(samples["completion_tokens"].sum()),
        truncated=int(samples["truncated"].sum()),
        resumed_shards=resumed,
        shards=len(shards),
        seconds=time.monotonic() - started,
        fingerprint=fingerprint,
    )


def limit_prompts(prompts: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most `most` prompts (0: all), the same ones for every model: those of smallest hash."""
    if prompts.is_empty():
        raise EvaluationError("There is no prompt to evaluate on.")
    if most == 0 or prompts.height <= most:
        return prompts.select(PROMPT_SCHEMA.names())
    digests = [hashlib.blake2b(name.encode()).hexdigest() for name in prompts["prompt_id"]]
    kept = set(sorted(digests)[:most])
    return prompts.filter(pl.Series([digest in kept for digest in digests])).select(
        PROMPT_SCHEMA.names()
    )


def _shards(
    prompts: pl.DataFrame, generator: Generator, settings: SamplingSettings
) -> list[_Shard]:
    rows = sorted(
        prompts.iter_rows(named=True),
        key=lambda row: (generator.length(row["prompt_id"], row["prompt"]), row["prompt_id"]),
    )
    modes = [(GREEDY, 1)] if settings.greedy else []
    modes.append((SAMPLED, settings.k))
    cuts: list[tuple[str, int, list[dict[str, Any]]]] = []
    for mode, copies in modes:
        size = max(1, settings.batch_size // copies)
        cuts.extend((mode, copies, rows[at : at + size]) for at in range(0, len(rows), size))
    return [_Shard(number, *cut) for number, cut in enumerate(cuts)]


def _fingerprint(
    generator: Generator, prompts: pl.DataFrame, model_name: str, settings: SamplingSettings
) -> str:
    """16 hex over everything that decides the samples."""
    aside = {"threads", "benchmark_files", "max_prompts", "server_urls", "server_requests"}
    aside |= {"server_timeout_s", "server_key_variable"}
    decisive = [generator.identity(), model_name, settings.model_dump(exclude=aside)]
    digest = hashlib.blake2b(digest_size=8)
    digest.update(json.dumps(decisive, sort_keys=True).encode())
    digest.update(prompts.write_json().encode())
    return digest.hexdigest()


def _draw(generator: Generator, shard: _Shard, model_name: str, seed: int) -> pl.DataFrame:
    """The completions of one shard as SAMPLE_SCHEMA."""
    texts = [(row["prompt_id"], row["prompt"]) for row in shard.prompts]
    digest = hashlib.blake2b(f"{seed}/{shard.number}".encode(), digest_size=7).digest()
    answers = generator.complete(
        texts, shard.copies, shard.mode == GREEDY, int.from_bytes(digest, "big")
    )
    rows = [
        {
            **prompt,
            "model": model_name,
            "mode": shard.mode,
            "sample": number,
            "completion": completion.text,
            "completion_tokens": completion.tokens,
            "truncated": completion.truncated,
        }
        for prompt, completions in zip(shard.prompts, answers, strict=True)
        for number, completion in enumerate(completions)
    ]
    return pl.DataFrame(rows, schema=SAMPLE_SCHEMA, orient="row")

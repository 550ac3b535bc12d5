"""Completions of a model on the evaluation prompts: one greedy and k sampled, as a Parquet file.

Prompts are sorted by length and cut into shards, so that a batch holds prompts of like length and
padding is little. Each finished shard is a file of its own beside the output: a run that is killed
goes on from there. The shards' folder is named after everything that decides the samples (model
weights, prompts, settings), so shards of another run are never taken for this one's. A shard's
random numbers depend on the seed and the shard alone, so the same input gives the same samples,
whether or not the run was interrupted.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, Field

from dpo_math_assets.errors import EvaluationError
from dpo_math_assets.evaluation.prompts import load_eval_prompts as load_eval_prompts
from dpo_math_assets.evaluation.schema import PROMPT_SCHEMA, SAMPLE_SCHEMA
from dpo_math_assets.storage import write_parquet

GREEDY = "greedy"
SAMPLED = "sampled"


class SamplingSettings(BaseModel):
    """How completions are drawn. All of it but `threads` decides the samples."""

    k: int = Field(default=8, ge=1, le=1024, description="Sampled completions a prompt.")
    temperature: float = Field(
        default=1.0, gt=0.0, le=5.0, description="Temperature of the sampled completions."
    )
    top_p: float = Field(
        default=1.0, gt=0.0, le=1.0, description="Nucleus of the sampled completions."
    )
    max_new_tokens: int = Field(
        default=256,
        ge=1,
        description="Tokens a completion may have, as far as the model's window has room; longer "
        "ones are cut off and marked as truncated.",
    )
    batch_size: int = Field(
        default=128,
        ge=1,
        description="Completions generated at once: more is faster until memory runs out.",
    )
    seed: int = Field(default=0, ge=0, description="Seed of the sampled completions.")
    greedy: bool = Field(default=True, description="Also draw one greedy completion a prompt.")
    max_prompts: int = Field(
        default=0, ge=0, description="Use at most this many prompts, chosen by hash; 0 for all."
    )
    benchmark_files: list[str] = Field(
        default_factory=list,
        description="JSON lines files of {id, prompt, ground_truth, meta} to evaluate on as well.",
    )
    chat_template: bool = Field(
        default=False,
        description="Send the prompt as a user message through the tokenizer's chat template. "
        "Training on plain prompts means evaluating on plain prompts.",
    )
    threads: int = Field(default=0, ge=0, description="CPU threads; 0 leaves torch's own choice.")


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
    fingerprint: str  # of model weights, prompts and settings: equal means equal samples


@dataclass(frozen=True)
class _Shard:
    """Prompts that are generated together, in one mode."""

    mode: str
    prompts: list[dict[str, Any]]  # rows of PROMPT_SCHEMA
    prompt_ids: list[list[int]]  # their token ids


def sample_model(
    model_dir: str,
    prompts: pl.DataFrame,
    model_name: str,
    settings: SamplingSettings,
    out: Path,
    on_progress: Callable[[dict[str, float | int | str]], None] | None = None,
) -> SampleReport:
    """Draw the completions of one model and write them to `out` (SAMPLE_SCHEMA, not yet judged).

    `model_dir` is a folder or hub id that transformers loads, `model_name` what the rows call it
    (base, dpo, sft). Rows come out ordered by prompt as given, greedy first. Raises
    EvaluationError where the model cannot be loaded or a prompt leaves no room to answer.
    """
    started = time.monotonic()
    chosen = limit_prompts(prompts, settings.max_prompts)
    model, tokenizer = _load(model_dir)
    encoded = [_encode(tokenizer, text, settings.chat_template) for text in chosen["prompt"]]
    _check_room(chosen, encoded, _window(model))

    fingerprint = _fingerprint(model, tokenizer, chosen, model_name, settings)
    folder = out.parent / f".{out.stem}-shards-{fingerprint}"
    shards = list(_shards(chosen, encoded, settings))
    total = sum(len(s.prompts) * (1 if s.mode == GREEDY else settings.k) for s in shards)
    resumed = done = 0
    paths = [folder / f"{number:06d}.parquet" for number in range(len(shards))]
    for number, (shard, path) in enumerate(zip(shards, paths, strict=True)):
        if path.exists():
            resumed += 1
        else:
            rows = _generate(model, tokenizer, shard, model_name, settings, number)
            write_parquet(path, pl.DataFrame(rows, schema=SAMPLE_SCHEMA, orient="row"))
        done += len(shard.prompts) * (1 if shard.mode == GREEDY else settings.k)
        if on_progress is not None:
            on_progress({"model": model_name, "completions": done, "of": total})

    order = chosen.select("prompt_id").with_row_index("order")
    samples = (
        pl.concat([pl.read_parquet(path) for path in paths])
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


def _load(model_dir: str) -> tuple[Any, Any]:
    """Model and tokenizer, ready to generate with left padding."""
    if not model_dir:
        raise EvaluationError("No model was named: give a folder or hub id.")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(model_dir)
        model = AutoModelForCausalLM.from_pretrained(model_dir, dtype="auto")
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{model_dir}: cannot be loaded as a model ({error}).") from error
    if tokenizer.eos_token_id is None:
        raise EvaluationError(
            f"{model_dir}: its tokenizer has no end token, so no completion would ever end; "
            "set eos_token."
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return model.eval().to(device), tokenizer


def _encode(tokenizer: Any, prompt: str, chat_template: bool) -> list[int]:
    """Token ids of a prompt as the trainer sees them before the completion."""
    if chat_template:
        if not tokenizer.chat_template:
            raise EvaluationError(
                "chat_template is on, but the tokenizer has none; turn it off or add one."
            )
        message = [{"role": "user", "content": prompt}]
        encoded = tokenizer.apply_chat_template(
            message, tokenize=True, add_generation_prompt=True, return_dict=True
        )
        return list(encoded["input_ids"])
    ids = list(tokenizer(text=prompt)["input_ids"])
    # Some tokenizers end every text; in training the prompt goes on with its completion instead.
    return ids[:-1] if ids and ids[-1] == tokenizer.eos_token_id else ids


def _check_room(prompts: pl.DataFrame, encoded: list[list[int]], window: int | None) -> None:
    for prompt_id, ids in zip(prompts["prompt_id"], encoded, strict=True):
        if not ids:
            raise EvaluationError(f"Prompt {prompt_id!r} has no token in the model's vocabulary.")
        if window is not None and len(ids) >= window:
            raise EvaluationError(
                f"Prompt {prompt_id!r} has {len(ids)} tokens and the model's window is {window}: "
                "there is no room for an answer, so leave the prompt out."
            )


def _window(model: Any) -> int | None:
    """The longest sequence of the model, in tokens; None where its configuration has none."""
    window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return int(window) if window else None


def _fingerprint(
    model: Any,
    tokenizer: Any,
    prompts: pl.DataFrame,
    model_name: str,
    settings: SamplingSettings,
) -> str:
    """16 hex over everything that decides the samples."""
    digest = hashlib.blake2b(digest_size=8)
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        # Bytes of the tensor itself: bfloat16 has no numpy type.
        digest.update(tensor.detach().cpu().contiguous().flatten().view(_byte()).numpy().data)
    digest.update(json.dumps(sorted(tokenizer.get_vocab().items())).encode())
    digest.update(prompts.write_json().encode())
    decisive = settings.model_dump(exclude={"threads", "benchmark_files", "max_prompts"})
    digest.update(json.dumps([model_name, decisive], sort_keys=True).encode())
    return digest.hexdigest()


def _byte() -> Any:
    import torch

    return torch.uint8


def _shards(
    prompts: pl.DataFrame, encoded: list[list[int]], settings: SamplingSettings
) -> Iterator[_Shard]:
    rows = prompts.rows(named=True)
    by_length = sorted(range(len(rows)), key=lambda i: (len(encoded[i]), rows[i]["prompt_id"]))
    modes = [(GREEDY, 1)] if settings.greedy else []
    modes.append((SAMPLED, settings.k))
    for mode, completions in modes:
        size = max(1, settings.batch_size // completions)
        for start in range(0, len(by_length), size):
            members = by_length[start : start + size]
            yield _Shard(mode, [rows[i] for i in members], [encoded[i] for i in members])


def _generate(
    model: Any,
    tokenizer: Any,
    shard: _Shard,
    model_name: str,
    settings: SamplingSettings,
    number: int,
) -> list[dict[str, Any]]:
    """Rows of SAMPLE_SCHEMA for one shard."""
    import torch
    from transformers import GenerationConfig

    copies = 1 if shard.mode == GREEDY else settings.k
    own_ends = model.generation_config.eos_token_id
    ends = {tokenizer.eos_token_id, *([own_ends] if isinstance(own_ends, int) else own_ends or [])}
    width = max(len(ids) for ids in shard.prompt_ids)
    window = _window(model)
    room = settings.max_new_tokens if window is None else window - width
    config = GenerationConfig(
        max_new_tokens=min(settings.max_new_tokens, room),
        num_return_sequences=copies,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=sorted(ends),
        **(
            {"do_sample": False}
            if shard.mode == GREEDY
            else {
                "do_sample": True,
                "temperature": settings.temperature,
                "top_p": settings.top_p,
                "top_k": 0,
            }
        ),
    )
    padded = [[tokenizer.pad_token_id] * (width - len(ids)) + ids for ids in shard.prompt_ids]
    mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in shard.prompt_ids]
    threads = torch.get_num_threads()
    if settings.threads:
        torch.set_num_threads(settings.threads)
    try:
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(_shard_seed(settings.seed, number))
            output = model.generate(
                input_ids=torch.tensor(padded, device=model.device),
                attention_mask=torch.tensor(mask, device=model.device),
                generation_config=config,
            )
    finally:
        torch.set_num_threads(threads)

    rows = []
    for index, ids in enumerate(output[:, width:].tolist()):
        end = next((place for place, token in enumerate(ids) if token in ends), None)
        kept = ids if end is None else ids[:end]
        rows.append(
            {
                **shard.prompts[index // copies],
                "model": model_name,
                "mode": shard.mode,
                "sample": index % copies,
                "completion": tokenizer.decode(
                    kept, skip_special_tokens=True, clean_up_tokenization_spaces=False
                ),
                "completion_tokens": len(ids) if end is None else end + 1,
                "truncated": end is None,
            }
        )
    return rows


def _shard_seed(seed: int, number: int) -> int:
    digest = hashlib.blake2b(f"{seed}/{number}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big")

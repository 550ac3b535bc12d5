"""The demo's base model: a tiny Llama with a tokenizer of its own, taught arithmetic here.

It is a real Hugging Face model (`AutoModelForCausalLM` loads it), small enough to pre-train in
about a minute on two cores. Its corpus holds worked answers, part of them with a misconception,
so that it knows both ways and samples either: what preference training then has to settle.
"""

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dpo_math_assets.demo.problems import Problem
from dpo_math_assets.demo.settings import THREADS, DemoSettings
from dpo_math_assets.training.models import cpu_threads

PAD, EOS, UNKNOWN = "<pad>", "<eos>", "<unk>"
# One token each, so that a prompt always ends on a token boundary.
WORDS = ["FINAL ANSWER: ", "Compute ", "Solve ", "Simplify ", " for x."]
SIGNS = list("+-*/=().x\n ")
LARGEST_NUMBER = 400


def build_tokenizer(model_max_length: int) -> Any:
    """A word-level `PreTrainedTokenizerFast`: the demo's keywords, and one token a character."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    numbers = [str(number) for number in range(LARGEST_NUMBER + 1)]
    pieces = [PAD, EOS, UNKNOWN, *WORDS, *SIGNS, *numbers]
    tokenizer = Tokenizer(
        models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token=UNKNOWN)
    )
    words = "|".join(word.replace(".", r"\.") for word in WORDS)
    digits = len(str(LARGEST_NUMBER))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(
        Regex(f"{words}|\\d{{1,{digits}}}|[\\s\\S]"), "isolated"
    )
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        unk_token=UNKNOWN,
        padding_side="left",
        model_max_length=model_max_length,
        clean_up_tokenization_spaces=False,
    )


def corpus(problems: Sequence[Problem], settings: DemoSettings, seed: int) -> list[tuple[str, str]]:
    """(prompt, completion) of every problem, several times, misconceived at its kind's rate."""
    draw = random.Random(seed)
    rate = settings.misconception_rate
    return [
        (
            problem.prompt,
            problem.misconceived if draw.random() < rate[problem.kind] else problem.worked,
        )
        for problem in problems
        for _ in range(settings.repetitions)
    ]


def pretrain(
    examples: Sequence[tuple[str, str]],
    settings: DemoSettings,
    seed: int,
    out: Path,
    on_progress: Callable[[dict[str, float | int | str]], None],
) -> None:
    """Train the tiny Llama on `examples` and save model and tokenizer into the folder `out`.

    The loss is next-token cross-entropy over the completion and its end token, not the prompt.
    """
    import torch

    tokenizer = build_tokenizer(settings.window)
    prompts = tokenizer([prompt for prompt, _ in examples])["input_ids"]
    completions = tokenizer([completion + EOS for _, completion in examples])["input_ids"]
    torch.manual_seed(seed)
    model = _build_model(tokenizer, settings)
    steps = math.ceil(len(examples) / settings.batch_size)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=settings.learning_rate, total_steps=steps, pct_start=0.1
    )
    order = torch.randperm(len(examples)).tolist()
    said_every = max(1, steps // 20)
    with cpu_threads(THREADS):
        for step in range(steps):
            rows = order[step * settings.batch_size : (step + 1) * settings.batch_size]
            inputs, labels = _batch(
                [prompts[row] for row in rows],
                [completions[row] for row in rows],
                tokenizer.pad_token_id,
            )
            # Padding sits on the right, where causal attention never looks: no mask is needed.
            loss = model(input_ids=inputs, labels=labels, use_cache=False).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            if (step + 1) % said_every == 0 or step + 1 == steps:
                on_progress(
                    {"stage": "pre-training", "step": step + 1, "steps": steps, "loss": loss.item()}
                )
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _build_model(tokenizer: Any, settings: DemoSettings) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.width,
        intermediate_size=settings.width * 3,
        num_hidden_layers=settings.layers,
        num_attention_heads=4,
        max_position_embeddings=settings.window,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config).train()


def _batch(prompts: list[list[int]], completions: list[list[int]], pad: int) -> tuple[Any, Any]:
    """Token ids and labels, (rows, longest row); labels are -100 but on the completions."""
    import torch

    width = max(len(a) + len(b) for a, b in zip(prompts, completions, strict=True))
    inputs = torch.full((len(prompts), width), pad)
    labels = torch.full((len(prompts), width), -100)
    for row, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
        end = len(prompt) + len(completion)
        inputs[row, :end] = torch.tensor(prompt + completion)
        labels[row, len(prompt) : end] = torch.tensor(completion)
    return inputs, labels

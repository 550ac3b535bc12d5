"""The rows that fit the model's window, as its tokenizer sees them."""

from dataclasses import dataclass
from typing import Any

from dpo_math_assets.errors import TrainingError
from dpo_math_assets.training.data import Row
from dpo_math_assets.training.models import context_window, load_tokenizer
from dpo_math_assets.training.settings import TrainingSettings


def prepare_window(settings: TrainingSettings) -> tuple[Any, int]:
    """The tokenizer, and the longest sequence that both settings and model allow, in tokens."""
    tokenizer = load_tokenizer(settings.base_model, settings.run_code_of)
    limit = context_window(settings.base_model, settings.run_code_of)
    return tokenizer, min(settings.max_length, limit or settings.max_length)


@dataclass(frozen=True)
class Fitted:
    """The rows that are trained on, and why others are not."""

    rows: list[Row]
    overlong: int = 0  # left out: longer than the window
    indistinct: int = 0  # left out: their completions are the same tokens
    merged: int = 0  # whose prompt's last token merges with the completion


def fitting_rows(
    rows: list[Row], completions: tuple[str, ...], tokenizer: Any, window: int, max_share: float
) -> Fitted:
    """The rows that fit the window whole and whose completions differ, as the tokenizer sees them.

    TRL cuts a longer text at its end, where the final answer stands, so such a row is left out;
    so is one whose sides differ only in what the tokenizer does not know.
    Raises TrainingError where more than `max_share` of the rows are longer, where none is left,
    or where the rows are chat messages and the tokenizer has no chat template.
    """
    _require_chat_template(rows, tokenizer)
    prompts = _token_ids(tokenizer, [row["prompt"] for row in rows], prompt=True)
    fits = [True] * len(rows)
    merged = [False] * len(rows)
    distinct = [len(completions) == 1] * len(rows)
    longest = 0
    first: list[list[int]] | None = None
    for field in completions:
        texts = [_joined(row["prompt"], row[field]) for row in rows]
        side = _token_ids(tokenizer, texts, prompt=False)
        for i, ids in enumerate(side):
            length = len(ids) + isinstance(rows[i]["prompt"], str)  # TRL adds the end token
            longest = max(longest, length)
            fits[i] = fits[i] and length <= window
            merged[i] = merged[i] or ids[: len(prompts[i])] != prompts[i]
            distinct[i] = distinct[i] or (first is not None and ids != first[i])
        first = side
    overlong = len(rows) - sum(fits)
    kept = [row for row, fit, differ in zip(rows, fits, distinct, strict=True) if fit and differ]
    if overlong == len(rows) or overlong > max_share * len(rows):
        raise TrainingError(
            f"{overlong} of {len(rows)} rows are longer than {window} tokens (the longest has "
            f"{longest}). Raise max_length if the model's window allows it, filter long "
            "completions from the dataset, or raise max_overlong_share."
        )
    if not kept:
        raise TrainingError(
            "In every row that fits, chosen and rejected are the same tokens to the tokenizer of "
            "base_model. It does not know the characters in which they differ: use another model."
        )
    indistinct = len(rows) - overlong - len(kept)
    return Fitted(kept, overlong, indistinct, sum(merged))


def _require_chat_template(rows: list[Row], tokenizer: Any) -> None:
    if not isinstance(rows[0]["prompt"], str) and not tokenizer.chat_template:
        raise TrainingError(
            "The dataset holds chat messages, and the tokenizer of base_model has no chat "
            "template. Export the dataset as plain text, or use a model with a chat template."
        )


def _joined(prompt: Any, completion: Any) -> Any:
    """Prompt and completion as one text, or one list of messages."""
    return prompt + completion


def _token_ids(tokenizer: Any, texts: list[Any], *, prompt: bool) -> list[list[int]]:
    """Token ids as TRL makes them from plain text or from messages."""
    if isinstance(texts[0], str):
        ids: list[list[int]] = tokenizer(texts)["input_ids"]
        return ids
    return [
        tokenizer.apply_chat_template(
            messages, add_generation_prompt=prompt, tokenize=True, return_dict=True
        )["input_ids"]
        for messages in texts
    ]

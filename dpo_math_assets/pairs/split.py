"""Which prompts are trained on, which validate, and which are held out for evaluation.

The split is a hash of the problem and of nothing else, so a problem keeps its side for ever,
whatever data comes later, and every spelling and every operand order of it is on the same side.
"""

from hashlib import blake2b

import polars as pl
from pydantic import BaseModel, Field, model_validator

TRAIN, VALIDATION, EVAL = "train", "validation", "eval"


class SplitSettings(BaseModel):
    """How the problems are divided. Changing the salt or a fraction moves problems."""

    eval_fraction: float = Field(
        0.1, ge=0, lt=1, description="Share of the problems held out for evaluation."
    )
    validation_fraction: float = Field(
        0.05, ge=0, lt=1, description="Share of the problems whose pairs validate the training."
    )
    split_salt: str = Field(
        "dpo-math-1", description="Names the split; another salt gives an unrelated split."
    )

    @model_validator(mode="after")
    def _leaves_problems_to_train_on(self) -> "SplitSettings":
        if self.eval_fraction + self.validation_fraction >= 1:
            raise ValueError(
                "eval_fraction + validation_fraction leave nothing to train on: "
                "lower one of them so that the sum is below 1"
            )
        return self


def split_of(canonical_key: str, settings: SplitSettings) -> str:
    """The side of a problem ("train", "validation" or "eval"), from the key of its canonical form.

    The evaluation share comes first, so changing `validation_fraction` never moves a problem
    into or out of the evaluation.
    """
    digest = blake2b(f"{settings.split_salt}\x00{canonical_key}".encode(), digest_size=8).digest()
    position = int.from_bytes(digest, "big") / 2**64
    if position < settings.eval_fraction:
        return EVAL
    if position < settings.eval_fraction + settings.validation_fraction:
        return VALIDATION
    return TRAIN


def assign_splits(
    frame: pl.DataFrame, settings: SplitSettings, *, key: str = "canonical_key"
) -> pl.DataFrame:
    """Add the column `split` to rows that have a canonical key; each distinct key is hashed once.

    Takes any frame with the String column `key` (no nulls); gives the same rows in order.
    """
    keys = frame.get_column(key).unique()
    splits = pl.DataFrame(
        {key: keys, "split": [split_of(value, settings) for value in keys]},
        schema={key: pl.String, "split": pl.String},
    )
    return frame.join(splits, on=key, how="left", maintain_order="left")

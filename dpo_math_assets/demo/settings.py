"""Settings of the embedded default: how large its model and its log are, and how it is trained.

`default` is the size that the main job runs: an improvement that a paired test sees, within
minutes on two cores. `small` is real as well, and tiny: the whole lineage in seconds, for tests.
"""

from pydantic import BaseModel, Field

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.evaluation.sampling import SamplingSettings
from dpo_math_assets.training.settings import TrainingSettings

# So small a model gains little from more, and sums of floats then come out the same whatever the
# number of cores.
THREADS = 1


class DemoSettings(BaseModel):
    """Problems, model, corpus and log of the embedded default."""

    largest_factor: int = Field(ge=3, description="Factors run from 2 to this.")
    largest_term: int = Field(ge=3, description="Terms run from 2 to this.")
    width: int = Field(ge=8, description="Hidden size of the tiny Llama.")
    layers: int = Field(ge=1, description="Its transformer layers.")
    window: int = Field(default=64, ge=48, description="Its longest sequence, in tokens.")
    repetitions: int = Field(ge=1, description="Worked answers a problem in its corpus.")
    batch_size: int = Field(ge=1, description="Worked answers a pre-training step.")
    learning_rate: float = Field(default=3e-3, gt=0, description="Peak of pre-training's schedule.")
    misconception_rate: dict[str, float] = Field(
        default={
            "product_of_sum": 0.65,
            "product_plus": 0.6,
            "linear_equation": 0.4,
            "like_terms": 0.35,
        },
        description="Share of misconceived answers in the corpus, by kind of problem. They are "
        "the majority for two kinds and the minority for two, so that neither greedy nor sampled "
        "answers are wrong by construction.",
    )
    training_problems: int = Field(ge=1, description="Problems in the log that are trained on.")
    validation_problems: int = Field(ge=1, description="Problems in the log that validate.")
    held_out_problems: int = Field(ge=1, description="Problems in the log that are held out.")
    completions: int = Field(default=8, ge=2, description="Completions a problem in the log.")
    max_new_tokens: int = Field(default=40, ge=16, description="Longest completion, in tokens.")


SIZES = {
    "default": DemoSettings(
        largest_factor=6,
        largest_term=20,
        width=128,
        layers=1,
        repetitions=26,
        batch_size=64,
        training_problems=900,
        validation_problems=50,
        held_out_problems=300,
    ),
    "small": DemoSettings(
        largest_factor=4,
        largest_term=8,
        width=64,
        layers=1,
        repetitions=40,
        batch_size=16,
        learning_rate=5e-3,
        training_problems=120,
        validation_problems=10,
        held_out_problems=20,
        completions=6,
    ),
}


def demo_settings(size: str) -> DemoSettings:
    """The settings of a size; DpoMathError for one that does not exist."""
    if size not in SIZES:
        raise DpoMathError(f"There is no demo size {size!r}. Choose from {', '.join(SIZES)}.")
    return SIZES[size]


def demo_training(base_model: str) -> TrainingSettings:
    """How the demo trains: a tiny model takes a rate hundreds of times that of a real one.

    Held closer to its base and to the chosen answers than the defaults would: with so high a rate
    preferences on one kind of problem otherwise spoil the others.
    """
    return TrainingSettings(
        base_model=base_model,
        loss_type=["sigmoid", "sft"],
        loss_weights=[1.0, 2.0],
        beta=0.3,
        learning_rate=5e-4,
        epochs=3,
        batch_size=32,
        gradient_accumulation_steps=1,
        max_length=64,
        logging_steps=5,
        threads=THREADS,
        trl_overrides={"gradient_checkpointing": False},
    )


def demo_sampling(size: str) -> SamplingSettings:
    """How the demo's models are sampled in its evaluation."""
    settings = demo_settings(size)
    return SamplingSettings(
        k=settings.completions,
        max_new_tokens=settings.max_new_tokens,
        batch_size=512,
        threads=THREADS,
    )

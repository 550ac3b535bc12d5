import io

import polars as pl
import pytest

from dpo_math_assets.evaluation import plots
from dpo_math_assets.evaluation.statistics import StatisticsSettings, compare_models

from .samples import judged, same

pytestmark = pytest.mark.slow

QUICK = StatisticsSettings(resamples=200)
CURVES = [
    {"step": 10, "loss": 0.7, "rewards/accuracies": 0.5, "logps/chosen": -3.0},
    {"step": 20, "loss": 0.5, "rewards/accuracies": None, "eval_loss": 0.6},
]


def pixels(png: bytes) -> tuple[int, int, int]:
    """Width, height and the number of colours of a PNG."""
    from PIL import Image

    image = Image.open(io.BytesIO(png))
    image.load()
    return image.width, image.height, len(set(image.convert("RGB").getdata()))


@pytest.fixture(scope="module")
def comparison():
    golds = {"held_out/1": "$x_{1$"}  # would break a formula renderer
    sources = {"held_out/2": "$\\frac{$", "held_out/3": "<b>"}
    outcomes = {
        "base": same(30, "w", "cw"),
        "dpo": same(30, "c", "cc"),
        "sft": same(30, "c", ""),  # never sampled: no avg@k to draw
    }
    return compare_models(judged(outcomes, golds=golds, sources=sources), settings=QUICK)


def test_charts_are_pictures_that_show_something(comparison):
    for png in (
        plots.pass_rate_chart(comparison.rates),
        plots.slice_chart(comparison.slices, "base", "dpo"),
        plots.training_curves(CURVES),
        plots.histogram([1.0, 2.0, 2.0, 9.0], "tokens", "tokens a completion"),
        plots.history_chart(
            [
                {
                    "run": "a", "base": 0.4, "base_low": 0.3, "base_high": 0.5,
                    "candidate": 0.6, "candidate_low": 0.5, "candidate_high": 0.7,
                }
            ]
        ),
    ):  # fmt: skip
        width, height, colours = pixels(png)
        assert 300 < width < 1200 and 200 < height < 1200
        assert colours > 20
        assert len(png) < 150_000


def test_nothing_to_draw_gives_an_empty_chart_and_no_error():
    assert pixels(plots.histogram([], "tokens", "tokens"))[0] > 300
    assert pixels(plots.training_curves([]))[0] > 300
    assert pixels(plots.training_curves([{"step": 1, "loss": 0.5}]))[0] > 300


def test_many_slices_do_not_make_a_picture_without_end(comparison):
    many = pl.concat([comparison.slices] * 60)
    assert pixels(plots.slice_chart(many, "base", "dpo"))[1] < 1300

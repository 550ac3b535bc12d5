from pathlib import Path

import dagster as dg
import pytest

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.pairs.selection import DatasetSettings
from dpo_math_assets.resources import Project, launchpad_config
from dpo_math_assets.settings import Settings, load_settings, write_settings
from dpo_math_assets.training.settings import TrainingSettings
from dpo_math_assets.verifier import Conventions, verify, version_of


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    return path


def test_an_absent_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.yaml") == Settings()


def test_units_of_the_file_are_conventions_of_the_verifier(tmp_path: Path) -> None:
    text = "verification: {units: {furlong: {of: m, factor: 201.168, spellings: [fur]}}}"
    conventions = load_settings(write(tmp_path, text)).verification.conventions()
    assert verify("FINAL ANSWER: 2 fur", "402.336 m", conventions).verdict == "correct"
    assert Settings().verification.conventions() == Conventions()


def test_thoughts_of_the_file_are_conventions_of_the_verifier(tmp_path: Path) -> None:
    text = "verification: {thoughts: [[<plan>, </plan>]]}"
    conventions = load_settings(write(tmp_path, text)).verification.conventions()
    assert conventions == Conventions(thoughts=(("<plan>", "</plan>"),))


def test_markers_of_the_file_are_conventions_of_the_verifier(tmp_path: Path) -> None:
    text = 'verification: {markers: ["Result:"]}'
    conventions = load_settings(write(tmp_path, text)).verification.conventions()
    assert conventions == Conventions(markers=("Result:",))
    assert version_of(conventions) != version_of(Conventions())


def test_positive_symbols_of_the_file_are_a_convention_of_the_verifier(tmp_path: Path) -> None:
    text = "verification: {symbols: positive}"
    conventions = load_settings(write(tmp_path, text)).verification.conventions()
    assert conventions == Conventions(symbols="positive")
    assert version_of(conventions) != version_of(Conventions())
    assert verify("FINAL ANSWER: \\sqrt{9r^2}", "3r", conventions).verdict == "correct"
    assert verify("FINAL ANSWER: \\sqrt{9r^2}", "3r").reason == "domain"


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    write_settings(path, {"training": {"base_model": "m", "loss_type": ["ipo"]}})
    settings = load_settings(path)
    assert (settings.training.base_model, settings.training.loss_type) == ("m", ["ipo"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("training: {learning_rte: 1}", "no setting named 'learning_rte'"),
        ("trainig: {}", "trainig"),
        ("training: {beta: -1}", "training.beta: Input should be greater than 0"),
        ("dataset: {candidate_pairs: 64}", "pairing.candidate_pairs keeps only 32"),
        ("training: {1: 2}", "no setting named '1'"),
        ("training: [", "cannot be read as YAML"),
        ("- 1", "must hold sections"),
        (
            "verification: {units: {cup: {}}}",
            "verification.units: Value error, cup: name: 'cup' is a unit",
        ),
        (
            "verification: {units: {pace: {of: metr}}}",
            "verification.units: Value error, the unit pace is of 'metr'",
        ),
        ("verification: {units: {pace: {factor: x}}}", "pace: factor: 'x' is no exact number"),
        ("verification: {units: {pace: {fctor: 1}}}", "pace: fctor: Extra inputs"),
        ("verification: {symbols: complex}", "Input should be 'real' or 'positive'"),
        ('verification: {markers: ["="]}', "the marker '=' is no label: write one of 2 to 40"),
        ("verification: {units: {pace: 3}}", "verification.units.pace: Input should be a valid"),
    ],
)
def test_a_mistake_in_the_file_is_named_and_never_ignored(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(DpoMathError) as error:
        load_settings(write(tmp_path, text))
    assert told in str(error.value)
    assert "settings.yaml" in str(error.value)


def launched(folder: Path, section: str, config: dg.Config) -> Settings:
    """The settings of a run that sets `config` for a section in the Launchpad."""
    project = Project(data_root=str(folder), landing_folder=str(folder / "landing"))
    return project.workspace(section, config).settings


def test_one_field_in_the_launchpad_leaves_the_other_settings_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, "training: {base_model: mine, learning_rate: 0.5}")
    config = launchpad_config(TrainingSettings)(beta=0.7)
    assert isinstance(config, dg.Config)
    changed = launched(tmp_path, "training", config).training
    assert (changed.base_model, changed.learning_rate, changed.beta) == ("mine", 0.5, 0.7)


def test_a_value_out_of_bounds_in_the_launchpad_is_an_error_that_says_the_field(
    tmp_path: Path,
) -> None:
    config = launchpad_config(TrainingSettings)(beta=-1.0)
    with pytest.raises(DpoMathError, match=r"Launchpad, training: training\.beta"):
        launched(tmp_path, "training", config)


def test_the_launchpad_cannot_ask_for_more_candidates_than_pairing_keeps(tmp_path: Path) -> None:
    config = launchpad_config(DatasetSettings)(candidate_pairs=64)
    with pytest.raises(DpoMathError, match=r"pairing\.candidate_pairs keeps only 32"):
        launched(tmp_path, "dataset", config)

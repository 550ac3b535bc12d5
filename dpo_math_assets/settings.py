"""Every stage's settings in one object, read from one YAML file.

The file lies beside the data (`<data>/settings.yaml`) and needs to hold only what differs from the
defaults; each stage's section is defined, with its defaults and bounds, by the stage itself.
"""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.evaluation.gate import GateSettings
from dpo_math_assets.evaluation.sampling import SamplingSettings
from dpo_math_assets.evaluation.statistics import StatisticsSettings
from dpo_math_assets.pairs.pairing import PairingSettings
from dpo_math_assets.pairs.selection import DatasetSettings
from dpo_math_assets.storage import write_text
from dpo_math_assets.traces.database import DatabaseSettings
from dpo_math_assets.traces.limits import ReadingLimits
from dpo_math_assets.training.settings import TrainingSettings
from dpo_math_assets.verifier import Conventions, CustomUnit


class IntakeSettings(ReadingLimits):
    """How log exports are found and read."""

    settle_seconds: float = Field(
        10.0,
        ge=0,
        le=86_400,
        description="A file not modified for this long is finished, in seconds.",
    )
    field_map: dict[str, str | dict[str, str]] = Field(
        default_factory=dict,
        description="For other logs: canonical field name to the log's own name or path "
        "(`choices.0.message.content`), which fills what a record lacks; or a pattern of paths in "
        "the landing area, or of keys, to such a map, which then holds in any case: "
        "`games/*.jsonl: {ground_truth: answer}`.",
    )
    left_out: list[str] = Field(
        default_factory=list,
        description="Exports to do without, although they landed: patterns such as `games/*.jsonl` "
        "of their paths in the landing area, or their keys. No pair rests on their traces.",
    )


def _with_units(units: dict[str, dict[str, Any]]) -> Conventions:
    """The usual conventions with a user's units. Raises ValueError, which says what of which."""
    name = ""
    try:
        found = []
        for name, unit in units.items():
            found.append(CustomUnit(name=name, **unit))
        name = ""
        return Conventions(units=tuple(found))
    except ValidationError as error:
        problem = error.errors()[0]
        place = f"{name}: {problem['loc'][0]}: " if name else ""
        raise ValueError(place + problem["msg"].removeprefix("Value error, ")) from None


class VerificationSettings(BaseModel):
    """How traces and samples are verified."""

    workers: int = Field(2, ge=1, description="Processes that compare answers.")
    timeout_s: float = Field(
        5.0, gt=0, le=3_600, description="Hard deadline of one answer, in seconds."
    )
    units: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Units of your own by name, each `factor` times the known unit `of`, with "
        "other `spellings` if any: `furlong: {of: m, factor: 201.168, spellings: [fur]}`. Without "
        "`of` it measures a thing of its own.",
    )
    markers: list[str] = Field(
        default_factory=list,
        description='Labels of your own that mark an answer, as `Answer:` does: `["Result:"]`.',
    )
    thoughts: list[tuple[str, str]] = Field(
        default_factory=list,
        description="What begins and ends the thoughts of your model, beside `<think>` and the "
        "usual ones: `[[<plan>, </plan>]]`. Nothing is read there.",
    )
    symbols: Literal["real", "positive"] = Field(
        "real",
        description="What letters stand for: any real numbers, or `positive` ones, as in physics. "
        "Answers that are equal for positive numbers only are undecided by default.",
    )

    @field_validator("units")
    @classmethod
    def _units_are_readable(cls, units: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        _with_units(units)
        return units

    @field_validator("markers")
    @classmethod
    def _markers_are_labels(cls, markers: list[str]) -> list[str]:
        try:
            Conventions(markers=tuple(markers))
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        return markers

    @field_validator("thoughts")
    @classmethod
    def _thoughts_are_told_apart(cls, thoughts: list[tuple[str, str]]) -> list[tuple[str, str]]:
        try:
            Conventions(thoughts=tuple(thoughts))
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        return thoughts

    def conventions(self) -> Conventions:
        """How answers are read: the usual conventions with what these settings say."""
        return _with_units(self.units).model_copy(
            update={
                "markers": tuple(self.markers),
                "symbols": self.symbols,
                "thoughts": tuple(self.thoughts),
            }
        )


class RetentionSettings(BaseModel):
    """How many versions are kept of what is large. What others refer to stays beyond that."""

    checkpoints: int = Field(
        5,
        ge=1,
        description="Newest checkpoints that are kept; the current one, one that a kept "
        "evaluation or a release candidate is of, and one in use stay as well.",
    )
    evaluations: int = Field(
        5,
        ge=1,
        description="Newest evaluations that are kept, as the current one and one that a release "
        "candidate rests on are; each report shows the rates of the last 30.",
    )


class Settings(BaseModel):
    """All stages, by the section names of settings.yaml."""

    model_config = ConfigDict(extra="forbid")

    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    intake: IntakeSettings = Field(default_factory=IntakeSettings)
    verification: VerificationSettings = Field(default_factory=VerificationSettings)
    pairing: PairingSettings = Field(default_factory=PairingSettings)
    dataset: DatasetSettings = Field(default_factory=DatasetSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    sampling: SamplingSettings = Field(default_factory=SamplingSettings)
    statistics: StatisticsSettings = Field(default_factory=StatisticsSettings)
    gate: GateSettings = Field(default_factory=GateSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)

    def selection(self) -> DatasetSettings:
        """The dataset's settings, with what the evaluation samples among its benchmarks.

        What is measured by is never trained on, whichever section names it.
        """
        files = [*self.dataset.benchmark_files, *self.sampling.benchmark_files]
        return self.dataset.model_copy(update={"benchmark_files": list(dict.fromkeys(files))})

    @model_validator(mode="after")
    def _selection_asks_for_no_more_than_pairing_keeps(self) -> "Settings":
        for cap in ("samples_per_side", "candidate_pairs"):
            kept, asked = getattr(self.pairing, cap), getattr(self.dataset, cap)
            if asked > kept:
                raise ValueError(
                    f"dataset.{cap} is {asked}, but pairing.{cap} keeps only {kept}, and which "
                    "ones would depend on the order of the exports: raise the second or lower "
                    "the first"
                )
        return self


def _problems(error: ValidationError, where: str) -> str:
    lines = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        hint = " (no such setting)" if problem["type"] == "extra_forbidden" else ""
        lines.append(f"{where}: {name}: {problem['msg']}{hint}, got {problem['input']!r}")
    return "\n".join(lines)


def _reject_unknown(section: type[BaseModel], values: dict[str, Any], where: str) -> None:
    unknown = sorted(str(name) for name in values if name not in section.model_fields)
    if unknown:
        raise DpoMathError(
            f"{where}: no setting named {', '.join(map(repr, unknown))}; "
            f"there are {', '.join(sorted(section.model_fields))}"
        )


def load_settings(path: Path) -> Settings:
    """Settings from a YAML file; the defaults where the file is absent."""
    if not path.exists():
        return Settings()
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise DpoMathError(f"{path} cannot be read as YAML: {error}") from None
    if not isinstance(values, dict):
        raise DpoMathError(f"{path} must hold sections such as `training:`, not {values!r}")
    _reject_unknown(Settings, values, str(path))
    for name, section in values.items():
        field = Settings.model_fields.get(name)
        kind = field.annotation if field else None
        if isinstance(section, dict) and isinstance(kind, type) and issubclass(kind, BaseModel):
            _reject_unknown(kind, section, f"{path}: {name}")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise DpoMathError(_problems(error, str(path))) from None


def override(settings: Settings, section: str, changes: dict[str, Any], where: str) -> Settings:
    """The settings with some of one section changed, all of them validated again."""
    _reject_unknown(type(getattr(settings, section)), changes, where)
    values = settings.model_dump()
    values[section] |= changes
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise DpoMathError(_problems(error, where)) from None


def write_settings(path: Path, values: dict[str, dict[str, Any]], note: str = "") -> None:
    """Write sections as a settings file that people can go on editing; `note` heads it."""
    header = (
        f"# Settings of dpo_math_assets: only what differs from the defaults. {note}".rstrip()
        + "\n# Sections and settings: `dpo-math settings` prints them all with what they mean.\n"
    )
    write_text(path, header + yaml.safe_dump(values, sort_keys=False))

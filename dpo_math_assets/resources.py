"""Resources: what every asset reaches through one object, and how it starts a process."""

import sys
from pathlib import Path
from typing import Any, Optional

import dagster as dg
from pydantic import BaseModel, Field, create_model

from dpo_math_assets.attempts import Attempts
from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.pairs.pairing import PAIRING_VERSION
from dpo_math_assets.settings import Settings, load_settings, override
from dpo_math_assets.stages import OVERRIDES
from dpo_math_assets.storage import Store, digest
from dpo_math_assets.traces.cleaning import CLEANING_VERSION
from dpo_math_assets.traces.intake import INTAKE_VERSION
from dpo_math_assets.traces.landing import MANIFEST, LandingArea
from dpo_math_assets.verifier import version_of

# Of all but the verifier that makes the exports' partitions.
VERSIONS = [INTAKE_VERSION, CLEANING_VERSION, PAIRING_VERSION]


class Project(dg.ConfigurableResource):
    """Where data, landing area and settings of this project lie."""

    data_root: str = Field(description="Folder of all that the assets store.")
    landing_folder: str = Field(
        description="Folder where log exports land, or the URL of an object store's prefix."
    )
    reports_url: str = Field(
        "", description="Where `reports` serves the assets' pages over HTTP; empty: nowhere."
    )

    @property
    def store(self) -> Store:
        """The stored assets."""
        return Store(Path(self.data_root))

    @property
    def landing(self) -> LandingArea:
        """The landing area with its manifest."""
        return LandingArea(
            self.landing_folder,
            self.store.root / MANIFEST,
            self.settings().intake.left_out,
        )

    def report_link(self, asset: str, version: str, file: str) -> dg.MetadataValue:
        """A page of an asset's version as metadata: a link where it is served, else its path."""
        if self.reports_url:
            return dg.MetadataValue.url(f"{self.reports_url.rstrip('/')}/{asset}/{version}/{file}")
        return dg.MetadataValue.path(Path(self.data_root) / asset / version / file)

    @property
    def overrides_folder(self) -> Path:
        """Where people put the files with their own verdicts."""
        return Path(self.data_root) / OVERRIDES

    @property
    def database_progress(self) -> Path:
        """The folder that remembers which rows of the runtime's database were exported."""
        return self.store.root / "log_exports" / "database"

    @property
    def settings_file(self) -> Path:
        """The YAML file of the stages' settings."""
        return Path(self.data_root) / "settings.yaml"

    def attempts(self, asset: str) -> Attempts:
        """Which partitions of an asset a process died at; forgotten when what made them changes."""
        exports = self.landing.partitions()
        settings = self.settings()
        shared = [
            settings.model_dump(),
            version_of(settings.verification.conventions()),
            VERSIONS,
        ]

        def made_of(key: str) -> str:
            export = exports.get(key)
            return digest([export.fingerprint if export else None, shared])

        return Attempts(Path(self.data_root) / "attempts" / asset, made_of)

    def settings(self) -> Settings:
        """The settings as they are now: the file is read when a run needs it."""
        return load_settings(self.settings_file)


class RuntimeDatabase(dg.ConfigurableResource):
    """The database that the runtime keeps its task traces in."""

    url: str = Field(
        "",
        description="PostgreSQL's (or SQLite's) URL; empty: there is none. It holds a password, so "
        "it comes from the environment variable DPO_MATH_DATABASE_URL.",
    )


def launchpad_config(section: type[BaseModel]) -> type[dg.Config]:
    """A Dagster config class whose fields are those of a settings section, all optional.

    What is left empty in the Launchpad comes from settings.yaml. A class that carried defaults of
    its own would hide the file's values as soon as a single field is set.
    """
    fields: dict[str, Any] = {
        name: (
            Optional[field.annotation],  # noqa: UP045 - the annotation is a value here
            Field(
                default=None,
                description=f"{field.description or name} Empty: settings.yaml, else "
                f"{field.get_default(call_default_factory=True)!r}.",
            ),
        )
        for name, field in section.model_fields.items()
    }
    return create_model(f"{section.__name__}Overrides", __base__=dg.Config, **fields)


def with_overrides(settings: Settings, section: str, config: dg.Config) -> Settings:
    """The settings with what the Launchpad sets for one section."""
    changes = {name: value for name, value in config.model_dump().items() if value is not None}
    return override(settings, section, changes, f"Launchpad, {section}")


class TaskRunner(dg.ConfigurableResource):
    """Starts `dpo_math_assets.processes` for work that needs torch, and waits for it.

    A process of its own frees its memory when it ends, and its crash is the run's, not the
    server's. Progress streams into the run's log through Dagster Pipes.
    """

    pipes: dg.ResourceDependency[dg.PipesSubprocessClient]

    def run(
        self,
        context: dg.AssetExecutionContext | dg.OpExecutionContext,
        task: str,
        request: dict[str, Any],
    ) -> dict[str, Any]:
        """The task's answer. Raises DpoMathError with the process's own words where it fails."""
        invocation = self.pipes.run(
            context=context,
            command=[sys.executable, "-m", "dpo_math_assets.processes"],
            extras={"task": task, "request": request},
        )
        for message in invocation.get_custom_messages():
            if "error" in message:
                raise DpoMathError(message["error"])
            if "answer" in message:
                answer: dict[str, Any] = message["answer"]
                return answer
        raise DpoMathError(
            f"the process for {task} ended without an answer; its output is in the run's log"
        )

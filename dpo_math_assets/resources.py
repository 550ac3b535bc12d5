"""Resources: what every asset reaches through one object, and how it starts a process."""

import os
import re
import signal
import sys
from pathlib import Path
from typing import Any, Optional

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError
from pydantic import BaseModel, Field, create_model

from dpo_math_assets.errors import DpoMathError
from dpo_math_assets.json_objects import as_json, from_json
from dpo_math_assets.orphans import PARENT_VARIABLE
from dpo_math_assets.settings import load_settings, override
from dpo_math_assets.stages.tasks import SamplingRequest, Tasks, TrainingRequest
from dpo_math_assets.stages.workspace import SETTINGS_FILE, Workspace
from dpo_math_assets.training.checkpoints import newest_whole
from dpo_math_assets.training.manifest import TrainingReport


class Project(dg.ConfigurableResource):
    """Where data, landing area and settings of this project lie."""

    data_root: str = Field(description="Folder of all that the assets store.")
    landing_folder: str = Field(
        description="Folder where log exports land, or the URL of an object store's prefix."
    )
    reports_url: str = Field(
        "", description="Where `reports` serves the assets' pages over HTTP; empty: nowhere."
    )

    def workspace(self, section: str = "", config: dg.Config | None = None) -> Workspace:
        """What the stages work in, with the settings as they are now.

        `config` is what the Launchpad sets for one section of the settings.
        """
        settings = load_settings(self.settings_file)
        if config is not None:
            given = config.model_dump()
            changes = {name: value for name, value in given.items() if value is not None}
            settings = override(settings, section, changes, f"Launchpad, {section}")
        return Workspace.at(Path(self.data_root), self.landing_folder, settings)

    @property
    def settings_file(self) -> Path:
        """The YAML file of the stages' settings."""
        return Path(self.data_root) / SETTINGS_FILE

    def report_link(self, asset: str, version: str, file: str) -> dg.MetadataValue:
        """A page of an asset's version as metadata: a link where it is served, else its path."""
        if self.reports_url:
            return dg.MetadataValue.url(f"{self.reports_url.rstrip('/')}/{asset}/{version}/{file}")
        return dg.MetadataValue.path(Path(self.data_root) / asset / version / file)


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


# What usually sends a signal to a process that did nothing wrong.
_SENDERS = {
    signal.SIGKILL: "usually by the system because memory ran out (`dmesg` says so): lower "
    "batch_size or max_length, or give the machine more memory",
    signal.SIGTERM: "somebody, or whatever runs this machine, asked it to end",
    signal.SIGSEGV: "a library crashed, often one of the GPU's or of the number crunching",
    signal.SIGABRT: "a library gave up, often one of the GPU's; its last words are in the log",
    signal.SIGBUS: "often because /dev/shm or the disk is full",
}


def killed_by(told: str) -> str | None:
    """By which signal a process ended, out of what the pipes client says; None if by none."""
    found = re.search(r"failed with code -(\d+)", told)
    if found is None:
        return None
    try:
        number = signal.Signals(int(found[1]))
    except ValueError:
        return f"was ended by signal {found[1]}"
    why = f": {_SENDERS[number]}" if number in _SENDERS else ""
    return f"was ended by {number.name}{why}"


def goes_on(work: Path | None) -> str:
    """From where a run would go on that is started again, by the states that are there."""
    whole = [] if work is None else [newest_whole(states) for states in work.glob("*")]
    steps = [int(state.name.rpartition("-")[2]) for state in whole if state]
    if steps:
        return f"Re-execute the run: it goes on from step {max(steps)}"
    return "Re-execute the run to do it again"


class TaskRunner(dg.ConfigurableResource):
    """Starts `dpo_math_assets.processes` for work that needs torch, and waits for it.

    A process of its own frees its memory when it ends, and its crash is the run's, not the
    server's. Progress streams into the run's log through Dagster Pipes.
    """

    pipes: dg.ResourceDependency[dg.PipesSubprocessClient]

    def within(self, context: dg.AssetExecutionContext | dg.OpExecutionContext) -> Tasks:
        """What a stage asks for heavy work through, in processes of their own of this run."""
        return _InOwnProcess(self, context)

    def run(
        self,
        context: dg.AssetExecutionContext | dg.OpExecutionContext,
        task: str,
        request: dict[str, Any],
    ) -> dict[str, Any]:
        """The task's answer. Raises DpoMathError with the process's own words where it fails."""
        try:
            invocation = self.pipes.run(
                context=context,
                command=[sys.executable, "-m", "dpo_math_assets.processes"],
                env={PARENT_VARIABLE: str(os.getpid())},
                extras={"task": task, "request": request},
            )
        except DagsterPipesExecutionError as error:
            if killed := killed_by(str(error)):
                work = Path(request["work"]) if "work" in request else None
                raise DpoMathError(f"the process for {task} {killed}. {goes_on(work)}") from None
            raise
        for message in invocation.get_custom_messages():
            if "error" in message:
                raise DpoMathError(message["error"])
            if "answer" in message:
                answer: dict[str, Any] = message["answer"]
                return answer
        raise DpoMathError(
            f"the process for {task} ended without an answer; its output is in the run's log"
        )


class _InOwnProcess:
    """`stages.tasks.Tasks`, each of them a process."""

    def __init__(
        self, runner: TaskRunner, context: dg.AssetExecutionContext | dg.OpExecutionContext
    ) -> None:
        self._runner = runner
        self._context = context

    def train(self, request: TrainingRequest) -> TrainingReport:
        """As `Tasks.train`."""
        answer = self._runner.run(self._context, "train", as_json(request))
        return from_json(TrainingReport, answer, "the answer of the training process")

    def sample(self, request: SamplingRequest) -> None:
        """As `Tasks.sample`."""
        self._runner.run(self._context, "sample", as_json(request))

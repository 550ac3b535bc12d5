"""What every stage works in: the stored artifacts, the landing area, and the settings."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from dpo_math_assets.settings import Settings, load_settings
from dpo_math_assets.stages.artifacts import LOG_EXPORTS, OVERRIDES
from dpo_math_assets.storage import Store, pinned
from dpo_math_assets.traces.landing import MANIFEST, LandingArea
from dpo_math_assets.verifier import Conventions

SETTINGS_FILE = "settings.yaml"  # in the data folder


@dataclass(frozen=True)
class Workspace:
    """Where a lineage is stored, where its logs land, and the settings that all stages share."""

    store: Store
    landing: LandingArea
    settings: Settings

    @classmethod
    def at(
        cls, root: Path, landing: str | Path | None = None, settings: Settings | None = None
    ) -> "Workspace":
        """The workspace of a data folder.

        Logs land in `<root>/landing` where no other folder or URL is named; the settings are those
        of `<root>/settings.yaml` where none are given, read now.
        """
        chosen = load_settings(root / SETTINGS_FILE) if settings is None else settings
        area = LandingArea(landing or root / "landing", root / MANIFEST, chosen.intake.left_out)
        return cls(Store(root), area, chosen)

    @property
    def conventions(self) -> Conventions:
        """How answers are read."""
        return self.settings.verification.conventions()

    @property
    def overrides_folder(self) -> Path:
        """Where people put the files with their own verdicts."""
        return self.store.root / OVERRIDES

    @property
    def database_progress(self) -> Path:
        """The folder that remembers which rows of the runtime's database were exported."""
        return self.store.root / LOG_EXPORTS / "database"

    @contextmanager
    def pinned(self, assets: Iterable[str], keys: Collection[str]) -> Iterator["Workspace"]:
        """Yield a workspace in which these partitions stay as they are until the block ends.

        Another process may make partitions meanwhile: what is looked at in the block, and found up
        to date, is what is read there.
        """
        with pinned(self.store, assets, keys) as snapshot:
            yield replace(self, store=snapshot)


def new_version_name(run_id: str) -> str:
    """A version's name: when it was made, and by which run."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{run_id[:8]}"

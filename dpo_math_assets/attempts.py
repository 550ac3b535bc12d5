"""Exports at which a process died, so that one of them does not stop all others for ever.

Work that is begun leaves a note, which goes when it ends, well or not. A note that is found was
left by a process that was killed: by the machine for want of memory, or by a crash of a library.
It may have been a shutdown, so it is tried again; after `MOST_DEATHS` it is not, until what the
partition is made of changes, or somebody removes the note.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dpo_math_assets.errors import DpoMathError

MOST_DEATHS = 3


class Attempts:
    """Notes about one asset's partitions, in a folder."""

    def __init__(self, folder: Path, made_of: Callable[[str], str]) -> None:
        """`made_of` gives a text for a partition that differs once another attempt is worth it."""
        self._folder = folder
        self._made_of = made_of

    def deaths(self, key: str) -> int:
        """How often a process died while it made this partition of the same."""
        try:
            found = json.loads(self._note(key).read_text(encoding="utf-8"))
            return int(found["deaths"]) if found["made_of"] == self._made_of(key) else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0  # never begun, or the note itself was cut

    @contextmanager
    def begun(self, key: str) -> Iterator[None]:
        """Work on a partition inside. Raises DpoMathError where it was the last work too often."""
        note = self._note(key)
        deaths = self.deaths(key)
        if deaths >= MOST_DEATHS:
            raise DpoMathError(
                f"{key}: the process died {deaths} times while it worked on this export, so it is "
                "passed over. Give the machine more memory, or split the export; a changed file or "
                f"setting is tried again, and so is this one once {note} is removed"
            )
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"made_of": self._made_of(key), "deaths": deaths + 1}))
        try:
            yield
        finally:
            note.unlink(missing_ok=True)

    def _note(self, key: str) -> Path:
        return self._folder / f"{key}.json"

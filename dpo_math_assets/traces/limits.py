"""How much of an export is read, so that a small file cannot fill the memory or take a day.

Beyond a limit on the whole export nothing of it is read: it is set aside, as a file that cannot be
read is, and its page names the limit, which is a setting. Beyond the limit on one record that
record alone goes to the quarantine, in pieces. What met a limit is read again once that limit is
another.
"""

from pydantic import BaseModel, Field

from dpo_math_assets.errors import LogFormatError

MB = 1_000_000
# A file that unpacks to less than this may have any ratio.
RATIO_COUNTS_FROM = 256 * MB


class ReadingLimits(BaseModel):
    """The limits, with defaults far above what logs hold. Sizes are in MB (10^6 bytes)."""

    max_decompressed_mb: int = Field(
        default=50_000, ge=1, description="MB that an export may hold once it is decompressed."
    )
    max_ratio: int = Field(
        default=400,
        ge=1,
        description="Bytes that a byte of a compressed export may unpack to, from 256 MB on.",
    )
    max_lines: int = Field(
        default=20_000_000, ge=1, description="Lines that an export may have, blank ones too."
    )
    max_record_mb: int = Field(
        default=16,
        ge=1,
        description="MB of one record; a longer one goes to the quarantine, in pieces.",
    )
    max_row_group_mb: int = Field(
        default=256,
        ge=1,
        description="MB that a row group of a Parquet file may unpack to; it is in memory at once.",
    )

    @property
    def record_bytes(self) -> int:
        """`max_record_mb` in bytes."""
        return self.max_record_mb * MB


class LimitError(LogFormatError):
    """An export beyond a limit on the whole of it: `name` is the setting, `value` what it is."""

    def __init__(self, path: object, what: str, limits: ReadingLimits, name: str) -> None:
        self.name = name
        self.value: int = getattr(limits, name)
        super().__init__(
            f"{path}: {what}, and intake.{name} is {self.value}. Nothing of it is read. If the "
            f"export is sound, raise intake.{name} in settings.yaml: it is then read again."
        )

"""How the runtime's database is named and read."""

from pydantic import BaseModel, Field

URL_VARIABLE = "DPO_MATH_DATABASE_URL"


EXAMPLE_URL = "postgresql://user:password@host:5432/database"


class DatabaseSettings(BaseModel):
    """How new rows of the runtime's database are read."""

    table: str = Field("task_trace", description="The table, with its schema where it needs one.")
    overlap_minutes: float = Field(
        60,
        ge=0,
        description="Rows this much older than the newest one are looked at again, for those that "
        "were committed late. Longer than any transaction of the runtime, in minutes.",
    )
    wait_days: float = Field(
        7, ge=0, description="How long a row without an outcome is waited for, in days."
    )
    file_mb: float = Field(
        256, gt=0, description="Size at which an export file is cut, in MB (10^6 bytes)."
    )
    timeout_s: float = Field(
        300, ge=1, description="Longest time for one answer of the database, in seconds."
    )

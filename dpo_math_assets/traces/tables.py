"""A Parquet file that grows by row groups, so that no stage holds a whole export in memory."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl


class ParquetTable:
    """Writes frames of one schema, a row group each. A context manager; use on a temporary name."""

    def __init__(self, path: Path, schema: pl.Schema) -> None:
        self._path = path
        self._schema = schema
        self._writer: Any = None

    def __enter__(self) -> Self:
        import pyarrow.parquet as pq

        schema = self._arrow(pl.DataFrame(schema=self._schema)).schema
        self._writer = pq.ParquetWriter(self._path, schema, compression="zstd")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    def write(self, frame: pl.DataFrame) -> None:
        """Add the frame, whose columns must be those of the schema."""
        self._writer.write_table(self._arrow(frame.select(self._schema.names()).cast(self._schema)))

    @staticmethod
    def _arrow(frame: pl.DataFrame) -> Any:
        return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


class RowTable(ParquetTable):
    """The same for rows that come one by one: a row group holds up to 50,000 rows or 64 MiB."""

    _ROWS = 50_000
    _BYTES = 64 * 1024 * 1024

    def __init__(self, path: Path, schema: pl.Schema) -> None:
        super().__init__(path, schema)
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        super().__exit__(kind, error, trace)

    def add(self, row: dict[str, Any], size: int) -> None:
        """Add a row of about `size` bytes."""
        self._rows.append(row)
        self._bytes += size
        if len(self._rows) >= self._ROWS or self._bytes >= self._BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self.write(pl.DataFrame(self._rows, schema=self._schema))
            self._rows, self._bytes = [], 0


def row_groups(path: Path, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
    """The row groups of a Parquet file as frames, one in memory at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            frame = pl.from_arrow(file.read_row_group(group, columns=columns))
            assert isinstance(frame, pl.DataFrame)
            yield frame

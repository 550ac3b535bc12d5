"""Metadata: how numbers, tables and pictures of an asset are put before a reader.

Numeric values keep one name and one unit for ever, since Dagster plots them over time.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dpo_math_assets.traces.overrides import Problem

PREVIEW_ROWS = 8
PREVIEW_CHARACTERS = 300
PROBLEMS_SHOWN = 50


def preview(frame: pl.DataFrame, columns: list[str] | None = None) -> dg.TableMetadataValue:
    """The first rows as a table, long texts cut."""
    shown = frame.select(columns or frame.columns).head(PREVIEW_ROWS)
    records = [
        dg.TableRecord({name: _cell(value) for name, value in row.items()})
        for row in shown.iter_rows(named=True)
    ]
    schema = dg.TableSchema([dg.TableColumn(name, "string") for name in shown.columns])
    return dg.MetadataValue.table(records, schema)


def _cell(value: Any) -> str | int | float | bool | None:
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int):
        return value
    text = str(value)
    return text if len(text) <= PREVIEW_CHARACTERS else text[:PREVIEW_CHARACTERS] + " …"


def table(rows: Sequence[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """All the rows, which have one shape, as a table."""
    records = [dg.TableRecord({name: _cell(row[name]) for name in row}) for row in rows]
    columns = [
        dg.TableColumn(name, type(value).__name__.replace("str", "string"))
        for name, value in (rows[0].items() if rows else ())
    ]
    return dg.MetadataValue.table(records, dg.TableSchema(columns))


def counts_table(title: str, counts: Mapping[str, int]) -> dg.TableMetadataValue:
    """Counts by reason or kind, the largest first."""
    records = [
        dg.TableRecord({title: name, "count": count})
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    columns = [dg.TableColumn(title, "string"), dg.TableColumn("count", "int")]
    return dg.MetadataValue.table(records, dg.TableSchema(columns))


def problems_table(problems: Sequence[Problem]) -> dg.TableMetadataValue:
    """What is wrong in files that people write: file, row and what to do."""
    columns = [dg.TableColumn("file"), dg.TableColumn("row", "int"), dg.TableColumn("problem")]
    records = [
        dg.TableRecord({"file": found.file, "row": found.row, "problem": _cell(found.what)})
        for found in problems[:PROBLEMS_SHOWN]
    ]
    return dg.MetadataValue.table(records, dg.TableSchema(columns))


def column_schema(schema: pl.Schema) -> dg.TableSchemaMetadataValue:
    """The table's columns and types, as Dagster's catalog shows them."""
    columns = [dg.TableColumn(name, str(kind)) for name, kind in schema.items()]
    return dg.MetadataValue.table_schema(dg.TableSchema(columns))


def picture(png: bytes, title: str) -> dg.MarkdownMetadataValue:
    """A PNG shown where the metadata is read."""
    encoded = base64.b64encode(png).decode("ascii")
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{encoded})")


def rate(part: int, whole: int) -> float:
    """part / whole, and 0 of nothing is 0."""
    return round(part / whole, 4) if whole else 0.0


def file_size_mb(path: Path) -> float:
    """Size of a file in MB (10^6 bytes)."""
    return round(path.stat().st_size / 1e6, 3)

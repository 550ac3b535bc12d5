"""How the tests of this folder read a small export, and the records they are made of."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from dpo_math_assets.traces.intake import IntakeReport, imbalance, read_export

SHARED = Path(__file__).parents[2].parent / "shared"

FLAT: dict[str, Any] = {
    "trace_id": "t-1",
    "prompt": "What is 2*(3+4)?",
    "candidate": "3+4 is 7.\nFINAL ANSWER: 14",
    "ground_truth": "14",
    "ok": True,
}


class Export:
    """An export read: the report, and the rows of both tables as dictionaries."""

    def __init__(self, report: IntakeReport, traces: Path, quarantine: Path) -> None:
        self.report = report
        self.traces = pl.read_parquet(traces).to_dicts()
        self.quarantine = pl.read_parquet(quarantine).to_dicts()

    @property
    def trace(self) -> dict[str, Any]:
        """The one trace."""
        (trace,) = self.traces
        return trace

    @property
    def meta(self) -> dict[str, Any]:
        """The metadata of the one trace."""
        meta: dict[str, Any] = json.loads(self.trace["meta"])
        return meta


def lines(*records: Any) -> bytes:
    """Records as JSON lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def read(folder: Path, content: bytes | Path, name: str = "export.jsonl", **options: Any) -> Export:
    """Read bytes as an export file of that name, or a file where it lies."""
    path = content if isinstance(content, Path) else folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    traces, quarantine = folder / "out" / "traces.parquet", folder / "out" / "quarantine.parquet"
    report = read_export(path, "0001-export", traces, quarantine, **options)
    export = Export(report, traces, quarantine)
    lost = imbalance(report)
    assert lost is None, lost
    assert report.traces == len(export.traces)
    assert sum(report.quarantined.values()) == len(export.quarantine)
    return export

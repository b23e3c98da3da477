"""Readings of the past: raw where raw ones are still kept, their hours where not, the same file twice no more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from data_access.db.engine import Database
from data_access.db.tables import ReadingHourRow

from .test_community import FILES

HEAD = "device,metric,ts,value\n"


def _hours(database: Database) -> list[tuple[str, int, float, float, float]]:
    with database.reading() as session:
        rows = session.scalars(select(ReadingHourRow).order_by(ReadingHourRow.hour))
        return [(f"{r.hour:%m-%d %H}", r.count, r.minimum, r.mean, r.maximum) for r in rows]


def test_old_readings_live_on_as_hours(importer: Callable[..., Any], database: Database, tmp_path: Path) -> None:
    def bring(kind: str, content: str) -> Any:
        path = tmp_path / f"{kind}.csv"
        path.write_text(content)
        return importer(kind, path)

    for kind in ("areas", "buildings", "devices"):
        bring(kind, FILES[kind])
    recent = "gas-1,gas_lel,2026-06-01 10:00:00,1\ngas-1,gas_lel,2026-06-01 10:30:00,4\n"
    old = "gas-1,gas_lel,2026-05-10 10:05:00,2\ngas-1,gas_lel,2026-05-10 10:35:00,6\n"
    expected = [("05-10 02", 2, 2.0, 4.0, 6.0), ("06-01 02", 2, 1.0, 2.5, 4.0)]
    assert bring("telemetry", HEAD + recent + old).notes
    assert _hours(database) == expected
    bring("telemetry", HEAD + recent + old)  # the same file again
    bring("telemetry", HEAD + "gas-1,gas_lel,2026-05-10 10:59:00,90\n")  # a part of an hour that is known better
    assert _hours(database) == expected
    refused = bring("telemetry", HEAD + "gas-1,gas_lel,2025-05-10 10:59:00,90\n").refusals
    assert "YIPING_HOURLY_KEEP_DAYS" in refused[0].reason

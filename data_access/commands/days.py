"""What is kept of an area once a day: the last running figures seen of the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaDayRow, AreaRow
from data_access.domain.facts import Daily

KEPT_DAYS: Final = 400


def keep(session: Session, day: date, figures: Mapping[str, Mapping[Daily, int]]) -> int:
    """Put the `figures` of areas (by path) in the place of what was kept of `day`; return how many there are."""
    ids = {path: i for i, path in session.execute(select(AreaRow.id, AreaRow.path))}
    rows: list[dict[str, Any]] = [
        {"area_id": ids[path], "day": day, "metric": metric.value, "value": value}
        for path, found in figures.items()
        if path in ids
        for metric, value in found.items()
    ]
    mine, old = AreaDayRow.area_id == bindparam("of"), day - timedelta(days=KEPT_DAYS)
    areas = [{"of": area_id} for area_id in sorted({int(row["area_id"]) for row in rows})]
    if not areas:
        return 0
    for gone in (AreaDayRow.day == day, AreaDayRow.day < old):  # area by area, as the key goes
        session.connection().execute(delete(AreaDayRow).where(mine, gone), areas)
    session.execute(insert(AreaDayRow), rows)
    return len(rows)

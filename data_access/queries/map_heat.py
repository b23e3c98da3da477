"""Where cases came in lately, on a grid over the viewport: counts of cells, never a case.

Cells are squares of degrees that halve with every zoom, about twenty pixels wide, seventy metres at least. A cell with
fewer than LEAST cases is not told. Cases without a place of their own count in the middle of their area.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, IncidentRow
from data_access.domain.periods import Period
from data_access.queries.trends import inside
from data_access.viewmodels.map import Box

DAYS: Final = 28
LEAST: Final = 3
MOST_CELLS: Final = 4_000
_FINER: Final = 4
"""Cells of a world of 2^zoom tiles: sixteen across a tile."""
_FINEST: Final = 19
_COARSEST: Final = 8


def heat(session: Session, path: str, box: Box, zoom: int, end: date) -> dict[str, Any]:
    """`cells`: `[lng, lat, cases]` of south-west corners, fullest first; `size` in degrees; `days`; all `cases`."""
    size = 360 / 2 ** min(max(zoom + _FINER, _COARSEST), _FINEST)
    span = Period(end - timedelta(days=DAYS), end)
    cells: Counter[tuple[int, int]] = Counter()
    for lng, lat, n in (*_placed(session, path, span, box), *_unplaced(session, path, span, box)):
        cells[int(lng // size), int(lat // size)] += n
    told = [(corner, n) for corner, n in cells.most_common(MOST_CELLS) if n >= LEAST]
    return {
        "size": size,
        "days": DAYS,
        "least": LEAST,
        "cases": sum(cells.values()),
        "cells": [[round(x * size, 6), round(y * size, 6), n] for (x, y), n in told],
    }


def _placed(session: Session, path: str, span: Period, box: Box) -> list[Any]:
    place = (IncidentRow.lng, IncidentRow.lat)
    query = select(*place, func.count()).where(*inside(path, span), *_in_box(*place, box)).group_by(*place)
    return list(session.execute(query))


def _unplaced(session: Session, path: str, span: Period, box: Box) -> list[Any]:
    query = (
        select(AreaRow.lng, AreaRow.lat, func.count())
        .join(IncidentRow, IncidentRow.area_id == AreaRow.id)
        .where(*inside(path, span), IncidentRow.lng.is_(None), *_in_box(AreaRow.lng, AreaRow.lat, box))
        .group_by(AreaRow.id, AreaRow.lng, AreaRow.lat)
    )
    return list(session.execute(query))


def _in_box(lng: Any, lat: Any, box: Box) -> tuple[Any, Any]:
    return lng.between(box.west, box.east), lat.between(box.south, box.north)

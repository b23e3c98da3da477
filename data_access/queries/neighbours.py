"""The areas beside one's own, in numbers: whoever looks after one community sees how the next one does, and no row."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from data_access.db.tables import AreaRow
from data_access.domain.areas import lineage
from data_access.domain.periods import Period
from data_access.queries.counters import STANDING, counters
from data_access.queries.indicators import indicators
from data_access.queries.session import now, reading, remembered
from data_access.viewmodels.indicators import By
from data_access.viewmodels.overview import Neighbour

MOST: Final = 40
_RANKED: Final = {By.STREET, By.COMMUNITY, By.GRID}


@remembered(seconds=60)
def beside(path: str, first: date, end: date, version: str) -> tuple[Neighbour, ...]:  # noqa: ARG001  # the version is there for the key
    """As `read_beside`, for the local days [first, end)."""
    with reading() as session:
        return read_beside(session, path, Period(first, end), now())


def read_beside(session: Session, path: str, period: Period, at: datetime) -> tuple[Neighbour, ...]:
    """The areas of the same kind under the same parent as the one at `path`; none beside the top of the tree."""
    above = lineage(path)[:-1]
    if not above:
        return ()
    own = aliased(AreaRow)
    rows = session.execute(
        select(AreaRow.code, AreaRow.path, AreaRow.name, AreaRow.name_en, AreaRow.kind)
        .join(own, (own.parent_id == AreaRow.parent_id) & (own.kind == AreaRow.kind))
        .where(own.path == path, AreaRow.path != path)
        .order_by(AreaRow.path)
        .limit(MOST)
    ).all()
    if not rows:
        return ()
    root, kind = above[-1], rows[0].kind
    figures = counters(session, [row.path for row in rows], root, now=at)
    lines = indicators(session, root, period.first, period.end, By(kind), now=at) if kind in _RANKED else ()
    rates = {line.code: line.counts.on_time_rate for line in lines}
    return tuple(
        Neighbour(
            name=row.name,
            name_en=row.name_en,
            alarms=sum(figures[row.path][key] for key in STANDING),
            incidents=figures[row.path]["incidents.open"],
            on_time_rate=rates.get(row.code),
        )
        for row in rows
    )

"""What a replay of appeals came to, in sentences for whoever started it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow
from data_access.domain.areas import AreaKind, lineage
from data_access.domain.incidents import ClosingCounts, format_percent
from data_access.queries.closing import run_figures

UNPLACED: Final = "未归属"


def run_lines(session: Session, run: str, *, now: datetime) -> tuple[str, ...]:
    """The closing figures of the whole run, then street by street; what names no street comes last."""
    streets, whole = run_rates(session, run, now=now)
    return tuple(_line(name, counts) for name, counts in (("In all", whole), *streets))


def run_rates(
    session: Session, run: str, *, now: datetime
) -> tuple[tuple[tuple[str, ClosingCounts], ...], ClosingCounts]:
    """The closing figures of the run: by street, and together."""
    found = run_figures(session, run, now=now)
    paths = {step for path in found for step in lineage(path)}
    query = select(AreaRow.path, AreaRow.name).where(AreaRow.path.in_(paths), AreaRow.kind == AreaKind.STREET)
    streets = {row.path: row.name for row in session.execute(query)}
    sums: defaultdict[str, ClosingCounts] = defaultdict(ClosingCounts)
    for path, counts in found.items():
        sums[next((streets[step] for step in lineage(path) if step in streets), UNPLACED)] += counts.closing
    lines = sorted(sums.items(), key=lambda line: (line[0] == UNPLACED, line[0]))
    return tuple(lines), sum(sums.values(), ClosingCounts())


def _line(name: str, counts: ClosingCounts) -> str:
    rate = format_percent(counts.on_time_rate)
    return f"{name}: {counts.created:,} created, {counts.due:,} due, {counts.closed_on_time:,} closed in time, {rate}"

"""The published indicators: one query behind the page, the API and the export.

A case belongs to the period of its creation, in Asia/Shanghai. Where the source gave outcome flags they decide;
elsewhere the due date and the closing time do, as at `now`. Replayed rows never enter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.closing import CLOSING, PLACE
from data_access.db.tables import AreaRow, ChannelRow, IncidentTypeRow, UnitRow
from data_access.domain.areas import lineage, subtree_bounds
from data_access.domain.case_indicators import Counts
from data_access.domain.periods import Period
from data_access.queries.closing import case_figures
from data_access.viewmodels.indicators import UNASSIGNED, By, IndicatorLine

_AREA_KINDS: Final = {By.STREET, By.COMMUNITY, By.GRID}
_LABELS: Final[Mapping[By, Any]] = {
    By.CHANNEL: ChannelRow,
    By.TYPE: IncidentTypeRow,
    By.MAIN_TYPE: IncidentTypeRow,
    By.SUB_TYPE: IncidentTypeRow,
    By.UNIT: UnitRow,
}


def indicators(
    session: Session,
    area_path: str,
    start: date,
    end: date,
    by: By | str | None = None,
    *,
    now: datetime,
    names: Sequence[str] = CLOSING,
) -> tuple[IndicatorLine, ...]:
    """The indicators of the subtree of `area_path` for the days [start, end): by default those of closing.

    Without `by`: one line for the area itself. By an area kind: a line for each such area in tree order, those
    without cases too. By anything else: the lines that have cases, most first. What belongs to none of them is the
    last line, 未归属, when there is any; the lines always add up to the area's own. Raises `InvalidInput` for an
    empty period.
    """
    by, period = By(by) if by is not None else None, Period(start, end)
    if by is None:
        return (_whole(session, area_path, period, now, names),)
    if by in _AREA_KINDS:
        places = case_figures(session, area_path, period, PLACE, now=now, names=names)
        return _by_area(session, area_path, by, places)
    counts = case_figures(session, area_path, period, by, now=now, names=names)
    known = [key for key in counts if key is not None]
    labels = {i: (ref, name) for i, ref, name in session.execute(_labels(_LABELS[by], known))}
    lines = [IndicatorLine(code=labels[key][0], name=labels[key][1], key=key, cases=counts[key]) for key in known]
    lines.sort(key=lambda line: (-line.cases.reported, line.name, line.code or ""))
    return _told_apart(lines) + _rest(counts.get(None, Counts()))


def _whole(session: Session, area_path: str, period: Period, now: datetime, names: Sequence[str]) -> IndicatorLine:
    area = session.execute(select(AreaRow.code, AreaRow.name, AreaRow.name_en).where(AreaRow.path == area_path)).first()
    counts = case_figures(session, area_path, period, now=now, names=names).get(None, Counts())
    if area is None:
        return IndicatorLine(code=None, name="", cases=counts)
    return IndicatorLine(code=area.code, name=area.name, name_en=area.name_en, cases=counts)


def _by_area(session: Session, area_path: str, by: By, places: Mapping[Any, Counts]) -> tuple[IndicatorLine, ...]:
    low, high = subtree_bounds(area_path)
    areas = session.execute(
        select(AreaRow.path, AreaRow.code, AreaRow.name, AreaRow.name_en)
        .where(AreaRow.path >= low, AreaRow.path < high, AreaRow.kind == by.value)
        .order_by(AreaRow.path)
    ).all()
    paths = {area.path for area in areas}
    at: defaultdict[str | None, list[Counts]] = defaultdict(list)
    for path, found in places.items():
        at[next((up for up in reversed(lineage(path)) if up in paths), None)].append(found)
    counts = defaultdict(Counts, {home: Counts.total(found) for home, found in at.items()})
    lines = tuple(IndicatorLine(code=a.code, name=a.name, name_en=a.name_en, cases=counts[a.path]) for a in areas)
    return lines + _rest(counts[None])


def _labels(table: Any, ids: list[int]) -> Any:
    return select(table.id, table.ref, table.name).where(table.id.in_(ids))


def _told_apart(lines: Sequence[IndicatorLine]) -> tuple[IndicatorLine, ...]:
    """Ids identify and names are labels: where two share one, the smaller shows its id behind the name."""
    seen: set[str] = set()
    apart = []
    for line in lines:
        apart.append(replace(line, name=f"{line.name}（{line.code}）") if line.name in seen else line)
        seen.add(line.name)
    return tuple(apart)


def _rest(counts: Counts) -> tuple[IndicatorLine, ...]:
    return (IndicatorLine(code=None, name=UNASSIGNED, cases=counts),) if counts.reported else ()

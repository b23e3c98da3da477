"""Cases by class and channel over the last weeks (tables: pandas serves), and hot topics.

Weeks are whole ones, so that today's morning never looks like a fall.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, ChannelRow, IncidentRow, IncidentTypeRow
from data_access.domain import hot_topics
from data_access.domain.areas import PATH_STEP
from data_access.domain.hot_topics import Cell
from data_access.domain.periods import Period
from data_access.queries.session import reading, remembered
from data_access.queries.trends import day_number, day_of, inside
from data_access.viewmodels.indicators import UNASSIGNED
from data_access.viewmodels.trends import GroupTrend, HotTopic, HotTopics, Topics

if TYPE_CHECKING:
    from pandas import DataFrame

WEEKS: Final = 12
GROUP_WEEKS: Final = 4
SHOWN: Final = 8


@remembered(seconds=600)
def topics(path: str, end: date, version: str) -> Topics:  # noqa: ARG001  # the version is there for the key
    """Classes and channels of the weeks before `end`."""
    with reading() as session:
        return read_topics(session, path, end)


@remembered(seconds=600)
def hot(path: str, end: date, version: str) -> HotTopics:  # noqa: ARG001  # as above
    """The hot topics of the week before `end`."""
    with reading() as session:
        return read_hot(session, path, end)


def read_topics(session: Session, path: str, end: date) -> Topics:
    """The tables of `topics`."""
    frame = _cases(session, path, end)
    return Topics(
        end=end,
        classes=_groups(session, frame, "main", IncidentTypeRow),
        channels=_groups(session, frame, "channel", ChannelRow),
    )


def read_hot(session: Session, path: str, end: date) -> HotTopics:
    """What rises in the week before `end`: classes in the area and in every area below it, least likely first.

    Of a class that rises in a place and in those around or within it, only the clearest line is shown.
    """
    weeks = hot_topics.WEEKS_BEFORE + 1
    span = Period(end - timedelta(weeks=weeks), end)
    week = (day_of(IncidentRow.created_at) - day_number(span.first)) // 7
    keys = (IncidentRow.sub_type_id, IncidentRow.area_path, week.label("week"))
    rows = session.execute(select(*keys, func.count()).where(*inside(path, span)).group_by(*keys)).all()
    cells = _cells([row for row in rows if row[0] is not None], len(path), weeks)
    found = hot_topics.find(cells, _totals(session, path, span))
    shown = _apart(found.cells)
    names = names_of(session, IncidentTypeRow, [sub for sub, _ in (cell.key for cell in shown)])
    places = _places(session, {cell.key[1] for cell in shown})
    lines = [
        HotTopic(
            name=names.get(cell.key[0], UNASSIGNED),
            last=cell.last,
            expected=cell.expected,
            probability=cell.probability,
            hot=cell.hot,
            where=places[cell.key[1]][1:],
            code=places[cell.key[1]][0],
            type_id=cell.key[0],
            weeks=tuple(cells[cell.key]),
        )
        for cell in shown
        if cell.key[1] in places
    ]
    return HotTopics(end, tuple(lines), found.tested, found.level)


def _cells(rows: Sequence[Any], shortest: int, weeks: int) -> dict[tuple[int, str], list[int]]:
    """Cases by week of every class in every place from paths of `shortest` on; those too few to be tested left out.

    A grid has a class seldom, so that nearly every row is a cell: as arrays, a million cases take a fifth of the time.
    """
    if not rows:
        return {}
    subs, paths, numbers, counts = zip(*rows, strict=True)
    kinds, kind = np.unique(np.array(subs, dtype=np.int64), return_inverse=True)
    places, place = np.unique(np.array(paths), return_inverse=True)
    week, n = np.array(numbers, dtype=np.int64), np.array(counts, dtype=np.int64)
    longest = max(map(len, paths))
    found: dict[tuple[int, str], list[int]] = {}
    for length in range(max(shortest, PATH_STEP), longest + 1, PATH_STEP):
        ups, up = np.unique([str(p)[:length] if len(p) >= length else "" for p in places], return_inverse=True)
        cell, at = np.unique(kind * len(ups) + up[place], return_inverse=True)
        table = np.zeros((len(cell), weeks), dtype=np.int64)
        np.add.at(table, (at, week), n)
        for i in np.flatnonzero(table.sum(axis=1) >= hot_topics.LEAST):
            sub, where = divmod(int(cell[i]), len(ups))
            if ups[where]:
                found[int(kinds[sub]), str(ups[where])] = table[i].tolist()
    return found


def _totals(session: Session, path: str, span: Period) -> list[int]:
    """All cases by week, of the whole tree that `path` lies in: what one place does is not to hide in its own sum."""
    week = (day_of(IncidentRow.created_at) - day_number(span.first)) // 7
    rows = session.execute(select(week, func.count()).where(*inside(path[:PATH_STEP], span)).group_by(week))
    found = {int(number): n for number, n in rows}
    return [found.get(number, 0) for number in range((span.end - span.first).days // 7)]


def _apart(cells: Iterable[Cell[tuple[int, str]]]) -> list[Cell[tuple[int, str]]]:
    """The first `SHOWN`, hot ones first; each class once along a way down the tree, the smallest place of equals."""
    shown: list[Cell[tuple[int, str]]] = []
    for cell in sorted(cells, key=lambda cell: (not cell.hot, cell.probability, -len(cell.key[1]), cell.key)):
        sub, place = cell.key
        if len(shown) == SHOWN:
            break
        if not any(sub == s and (place.startswith(p) or p.startswith(place)) for s, p in (one.key for one in shown)):
            shown.append(cell)
    return shown


def _cases(session: Session, path: str, end: date) -> DataFrame:
    """Cases of the last twelve weeks by week (counted back from the newest, 0), class and channel."""
    import pandas as pd  # noqa: PLC0415  # half a second that a start need not wait for

    week = ((day_number(end) - 1 - day_of(IncidentRow.created_at)) // 7).label("week")
    keys = (week, IncidentRow.main_type_id.label("main"), IncidentRow.channel_id.label("channel"))
    period = Period(end - timedelta(weeks=WEEKS), end)
    rows = session.execute(select(*keys, func.count()).where(*inside(path, period)).group_by(*keys)).all()
    return pd.DataFrame(rows, columns=["week", "main", "channel", "n"])


def _groups(session: Session, frame: DataFrame, key: str, labels: Any) -> tuple[GroupTrend, ...]:
    """The groups with most cases of the last four weeks, the rest of them left out."""
    if frame.empty:
        return ()
    table = frame.assign(**{key: frame[key].fillna(-1).astype(int)}).pivot_table(
        index=key, columns="week", values="n", aggfunc="sum", fill_value=0
    )
    table = table.reindex(columns=range(WEEKS - 1, -1, -1), fill_value=0)
    recent = table.iloc[:, -GROUP_WEEKS:].sum(axis=1)
    earlier = table.iloc[:, -2 * GROUP_WEEKS : -GROUP_WEEKS].sum(axis=1)
    order = recent.sort_values(ascending=False, kind="stable").index[:SHOWN]
    names = names_of(session, labels, [int(i) for i in order if i >= 0])
    return tuple(
        GroupTrend(names.get(int(i), UNASSIGNED), int(recent[i]), int(earlier[i]), tuple(int(n) for n in table.loc[i]))
        for i in order
    )


def _places(session: Session, paths: set[str]) -> dict[str, tuple[str, str, str | None]]:
    """Code, name and English name of the areas at `paths`."""
    rows = session.execute(
        select(AreaRow.path, AreaRow.code, AreaRow.name, AreaRow.name_en).where(AreaRow.path.in_(paths))
    )
    return {path: (code, name, english) for path, code, name, english in rows}


def names_of(session: Session, labels: Any, ids: Sequence[int]) -> dict[int, str]:
    """Names of the rows `ids` of a table of labels: classes, channels, units."""
    return {row.id: row.name for row in session.execute(select(labels.id, labels.name).where(labels.id.in_(ids)))}

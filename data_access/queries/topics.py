"""Cases by class and channel over the last weeks (tables: pandas serves), and hot topics.

Weeks are whole ones, so that today's morning never looks like a fall.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, ChannelRow, IncidentRow, IncidentTypeRow
from data_access.domain import hot_topics
from data_access.domain.areas import lineage
from data_access.domain.periods import Period, midnight
from data_access.queries.session import reading, remembered
from data_access.queries.trends import day_number, day_of, inside
from data_access.viewmodels.indicators import UNASSIGNED
from data_access.viewmodels.trends import GroupTrend, HotTopic, HotTopics, Topics

if TYPE_CHECKING:
    from pandas import DataFrame

WEEKS: Final = 12
GROUP_WEEKS: Final = 4
SHOWN: Final = 8
Name = tuple[str, str | None]
"""Chinese, and English where there is one."""


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
    """The sub classes whose last week is least like the eight weeks before it, likeliest to be hot first."""
    week = midnight(end - timedelta(days=7))
    newest = func.sum(case((IncidentRow.created_at >= week, 1), else_=0))
    span = Period(end - timedelta(weeks=hot_topics.WEEKS_BEFORE + 1), end)
    rows = session.execute(
        select(IncidentRow.sub_type_id, newest, func.count())
        .where(*inside(path, span), IncidentRow.sub_type_id.is_not(None))
        .group_by(IncidentRow.sub_type_id)
    ).all()
    found = [
        (hot_topics.probability(int(last), n - int(last)), int(sub), int(last), n - int(last)) for sub, last, n in rows
    ]
    shown = sorted(line for line in found if line[2])[:SHOWN]
    ids = [sub for _, sub, _, _ in shown]
    names, places = _names(session, IncidentTypeRow, ids), _places(session, path, ids, end)
    lines = [
        HotTopic(
            name=names.get(sub, UNASSIGNED),
            last=last,
            expected=before / hot_topics.WEEKS_BEFORE,
            probability=p,
            hot=hot_topics.is_hot(last, before),
            where=places.get(sub),
        )
        for p, sub, last, before in shown
    ]
    return HotTopics(end, tuple(lines), len(found), hot_topics.false_alarms(len(found)))


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
    names = _names(session, labels, [int(i) for i in order if i >= 0])
    return tuple(
        GroupTrend(names.get(int(i), UNASSIGNED), int(recent[i]), int(earlier[i]), tuple(int(n) for n in table.loc[i]))
        for i in order
    )


def _places(session: Session, path: str, subs: list[int], end: date) -> dict[int, Name]:
    """For each class the child area that had most of its cases of the last week."""
    week = Period(end - timedelta(days=7), end)
    rows = session.execute(
        select(IncidentRow.sub_type_id, IncidentRow.area_path, func.count())
        .where(*inside(path, week), IncidentRow.sub_type_id.in_(subs))
        .group_by(IncidentRow.sub_type_id, IncidentRow.area_path)
    ).all()
    below = len(lineage(path))
    counted: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for sub, place, n in rows:
        if sub is not None and len(lineage(place)) > below:
            counted[sub][lineage(place)[below]] += n
    most = {sub: places.most_common(1)[0][0] for sub, places in counted.items()}
    found = session.execute(
        select(AreaRow.path, AreaRow.name, AreaRow.name_en).where(AreaRow.path.in_(set(most.values())))
    ).all()
    names = {place: (name, english) for place, name, english in found}
    return {sub: names[place] for sub, place in most.items() if place in names}


def _names(session: Session, labels: Any, ids: list[int]) -> dict[int, str]:
    return {row.id: row.name for row in session.execute(select(labels.id, labels.name).where(labels.id.in_(ids)))}

"""Mentions: one's own, and who can be named in a note about an alarm."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmRow, NoticeRow, UserRow
from data_access.domain.accounts import Role
from data_access.domain.areas import lineage, subtree_bounds, within
from data_access.domain.errors import NotFound
from data_access.domain.notices import NoticeState, Step
from data_access.queries.people import called
from data_access.viewmodels.duty import Colleague, Mention, Mentions

MOST: Final = 30
MOST_PEOPLE: Final = 200


def own(session: Session, user: str, scope: str) -> Mentions:
    """The newest mentions of `user` in his scope, and how many he has not read."""
    low, high = subtree_bounds(scope)
    # the states are those of mentions alone: the index on them finds the few among all notices
    his = (
        NoticeRow.state.in_((NoticeState.UNREAD, NoticeState.READ)),
        NoticeRow.step.in_((Step.MENTIONED, Step.HELP)),
        NoticeRow.target == user,
        NoticeRow.area_path >= low,
        NoticeRow.area_path < high,
    )
    rows = session.execute(
        select(NoticeRow, AlarmRow.kind, AlarmRow.place)
        .join(AlarmRow, AlarmRow.id == NoticeRow.alarm_id)
        .where(*his)
        .order_by(NoticeRow.id.desc())
        .limit(MOST)
    ).all()
    names = called(session, {_by(row.body) for row, _, _ in rows})
    unread = select(func.count()).select_from(NoticeRow).where(*his, NoticeRow.state == NoticeState.UNREAD)
    return Mentions(
        unread=session.scalar(unread) or 0,
        mentions=tuple(
            Mention(
                id=row.id,
                alarm_id=row.alarm_id,
                kind=kind,
                place=place,
                by=names.get(_by(row.body), _by(row.body)),
                text=row.body.partition("\n")[2],
                at=row.created_at,
                unread=row.state == NoticeState.UNREAD,
            )
            for row, kind, place in rows
            if row.alarm_id is not None
        ),
    )


def _by(body: str) -> str:
    """The account that wrote a note: the first line of its notice."""
    return body.partition("\n")[0]


def people(session: Session, alarm_id: int, scope: str) -> tuple[Colleague, ...]:
    """Accounts that may see the alarm. Raises `NotFound` when it lies outside `scope`."""
    path = session.scalar(select(AlarmRow.area_path).where(AlarmRow.id == alarm_id))
    if path is None or not within(path, scope):
        raise NotFound("没有这条告警，或者不在您的权限范围内。")
    rows = session.execute(
        select(UserRow.name, UserRow.display, UserRow.role)
        .where(
            UserRow.area_path.in_(("", *lineage(path))),
            UserRow.disabled_at.is_(None),
            UserRow.role != Role.WALL,
        )
        .order_by(UserRow.name)
        .limit(MOST_PEOPLE)
    )
    return tuple(Colleague(*row) for row in rows)

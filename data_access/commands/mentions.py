"""Mentions (@): who is named in a note about an alarm and may see it gets a notice of his own, until he has read it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data_access.commands.alarm_acts import Act, act
from data_access.db.tables import AlarmRow, NoticeRow, UserRow
from data_access.domain.accounts import Role
from data_access.domain.areas import within
from data_access.domain.notices import Channel, NoticeState, Step
from data_access.live import outbox
from data_access.live.telling import mentioned


def comment(session: Session, alarm_id: int, done: Act, *, text: str, names: Collection[str]) -> AlarmRow:
    """Say `text` of the alarm; whoever of `names` may see it is told. Raises as `act` does."""
    row = act(session, alarm_id, done)
    people = _may_see(session, names, row.area_path, but=done.actor)
    ring(session, row, people, Step.MENTIONED, f"{done.actor}\n{text}", done.now)
    return row


def ring(session: Session, alarm: AlarmRow, people: Collection[str], step: Step, body: str, now: datetime) -> None:
    """Put `body` (who says it, below that what) about `alarm` at the bells of `people`."""
    for name in people:
        session.add(
            NoticeRow(
                alarm_id=alarm.id,
                area_path=alarm.area_path,
                step=step,
                channel=Channel.PRODUCT,
                target=name,
                body=body,
                state=NoticeState.UNREAD,
                attempts=0,
                created_at=now,
                next_try_at=None,
                sent_at=now,
                error=None,
            )
        )
        outbox.add(session, mentioned(alarm, name, now))


def read(session: Session, ids: Collection[int], *, user: str, now: datetime) -> int:
    """`user` has looked at those of `ids` that are his; return how many he had not yet."""
    own = (
        NoticeRow.step.in_((Step.MENTIONED, Step.HELP)),
        NoticeRow.target == user,
        NoticeRow.state == NoticeState.UNREAD,
    )
    unread = session.scalars(select(NoticeRow.alarm_id).where(NoticeRow.id.in_(ids), *own)).all()
    session.execute(update(NoticeRow).where(NoticeRow.id.in_(ids), *own).values(state=NoticeState.READ))
    rows = session.scalars(select(AlarmRow).where(AlarmRow.id.in_(unread)))
    outbox.add(session, *(mentioned(row, user, now) for row in rows))  # his other screens count anew
    return len(unread)


def _may_see(session: Session, names: Collection[str], path: str, *, but: str) -> list[str]:
    users = session.execute(
        select(UserRow.name, UserRow.area_path)
        .where(UserRow.name.in_(set(names) - {but}), UserRow.disabled_at.is_(None), UserRow.role != Role.WALL)
        .order_by(UserRow.name)
    )
    return [name for name, scope in users if within(path, scope)]

"""The clock of the alarms: says whose turn it is, escalates, reminds, unshelves, and follows a cause that is over.

Only rows that are due are read (`clock_at`, a partial index), a page a transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from data_access.commands import notices
from data_access.commands.alarm_changes import Changes
from data_access.commands.alarms import to_domain
from data_access.commands.notices import Telling
from data_access.db.alarm_kinds import kinds
from data_access.db.duty import manned
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, AreaRow
from data_access.domain.alarm_clock import Chore, chore
from data_access.domain.alarm_kinds import AlarmKind, kind_of
from data_access.domain.alarm_moves import Details, transition
from data_access.domain.alarm_terms import FIRST_LOOK, REMIND_AFTER
from data_access.domain.alarms import Alarm, AlarmAction, AlarmState, Severity
from data_access.domain.areas import lineage
from data_access.domain.correlation import CALM_AFTER
from data_access.domain.escalation import Post, Turn, chain_of, turn
from data_access.domain.notices import LEVEL_WORDS, Channel, Step

ACTOR: Final = "clock"
CALM: Final = "calm"
"""The word in an alarm's history for having gone to and fro and doing so no more."""
PAGE: Final = 200
AGAIN: Final = timedelta(minutes=1)
"""How often it is looked whether somebody has dealt with the cause of an alarm that is over."""


def look(database: Database, channels: Collection[Channel], now: datetime, *, pages: int = 50) -> int:
    """Do what is due by `now`, at most so many pages; return how many alarms were looked at."""
    done = 0
    for _ in range(pages):
        if not _is_due(database, now):
            break
        with database.writing() as session:
            done += _page(session, channels, now)
    return done


def calm_down(database: Database, now: datetime) -> int:
    """Take the mark from alarms that have gone to and fro and do so no more; return how many."""
    quiet = select(AlarmRow).where(text("alarms.chattering"), AlarmRow.last_at <= now - CALM_AFTER)
    with database.reading() as session:
        if session.scalar(select(quiet.exists())) is not True:
            return 0
    with database.writing() as session:
        rows = session.scalars(quiet.limit(PAGE).with_for_update(skip_locked=True)).all()
        changes = Changes(now, ACTOR)
        for row in rows:
            row.chattering, row.version = False, row.version + 1
            changes.note(row, CALM)
        changes.write(session)
    return len(rows)


@dataclass(slots=True)
class _Look:
    """What one page is looked at with, and what comes of it."""

    now: datetime
    areas: Mapping[str, str]  # path → kind
    manned: Collection[str]
    kinds: Mapping[str, AlarmKind]
    parents: Mapping[int, AlarmRow]
    leads: Mapping[int, AlarmRow]  # the first alarms of confirmed events
    changes: Changes
    tellings: list[Telling] = field(default_factory=list)

    def chain(self, row: AlarmRow) -> tuple[Post, ...]:
        """The posts it climbs through, those that its kind names, if any of them is there."""
        posts = chain_of((self.areas[path], path) for path in lineage(row.area_path) if path in self.areas)
        levels = self.kind(row).escalation
        return tuple(post for post in posts if levels is None or post.level in levels) or posts[-1:]

    def tell(self, telling: Telling) -> None:
        """A confirmed event is told once, by its first alarm, as long as that waits for somebody to look."""
        lead = self.leads.get(telling.row.event_id or 0)
        if lead is None or lead.id == telling.row.id or not to_domain(lead).unacked:
            self.tellings.append(telling)

    def remind_after(self, row: AlarmRow) -> datetime:
        return self.now + (self.kind(row).terms.remind or REMIND_AFTER[_grade(row)])

    def look_after(self, row: AlarmRow) -> datetime:
        return self.now + (self.kind(row).terms.look or FIRST_LOOK[_grade(row)])

    def kind(self, row: AlarmRow) -> AlarmKind:
        return self.kinds.get(row.kind) or kind_of(row.kind)


def _is_due(database: Database, now: datetime) -> bool:
    """Tell whether anything is, without the lock that a writer takes."""
    with database.reading() as session:
        due = select(AlarmRow.id).where(AlarmRow.clock_at.is_not(None), AlarmRow.clock_at <= now).limit(1)
        return session.scalar(due) is not None


def _page(session: Session, channels: Collection[Channel], now: datetime) -> int:
    due = select(AlarmRow).where(AlarmRow.clock_at.is_not(None), AlarmRow.clock_at <= now)
    rows = session.scalars(due.order_by(AlarmRow.clock_at).limit(PAGE).with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    work = _prepared(session, rows, now)
    for row in rows:
        _look_at(row, work)
    notices.write(session, work.tellings, channels, now)
    work.changes.write(session)
    return len(rows)


def _prepared(session: Session, rows: Sequence[AlarmRow], now: datetime) -> _Look:
    paths = {path for row in rows for path in lineage(row.area_path)}
    areas = session.execute(select(AreaRow.path, AreaRow.kind).where(AreaRow.path.in_(paths)))
    wanted = {row.parent_id for row in rows if row.parent_id is not None}
    wanted |= {row.event_id for row in rows if row.event_id is not None}
    others = {r.id: r for r in session.scalars(select(AlarmRow).where(AlarmRow.id.in_(wanted)))} if wanted else {}
    return _Look(
        now=now,
        areas={area.path: area.kind for area in areas},
        manned=manned(session, paths, now),
        kinds=kinds(session),
        parents=others,
        leads=others,
        changes=Changes(now, ACTOR),
    )


def _look_at(row: AlarmRow, work: _Look) -> None:
    alarm, parent = to_domain(row), work.parents.get(row.parent_id or 0)
    what = chore(alarm, to_domain(parent) if parent else None, now=work.now)
    match what:
        case Chore.TELL:
            _tell(row, work)
        case Chore.ESCALATE:
            _escalate(row, alarm, work)
        case Chore.REMIND:
            _remind(row, alarm, work)
        case Chore.UNSHELVE:
            work.changes.move(row, transition(alarm, AlarmAction.UNSHELVE, now=work.now), AlarmAction.UNSHELVE)
            row.clock_at = work.now if row.look_due_at is not None else row.clock_at
        case Chore.RELEASE:
            work.changes.move(row, transition(alarm, AlarmAction.UNSUPPRESS, now=work.now), AlarmAction.UNSUPPRESS)
            row.clock_at = work.now if row.look_due_at is not None else row.clock_at
        case Chore.FOLLOW:
            _follow(row, alarm, parent, work)
        case Chore.WAIT:
            over = parent is not None and not to_domain(parent).stands and row.state != AlarmState.CLOSED
            row.clock_at = work.now + AGAIN if over else None


def _tell(row: AlarmRow, work: _Look) -> None:
    """Say whose turn it is at the beginning; levels without anybody on shift are passed over at once."""
    found = turn(work.chain(row), work.manned)
    if found is None:
        row.clock_at = row.look_due_at
        return
    if found.post.level > row.escalation:
        _climb(row, to_domain(row), found, row.look_due_at, work)
    else:
        row.clock_at = row.look_due_at
    unmanned = bool(found.passed) or not found.manned
    work.tell(Telling(row, Step.UNMANNED if unmanned else Step.RAISED, found.post))


def _escalate(row: AlarmRow, alarm: Alarm, work: _Look) -> None:
    """Nobody has looked in time: the next level's turn; at the top it is said again and again."""
    found = turn(work.chain(row), work.manned, above=row.escalation)
    if found is None:
        _remind(row, alarm, work)
        return
    _climb(row, alarm, found, work.look_after(row), work)
    work.tell(Telling(row, Step.ESCALATED if found.manned else Step.UNMANNED, found.post))


def _climb(row: AlarmRow, alarm: Alarm, found: Turn, until: datetime | None, work: _Look) -> None:
    details = Details(level=found.post.level, until=until)
    after = transition(alarm, AlarmAction.ESCALATE, now=work.now, actor=ACTOR, details=details)
    passed = [int(post.level) for post in found.passed]
    note = _unmanned(found) if passed or not found.manned else None
    detail = {"level": int(found.post.level), "passed": passed, "manned": found.manned}
    work.changes.move(row, after, AlarmAction.ESCALATE, note=note, detail=detail)


def _unmanned(found: Turn) -> str:
    """Which levels had nobody, as the desk says it."""
    empty = [*found.passed, *([] if found.manned else [found.post])]
    return "、".join(LEVEL_WORDS[post.level] for post in empty) + "无人值班"


def _remind(row: AlarmRow, alarm: Alarm, work: _Look) -> None:
    until = work.remind_after(row)
    details = Details(until=until)
    work.changes.move(row, transition(alarm, AlarmAction.REMIND, now=work.now, details=details), AlarmAction.REMIND)
    level = notices.level_of(row)
    post = next((p for p in work.chain(row) if p.level == level), Post(level, row.area_path))
    whom = row.owner or row.acknowledged_by
    work.tell(Telling(row, Step.IGNORED if alarm.unacked else Step.REMINDED, post, whom))


def _follow(row: AlarmRow, alarm: Alarm, parent: AlarmRow | None, work: _Look) -> None:
    """Somebody has dealt with the cause: what it explained, and is over, needs no look of its own."""
    who = parent and (parent.closed_by or parent.acknowledged_by)
    if parent is None or not who:
        row.clock_at = work.now + AGAIN
        return
    reason = to_domain(parent).close_reason
    action = AlarmAction.CLOSE if reason else AlarmAction.ACKNOWLEDGE
    details = Details(reason=reason, note=parent.close_note)
    after = transition(alarm, action, now=work.now, actor=who, details=details)
    detail: dict[str, object] = {"parent_id": parent.id} | ({"reason": str(reason)} if reason else {})
    work.changes.move(row, after, action, note="随其原因一并处置", actor=who, detail=detail)
    row.clock_at = work.now + AGAIN if row.state != AlarmState.CLOSED else None


def _grade(row: AlarmRow) -> Severity:
    return max(Severity(row.severity), Severity.WARNING)

"""Complaints that repeat become a hidden danger, once: found by the worker, linked in the transaction that opens it.

A complaint belongs to one danger at most, which the database sees to (`repeats.complaint_id` is unique): two workers
that look at once, or a worker that stood still for days, come to the same. What comes in within a day of the last one
joins the danger as long as it is open.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data_access.commands import incidents
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, IncidentRow, IncidentTypeRow, MetaRow, RepeatRow, from_ms, to_ms
from data_access.domain.areas import AreaKind
from data_access.domain.incidents import FINAL_STAGES, Stage
from data_access.domain.repeats import COMPLAINTS, ENOUGH, WITHIN, Complaint, first_danger, joining

EVERY_S: Final = 10.0
SOURCE: Final = "rule"
CHANNEL: Final = "规则发现"
_SEEN: Final = "repeats_seen"


def look(database: Database, now: datetime) -> int:
    """Open what dangers there are by `now`; return how many."""
    with database.reading() as session:
        seen = session.scalar(select(MetaRow.value).where(MetaRow.key == _SEEN))
        since = min(from_ms(int(seen)), now) - WITHIN if seen else now - WITHIN
        groups = session.execute(_groups(since)).all()
    opened = 0
    for area_id, sub in groups:
        assert sub is not None  # noqa: S101  # as the query says
        try:
            with database.writing() as session:
                opened += _open(session, area_id, sub, since, now)
        except IntegrityError:  # another worker was here at once
            continue
    if not seen or now > from_ms(int(seen)):
        with suppress(IntegrityError), database.writing() as session:  # as above: then it is written
            session.merge(MetaRow(key=_SEEN, value=str(to_ms(now))))
    return opened


def _waiting(since: datetime) -> tuple[Any, ...]:
    """Complaints that belong to no danger yet; what was imported with its history is past, and opens nothing."""
    return (
        IncidentRow.created_at >= since,
        IncidentRow.run.is_(None),
        IncidentRow.workflow.is_not(None),
        IncidentRow.sub_type_id.is_not(None),
        IncidentRow.nature.in_([nature.value for nature in COMPLAINTS]),
        IncidentRow.stage != Stage.VOID.value,
        ~select(RepeatRow.id).where(RepeatRow.complaint_id == IncidentRow.id).exists(),
    )


def _groups(since: datetime) -> Select[int, int | None]:
    """Grids and sub-classes where something waits: enough for a danger, or anything where one has been opened."""
    dangers = select(IncidentRow.area_id, IncidentRow.sub_type_id).where(IncidentRow.source == SOURCE).subquery()
    known = (
        select(dangers.c.area_id)
        .where(dangers.c.area_id == IncidentRow.area_id, dangers.c.sub_type_id == IncidentRow.sub_type_id)
        .exists()
    )
    return (
        select(IncidentRow.area_id, IncidentRow.sub_type_id)
        .join(AreaRow, AreaRow.id == IncidentRow.area_id)
        .where(*_waiting(since), AreaRow.kind == AreaKind.GRID.value)
        .group_by(IncidentRow.area_id, IncidentRow.sub_type_id)
        .having((func.count() >= ENOUGH) | known)
    )


def _open(session: Session, area_id: int, sub: int, since: datetime, now: datetime) -> int:
    """Do what is to be done in one grid about one sub-class; return how many dangers were opened."""
    rows = session.execute(
        select(IncidentRow.id, IncidentRow.created_at)
        .where(*_waiting(since), IncidentRow.area_id == area_id, IncidentRow.sub_type_id == sub)
        .order_by(IncidentRow.created_at, IncidentRow.id)
    ).all()
    left: list[Complaint] = [(row.id, row.created_at) for row in rows]
    opened = 0
    while left:
        danger, last = _newest(session, area_id, sub)
        if danger is not None:
            joined, left = joining(left, last)
            session.add_all(RepeatRow(danger_id=danger, complaint_id=number) for number in joined)
            session.flush()
        three = first_danger(left)
        if three is None:
            return opened
        row = _opened(session, three, sub, now)
        session.add_all(RepeatRow(danger_id=row.id, complaint_id=number) for number, _ in three)
        session.flush()
        taken = {number for number, _ in three}
        left = [one for one in left if one[0] not in taken and one[1] >= three[0][1]]
        opened += 1
    return opened


def _newest(session: Session, area_id: int, sub: int) -> tuple[int | None, datetime | None]:
    """The danger that is open there, and when its last complaint came in."""
    danger = session.scalar(
        select(IncidentRow.id)
        .where(
            IncidentRow.source == SOURCE,
            IncidentRow.area_id == area_id,
            IncidentRow.sub_type_id == sub,
            IncidentRow.stage.not_in([stage.value for stage in FINAL_STAGES]),
        )
        .order_by(IncidentRow.id.desc())
        .limit(1)
    )
    if danger is None:
        return None, None
    last = session.scalar(
        select(IncidentRow.created_at)
        .join(RepeatRow, RepeatRow.complaint_id == IncidentRow.id)
        .where(RepeatRow.danger_id == danger)
        .order_by(IncidentRow.created_at.desc())
        .limit(1)
    )
    return danger, last


def _opened(session: Session, three: Any, sub: int, now: datetime) -> IncidentRow:
    """The danger that these complaints make; it lies where the first of them does."""
    rows = [session.get_one(IncidentRow, number) for number, _ in three]
    first, kind = rows[0], session.get_one(IncidentTypeRow, sub)
    new = incidents.NewIncident(
        source=SOURCE,
        source_ref=f"repeat-{first.id}",
        numbered=True,
        title=f"隐患：{kind.name}，一日内 {len(rows)} 起"[:200],
        description="、".join(row.code for row in rows),
        area_id=first.area_id,
        area_path=first.area_path,
        building_id=first.building_id,
        created_at=now,
        channel_id=incidents.channel(session, CHANNEL),
        types=(first.top_type_id, first.main_type_id, first.sub_type_id),
        place=first.place,
        lng=first.lng,
        lat=first.lat,
    )
    return incidents.create(session, new, actor=SOURCE, now=now)

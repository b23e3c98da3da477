"""Incidents for the board, the list and the case page: a page at a time, within an area.

Open ones come by their clock, what is due first; those without a date (suspended) last. Finished ones come newest
first. Each page is read along an index, so that its cost does not grow with what lies behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Select, case, func, literal, select, tuple_, type_coerce, union_all
from sqlalchemy.orm import Session, aliased

from data_access.db.closing import LABELLED_WITHIN
from data_access.db.tables import (
    AreaRow,
    ChannelRow,
    IncidentHistoryRow,
    IncidentRow,
    IncidentTypeRow,
    Instant,
    ItemRow,
    UnitRow,
    from_ms,
    to_ms,
)
from data_access.db.workflows import Workflows
from data_access.domain.areas import subtree_bounds, within
from data_access.domain.errors import InvalidInput, NotFound
from data_access.domain.incidents import FINAL_STAGES, STAGES_IN_ORDER, Stage
from data_access.domain.periods import local_day, midnight
from data_access.domain.workflows import SEVEN, Workflow
from data_access.queries import attachments, case_links
from data_access.queries.incident_filter import belonging_to_none, conditions, further, inside, passing_over
from data_access.viewmodels.incidents import (
    BoardColumn,
    IncidentBoard,
    IncidentDetail,
    IncidentFilter,
    IncidentLine,
    IncidentPage,
    IncidentStep,
    WorkflowStep,
)

MAX_PAGE: Final = 200
STATES: Final = ("open", "overdue", "suspended", "closed", "all")
MOST_AREAS: Final = 64
"""A subtree of more areas is read in the order of all cases."""
MOST_COUNTED: Final = 200_000
"""A board counts so many open ones at most, and then says that there are more."""
MOST_TOLD: Final = 20_000
"""So many rows of a list are counted at most."""
SEARCHED_DAYS: Final = 92
"""How far back a text is looked for among finished ones where no days are given."""
EVERYTHING: Final = IncidentFilter()
_COPIED: Final = (
    *("id", "code", "title", "stage", "place", "owner", "created_at", "due_at", "step_due_at", "turn_until"),
    *("level", "suspended_at", "asked_until", "merged_into", "reworks", "extensions", "run", "version"),
    *("closed_at", "satisfaction"),
)
_OPEN_STAGES: Final = tuple(stage for stage in STAGES_IN_ORDER if stage not in FINAL_STAGES)


def page(
    session: Session, path: str, wanted: IncidentFilter, *, cursor: str | None, limit: int, now: datetime
) -> IncidentPage:
    """Incidents of the subtree of `path`, from `cursor` on. Raises `InvalidInput` for a bad cursor."""
    limit = min(max(limit, 1), MAX_PAGE)
    finished = wanted.state in {"closed", "all"}
    if finished and wanted.text and wanted.first is None:
        wanted = replace(wanted, first=local_day(now) - timedelta(days=SEARCHED_DAYS))
    if finished:
        areas = _areas_of(session, path)
        where = _where(session, path, wanted, now, *(() if areas else passing_over(path)))
        return _newest(session, where, areas, _read_cursor(cursor, "c"), limit, now)
    where = _where(session, path, wanted, now, *passing_over(path))
    found: list[IncidentLine] = []
    if not (cursor or "").startswith("n"):
        found += _dated(session, where, _read_cursor(cursor, "d"), limit + 1, now)
    if len(found) <= limit and wanted.state != "overdue":
        last = _read_cursor(cursor, "n") if (cursor or "").startswith("n") else None
        found += _undated(session, where, last, limit + 1 - len(found), now)
    if len(found) <= limit:
        return IncidentPage(tuple(found), None)
    end = found[limit - 1]
    return IncidentPage(
        tuple(found[:limit]), f"n0-{end.id}" if end.due_at is None else f"d{to_ms(end.due_at)}-{end.id}"
    )


def counted(session: Session, path: str, wanted: IncidentFilter, *, now: datetime) -> int:
    """How many rows `page` would list in all; `MOST_TOLD` at most."""
    where = _where(session, path, wanted, now, *inside(path))
    some = select(literal(1)).select_from(IncidentRow).where(*where).limit(MOST_TOLD).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _where(session: Session, path: str, wanted: IncidentFilter, now: datetime, *inside: Any) -> tuple[Any, ...]:
    none = () if wanted.without is None else (belonging_to_none(session, path, wanted.without),)
    return (*inside, *conditions(wanted, now), *none)


def board(
    session: Session, path: str, wanted: IncidentFilter = EVERYTHING, *, limit: int, now: datetime
) -> IncidentBoard:
    """The open incidents by stage: counts, and the most pressing of each; and what was closed today."""
    counts = _counted(session, path, wanted, now)
    columns = []
    for stage in _OPEN_STAGES:
        total, late = counts.get(stage.value, (0, 0))
        one_stage = replace(wanted, stage=stage.value)
        lines = page(session, path, one_stage, cursor=None, limit=limit, now=now).incidents if total else ()
        columns.append(BoardColumn(stage=stage.value, total=total, overdue=late, incidents=lines))
    more = sum(total for total, _ in counts.values()) >= MOST_COUNTED
    return IncidentBoard(now, tuple(columns), _closed_today(session, path, wanted, limit, now), more)


def _counted(session: Session, path: str, wanted: IncidentFilter, now: datetime) -> dict[str, tuple[int, int]]:
    """How many of each stage, and how many of them are overdue: of `MOST_COUNTED` at most."""
    some = (
        select(IncidentRow.stage, IncidentRow.due_at)
        .where(*inside(path), *conditions(replace(wanted, state="open", stage=None), now))
        .limit(MOST_COUNTED)
        .subquery()
    )
    late = func.sum(case((some.c.due_at <= now, 1), else_=0))
    rows = session.execute(select(some.c.stage, func.count(), late).group_by(some.c.stage))
    return {stage: (int(total), int(overdue or 0)) for stage, total, overdue in rows}


def _closed_today(session: Session, path: str, wanted: IncidentFilter, limit: int, now: datetime) -> BoardColumn:
    """Read along the index of closing times, from midnight on."""
    today = (
        *passing_over(path),
        *further(replace(wanted, stage=None)),
        IncidentRow.stage == Stage.CLOSED.value,
        IncidentRow.closed_at >= midnight(local_day(now)),
        IncidentRow.closed_at <= now,
    )
    late = func.sum(case((IncidentRow.closed_at > IncidentRow.due_at, 1), else_=0))
    begun, done = (type_coerce(at, BigInteger) for at in (IncidentRow.created_at, IncidentRow.closed_at))
    life = case((IncidentRow.run.is_(None), done - begun))  # a replay's is that of the show
    total, overdue, took = session.execute(select(func.count(), late, func.avg(life)).where(*today)).one()
    order = (IncidentRow.closed_at.desc(), IncidentRow.id.desc())
    lines = _read(session, _lines().where(*today).order_by(*order).limit(limit), now) if total else []
    mean = None if took is None else timedelta(milliseconds=round(float(took)))
    return BoardColumn(
        stage=Stage.CLOSED.value, total=int(total), overdue=int(overdue or 0), incidents=tuple(lines), took=mean
    )


def some(session: Session, where: tuple[Any, ...], limit: int, now: datetime) -> tuple[IncidentLine, ...]:
    """Those for which `where` holds, newest first."""
    return tuple(_read(session, _lines().where(*where).order_by(IncidentRow.id.desc()).limit(limit), now))


def first_due(session: Session, where: tuple[Any, ...], limit: int, now: datetime) -> tuple[IncidentLine, ...]:
    """Those for which `where` holds, what is due first on top."""
    return tuple(_dated(session, where, None, limit, now))


def one(session: Session, incident_id: int, scope: str, *, now: datetime, rooms: bool = False) -> IncidentDetail:
    """The incident with its history. Raises `NotFound` when there is none within `scope`.

    `rooms`: the homes that it is linked to are told with the number of the room.
    """
    row = session.execute(_lines().where(IncidentRow.id == incident_id)).one_or_none()
    if row is None or not within(row[0].area_path, scope):
        raise NotFound(case_links.NOT_THERE)
    incident: IncidentRow = row[0]
    history = session.scalars(
        select(IncidentHistoryRow).where(IncidentHistoryRow.incident_id == incident_id).order_by(IncidentHistoryRow.id)
    )
    merged = session.scalars(
        select(IncidentRow.id)
        .where(IncidentRow.merged_into == incident_id, IncidentRow.merged_into.is_not(None))
        .order_by(IncidentRow.id)
    )
    names = ("registered_at", "dispatched_at", "handled_at", "verified_at", "closed_at", "voided_at")
    workflows = Workflows(session)
    return IncidentDetail(
        incident=_line(row, workflows, now),
        **{name: getattr(incident, name) for name in ("description", "nature", "lng", "lat", "satisfaction", *names)},
        steps=tuple(_steps(incident, workflows.named(incident.workflow))),
        history=case_links.told(session, [_told(step) for step in history], scope, rooms=rooms),
        merged=tuple(merged),
        attachments=attachments.of_case(session, incident_id),
        links=case_links.of_case(session, incident_id, scope, rooms=rooms),
    )


def _told(step: IncidentHistoryRow) -> IncidentStep:
    return IncidentStep(**{name: getattr(step, name) for name in IncidentStep.__slots__})


def _steps(row: IncidentRow, workflow: Workflow) -> Iterator[WorkflowStep]:
    done = True
    last = _step_key(row)
    for step in workflow.steps:
        yield WorkflowStep(key=step.key, name=step.name, stage=step.stage.value, done=done)
        done = done and step.key != last


def _dated(
    session: Session, where: tuple[Any, ...], after: tuple[datetime, int] | None, limit: int, now: datetime
) -> list[IncidentLine]:
    query = _lines().where(*where, IncidentRow.due_at.is_not(None))
    if after is not None:
        query = query.where(
            tuple_(IncidentRow.due_at, IncidentRow.id) > tuple_(literal(after[0], Instant()), literal(after[1]))
        )
    return _read(session, query.order_by(IncidentRow.due_at, IncidentRow.id).limit(limit), now)


def _undated(
    session: Session, where: tuple[Any, ...], after: tuple[datetime, int] | None, limit: int, now: datetime
) -> list[IncidentLine]:
    query = _lines().where(*where, IncidentRow.due_at.is_(None))
    if after is not None:
        query = query.where(IncidentRow.id > after[1])
    order = (IncidentRow.due_at, IncidentRow.id)  # as the index has it
    return _read(session, query.order_by(*order).limit(limit), now)


def _areas_of(session: Session, path: str) -> tuple[str, ...]:
    """The areas of the subtree of `path` where it is a small one: each is then read by itself, newest first.

    In the order of all cases one would pass over a hundred for each of a community; in the order of its own range one
    would sort all that it ever had. Elsewhere none.
    """
    if len(path) <= LABELLED_WITHIN:
        return ()
    low, high = subtree_bounds(path)
    query = select(AreaRow.path).where(AreaRow.path >= low, AreaRow.path < high).limit(MOST_AREAS + 1)
    found = session.scalars(query).all()
    return tuple(found) if len(found) <= MOST_AREAS else ()


def _newest(
    session: Session,
    where: tuple[Any, ...],
    areas: tuple[str, ...],
    after: tuple[datetime, int] | None,
    limit: int,
    now: datetime,
) -> IncidentPage:
    if after is not None:
        before = tuple_(literal(after[0], Instant()), literal(after[1]))
        where = (*where, tuple_(IncidentRow.created_at, IncidentRow.id) < before)
    order = (IncidentRow.created_at.desc(), IncidentRow.id.desc())
    if areas:
        each = [
            select(
                select(IncidentRow.id)
                .where(IncidentRow.area_path == area, *where)
                .order_by(*order)
                .limit(limit + 1)
                .subquery()
                .c.id
            )
            for area in areas
        ]
        where = (IncidentRow.id.in_(union_all(*each)),)
    found = _read(session, _lines().where(*where).order_by(*order).limit(limit + 1), now)
    end = found[limit - 1] if len(found) > limit else None
    return IncidentPage(tuple(found[:limit]), f"c{to_ms(end.created_at)}-{end.id}" if end else None)


def _lines() -> Select[IncidentRow, str, str, str | None, str | None, str | None, str | None, str | None, int | None]:
    above = aliased(AreaRow)
    item = (ItemRow.category, ItemRow.level)
    names = (AreaRow.name, above.name, IncidentTypeRow.name, ChannelRow.name, UnitRow.name, *item)
    return (
        select(IncidentRow, AreaRow.code, *names)
        .join(AreaRow, AreaRow.id == IncidentRow.area_id)
        .outerjoin(above, above.id == AreaRow.parent_id)
        .outerjoin(IncidentTypeRow, IncidentTypeRow.id == IncidentRow.top_type_id)
        .outerjoin(ChannelRow, ChannelRow.id == IncidentRow.channel_id)
        .outerjoin(UnitRow, UnitRow.id == IncidentRow.unit_id)
        .outerjoin(ItemRow, ItemRow.id == IncidentRow.item_id)
    )


def _read(session: Session, query: Any, now: datetime) -> list[IncidentLine]:
    workflows = Workflows(session)
    return [_line(row, workflows, now) for row in session.execute(query)]


def _line(row: Any, workflows: Workflows, now: datetime) -> IncidentLine:
    incident, area, area_name, parent_name, type_name, channel, unit, category, begins = row
    workflow = workflows.named(incident.workflow)
    step = workflow.step(_step_key(incident))
    following = workflow.following(step.key) if incident.stage not in FINAL_STAGES else None
    return IncidentLine(
        **{name: getattr(incident, name) for name in _COPIED},
        workflow=workflow.code,
        step=step.key,
        step_name=step.name,
        next_step=following.key if following else None,
        next_step_name=following.name if following else None,
        urgency=incident.urgency or 0,
        area=area,
        area_name=area_name,
        parent_name=parent_name,
        type=type_name,
        channel=channel,
        unit=unit,
        overdue=incident.stage not in FINAL_STAGES and incident.due_at is not None and incident.due_at <= now,
        urged=incident.urged or 0,
        category=category,
        climbed=(incident.level or 0) > (begins or 0),
    )


def _step_key(row: IncidentRow) -> str:
    """The last step done; of a case from elsewhere, that of its stage in the seven steps."""
    if row.step is not None:
        return row.step
    return next((step.key for step in SEVEN.steps if step.stage == row.stage), SEVEN.first.key)


def _read_cursor(text_: str | None, kind: str) -> tuple[datetime, int] | None:
    if not text_:
        return None
    ms, _, number = text_[1:].partition("-")
    if text_[0] != kind or not (ms.isdecimal() and number.isdecimal() and len(text_) <= 40):
        raise InvalidInput("The cursor is not one that this server gave.")
    return from_ms(int(ms)), int(number)

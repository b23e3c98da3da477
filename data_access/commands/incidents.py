"""What happens to incidents: they come in, they move; row, history and event in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands.places import locate
from data_access.db.bulk import reserve_ids
from data_access.db.calendar import warn_doubtful, work_calendar
from data_access.db.cases import posts_of, save_case, to_case
from data_access.db.tables import AreaRow, ChannelRow, IncidentHistoryRow, IncidentRow, IncidentTypeRow, ItemRow
from data_access.db.workflows import item_for, newest, workflow_of
from data_access.domain.catalogue import first_post
from data_access.domain.errors import InvalidInput, NotFound
from data_access.domain.incident_moves import opened
from data_access.domain.incidents import Nature, Stage
from data_access.domain.periods import local_day
from data_access.domain.workflows import SEVEN, Urgency, Workflow
from data_access.events import IncidentChanged
from data_access.live import outbox
from data_access.live.telling import incident_changed

INTAKE: Final = "intake"
"""`source` of what comes in through our own interfaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """An incident about to be created. (source, source_ref) identifies it; ids are ours."""

    source: str
    source_ref: str
    title: str
    area_id: int
    area_path: str
    created_at: datetime
    channel_id: int | None = None
    unit_id: int | None = None
    types: tuple[int | None, int | None, int | None] = (None, None, None)
    nature: str | None = None
    description: str | None = None
    place: str | None = None
    lng: float | None = None
    lat: float | None = None
    due_at: datetime | None = None  # by default, the workflow's limit
    workflow: Workflow | None = None  # by default, that of its item
    urgency: Urgency = Urgency.NORMAL
    run: str | None = None
    original_created_at: datetime | None = None
    building_id: int | None = None
    numbered: bool = False  # its code is a number that people can say: month, day, ours


def create(session: Session, new: NewIncident, *, actor: str, now: datetime, tell: bool = True) -> IncidentRow:
    """Create the incident with its history and event, its clocks running; the caller knows that it is not there yet.

    A replayed one has no clocks: it would be late from the beginning. Who goes on with it in the same transaction may
    `tell` of it himself, once.
    """
    top, main, sub = new.types
    item = item_for(session, new.types, new.area_path) if new.run is None else None
    workflow = new.workflow or newest(session, item.workflow if item else SEVEN.code)
    row = IncidentRow(
        code=f"{new.source}-{new.source_ref}"[:64],
        source=new.source,
        source_ref=new.source_ref,
        title=new.title,
        description=new.description,
        nature=new.nature,
        top_type_id=top,
        main_type_id=main,
        sub_type_id=sub,
        channel_id=new.channel_id,
        unit_id=new.unit_id,
        area_id=new.area_id,
        area_path=new.area_path,
        building_id=new.building_id,
        place=new.place,
        lng=new.lng,
        lat=new.lat,
        stage=Stage.REPORT.value,
        created_at=new.created_at,
        due_at=new.due_at,
        reworks=0,
        extensions=0,
        run=new.run,
        original_created_at=new.original_created_at,
        version=1,
        workflow=workflow.ref,
        step=workflow.first.key,
        urgency=max(new.urgency, item.urgency) if item else new.urgency,
        item_id=item.id if item else None,
    )
    row.id = reserve_ids(session.connection(), IncidentRow.__tablename__, 1)[0]
    if new.numbered:
        row.code = f"{local_day(new.created_at):%m%d}-{row.id:05d}"
    if new.run is None:
        _start(session, row, item, now)
    session.add(row)
    session.flush()
    session.add(IncidentHistoryRow(incident_id=row.id, at=now, actor=actor, action="create", stage=row.stage))
    if tell:
        outbox.add(session, event_of(session, row, now))
    return row


def _start(session: Session, row: IncidentRow, item: ItemRow | None, now: datetime) -> None:
    """Set the clocks of a case that has come in; the lowest level that answers there and may handle it begins."""
    calendar = work_calendar(session)
    first = first_post(posts_of(session, row.area_path), item.level if item else None)
    if first is not None:
        row.level, row.post = first.level, first.area
    case = opened(to_case(row), workflow_of(session, row), calendar, now)
    save_case(row, case)
    if case.due_at is not None:
        warn_doubtful(calendar, now, case.due_at)


def take_in(session: Session, payload: Mapping[str, Any], *, actor: str, now: datetime) -> tuple[IncidentRow, bool]:
    """Create an incident from an interface's `payload`; return it, and whether it is new.

    Keys: `title`; `area` (code) or `lng` and `lat` (WGS-84); `channel` (code or name); and, if known, `class` (name of
    a class of any level, or id of a top one), `nature`, `description`, `place`, `workflow`, `urgency`. `key` makes a
    repetition harmless: the same key returns the first incident. Raises `InvalidInput` or `NotFound` with a sentence
    for the sender.
    """
    key = _text(payload, "key", 60) or f"{now:%Y%m%d%H%M%S%f}"
    known = session.scalar(select(IncidentRow).where(IncidentRow.source == INTAKE, IncidentRow.source_ref == key))
    if known is not None:
        return known, False
    title = _text(payload, "title", 200)
    if not title:
        raise InvalidInput("title is missing")
    nature = _text(payload, "nature", 20)
    if nature is not None and nature not in set(Nature):
        raise InvalidInput(f"nature is one of {', '.join(Nature)}")
    area_id, area_path, lng, lat = _where(session, payload)
    new = NewIncident(
        source=INTAKE,
        source_ref=key,
        title=title,
        area_id=area_id,
        area_path=area_path,
        created_at=now,
        channel_id=channel(session, _text(payload, "channel", 40) or "api"),
        types=_classes(session, _text(payload, "class", 40)),
        nature=nature,
        description=_text(payload, "description", 4000),
        place=_text(payload, "place", 200),
        lng=lng,
        lat=lat,
        workflow=_workflow(session, payload),
        urgency=_urgency(payload),
    )
    return create(session, new, actor=actor, now=now), True


def _workflow(session: Session, payload: Mapping[str, Any]) -> Workflow | None:
    code = _text(payload, "workflow", 20)
    return None if code is None else newest(session, code)


def _urgency(payload: Mapping[str, Any]) -> Urgency:
    names = {urgency.name.lower(): urgency for urgency in Urgency}
    name = _text(payload, "urgency", 20) or Urgency.NORMAL.name.lower()
    if name not in names:
        raise InvalidInput(f"urgency is one of {', '.join(names)}")
    return names[name]


def _where(session: Session, payload: Mapping[str, Any]) -> tuple[int, str, float | None, float | None]:
    lng, lat = _degrees(payload, "lng", 180), _degrees(payload, "lat", 90)
    code = _text(payload, "area", 64)
    if (lng is None) is not (lat is None):
        raise InvalidInput("lng and lat go together")
    if code is not None:
        area = session.execute(select(AreaRow.id, AreaRow.path).where(AreaRow.code == code)).first()
        if area is None:
            raise NotFound(f"There is no area {code}.")
        return area.id, area.path, lng, lat
    if lng is None or lat is None:
        raise InvalidInput("area, or lng and lat, must be given")
    spot = locate(session, lng, lat)
    if spot is None:
        raise InvalidInput("the point lies in none of our areas")
    return spot.id, spot.path, lng, lat


def _degrees(payload: Mapping[str, Any], key: str, most: float) -> float | None:
    value = payload.get(key)
    if value is None:
        return None
    if type(value) not in (int, float) or not -most <= value <= most:
        raise InvalidInput(f"{key} is a number of degrees")
    return float(value)


def channel(session: Session, name: str) -> int:
    """The channel that is called so, ours before those of other sources; a new one where there is none."""
    known = session.scalar(
        select(ChannelRow)  # whole: the event that follows names it
        .where((ChannelRow.ref == name) | (ChannelRow.name == name))
        .order_by(ChannelRow.source != INTAKE, ChannelRow.id)
        .limit(1)
    )
    if known is not None:
        return known.id
    row = ChannelRow(source=INTAKE, ref=name, name=name)
    session.add(row)
    session.flush()
    return row.id


def _classes(session: Session, wanted: str | None) -> tuple[int | None, int | None, int | None]:
    """The class that is called so (the highest of that name) with the classes above it: top, main, sub."""
    if wanted is None:
        return None, None, None
    named = IncidentTypeRow.name == wanted
    numbered = (IncidentTypeRow.level == 1) & (IncidentTypeRow.ref == wanted)
    row = session.scalar(
        select(IncidentTypeRow).where(named | numbered).order_by(IncidentTypeRow.level, IncidentTypeRow.id).limit(1)
    )
    if row is None:
        raise InvalidInput(f"there is no class {wanted}")
    return classes_of(session, row)


def classes_of(session: Session, kind: IncidentTypeRow) -> tuple[int | None, int | None, int | None]:
    """A class with those above it: top, main, sub."""
    found: list[int | None] = [None, None, None]
    row: IncidentTypeRow | None = kind
    while row is not None:
        found[row.level - 1] = row.id
        row = session.get(IncidentTypeRow, row.parent_id) if row.parent_id is not None else None
    return found[0], found[1], found[2]


def classes_if_known(session: Session, name: str | None) -> tuple[int | None, int | None, int | None]:
    """The class that is called so, with those above it; none where the catalogue has no such class."""
    try:
        return _classes(session, name)
    except InvalidInput:
        return None, None, None


def _text(payload: Mapping[str, Any], key: str, longest: int) -> str | None:
    value = payload.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise InvalidInput(f"{key} is a text of at most {longest} characters")
    return value.strip() or None


def event_of(session: Session, row: IncidentRow, now: datetime) -> IncidentChanged:
    """What the incident now is, as it is told."""
    channel = session.get(ChannelRow, row.channel_id) if row.channel_id is not None else None
    return incident_changed(row, channel=channel.name if channel else None, at=now)

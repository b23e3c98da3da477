"""What `yiping export` prints: rows of one kind, streamed a page at a time, personal data masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session, aliased

from data_access.db.closing import CLOSING
from data_access.db.tables import (
    AlarmRow,
    AreaRow,
    BuildingRow,
    ChannelRow,
    DeadLetterRow,
    DeviceModelRow,
    DeviceRow,
    DeviceStateRow,
    IncidentRow,
    IncidentTypeRow,
    ItemRow,
    UnitRow,
)
from data_access.db.workflows import to_item
from data_access.domain.areas import lineage, subtree_bounds
from data_access.domain.case_indicators import NAMES, Rate
from data_access.domain.catalogue import CALENDAR, LEVELS, WORKING
from data_access.domain.incidents import ClosingCounts
from data_access.domain.periods import SHANGHAI
from data_access.queries.indicators import indicators
from data_access.queries.people import called
from data_access.viewmodels.indicators import By, IndicatorLine

_PAGE: Final = 2_000
_CLOSING_RATES: Final = (Rate.CLOSING, Rate.CLOSING_ON_TIME)
"""Under names of their own: `closing_rate`, `on_time_rate`."""
ESTIMATED: Final = "推定"
"""What times of a replay are: reconstructed, no facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rows: the subtree of `path`, one `kind`, one `source` (alarms and incidents: live, replay, …)."""

    path: str = ""
    kind: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows with the names of their columns, which are known where there is no row as well."""

    columns: tuple[str, ...]
    rows: Iterator[dict[str, Any]]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self.rows


def devices(session: Session, wanted: Filter) -> Rows:
    """Devices with their tokens: for whoever sets them up. Keep the output secret."""
    gateway = aliased(DeviceRow)
    query: Any = (
        select(
            DeviceRow.id,
            DeviceRow.kind,
            DeviceRow.token,
            DeviceRow.lng,
            DeviceRow.lat,
            DeviceRow.code,
            DeviceRow.name,
            AreaRow.code.label("area"),
            BuildingRow.code.label("building"),
            DeviceRow.floor,
            gateway.code.label("gateway"),
            DeviceModelRow.code.label("model"),
            DeviceModelRow.period_s,
            DeviceRow.replay,
            DeviceStateRow.last_seen,
        )
        .join(AreaRow, AreaRow.id == DeviceRow.area_id)
        .join(DeviceModelRow, DeviceModelRow.id == DeviceRow.model_id)
        .outerjoin(BuildingRow, BuildingRow.id == DeviceRow.building_id)
        .outerjoin(gateway, gateway.id == DeviceRow.gateway_id)
        .outerjoin(DeviceStateRow, DeviceStateRow.device_id == DeviceRow.id)
    )
    query = _inside(query, DeviceRow.area_path, wanted.path)
    if wanted.kind:
        query = query.where(DeviceRow.kind == wanted.kind)
    return _pages(session, query, DeviceRow.id)


def alarms(session: Session, wanted: Filter) -> Rows:
    """Alarms, oldest first, with the original times of replayed ones."""
    query: Any = select(
        AlarmRow.id,
        AlarmRow.device_id.label("device"),
        DeviceRow.code.label("device_code"),
        AlarmRow.kind,
        AlarmRow.severity,
        AlarmRow.state,
        AlarmRow.raised_at,
        AlarmRow.cleared_at,
        AlarmRow.original_raised_at,
        AlarmRow.original_cleared_at,
        AlarmRow.occurrences.label("count"),
        AlarmRow.value,
        AlarmRow.threshold,
        AlarmRow.unit,
        AreaRow.code.label("area"),
        AlarmRow.place,
        AlarmRow.source,
        AlarmRow.run,
        AlarmRow.life_safety,
        AlarmRow.acknowledged_at,
        AlarmRow.acknowledged_by,
        AlarmRow.owner,
        AlarmRow.escalation,
        AlarmRow.shelved_until,
        AlarmRow.shelved_until_clear,
        AlarmRow.shelve_reason,
        AlarmRow.parent_id.label("suppressed_by"),
        AlarmRow.event_id.label("event"),
        AlarmRow.chattering,
        AlarmRow.window,
        AlarmRow.dispatched_to,
        AlarmRow.dispatched_at,
        AlarmRow.incident_id.label("incident"),
        AlarmRow.needs_reason,
        AlarmRow.close_reason,
        AlarmRow.close_note,
        AlarmRow.closed_at,
        AlarmRow.closed_by,
    ).join(AreaRow, AreaRow.id == AlarmRow.area_id)
    query = _inside(query.outerjoin(DeviceRow, DeviceRow.id == AlarmRow.device_id), AlarmRow.area_path, wanted.path)
    if wanted.kind:
        query = query.where(AlarmRow.kind == wanted.kind)
    if wanted.source:
        query = query.where(AlarmRow.source == wanted.source)
    return _pages(session, query, AlarmRow.id, accounts=("acknowledged_by", "owner", "closed_by"))


def incidents(session: Session, wanted: Filter) -> Rows:
    """Incidents with the labels they are sorted by. `kind` is a top class, by id or name."""
    query: Any = (
        select(
            IncidentRow.id,
            IncidentRow.code,
            IncidentRow.source,
            IncidentRow.source_ref,
            IncidentRow.title,
            IncidentTypeRow.name.label("class"),
            IncidentRow.nature,
            ChannelRow.name.label("channel"),
            UnitRow.name.label("unit"),
            AreaRow.code.label("area"),
            AreaRow.name.label("area_name"),
            IncidentRow.stage,
            IncidentRow.created_at,
            IncidentRow.due_at,
            IncidentRow.registered_at,
            IncidentRow.dispatched_at,
            IncidentRow.handled_at,
            IncidentRow.verified_at,
            IncidentRow.closed_at,
            case((IncidentRow.run.is_not(None), ESTIMATED), else_=None).label("times"),
            IncidentRow.outcome,
            IncidentRow.lng,
            IncidentRow.lat,
            IncidentRow.run,
            IncidentRow.original_created_at,
        )
        .join(AreaRow, AreaRow.id == IncidentRow.area_id)
        .outerjoin(IncidentTypeRow, IncidentTypeRow.id == IncidentRow.top_type_id)
        .outerjoin(ChannelRow, ChannelRow.id == IncidentRow.channel_id)
        .outerjoin(UnitRow, UnitRow.id == IncidentRow.unit_id)
    )
    query = _inside(query, IncidentRow.area_path, wanted.path)
    if wanted.kind:
        query = query.where((IncidentTypeRow.ref == wanted.kind) | (IncidentTypeRow.name == wanted.kind))
    match wanted.source:
        case None:
            pass
        case "replay":
            query = query.where(IncidentRow.run.is_not(None))
        case "live":
            query = query.where(IncidentRow.run.is_(None))
        case source:
            query = query.where(IncidentRow.source == source)
    return _pages(session, query, IncidentRow.id)


def catalogue(session: Session, wanted: Filter) -> Rows:
    """Classes and their items in the columns that `yiping import catalogue` reads. `source` is that of the classes."""
    above, item = aliased(IncidentTypeRow), aliased(ItemRow)
    query: Any = (
        select(IncidentTypeRow, above.ref, item, AreaRow.code)
        .outerjoin(above, above.id == IncidentTypeRow.parent_id)
        .outerjoin(item, (item.type_id == IncidentTypeRow.id) & item.retired_at.is_(None))
        .outerjoin(AreaRow, AreaRow.path == item.area_path)
        .order_by(IncidentTypeRow.level, IncidentTypeRow.id, item.area_path, item.number)
    )
    if wanted.source:
        query = query.where(IncidentTypeRow.source == wanted.source)
    if wanted.path:
        query = query.where(or_(item.id.is_(None), item.area_path.in_(("", *lineage(wanted.path)))))
    return Rows(_CATALOGUE, (_listed(*row) for row in session.execute(query)))


_CATALOGUE: Final = (
    *("class_id", "level", "parent_id", "name", "item", "item_name", "category", "handler", "urgency", "time"),
    *("workflow", "case_hours", "step_hours", "area", "sample"),
)


def _listed(of: IncidentTypeRow, parent: str | None, row: ItemRow | None, area: str | None) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(_CATALOGUE)
    found |= {"class_id": of.ref, "level": of.level, "parent_id": parent, "name": of.name}
    if row is None:
        return found
    item, hour = to_item(row), timedelta(hours=1)
    return found | {
        "item": item.number,
        "item_name": item.name,
        "category": item.category.value,
        "handler": next(name for name, level in LEVELS.items() if level is item.level),
        "urgency": item.urgency.name.lower(),
        "time": WORKING if item.working else CALENDAR,
        "workflow": item.workflow,
        "case_hours": item.limit / hour,
        "step_hours": "; ".join(f"{key}={limit / hour:g}" for key, limit in item.limits.items()),
        "area": area,
        "sample": int(item.sample),
    }


def areas(session: Session, wanted: Filter) -> Rows:
    """Areas in the columns that `yiping import areas` reads."""
    parent = AreaRow.__table__.alias("parent")
    query: Any = select(
        AreaRow.id,
        AreaRow.code,
        parent.c.code.label("parent_code"),
        AreaRow.kind.label("level"),
        AreaRow.name,
        AreaRow.name_en,
        AreaRow.aliases,
        AreaRow.lng,
        AreaRow.lat,
        AreaRow.valid_from,
        AreaRow.valid_to,
    ).outerjoin(parent, parent.c.id == AreaRow.parent_id)
    query = _inside(query, AreaRow.path, wanted.path)
    if wanted.kind:
        query = query.where(AreaRow.kind == wanted.kind)
    found = _pages(session, query, AreaRow.id)
    columns = tuple(name for name in found.columns if name != "id")
    told = ({name: row[name] for name in columns} for row in found)
    return Rows(columns, (row | {"aliases": "|".join(row["aliases"])} for row in told))


def dead_letters(session: Session, wanted: Filter) -> Rows:
    """What came in and could not be used; `kind` is a reason."""
    query: Any = select(
        DeadLetterRow.id,
        DeadLetterRow.at,
        DeadLetterRow.source,
        DeadLetterRow.topic,
        DeadLetterRow.reason,
        DeadLetterRow.detail,
        DeadLetterRow.payload,
    )
    if wanted.kind:
        query = query.where(DeadLetterRow.reason == wanted.kind)
    if wanted.source:
        query = query.where(DeadLetterRow.source == wanted.source)
    return _pages(session, query, DeadLetterRow.id)


def indicator_rows(
    session: Session, path: str, start: date, end: date, by: By | None, *, now: datetime
) -> Iterator[dict[str, Any]]:
    """The lines of the page's own query, with the rates in percent rounded to two decimals."""
    for line in indicators(session, path, start, end, by, now=now, names=NAMES):
        yield _indicator(line, start, end, by)


def _indicator(line: IndicatorLine, start: date, end: date, by: By | None) -> dict[str, Any]:
    counts: ClosingCounts = line.counts
    return {
        "by": by.value if by else "area",
        "code": line.code,
        "name": line.name,
        "from": start.isoformat(),
        "to": end.isoformat(),
        "created": counts.created,
        "due": counts.due,
        "closed": counts.closed,
        "closed_on_time": counts.closed_on_time,
        "closing_rate": _rounded(counts.closing_rate),
        "on_time_rate": _rounded(counts.on_time_rate),
        **{name: getattr(line.cases, name) for name in NAMES if name not in CLOSING},
        **{f"{rate.value}_rate": _rounded(line.cases.rate(rate)) for rate in Rate if rate not in _CLOSING_RATES},
        "score": _rounded(line.cases.score),
    }


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 2)


def _inside(query: Any, column: Any, path: str) -> Any:
    low, high = subtree_bounds(path)
    return query.where(column >= low, column < high) if path else query


def _pages(session: Session, query: Any, key: Any, accounts: Sequence[str] = ()) -> Rows:
    """All rows in the order of `key` (the first column), a page at a time, instants as local ISO text.

    Behind the columns that hold `accounts` (`owner`) stand what people call them (`owner_name`).
    """

    def rows() -> Iterator[dict[str, Any]]:
        last = -1
        while page := session.execute(query.where(key > last).order_by(key).limit(_PAGE)).mappings().all():
            names = called(session, {row[column] for row in page for column in accounts})
            for row in page:
                yield {
                    name: value
                    for column in row
                    for name, value in _with_name(column, _printed(row[column]), accounts, names)
                }
            last = page[-1]["id"]

    columns = (column["name"] for column in query.column_descriptions)
    return Rows(tuple(name for column in columns for name, _ in _with_name(column, None, accounts, {})), rows())


def _with_name(
    column: str, value: Any, accounts: Sequence[str], names: Mapping[str, str]
) -> tuple[tuple[str, Any], ...]:
    """A cell; where it holds an account, and what people call that."""
    if column not in accounts:
        return ((column, value),)
    return (column, value), (f"{column}_name", names.get(value, value) if value else None)


def _printed(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(SHANGHAI).isoformat(timespec="milliseconds")
        case date():
            return value.isoformat()
        case _:
            return value

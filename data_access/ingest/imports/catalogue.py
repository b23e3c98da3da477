"""The catalogue (事项目录): classes of every level, and the items that hang on them. Parents may come in any order.

A row is a class; with `category` it is also an item on that class. A change of an item is another version of it: cases
under way keep theirs. What the file does not name stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands import items
from data_access.commands.imports import finished, started
from data_access.db.tables import IncidentTypeRow, ItemRow
from data_access.domain.catalogue import CALENDAR, LEVELS, SOURCE, WORKING, Category, Item
from data_access.domain.errors import DomainError
from data_access.domain.workflows import SEVEN, TEMPLATES, Urgency, of_hours
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.kind import Context
from data_access.ingest.imports.mapping import HeaderMap
from data_access.ingest.imports.places import Places
from data_access.ingest.imports.reader import Row, open_table
from data_access.ingest.imports.runner import Progress, Refusal, Report
from data_access.live import reload

NAME: Final = "catalogue"
ABOUT: Final = "classes and the items on them: A–D, handler, limits (--source: whose class ids they are)"
COLUMNS: Final = (
    Column("class_id", "Id of the class in its source; with the level it identifies it", "640", required=True),
    Column("level", "1 大类, 2 小类 or 3 细类", "3", required=True, also=("级别",)),
    Column("parent_id", "Id of the class one level up", "185"),
    Column("name", "Name of the class", "无主井盖", required=True, also=("名称",)),
    Column("item", "Number of the item; with its area it identifies it", "A002", also=("事项编号",)),
    Column("item_name", "Its name; by default that of the class", "", also=("事项",)),
    Column("category", "A, B, C or D; without it the row is a class alone", "A", also=("类别",)),
    Column("handler", f"Whose turn it is first: {', '.join(LEVELS)}", "grid", also=("处置层级",)),
    Column("urgency", "normal, urgent or very_urgent", "very_urgent", also=("紧急程度",)),
    Column("time", f"{WORKING} (hours of working days) or {CALENDAR}", CALENDAR, also=("计时",)),
    Column("workflow", f"One of {', '.join(TEMPLATES)}", SEVEN.code, also=("流程",)),
    Column("case_hours", "Limit of the whole case, in hours", "8", also=("全案时限",)),
    Column("step_hours", "Limits of steps: key=hours, separated by ; the others share the rest", "register=0.25"),
    Column("area", "Code of the area that the item holds in; by default everywhere", "", also=("区域",)),
    Column("sample", "1: an example (示例)", "0"),
)
_LEVEL_WORDS: Final = {"大类": "1", "小类": "2", "细类": "3"}
_HANDLER_WORDS: Final = {"网格": "grid", "社区": "community", "街道": "street", "区": "district"}
_URGENCY_WORDS: Final = {"一般": "normal", "紧急": "urgent", "特急": "very_urgent"}
_TIME_WORDS: Final = {"工作时间": WORKING, "自然时间": CALENDAR}
_ITEM: Final = ("item", "handler", "urgency", "time", "workflow", "case_hours", "step_hours")
Read = tuple[Row, dict[str, Any]]


class _StoppedError(Exception):
    """Rows were refused: nothing of the file is kept."""


def run(
    context: Context,
    path: Path,
    *,
    redis: Redis,
    mapping: dict[str, str] | None = None,
    skip_bad: bool = False,
    progress: Progress = lambda *_: None,
) -> Report:
    """Import the catalogue at `path`, in one transaction."""
    source = open_table(path)
    headers = HeaderMap(source.header, COLUMNS, mapping or {})
    report = Report(NAME, path, header=source.header)
    with context.database.reading() as session:
        places = Places(session)
    rows: list[Read] = []
    seen: dict[tuple[Any, ...], int] = {}
    for row in source.rows():
        try:
            record = _record(headers.cells(row), places)
            key = (record["level"], record["class_id"], record["area"], record["item"] and record["item"].number)
            if (first := seen.setdefault(key, row.line)) != row.line:
                raise Refused(f"the same class and item are already on line {first}")  # noqa: TRY301  # a reason like the others
            rows.append((row, record))
        except Refused as reason:
            report.refusals.append(_refusal(row, str(reason)))
    progress("reading", source.size, source.size)
    run_id = started(context.database, NAME, path.name, context.now)
    try:
        with context.database.writing() as session:
            _Catalogue(session, context, report).take(rows)
            if report.refusals and not skip_bad:
                raise _StoppedError  # noqa: TRY301  # leaves the transaction
    except _StoppedError:
        report.tally.added = report.tally.updated = report.tally.unchanged = 0
    else:
        report.written = True
    progress("writing", len(rows), len(rows))
    version = finished(context.database, run_id, report.tally, len(report.refusals), source=None, now=context.now)
    if report.tally.added or report.tally.updated:
        reload.announce(redis, version)
    return report


class _Catalogue:
    """The classes and items of the database with those of a file growing into them."""

    def __init__(self, session: Session, context: Context, report: Report) -> None:
        self._session, self._now, self._report = session, context.now, report
        self._source = context.source or SOURCE
        known = session.scalars(select(IncidentTypeRow).where(IncidentTypeRow.source == self._source))
        self._classes = {(row.level, row.ref): row for row in known}

    def take(self, rows: Iterable[Read]) -> None:
        for row, record in sorted(rows, key=lambda read: read[1]["level"]):
            key = (record["level"], record["class_id"])
            known = key in self._classes
            try:
                with self._session.begin_nested():
                    changed = self._class(record)
                    if record["item"] is not None:
                        changed = self._item(record) or changed
            except (Refused, DomainError) as reason:
                if not known:
                    self._classes.pop(key, None)  # went with the row
                self._report.refusals.append(_refusal(row, str(reason)))
            else:
                tally = self._report.tally
                setattr(tally, changed or "unchanged", getattr(tally, changed or "unchanged") + 1)

    def _class(self, record: Mapping[str, Any]) -> str | None:
        """What became of the class: `added`, `updated`, or None."""
        level, ref, parent = record["level"], record["class_id"], record["parent_id"]
        above = self._classes.get((level - 1, parent)) if parent else None
        if parent and above is None:
            raise Refused(f"there is no class {parent} of level {level - 1} to be its parent")
        row = self._classes.get((level, ref))
        if row is None:
            row = IncidentTypeRow(source=self._source, ref=ref, level=level, name=record["name"])
            row.parent_id = above.id if above else None
            self._session.add(row)
            self._session.flush()
            self._classes[level, ref] = row
            return "added"
        before = (row.name, row.parent_id)
        row.name = record["name"]
        row.parent_id = above.id if above else row.parent_id
        return "updated" if before != (row.name, row.parent_id) else None

    def _item(self, record: Mapping[str, Any]) -> str | None:
        item, area_path = record["item"], record["area"]
        seen = self._session.scalar(
            select(ItemRow.version).where(
                ItemRow.area_path == area_path, ItemRow.number == item.number, ItemRow.retired_at.is_(None)
            )
        )
        of = self._classes[record["level"], record["class_id"]].id
        changed = items.set_item(
            self._session,
            item,
            type_id=of,
            area_path=area_path,
            seen=seen or 0,
            scope="",
            by="import",
            now=self._now,
        )
        return None if not changed else "updated" if seen else "added"


def _record(cells: Cells, places: Places) -> dict[str, Any]:
    level = int(cells.choice("level", ("1", "2", "3"), _LEVEL_WORDS) or 0)
    if not level:
        raise Refused("level is missing")
    area = cells.text("area", longest=64)
    place = places.by_code(area) if area else None
    if area and place is None:
        raise Refused(f"there is no area with the code {area}")
    name = cells.need("name")
    return {
        "level": level,
        "class_id": cells.need("class_id", longest=40),
        "parent_id": cells.text("parent_id", longest=40) if level > 1 else None,
        "name": name,
        "area": place.path if place else "",
        "item": _item(cells, name),
    }


def _item(cells: Cells, class_name: str) -> Item | None:
    category = cells.choice("category", Category)
    if category is None:
        given = [name for name in _ITEM if cells.text(name) is not None]
        if given:
            raise Refused(f"category is missing, but {given[0]} is given")
        return None
    hours = cells.number("case_hours", low=0)
    if hours is None:
        raise Refused("case_hours is missing")
    urgency = Urgency[(cells.choice("urgency", _URGENCY_WORDS.values(), _URGENCY_WORDS) or "normal").upper()]
    usual = WORKING if urgency is Urgency.NORMAL else CALENDAR
    return Item(
        number=cells.need("item", longest=20),
        name=cells.text("item_name") or class_name,
        category=Category(category),
        level=LEVELS[cells.choice("handler", LEVELS, _HANDLER_WORDS) or "grid"],
        urgency=urgency,
        working=(cells.choice("time", (WORKING, CALENDAR), _TIME_WORDS) or usual) == WORKING,
        workflow=cells.choice("workflow", TEMPLATES, {w.name: w.code for w in TEMPLATES.values()}) or SEVEN.code,
        limit=of_hours(hours),
        limits=_steps(cells.text("step_hours", longest=400) or ""),
        sample=cells.flag("sample") or False,
    )


def _steps(text: str) -> dict[str, timedelta]:
    """`register=1; dispatch=2`."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        key, _, hours = part.partition("=")
        try:
            found[key.strip()] = of_hours(float(hours))
        except (ValueError, OverflowError):
            raise Refused(f"step_hours: {part!r} is no limit (register=1)") from None
    return found


def _refusal(row: Row, reason: str) -> Refusal:
    return Refusal(row.line, reason, tuple(value or "" for value in row.values.values()))

"""Areas (区域): the tree itself. Parents come before children whatever the order of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands.imports import finished, started
from data_access.db.tables import AreaRow
from data_access.domain.areas import PATH_STEP, AreaKind, child_path
from data_access.domain.errors import InvalidInput
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.kind import Context
from data_access.ingest.imports.mapping import HeaderMap
from data_access.ingest.imports.reader import Row, open_table
from data_access.ingest.imports.runner import Progress, Refusal, Report
from data_access.live import reload

NAME: Final = "areas"
ABOUT: Final = "the tree of areas (--area: only this one and what lies below it)"
COLUMNS: Final = (
    Column("code", "Official code (6, 9, 12 or 15 digits) or a local one", "440310001", required=True),
    Column("parent_code", "Code of the area above; missing for the top", "440310"),
    Column("level", f"One of {', '.join(AreaKind)}", "street", required=True, also=("kind", "级别")),
    Column("name", "Name; 居委会 and the like at its end become an alias", "坪山街道", required=True, also=("名称",)),
    Column("name_en", "Name in English", "Pingshan Subdistrict"),
    Column("aliases", "Other names, separated by |", ""),
    Column("valid_from", "First day it exists", ""),
    Column("valid_to", "First day it no longer does", ""),
)
_WORDS: Final = {"市": "city", "区": "district", "街道": "street", "社区": "community", "网格": "grid"}
_MAY_BE_TOP: Final = frozenset({AreaKind.CITY, AreaKind.DISTRICT})
_COMMITTEE: Final = re.compile(r"(居民委员会|居委会)$")
_VILLAGE: Final = re.compile(r"村?(村民委员会|村委会)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    code: str
    parent: str | None
    kind: AreaKind
    name: str
    name_en: str | None
    aliases: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    row: Row


def run(
    context: Context,
    path: Path,
    *,
    redis: Redis,
    mapping: dict[str, str] | None = None,
    skip_bad: bool = False,
    progress: Progress = lambda *_: None,
) -> Report:
    """Import the tree at `path`; raise `InvalidInput` when the file as a whole cannot be read."""
    source = open_table(path)
    headers = HeaderMap(source.header, COLUMNS, mapping or {})
    report = Report(NAME, path, header=source.header)
    entries: dict[str, _Entry] = {}
    for row in source.rows():
        try:
            entry = _entry(headers.cells(row), row)
            if entry.code in entries:
                raise Refused(f"code {entry.code} is already on line {entries[entry.code].row.line}")  # noqa: TRY301  # a reason like the others
            entries[entry.code] = entry
        except Refused as reason:
            report.refusals.append(_refusal(row, str(reason)))
    progress("reading", source.size, source.size)
    wanted = _below(entries, context.area)
    report.passed_over = len(entries) - len(wanted)
    if context.area and not wanted:
        raise InvalidInput(f"{path.name} has no area {context.area}.")
    database = context.database
    with database.reading() as session:  # a rehearsal: finds every refusal before anything is written
        _Tree(session, report).grow(wanted)
    if report.refusals and not skip_bad:
        return report
    refusals = list(report.refusals)
    run_id = started(database, NAME, path.name, context.now)
    report.tally.added = report.tally.updated = report.tally.unchanged = 0
    report.notes = []
    with database.writing() as session:
        _Tree(session, report).grow(wanted)
    report.refusals = refusals
    progress("writing", len(wanted), len(wanted))
    version = finished(database, run_id, report.tally, len(refusals), source=None, now=context.now)
    reload.announce(redis, version)
    report.written = True
    return report


class _Tree:
    """The areas of the database with those of a file growing into them."""

    def __init__(self, session: Session, report: Report) -> None:
        self._session = session
        self._report = report
        self._areas = {area.code: area for area in session.scalars(select(AreaRow))}
        self._next: dict[str, int] = {}
        for area in self._areas.values():
            above, ordinal = area.path[:-PATH_STEP], int(area.path[-PATH_STEP:], 36)
            self._next[above] = max(self._next.get(above, 0), ordinal + 1)

    def grow(self, entries: dict[str, _Entry]) -> None:
        waiting = dict(entries)
        while waiting:
            ready = [e for e in waiting.values() if e.parent not in waiting]
            if not ready:
                for entry in waiting.values():
                    self._report.refusals.append(_refusal(entry.row, "its parents lead back to itself"))
                return
            for entry in ready:
                del waiting[entry.code]
                try:
                    self._place(entry)
                except Refused as reason:
                    self._report.refusals.append(_refusal(entry.row, str(reason)))
            self._session.flush()

    def _place(self, entry: _Entry) -> None:
        parent = self._areas.get(entry.parent) if entry.parent else None
        if entry.parent and parent is None:
            if entry.kind not in _MAY_BE_TOP:
                raise Refused(f"there is no area with the code {entry.parent} to be its parent")
            self._report.notes.append(f"{entry.name} stands at the top: {entry.parent} is not in the file.")
        known = self._areas.get(entry.code)
        if known is None:
            self._add(entry, parent)
            return
        if known.parent_id != (parent.id if parent else None):
            raise Refused(f"{entry.name} stands under another area already; an import does not move areas")
        before = (known.name, known.name_en, known.kind, known.aliases, known.valid_from, known.valid_to)
        aliases = sorted({*known.aliases, *entry.aliases} - {entry.name})
        after = (
            entry.name,
            entry.name_en or known.name_en,
            entry.kind.value,
            aliases,
            entry.valid_from,
            entry.valid_to,
        )
        if (*before[:3], sorted(before[3]), *before[4:]) == after:
            self._report.tally.unchanged += 1
            return
        known.name, known.name_en, known.kind, known.aliases, known.valid_from, known.valid_to = after
        self._report.tally.updated += 1

    def _add(self, entry: _Entry, parent: AreaRow | None) -> None:
        above = parent.path if parent else ""
        ordinal = self._next.get(above, 0)
        self._next[above] = ordinal + 1
        area = AreaRow(
            code=entry.code,
            official_code=entry.code if entry.code.isdigit() and len(entry.code) in (4, 6, 9, 12) else None,
            name=entry.name,
            name_en=entry.name_en,
            aliases=sorted(entry.aliases),
            kind=entry.kind.value,
            parent_id=parent.id if parent else None,
            path=child_path(above, ordinal),
            depth=len(above) // PATH_STEP,
            valid_from=entry.valid_from,
            valid_to=entry.valid_to,
        )
        self._session.add(area)
        self._areas[entry.code] = area
        self._report.tally.added += 1


def short_name(full: str) -> str:
    """A community's everyday name: 六联社区居委会 → 六联社区, 寨子村委会 → 寨子村."""
    short = _COMMITTEE.sub("", full)
    return short if short != full else _VILLAGE.sub("村", full)


def _entry(cells: Cells, row: Row) -> _Entry:
    full = cells.need("name")
    name = short_name(full) or full
    kind = cells.choice("level", AreaKind, _WORDS)
    if kind is None:
        raise Refused("level is missing")
    others = {a.strip() for a in (cells.text("aliases") or "").split("|")} - {"", name}
    return _Entry(
        code=cells.need("code", longest=64),
        parent=cells.text("parent_code", longest=64),
        kind=AreaKind(kind),
        name=name,
        name_en=cells.text("name_en"),
        aliases=tuple(sorted(others | ({full} - {name}))),
        valid_from=cells.day("valid_from"),
        valid_to=cells.day("valid_to"),
        row=row,
    )


def _below(entries: dict[str, _Entry], top: str | None) -> dict[str, _Entry]:
    """The entries at or below the code `top`; all of them without one."""
    if top is None:
        return entries
    kept: dict[str, _Entry] = {}
    for entry in entries.values():
        trail: list[str] = []
        at: _Entry | None = entry
        while at is not None and at.code not in trail:
            trail.append(at.code)
            if top in (at.code, at.parent):
                kept[entry.code] = entry
                break
            at = entries.get(at.parent) if at.parent else None
    return kept


def _refusal(row: Row, reason: str) -> Refusal:
    return Refusal(row.line, reason, tuple(value or "" for value in row.values.values()))

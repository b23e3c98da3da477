"""How rows of a file become rows of a table: compare with what is there, then write in transactions too short to feel.

Comparing and all preparation happen outside any write transaction. Up to `ONE_TRANSACTION` changes are written in a
single one; more, on SQLite, in slices of 2,000 with pauses between them, because SQLite has one writer and an alarm
must never wait for a file. PostgreSQL writers do not block each other: there it is always one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect, Table, select
from sqlalchemy.orm import Session

from data_access.db.bulk import insert_rows
from data_access.db.engine import Database
from data_access.db.tables import ImportRunRow, SourceRow
from data_access.events import FreshnessChanged
from data_access.live import outbox, reload

ONE_TRANSACTION: Final = 10_000
SLICE_S: Final = 0.05
"""Shortest pause between the slices of a large import."""
_STEP: Final = 500
_PIECES: Final = 4
_LOOK_UP: Final = 900  # SQLite's oldest limit on bound values in one statement is 999

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where records go: the table, the column that identifies one, and columns that are the same for all of them."""

    table: Table
    key: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    versioned: bool = False  # the row carries a `version` that grows with each change


@dataclass(slots=True)
class Plan:
    """What a batch of records would change."""

    inserts: list[Record] = field(default_factory=list)
    updates: list[tuple[int, Record]] = field(default_factory=list)
    unchanged: int = 0


@dataclass(slots=True)
class Tally:
    """What an import did."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0


def compare(session: Session, target: Target, records: Sequence[Record]) -> Plan:
    """Sort `records` into new, different and unchanged ones. A column a record does not carry is left as it is."""
    plan = Plan()
    if not records:
        return plan
    table = target.table
    columns = sorted({name for record in records for name in record} - {target.key})
    known: dict[Any, tuple[int, Record]] = {}
    for start in range(0, len(records), _LOOK_UP):
        keys = [record[target.key] for record in records[start : start + _LOOK_UP]]
        keys = [key for key in keys if key is not None]
        rows = session.execute(
            select(table.c.id, table.c[target.key], *(table.c[name] for name in columns)).where(
                table.c[target.key].in_(keys), *(table.c[name] == value for name, value in target.fixed.items())
            )
        )
        known |= {row[1]: (row[0], dict(zip(columns, row[2:], strict=True))) for row in rows}
    for record in records:
        found = known.get(record[target.key])
        if found is None:
            plan.inserts.append({n: v for n, v in record.items() if n != "id"})
        elif changes := {n: v for n, v in record.items() if n != target.key and found[1][n] != v}:
            plan.updates.append((found[0], changes))
        else:
            plan.unchanged += 1
    return plan


def write(
    database: Database,
    target: Target,
    plans: Iterable[Plan],
    *,
    changes: int,
    step: Callable[[int], None] = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Carry out `plans` (together `changes` inserts and updates); `step` is told how many were written each time."""
    work = _statements(database.engine.dialect, target, plans)
    whole = database.dialect != "sqlite" or changes <= ONE_TRANSACTION
    while pieces := list(work if whole else islice(work, _PIECES)):  # prepared before the transaction begins
        began = time.monotonic()
        with database.writing() as session:
            connection = session.connection()
            for run, _ in pieces:
                run(connection)
        for _, count in pieces:
            step(count)
        if not whole:
            pause(max(SLICE_S, time.monotonic() - began))  # as long as the others waited: SQLite's waiting writers poll


def by_slices(
    database: Database, rows: Sequence[Any], size: int, *, pause: Callable[[float], None] = time.sleep
) -> Iterator[tuple[Session, Sequence[Any]]]:
    """Each `size` of `rows` with a transaction of its own; on SQLite its other writers have as long between two.

    They poll for its lock: a writer who takes it again at once would keep them waiting until he is done.
    """
    for start in range(0, len(rows), size):
        began = time.monotonic()
        with database.writing() as session:
            yield session, rows[start : start + size]
        if database.dialect == "sqlite" and start + size < len(rows):
            pause(max(SLICE_S, time.monotonic() - began))


def _statements(
    dialect: Dialect, target: Target, plans: Iterable[Plan]
) -> Iterator[tuple[Callable[[Connection], None], int]]:
    """The plans as small pieces of work, with their values already in the form the database stores."""
    for plan in plans:
        for start in range(0, len(plan.inserts), _STEP):
            part = plan.inserts[start : start + _STEP]
            columns, rows = _insert_values(dialect, target, part)
            yield partial(insert_rows, table=target.table, columns=columns, rows=rows), len(part)
        for start in range(0, len(plan.updates), _STEP):
            changed = plan.updates[start : start + _STEP]
            yield partial(_update, target=target, changed=changed), len(changed)


def _insert_values(
    dialect: Dialect, target: Target, records: Sequence[Record]
) -> tuple[list[str], list[tuple[Any, ...]]]:
    defaults = {
        column.name: column.default.arg(None) if column.default.is_callable else column.default.arg  # type: ignore[attr-defined]
        for column in target.table.columns
        if column.default is not None and (column.default.is_scalar or column.default.is_callable)
    }
    base = {**defaults, **target.fixed}
    columns = sorted({*base, *(name for record in records for name in record)})
    stored = [_stored_form(dialect, target.table.c[name]) for name in columns]
    rows = []
    for record in records:
        whole = base | record
        rows.append(tuple(store(whole.get(name)) for name, store in zip(columns, stored, strict=True)))
    return columns, rows


def _stored_form(dialect: Dialect, column: Column[Any]) -> Callable[[Any], Any]:
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    return process or (lambda value: value)


def _update(connection: Connection, target: Target, changed: Sequence[tuple[int, Record]]) -> None:
    table = target.table
    for row_id, values in changed:
        grown = {"version": table.c.version + 1} if target.versioned else {}
        connection.execute(table.update().where(table.c.id == row_id).values({**values, **grown}))


def started(database: Database, kind: str, file: str, now: datetime) -> int:
    """Note that an import begins; return its number. One that never finishes is seen by having no end."""
    with database.writing() as session:
        run = ImportRunRow(kind=kind, file=file[:200], started_at=now)
        session.add(run)
        session.flush()
        return run.id


def finished(
    database: Database, run_id: int, tally: Tally, refused: int, *, source: tuple[str, str, str] | None, now: datetime
) -> int:
    """Note the end of an import and, when anything changed, a new data version, which is returned.

    `source` is (code, name, English name) of the data source that has just delivered.
    """
    with database.writing() as session:
        run = session.get_one(ImportRunRow, run_id)
        run.finished_at = now
        run.added, run.updated, run.unchanged, run.refused = tally.added, tally.updated, tally.unchanged, refused
        if source is not None:
            _delivered(session, source, now)
        changed = tally.added + tally.updated
        return reload.bump(session) if changed else reload.version(session)


def _delivered(session: Session, source: tuple[str, str, str], now: datetime) -> None:
    code, name, name_en = source
    row = session.get(SourceRow, code)
    if row is None:
        row = SourceRow(code=code, name=name, name_en=name_en, interval_s=30 * 86_400, version=0)
        session.add(row)
    row.last_seen, row.version = now, (row.version or 0) + 1
    outbox.add(
        session,
        FreshnessChanged(area="", version=row.version, at=now, source=code, last_seen=now, interval_s=row.interval_s),
    )

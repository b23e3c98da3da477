"""One million incidents: the board, a page of the list and the indicators of any area, on both databases.

Rows are made up in bulk, three years of them in a district of 1,210 grids; the months that are over are kept as the
worker keeps them. First a tenth of the rows, the newest, are there and the board and a page are measured; then all.
Times are of the queries behind the pages, in this process; the processor's time, ours and the database's, is beside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex, DropIndex

from bench.harness import Row, percentile, samples_of, timed
from bench.ingest import a_postgres, a_sqlite
from data_access.commands.closing import keep_months
from data_access.db import migrate
from data_access.db.bulk import insert_columns
from data_access.db.closing import figures
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, ChannelRow, IncidentRow, IncidentTypeRow, UnitRow
from data_access.db.tables.base import to_ms
from data_access.domain.areas import child_path, subtree_bounds
from data_access.domain.case_indicators import NAMES
from data_access.domain.periods import Period
from data_access.queries import areas, incidents
from data_access.queries.closing import figures_by_month
from data_access.queries.indicator_page import Asked, compose
from data_access.queries.indicators import indicators
from data_access.viewmodels.incidents import IncidentFilter
from data_access.viewmodels.indicators import By

ROWS: Final = 1_000_000
FIRST: Final = 100_000
NOW: Final = datetime(2026, 6, 28, 4, tzinfo=UTC)  # late in the month, so that the running one is nearly whole
DAYS: Final = 1_095
RUNNING: Final = Period(date(2026, 6, 1), date(2026, 7, 1))
YEAR: Final = Period(date(2025, 1, 1), date(2026, 1, 1))
HOUR: Final = 3_600_000
KINDS: Final = (("district", 1), ("street", 10), ("community", 11), ("grid", 11))
BELOW: Final = {"district": By.STREET, "street": By.COMMUNITY, "grid": By.TYPE}
CLASSES: Final = (18, 128, 345)
UNITS, CHANNELS = 115, 8
Places = dict[str, list[tuple[int, str]]]


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness's signature
    """Measure on both databases."""
    rows = []
    for name, server in (("sqlite", a_sqlite), ("postgresql", a_postgres)):
        with server() as url:
            rows += _measure(url, "" if name == "sqlite" else ".postgresql", 12 if full else 5)
    return rows


def _measure(url: str, suffix: str, times: int) -> list[Row]:
    database = Database(url)
    migrate.upgrade(database.engine)
    places = _areas(database)
    made = _made_up(places)
    with timed() as loading:
        _load(database, {name: column[ROWS - FIRST :] for name, column in made.items()})
    few = {name: _spread(database, work, times) for name, work in _pages(places).items()}
    with timed() as more:
        _load(database, {name: column[: ROWS - FIRST] for name, column in made.items()})
    with timed() as keeping:
        while keep_months(database, NOW):
            pass
    note = f"{ROWS:,} incidents, loaded in {loading.seconds + more.seconds:.0f} s, kept in {keeping.seconds:.0f} s"
    rows = []
    for name, work in _pages(places).items():
        rows.append(_row(f"incidents.{name}_ms{suffix}", _spread(database, work, times), few[name], f"with {FIRST:,}"))
    plain = _spread(database, _plain, 1)
    for name, work in _indicators(places).items():
        rows.append(
            _row(f"incidents.{name}_ms{suffix}", _spread(database, work, times), plain, "a year counted row by row")
        )
    database.dispose()
    print(f"  {suffix.removeprefix('.') or 'sqlite'}: {note}", flush=True)
    return rows


def _row(name: str, spread: Sequence[tuple[float, float]], base: Sequence[tuple[float, float]], of: str) -> Row:
    wall, processor = ([pair[i] for pair in spread] for i in (0, 1))
    return Row(
        name=name,
        value=percentile(wall, 95),
        unit="ms",
        samples=samples_of(wall),
        baseline=percentile([pair[0] for pair in base], 95),
        note=f"p95; of the processor {percentile(processor, 95):.0f} ms p95; baseline: {of}",
    )


def _pages(places: Places) -> dict[str, list[Callable[[Session], object]]]:
    """What is measured of the board and the list, of an area of every kind."""
    some = [places[kind][len(places[kind]) // 2][1] for kind, _ in KINDS]
    open_, all_ = IncidentFilter(), IncidentFilter(state="all")
    return {
        "board": [partial(incidents.board, path=path, limit=12, now=NOW) for path in some],
        "page": [
            partial(incidents.page, path=path, wanted=wanted, cursor=None, limit=50, now=NOW)
            for path in some
            for wanted in (open_, all_, IncidentFilter(state="overdue"), IncidentFilter(state="closed"))
        ],
    }


def _indicators(places: Places) -> dict[str, list[Callable[[Session], object]]]:
    """What is measured of the indicators: the interface's answer, and all that the page reads."""
    found: dict[str, list[Callable[[Session], object]]] = {}
    for word, period in (("running_month", RUNNING), ("past_year", YEAR)):
        lines: list[Callable[[Session], object]] = []
        pages: list[Callable[[Session], object]] = []
        for kind, below in BELOW.items():
            path = places[kind][len(places[kind]) // 2][1]
            lines += [partial(_lines, path=path, period=period, by=by) for by in {below, By.TYPE, By.UNIT}]
            pages.append(partial(_page, path=path, period=period))
        found[f"indicators.{word}"], found[f"indicators.page.{word}"] = lines, pages
    return found


def _lines(session: Session, path: str, period: Period, by: By | None, names: Sequence[str] = NAMES) -> Any:
    return indicators(session, path, period.first, period.end, by, now=NOW, names=names)


def _page(session: Session, path: str, period: Period) -> object:
    place = areas.read_place(session, path, "")

    def fetch(of: str, asked: Period, by: By | None, names: Sequence[str]) -> Any:
        return _lines(session, of, asked, by, names)

    def months(of: str, wanted: Sequence[Period], names: Sequence[str]) -> Any:
        return figures_by_month(session, of, wanted, now=NOW, names=names)

    return compose(session, place, place, Asked(), period, NOW, fetch, months)


def _plain(session: Session) -> object:
    low, high = subtree_bounds("000")
    inside = (IncidentRow.area_path >= low, IncidentRow.area_path < high, IncidentRow.run.is_(None))
    days = (IncidentRow.created_at >= YEAR.start_at, IncidentRow.created_at < YEAR.end_at)
    return session.execute(select(*figures(NOW, NAMES)).where(*inside, *days)).one()


def _spread(database: Database, works: Any, times: int) -> list[tuple[float, float]]:
    """Milliseconds by the clock and of the processors, of each work so many times; once before, unmeasured."""
    found = []
    for work in works if isinstance(works, list) else [works]:
        for number in range(times + 1):
            with database.reading() as session:
                processor = _processor(session)
                begun, spent = time.perf_counter(), processor()
                work(session)
                if number:
                    found.append(((time.perf_counter() - begun) * 1000, (processor() - spent) * 1000))
    return found


def _processor(session: Session) -> Callable[[], float]:
    """Seconds that this thread, and the process of the database behind its session, have computed."""
    if session.get_bind().dialect.name != "postgresql":
        return time.thread_time
    backend = Path(f"/proc/{session.scalar(text('SELECT pg_backend_pid()'))}/schedstat")
    return lambda: time.thread_time() + int(backend.read_text().split()[0]) / 1e9


def _areas(database: Database) -> Places:
    places: Places = {kind: [] for kind, _ in KINDS}
    rows: list[dict[str, Any]] = []

    def add(parent: tuple[int, str] | None, depth: int, code: str) -> None:
        kind, many = KINDS[depth]
        for ordinal in range(many):
            own = f"{code}{ordinal:03d}"
            here = (len(rows) + 1, child_path(parent[1] if parent else "", ordinal))
            places[kind].append(here)
            rows.append(
                {
                    "id": here[0], "code": own, "name": f"{kind}{own}", "aliases": [], "kind": kind,
                    "parent_id": parent[0] if parent else None, "path": here[1], "depth": depth + 1,
                }
            )  # fmt: skip
            if depth + 1 < len(KINDS):
                add(here, depth + 1, own)

    add(None, 0, "4403")
    with database.writing() as session:
        session.execute(insert(AreaRow), rows)
        session.execute(insert(UnitRow), [_label(n, f"单位{n}") | {"aliases": []} for n in range(1, UNITS + 1)])
        session.execute(insert(ChannelRow), [_label(n, f"渠道{n}") for n in range(1, CHANNELS + 1)])
        start = 0
        for level, count in enumerate(CLASSES, 1):
            above = start - CLASSES[level - 2] if level > 1 else None
            rows = [
                _label(start + n + 1, f"类{level}-{n}")
                | {"level": level, "parent_id": None if above is None else above + 1 + n % CLASSES[level - 2]}
                for n in range(count)
            ]
            session.execute(insert(IncidentTypeRow), rows)
            start += count
    return places


def _label(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "source": "bench", "ref": str(number), "name": name}


def _made_up(places: Places) -> dict[str, list[Any]]:
    """The rows by column, oldest first: most are closed, the last days are under way, few are very late."""
    chance, now = np.random.default_rng(1), to_ms(NOW)
    created = np.sort(now - chance.integers(0, DAYS * 24 * HOUR, ROWS))
    grids = np.array([number for number, _ in places["grid"]])
    paths = dict(places["grid"])
    where = chance.choice(grids, ROWS)
    stamps = [created + chance.integers(0, HOUR, ROWS)]
    for hours in (2, 70, 12):
        stamps.append(stamps[-1] + chance.integers(0, hours * HOUR, ROWS))
    stamps[2] += (chance.random(ROWS) < 0.002) * 10_000 * HOUR  # those that stay open
    stamps[3] = np.maximum(stamps[3], stamps[2])
    known = [[at if at <= now else None for at in stamp.tolist()] for stamp in stamps]
    reached = sum((stamp <= now).astype(int) for stamp in stamps)
    stages = np.array(["report", "register", "dispatch", "handle", "closed"])[reached].tolist()
    sub = chance.integers(0, CLASSES[2], ROWS)
    main = sub % CLASSES[1]
    top = main % CLASSES[0]
    rework = np.where(chance.random(ROWS) < 0.03, stamps[2], now + 1)
    numbers = range(1, ROWS + 1)
    return {
        "id": list(numbers),
        "code": [f"B{n}" for n in numbers],
        "source": ["bench"] * ROWS,
        "source_ref": [str(n) for n in numbers],
        "title": ["占道经营"] * ROWS,
        "area_id": where.tolist(),
        "area_path": [paths[number] for number in where.tolist()],
        "stage": stages,
        "created_at": created.tolist(),
        "registered_at": known[0],
        "dispatched_at": known[1],
        "handled_at": known[2],
        "closed_at": known[3],
        "due_at": (created + 72 * HOUR).tolist(),
        "register_due_at": (created + HOUR).tolist(),
        "dispatch_due_at": (created + 2 * HOUR).tolist(),
        "handle_due_at": (created + 60 * HOUR).tolist(),
        "reworked_at": [at if at <= now else None for at in rework.tolist()],
        "top_type_id": (top + 1).tolist(),
        "main_type_id": (CLASSES[0] + main + 1).tolist(),
        "sub_type_id": (CLASSES[0] + CLASSES[1] + sub + 1).tolist(),
        "unit_id": (chance.integers(0, UNITS, ROWS) + 1).tolist(),
        "channel_id": (chance.integers(0, CHANNELS, ROWS) + 1).tolist(),
        "reworks": [0] * ROWS,
        "extensions": [0] * ROWS,
        "version": [1] * ROWS,
    }


def _load(database: Database, columns: dict[str, list[Any]]) -> None:
    """Rows in bulk: indexes, triggers and foreign keys are away meanwhile."""
    with database.engine.connect().execution_options(yiping_immediate=True) as connection:
        with connection.begin(), _bare(connection):
            insert_columns(connection, "incidents", columns)
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


@contextmanager
def _bare(connection: Connection) -> Iterator[None]:
    table: Any = IncidentRow.__table__
    triggers: list[str] = []
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    else:
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'incidents'"
        for name, sql in connection.exec_driver_sql(found).all():
            triggers.append(sql)
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    for index in table.indexes:
        connection.execute(DropIndex(index))
    yield
    for index in table.indexes:
        connection.execute(CreateIndex(index))
    for sql in triggers:
        connection.exec_driver_sql(sql)

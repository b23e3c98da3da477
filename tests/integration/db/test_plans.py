"""A subtree of any area is one range of paths: both databases must answer from an index, never by reading a table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Select, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from data_access.db import migrate
from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmRow,
    AreaRow,
    BuildingRow,
    CameraRow,
    DeviceRow,
    DeviceStateRow,
    DwellingRow,
    HouseholdRow,
    IncidentRow,
    LegalEntityRow,
    ResidentRow,
    ResourceRow,
    ResponsibleRow,
)
from data_access.demo.seed import seed
from data_access.domain.accounts import AuditSubject
from data_access.domain.areas import subtree_bounds
from data_access.queries import audit, incidents
from data_access.settings import Scale, Settings
from data_access.viewmodels.audit import AuditFilter
from data_access.viewmodels.incidents import IncidentFilter

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
ABNORMAL, OPEN_ALARM = text("device_states.status <> 0"), text("alarms.state <> 'closed'")
OPEN_INCIDENT = text("incidents.stage NOT IN ('closed', 'void')")
CASES: dict[str, tuple[Any, tuple[Any, ...], str]] = {
    "buildings": (BuildingRow, (), "ix_buildings_area_path"),
    "dwellings": (DwellingRow, (), "ix_dwellings_area_path"),
    "households": (HouseholdRow, (), "ix_households_area_path"),
    "residents": (ResidentRow, (), "ix_residents_area_path"),
    "legal entities": (LegalEntityRow, (), "ix_legal_entities_area_path"),
    "resources": (ResourceRow, (), "ix_resources_area_path"),
    "responsibles": (ResponsibleRow, (), "ix_responsibles_area_path"),
    "cameras": (CameraRow, (), "ix_cameras_area_path"),
    "devices": (DeviceRow, (), "ix_devices_area_path_kind"),
    "abnormal devices": (DeviceStateRow, (ABNORMAL,), "ix_device_states_abnormal"),
    "open alarms": (AlarmRow, (OPEN_ALARM,), "ix_alarms_open"),
    "past alarms": (AlarmRow, (AlarmRow.raised_at >= NOON,), "ix_alarms_area_path_raised_at"),
    "incidents": (IncidentRow, (IncidentRow.created_at >= NOON,), "ix_incidents_area_path_created_at"),
    "open incidents": (IncidentRow, (OPEN_INCIDENT,), "ix_incidents_open"),
}


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    yield from _seeded(f"sqlite:///{tmp_path_factory.mktemp('plans')}/yiping.db")


@pytest.fixture(scope="module")
def on_postgres(postgres_url: str) -> Iterator[Database]:
    admin = Database(postgres_url)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE plans"))
        yield from _seeded(admin.engine.url.set(database="plans").render_as_string(hide_password=False))
        connection.execute(text("DROP DATABASE plans"))
    admin.dispose()


def _seeded(url: str) -> Iterator[Database]:
    database = Database(url)
    migrate.upgrade(database.engine)
    seed(database, Settings(scale=Scale.COMMUNITY), now=NOON)
    yield database
    database.dispose()


def subtree(session: Session, case: str) -> tuple[Select[Any], str]:
    """The query of a case over one grid, and the index that must answer it."""
    table, further, index = CASES[case]
    low, high = subtree_bounds(session.scalars(select(AreaRow.path).where(AreaRow.kind == "grid").limit(1)).one())
    return select(func.count(), func.max(table.area_path)).where(
        table.area_path >= low, table.area_path < high, *further
    ), index


@pytest.mark.parametrize("case", CASES)
def test_sqlite_answers_from_the_index(on_sqlite: Database, case: str) -> None:
    with on_sqlite.reading() as session:
        query, index = subtree(session, case)
        compiled = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
    assert any(f"INDEX {index} (area_path>? AND area_path<?" in step for step in plan), plan
    assert not any(step.startswith("SCAN") for step in plan), plan


@pytest.mark.postgres
@pytest.mark.parametrize("case", CASES)
def test_postgres_answers_from_the_index(on_postgres: Database, case: str) -> None:
    """Small tables are cheaper to read whole: what matters is that the index can answer, so reading whole is barred."""
    with on_postgres.reading() as session:
        query, index = subtree(session, case)
        compiled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.execute(text(f"EXPLAIN (FORMAT JSON) {compiled}")).scalar_one()
    scans = [node for node in _nodes(plan[0]["Plan"]) if "Scan" in node["Node Type"]]
    named = {node.get("Index Name") for node in scans} - {None}
    assert named == {index}, json.dumps(plan)
    ranges = " ".join(str(node.get("Index Cond")) for node in scans)
    assert re.search(r"area_path\)?(::text)? >= .*area_path\)?(::text)? < ", ranges), ranges
    assert not any(node["Node Type"] == "Seq Scan" for node in scans)


@pytest.mark.postgres
def test_postgres_chooses_the_index_by_itself_where_the_table_is_large(on_postgres: Database) -> None:
    with on_postgres.reading() as session:
        query, index = subtree(session, "residents")
        compiled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
        plan = session.execute(text(f"EXPLAIN (FORMAT JSON) {compiled}")).scalar_one()
    assert index in json.dumps(plan)


DISTRICT: Final = "000"
LISTS: Final[dict[str, tuple[IncidentFilter, str]]] = {
    "by clock": (IncidentFilter(), "ix_incidents_due"),
    "by clock, of a unit": (IncidentFilter(unit_id=5, type_id=1), "ix_incidents_due"),
    "overdue": (IncidentFilter(state="overdue"), "ix_incidents_due"),
    "of a stage": (IncidentFilter(stage="handle"), "ix_incidents_stage_due"),
    "closed": (IncidentFilter(state="closed"), "ix_incidents_closing"),
    "of days": (IncidentFilter(state="all", first=NOON.date()), "ix_incidents_closing"),
}


def statements(session: Session, work: Callable[[Session], object]) -> list[tuple[str, Any]]:
    """What `work` asks the database, with its parameters."""
    said: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            said.append((statement, parameters))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", hear)
    work(session)
    event.remove(engine, "before_cursor_execute", hear)
    return said


@pytest.mark.parametrize("case", LISTS)
def test_a_page_of_cases_is_read_along_an_index(on_sqlite: Database, case: str) -> None:
    wanted, index = LISTS[case]
    with on_sqlite.reading() as session:
        asked = statements(session, lambda s: incidents.page(s, DISTRICT, wanted, cursor=None, limit=1, now=NOON))
        for statement, parameters in asked:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row[3] for row in plan]
            assert any(index in step and "incidents" in step for step in steps), steps
            assert "USE TEMP B-TREE FOR ORDER BY" not in steps


@pytest.mark.postgres
@pytest.mark.parametrize("case", LISTS)
def test_postgres_reads_a_page_of_cases_along_an_index(on_postgres: Database, case: str) -> None:
    wanted, index = LISTS[case]
    with on_postgres.reading() as session:
        asked = statements(session, lambda s: incidents.page(s, DISTRICT, wanted, cursor=None, limit=1, now=NOON))
        for name in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
            session.execute(text(f"SET LOCAL {name} = off"))
        for statement, parameters in asked:
            plan = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            found = list(_nodes(plan[0]["Plan"]))
            assert index in {node.get("Index Name") for node in found}, json.dumps(plan)
            assert not any(node["Node Type"] == "Sort" for node in found), json.dumps(plan)


@pytest.mark.parametrize("state", ["closed", "all"])
def test_of_a_community_the_newest_of_each_area_are_read_and_no_more(on_sqlite: Database, state: str) -> None:
    """What a community ever had grows for ever; a page of it costs as much in ten years as today."""
    wanted = IncidentFilter(state=state)
    with on_sqlite.reading() as session:
        path = session.scalars(select(AreaRow.path).where(AreaRow.kind == "community")).first() or ""
        areas = session.scalars(select(AreaRow.path).where(AreaRow.path.startswith(path))).all()
        asked = statements(session, lambda s: incidents.page(s, path, wanted, cursor=None, limit=5, now=NOON))
        statement, parameters = next(one for one in asked if "FROM incidents" in one[0])
        plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    read = [step for step in plan if "ix_incidents_area_path_created_at (area_path=?" in step]
    assert len(read) == len(areas) > 1, plan
    assert not any(step.startswith("SCAN incidents") or "area_path>" in step for step in plan), plan
    assert plan.count("USE TEMP B-TREE FOR ORDER BY") == 1, plan  # of the pages of all of them


@pytest.mark.postgres
def test_postgres_reads_the_newest_of_each_area_of_a_community(on_postgres: Database) -> None:
    with on_postgres.reading() as session:
        path = session.scalars(select(AreaRow.path).where(AreaRow.kind == "community")).first() or ""
        wanted = IncidentFilter(state="all")
        asked = statements(session, lambda s: incidents.page(s, path, wanted, cursor=None, limit=5, now=NOON))
        statement, parameters = next(one for one in asked if "FROM incidents" in one[0])
        for name in ("enable_seqscan", "enable_bitmapscan"):
            session.execute(text(f"SET LOCAL {name} = off"))
        plan = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    limits = [node for node in _nodes(plan[0]["Plan"]) if node["Node Type"] == "Limit"]
    named = [{inner.get("Index Name") for inner in _nodes(node)} - {None} for node in limits[1:]]
    assert len(named) > 1
    assert all(one == {"ix_incidents_area_path_created_at"} for one in named), json.dumps(plan)


ACTS: Final = AuditFilter(since=NOON.date(), until=NOON.date() + timedelta(days=7), subject=AuditSubject.ALARMS)


def _acts(session: Session, scope: str) -> list[Any]:
    """What is asked for a page of acts, but for the names of a page's people."""
    found = [one for one in statements(session, lambda s: audit.page(s, ACTS, scope)) if "alarm_history" in one[0]]
    assert found
    return found


@pytest.mark.parametrize("scope", ["", DISTRICT])
def test_what_people_did_is_read_along_its_own_index(on_sqlite: Database, scope: str) -> None:
    with on_sqlite.reading() as session:
        for statement, parameters in _acts(session, scope):
            plan = [r[3] for r in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert any(
                "alarm_history" in step and "INDEX ix_alarm_history_people (at>? AND at<?)" in step for step in plan
            ), plan
            assert not any("TEMP B-TREE" in step for step in plan), plan


@pytest.mark.postgres
@pytest.mark.parametrize("scope", ["", DISTRICT])
def test_postgres_reads_what_people_did_along_its_own_index(on_postgres: Database, scope: str) -> None:
    with on_postgres.reading() as session:
        asked = _acts(session, scope)
        for name in ("enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"):
            session.execute(text(f"SET LOCAL {name} = off"))
        for statement, parameters in asked:
            plan = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            found = list(_nodes(plan[0]["Plan"]))
            assert "ix_alarm_history_people" in {node.get("Index Name") for node in found}, json.dumps(plan)
            assert not any(node["Node Type"] == "Sort" for node in found), json.dumps(plan)


def test_what_was_closed_today_is_read_along_its_index(on_sqlite: Database) -> None:
    with on_sqlite.reading() as session:
        asked = statements(session, lambda s: incidents.board(s, DISTRICT, limit=5, now=NOON))
        for statement, parameters in asked:
            plan = [r[3] for r in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert not any(step.startswith("SCAN incidents") and "INDEX" not in step for step in plan), plan
    assert any("ix_incidents_closed_at" in step for step in plan), plan


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)

"""Seeds the reference deployment: everything from one number and one moment, in one transaction.

The same seed and epoch give the same rows on SQLite and PostgreSQL. Either all of it is there or none: a seeding that
is killed leaves the database as it was, and the next start begins anew. Once seeded, `seed` does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from sqlite3 import OperationalError
from typing import Any, Final

from sqlalchemy import Connection, select, text

from data_access.db.bulk import insert_columns, unindexed
from data_access.db.engine import BUSY_TIMEOUT_MS, Database
from data_access.db.tables import Base, MetaRow
from data_access.demo import city, deployment, past, system
from data_access.demo.alarms import alarm_rows
from data_access.demo.buildings import buildings, dwellings
from data_access.demo.chance import Chance
from data_access.demo.devices import camera_rows, devices
from data_access.demo.entities import entity_rows, organisation_rows, resource_rows
from data_access.demo.facts import Ledger
from data_access.demo.frame import Columns, Community, Numbers
from data_access.demo.hours import hour_rows
from data_access.demo.incidents import incident_rows
from data_access.demo.patrol import point_rows
from data_access.demo.people import people
from data_access.demo.responsibles import Roster, enrol, team_rows
from data_access.demo.vendored import LUOHU, official_areas
from data_access.domain.areas import AreaKind
from data_access.domain.facts import Fact
from data_access.domain.periods import local_day
from data_access.settings import Scale, Settings

EPOCH: Final = "epoch"

Progress = Callable[[float, str], None]
"""Told how much is done (0 … 1) and of what."""


def seed(database: Database, settings: Settings, *, now: datetime, progress: Progress | None = None) -> bool:
    """Seed an empty, migrated database at `settings.scale` with `now` as its epoch; tell whether it did.

    False, and nothing changes, when the database has been seeded before. Any error leaves the database as it was.
    """
    if is_seeded(database):
        return False
    tell = progress or (lambda _done, _what: None)
    tell(0.0, "Areas and borders")
    with _bulk(database) as connection:
        if settings.scale is Scale.CITY:
            city.fill(connection, settings, now, tell, _write)
        else:
            _fill(connection, settings, now, tell)
        _set_sequences(connection)
        tell(0.97, "Statistics for the query planner")
        _analyse(connection)
    tell(1.0, "Done")
    return True


def is_seeded(database: Database) -> bool:
    """Tell whether the reference deployment is there."""
    with database.reading() as session:
        return session.scalar(select(MetaRow.value).where(MetaRow.key == EPOCH)) is not None


def _fill(connection: Connection, settings: Settings, now: datetime, tell: Progress) -> None:
    numbers, ledger = Numbers(), Ledger()
    plans = deployment.planned(settings.scale, settings.seed)
    areas = deployment.areas(plans, settings.seed, numbers)
    full_names = {a.code: a.full_name for a in official_areas(LUOHU) if a.full_name != a.name}
    _write(connection, "areas", deployment.area_rows(areas, full_names))
    _write(connection, "area_boundaries", deployment.boundary_rows(areas))
    for table, rows in system.rows(settings, now).items():
        _write(connection, table, rows)
    streets = [area for area in areas if area.kind == AreaKind.STREET]
    organisations = organisation_rows(streets, Chance(settings.seed, "organisations"))
    _write(connection, "organisations", organisations)
    roster = Roster(Chance(settings.seed, "responsibles"), numbers)
    for office, street in enumerate(streets, start=1):
        roster.add("street_chief", street, code=f"P-chief-{street.code}", organisation=office)
    properties = [n for n, kind in zip(organisations["id"], organisations["kind"], strict=True) if kind == "property"]
    everybody = sum(p.residents for p in plans)
    done = 0
    for plan in plans:
        tell(0.05 + 0.9 * done / everybody, plan.name)
        community = deployment.community_of(plan, areas, seed=settings.seed, epoch=now, numbers=numbers)
        _community(connection, community, ledger, roster, properties)
        done += plan.residents
    tell(0.95, "Aggregates")
    _write(connection, "duty_rota", roster.rota(now))
    _write(connection, "area_facts", ledger.rows(areas, local_day(now), settings.seed))
    _write(connection, "area_days", past.day_rows(areas, ledger.totals(), local_day(now), settings.seed))


def _community(
    connection: Connection, community: Community, ledger: Ledger, roster: Roster, properties: list[int]
) -> None:
    within = buildings(community)
    homes = dwellings(community, within)
    residents = people(community, homes)
    found = devices(community, within, homes, residents)
    cameras, in_view = camera_rows(community, within)
    entities, entity_grids = entity_rows(community, within)
    resources, resource_grids = resource_rows(community, within)
    teams = team_rows(community, within)
    enrol(roster, community, within, teams["id"], properties)
    ledger.count_homes(community, within, homes)
    ledger.count_people(community, residents)
    ledger.count(
        community,
        {
            Fact.LEGAL_ENTITIES: entity_grids["all"],
            Fact.ABOVE_SCALE: entity_grids["above"],
            Fact.SMALL_PLACES: entity_grids["small"],
            Fact.RESOURCES: resource_grids["all"],
            Fact.AED: resource_grids["aed"],
            Fact.CAMERAS: in_view,
            Fact.DEVICES: found.grid,
        },
    )
    ledger.add(Fact.DEVICES, [community.street], [len(found.gateway_rows["id"])])
    incidents, incident_history = incident_rows(community, within)
    alarms, alarm_history = alarm_rows(community, within, found)
    for table, rows in (
        ("buildings", within.rows),
        ("dwellings", homes.rows),
        ("households", residents.household_rows),
        ("residents", residents.resident_rows),
        ("legal_entities", entities),
        ("resources", resources),
        ("patrol_points", point_rows(community, within)),
        ("teams", teams),
        ("responsibles", roster.flush()),
        ("devices", found.gateway_rows),
        ("devices", found.rows),
        ("device_states", found.state_rows),
        ("cameras", cameras),
        ("incidents", incidents),
        ("incident_history", incident_history),
        ("alarms", alarms),
        ("alarm_history", alarm_history),
        ("readings_hourly", hour_rows(community, found, alarms)),
    ):
        _write(connection, table, rows)


def _write(connection: Connection, table: str, rows: Columns) -> None:
    if rows and len(next(iter(rows.values()))):
        insert_columns(connection, table, rows)


@contextmanager
def _bulk(database: Database) -> Iterator[Connection]:
    """One transaction made for writing a great deal.

    On SQLite a rollback journal instead of the write-ahead log: pages that are new need no copy, and a crash still
    rolls back. (Where another process has the file open the log stays; it is slower and as safe.) Foreign keys are
    not checked row by row; a test checks them all. On PostgreSQL they and the indexes are put up after the rows, in
    the same transaction, which checks all of them at once.
    """
    if database.dialect != "sqlite":
        with database.engine.begin() as connection, unindexed(connection):
            yield connection
        return
    database.engine.dispose()
    with database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        _pragmas(driver, "foreign_keys=OFF", "cache_size=-262144", "busy_timeout=0")
        with suppress(OperationalError):
            _pragmas(driver, "journal_mode=DELETE")
        _pragmas(driver, f"busy_timeout={BUSY_TIMEOUT_MS}")
        try:
            with connection.execution_options(yiping_immediate=True).begin():
                yield connection
        finally:
            _pragmas(driver, "journal_mode=WAL", "foreign_keys=ON")
    database.engine.dispose()


def _pragmas(driver: Any, *settings: str) -> None:
    for setting in settings:
        driver.execute(f"PRAGMA {setting}").fetchall()


def _analyse(connection: Connection) -> None:
    """Let the query planner know the sizes of things.

    Not of alarms and device states on SQLite: nothing is open or abnormal yet, and statistics that know nothing of
    the partial index on those rows make the planner read all past alarms instead of it.
    """
    connection.execute(text("ANALYZE"))
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_stat1 WHERE tbl IN ('alarms', 'device_states')"))


def _set_sequences(connection: Connection) -> None:
    """Let PostgreSQL go on numbering after our rows."""
    if connection.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        key = table.primary_key.columns.values()[0]
        if key.name == "id":
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608  # our own names
                    f"COALESCE((SELECT MAX(id) FROM {table.name}), 1), (SELECT COUNT(*) > 0 FROM {table.name}))"
                )
            )

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import func, select, text

from data_access.commands.facts import Group, recompute
from data_access.db import migrate
from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmRow,
    AreaBoundaryRow,
    AreaFactRow,
    AreaRow,
    Base,
    BuildingRow,
    CameraRow,
    DeviceModelRow,
    DeviceRow,
    DeviceStateRow,
    HouseholdRow,
    IncidentHistoryRow,
    IncidentRow,
    ItemRow,
    LegalEntityRow,
    MetaRow,
    ResidentRow,
    ResponsibleRow,
)
from data_access.demo.plan import MAX_HOUSEHOLDS, SHUIBEI
from data_access.demo.seed import is_seeded, seed
from data_access.demo.vendored import MEDIA
from data_access.domain.alarm_rules import rule_from_json
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.incidents import Stage
from data_access.settings import Scale, Settings

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
COMMUNITY = Settings(scale=Scale.COMMUNITY)


def fingerprint(database: Database) -> dict[str, str]:
    """A hash of every table's rows, as the application reads them."""
    found = {}
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows = session.execute(select(table).order_by(*table.primary_key.columns)).all()
            kept = json.dumps([list(row) for row in rows], default=str, sort_keys=True, ensure_ascii=False)
            found[table.name] = sha256(kept.encode()).hexdigest()
    return found


@pytest.fixture(scope="module")
def shuibei(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('seeded')}/yiping.db")
    migrate.upgrade(database.engine)
    assert seed(database, COMMUNITY, now=NOON)
    yield database
    database.dispose()


def rows(database: Database, table: Any) -> Sequence[Any]:
    """All rows of a table, usable after the session."""
    with database.reading() as session:
        found = session.scalars(select(table)).all()
        session.expunge_all()
        return found


def count(database: Database, *what: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(*what)) or 0


@pytest.mark.postgres
def test_both_databases_hold_the_same_rows(sqlite: Database, postgres: Database) -> None:
    for database in (sqlite, postgres):
        assert seed(database, COMMUNITY, now=NOON)
    assert fingerprint(sqlite) == fingerprint(postgres)


def test_another_number_gives_another_district(sqlite: Database, shuibei: Database) -> None:
    seed(sqlite, Settings(scale=Scale.COMMUNITY, seed=7), now=NOON)
    ours, theirs = fingerprint(sqlite), fingerprint(shuibei)
    assert ours["residents"] != theirs["residents"]
    assert ours["device_models"] == theirs["device_models"]


def test_a_second_seeding_changes_nothing(database: Database) -> None:
    assert seed(database, COMMUNITY, now=NOON)
    before = fingerprint(database)
    assert not seed(database, COMMUNITY, now=datetime(2026, 7, 1, tzinfo=UTC))
    assert fingerprint(database) == before


def test_new_rows_are_numbered_after_the_seeded_ones(database: Database) -> None:
    seed(database, COMMUNITY, now=NOON)
    with database.writing() as session:
        last = session.scalar(select(func.max(AreaRow.id))) or 0
        area = AreaRow(code="X", name="x", kind="grid", path="zzz", depth=1, aliases=[])
        session.add(area)
        session.flush()
        assert area.id > last


def test_an_error_on_the_way_leaves_the_database_as_it_was(database: Database) -> None:
    def fail(done: float, _what: str) -> None:
        if done > 0.9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed(database, COMMUNITY, now=NOON, progress=fail)
    assert not is_seeded(database)
    assert count(database, AreaRow.id > 0) == 0
    assert seed(database, COMMUNITY, now=NOON)


KILLED = """
import os, sys
from datetime import UTC, datetime
from data_access.db.engine import Database
from data_access.demo.seed import seed
from data_access.settings import Scale, Settings
seed(Database(sys.argv[1]), Settings(scale=Scale.COMMUNITY), now=datetime(2026, 6, 1, 4, tzinfo=UTC),
     progress=lambda done, what: os.kill(os.getpid(), 9) if done > 0.9 else None)
"""


def test_a_killed_seeding_starts_over_cleanly(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/yiping.db"
    database = Database(url)
    migrate.upgrade(database.engine)
    database.dispose()
    killed = subprocess.run([sys.executable, "-c", KILLED, url], cwd=ROOT, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not is_seeded(database)
    assert seed(database, COMMUNITY, now=NOON)
    database.dispose()


def test_it_seeds_beside_a_process_that_has_the_file_open(sqlite: Database) -> None:
    other = Database(sqlite.engine.url.render_as_string())
    with other.reading() as session:
        assert session.scalars(select(AreaRow.id)).all() == []  # a read that stays open
        assert seed(sqlite, COMMUNITY, now=NOON)
    assert is_seeded(other)
    other.dispose()


def test_every_area_has_an_english_name(shuibei: Database) -> None:
    assert count(shuibei, AreaRow.id > 0, AreaRow.name_en.is_(None)) == 0


def test_no_row_points_at_nothing(shuibei: Database) -> None:
    with shuibei.reading() as session:
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_every_table_that_hangs_on_areas_uses_paths_that_exist(shuibei: Database) -> None:
    everywhere = {"incident_items": {""}}  # what holds for the whole deployment
    with shuibei.reading() as session:
        paths = set(session.scalars(select(AreaRow.path)))
        for table in Base.metadata.sorted_tables:
            if "area_path" in table.columns:
                used = set(session.scalars(select(table.c.area_path).distinct()))
                assert used <= paths | everywhere.get(table.name, set()), table.name


def test_it_says_that_it_is_a_demo_and_when_it_began(shuibei: Database) -> None:
    with shuibei.reading() as session:
        meta = {row.key: row.value for row in session.execute(select(MetaRow.key, MetaRow.value))}
    assert meta["demo"] == "true"
    assert datetime.fromisoformat(meta["epoch"]) == NOON
    assert meta["scale"] == "community"


def test_shuibei_has_exactly_its_1005_devices(shuibei: Database) -> None:
    with shuibei.reading() as session:
        path = session.scalars(select(AreaRow.path).where(AreaRow.code == SHUIBEI)).one()
        kinds = Counter(session.scalars(select(DeviceRow.kind).where(DeviceRow.area_path.startswith(path))))
        gateways = Counter(session.scalars(select(DeviceRow.gateway_id).where(DeviceRow.gateway_id.is_not(None))))
    assert kinds == {"smoke": 747, "gas": 93, "hydrant": 83, "pool": 41, "watch": 41}
    assert max(gateways.values()) == 500  # what one gateway takes with it when it falls silent


def test_devices_in_buildings_have_a_floor_and_those_outside_have_none(shuibei: Database) -> None:
    with shuibei.reading() as session:
        floors = session.execute(select(DeviceRow.kind, DeviceRow.floor)).all()
    assert {kind for kind, floor in floors if floor is None} == {"hydrant", "gateway"}
    assert {kind for kind, floor in floors if floor is not None} == {"smoke", "gas", "pool", "watch"}


def test_each_watch_is_worn_by_an_old_person_who_lives_alone(shuibei: Database) -> None:
    with shuibei.reading() as session:
        worn = session.execute(
            select(ResidentRow.lives_alone, ResidentRow.born, HouseholdRow.size)
            .join(HouseholdRow, HouseholdRow.id == ResidentRow.household_id)
            .join(DeviceRow, DeviceRow.household_id == HouseholdRow.id)
            .where(DeviceRow.kind == "watch")
        ).all()
    assert len(worn) == 41
    assert all(alone and born <= date(1966, 6, 1) and size == 1 for alone, born, size in worn)


def test_every_device_has_been_seen_online_and_normal(shuibei: Database) -> None:
    states, models = rows(shuibei, DeviceStateRow), rows(shuibei, DeviceModelRow)
    with shuibei.reading() as session:
        kinds = {row.id: row.kind for row in session.execute(select(DeviceRow.id, DeviceRow.kind))}
        tokens = set(session.scalars(select(DeviceRow.token)))
    rules = {m.kind: [rule_from_json(rule) for rule in m.rules] for m in models}
    assert {m.code: m.period_s for m in models} == {m.code: m.period_s for m in DEFAULT_MODELS}
    assert len(states) == len(kinds) == len(tokens)
    for state in states:
        assert state.status == 0
        assert state.last_seen is not None
        assert state.last_seen <= NOON
        for rule in rules[kinds[state.device_id]]:
            if rule.metric in state.values:
                assert rule.severity_of(state.values[rule.metric]) == 0


def test_aggregates_are_what_counting_the_rows_gives(shuibei: Database) -> None:
    def facts() -> dict[tuple[int, str], int]:
        with shuibei.reading() as session:
            found = session.execute(
                select(AreaFactRow.area_id, AreaFactRow.metric, AreaFactRow.value).where(
                    AreaFactRow.month == date(2026, 6, 1)
                )
            )
            return {(area, metric): value for area, metric, value in found}

    seeded = facts()
    with shuibei.reading() as session:
        paths = session.scalars(select(AreaRow.path)).all()
    recompute(shuibei, paths, Group, now=NOON)
    assert facts() == seeded


def test_grids_hold_at_most_300_households_and_their_buildings_lie_inside(shuibei: Database) -> None:
    with shuibei.reading() as session:
        sizes = session.execute(select(HouseholdRow.area_path, func.count()).group_by(HouseholdRow.area_path)).all()
        shapes = {
            a: shapely.from_geojson(g)
            for a, g in session.execute(select(AreaBoundaryRow.area_id, AreaBoundaryRow.geometry))
        }
        buildings = session.execute(select(BuildingRow.area_id, BuildingRow.lng, BuildingRow.lat)).all()
    assert max(n for _, n in sizes) <= MAX_HOUSEHOLDS
    assert all(shapely.contains_xy(shapes[area], lng, lat) for area, lng, lat in buildings)


def test_ages_residency_and_jewellers_are_plausible(shuibei: Database) -> None:
    residents = count(shuibei, ResidentRow.id > 0)
    assert residents == 18_642
    shares = {
        "children": count(shuibei, ResidentRow.born > date(2011, 6, 1)) / residents,
        "old": count(shuibei, ResidentRow.born <= date(1966, 6, 1)) / residents,
        "registered": count(shuibei, ResidentRow.residency == "registered") / residents,
    }
    assert shares == pytest.approx({"children": 0.136, "old": 0.159, "registered": 0.535}, abs=0.02)
    assert count(shuibei, LegalEntityRow.industry == "jewellery") == 3_000
    assert count(shuibei, LegalEntityRow.small_place.is_not(None)) == 800
    assert count(shuibei, LegalEntityRow.kind == "school") == 2


def test_incidents_go_through_their_steps_in_order_and_none_lies_ahead(shuibei: Database) -> None:
    cases = rows(shuibei, IncidentRow)
    with shuibei.reading() as session:
        steps = session.execute(
            select(IncidentHistoryRow.incident_id, IncidentHistoryRow.at, IncidentHistoryRow.stage).order_by(
                IncidentHistoryRow.id
            )
        ).all()
    newest: dict[int, Any] = {}
    for number, at, stage in steps:
        assert at <= NOON or stage == Stage.VOID
        assert number not in newest or newest[number][0] <= at
        newest[number] = (at, stage)
    for row in cases:
        times = [row.created_at, row.registered_at, row.dispatched_at, row.handled_at, row.verified_at, row.closed_at]
        known = [t for t in times if t]
        assert known == sorted(known)
        assert known[-1] <= NOON
        assert (row.stage == Stage.CLOSED) == (row.closed_at is not None)
        assert newest[row.id][1] == row.stage
    assert len(cases) == 748
    assert {case.stage for case in cases} >= {Stage.CLOSED, Stage.DISPATCH, Stage.VOID}


def test_a_case_sent_back_given_time_or_done_twice_says_so_where_it_is_counted_and_in_its_history(
    shuibei: Database,
) -> None:
    with shuibei.reading() as session:
        said: dict[str, dict[int, datetime]] = {"return": {}, "grant": {}, "rework": {}}
        for number, at, action in session.execute(
            select(IncidentHistoryRow.incident_id, IncidentHistoryRow.at, IncidentHistoryRow.action)
        ):
            if action in said:
                said[action][number] = at
    cases = rows(shuibei, IncidentRow)
    for action, stamp in (("return", "returned_at"), ("grant", "extended_at"), ("rework", "reworked_at")):
        assert said[action] == {case.id: getattr(case, stamp) for case in cases if getattr(case, stamp)}
        assert 0 < len(said[action]) < len(cases) / 20
    late = [case for case in cases if case.handled_at and case.handle_due_at and case.handled_at > case.handle_due_at]
    assert 0.02 < len(late) / len(cases) < 0.15


def test_no_five_years_of_grown_people_are_missing(shuibei: Database) -> None:
    bands = Counter((NOON.year - row.born.year) // 5 for row in rows(shuibei, ResidentRow))
    for band in range(20 // 5, 80 // 5):
        assert 0.6 < bands[band + 1] / bands[band] < 1.45


def test_nine_of_ten_cases_are_closed_in_time(shuibei: Database) -> None:
    closed = count(shuibei, IncidentRow.closed_at.is_not(None))
    in_time = count(shuibei, IncidentRow.closed_at <= IncidentRow.due_at)
    assert 0.86 < in_time / closed < 0.94


def test_cases_came_in_under_the_sample_and_dispatched_ones_have_a_turn_of_its_level(shuibei: Database) -> None:
    with shuibei.reading() as session:
        rows = session.execute(
            select(
                IncidentRow.level,
                IncidentRow.post,
                IncidentRow.area_path,
                IncidentRow.stage,
                ItemRow.level.label("of_item"),
                ItemRow.category,
            )
            .join(ItemRow, ItemRow.id == IncidentRow.item_id)
            .where(IncidentRow.sub_type_id == ItemRow.type_id)
        ).all()
    assert {row.category for row in rows} == set("ABCD")
    turns = [(row.level, row.post, row.area_path, row.of_item) for row in rows if row.level is not None]
    assert turns
    for level, post, path, of_item in turns:
        assert level == of_item
        assert post == path[: len(path) - 3 * level]
    assert all(row.level is None for row in rows if row.stage in {"closed", "void", "report", "register"})


def test_past_alarms_are_closed_and_tell_what_was_done(shuibei: Database) -> None:
    alarms = rows(shuibei, AlarmRow)
    with shuibei.reading() as session:
        steps = Counter(session.scalars(select(AlarmHistoryRow.action)))
    assert alarms
    assert {(a.state, a.source) for a in alarms} == {("closed", "demo")}
    assert all(a.cleared_at and a.raised_at < a.cleared_at < NOON for a in alarms)
    assert {steps.pop(word) for word in ("raise", "acknowledge")} == {len(alarms)}
    assert steps.pop("clear") - len(alarms) == steps.pop("return", 0) == sum(a.occurrences - 1 for a in alarms)
    judged = [a for a in alarms if a.needs_reason]
    assert steps == {"close": len(judged)}
    assert judged == [a for a in alarms if a.close_reason is not None]
    assert all(a.closed_at and a.closed_by and a.cleared_at <= a.closed_at < NOON for a in alarms)


def test_every_grid_and_dwelling_house_has_somebody_who_answers_for_it(shuibei: Database) -> None:
    with shuibei.reading() as session:
        grids = set(session.scalars(select(AreaRow.id).where(AreaRow.kind == "grid")))
        for role in ("grid_worker", "property"):
            assert grids == set(session.scalars(select(ResponsibleRow.area_id).where(ResponsibleRow.role == role)))
        heads = count(shuibei, ResponsibleRow.role == "building_head")
        homes = count(shuibei, BuildingRow.kind.in_(("residential", "urban_village")))
    assert heads == homes


def test_cameras_that_deliver_have_a_clip_that_is_there(shuibei: Database) -> None:
    cameras = rows(shuibei, CameraRow)
    assert any(not c.delivering for c in cameras)
    for camera in cameras:
        assert camera.delivering == (camera.stream is not None)
        if camera.stream:
            assert (MEDIA / f"{camera.stream.removeprefix('demo:')}.m3u8").exists()

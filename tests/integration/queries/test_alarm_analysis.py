"""The analysis of past alarms on both databases: load, priorities, sources, times, false alarms, to and fro, days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import delete, event, select

from data_access.db.bulk import insert_columns
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow, AlarmRow, AreaRow, DeviceModelRow, DeviceRow, ShiftRow, to_ms
from data_access.domain.errors import InvalidInput
from data_access.domain.proportions import interval
from data_access.queries.alarm_analysis import analysis
from data_access.queries.alarm_analysis_rows import rows
from data_access.queries.alarm_false import LEAST_JUDGED
from data_access.queries.alarm_span import MOST_DAYS
from data_access.viewmodels.alarm_analysis import Analysis
from tests.small import COMMUNITY, DISTRICT_PATH, GRID, fill

NOW = datetime(2026, 6, 8, 4, tzinfo=UTC)  # a Monday, noon in Shanghai
FIRST, END = date(2026, 6, 1), date(2026, 6, 8)
START = datetime(2026, 5, 31, 16, tzinfo=UTC)  # midnight in Shanghai
MINUTE = timedelta(minutes=1)


class Past:
    """Alarms as they may have been."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._numbers = count(1)
        with database.reading() as session:
            self.areas = {row.code: (row.id, row.path) for row in session.scalars(select(AreaRow))}

    def alarm(self, at: datetime, *, area: str = GRID, device: int | None = 1, **more: Any) -> int:
        """One that was looked at after a minute and closed after ten."""
        id_, path = self.areas[area]
        given: dict[str, Any] = {
            "kind": "smoke", "severity": 2, "life_safety": False, "state": "closed", "occurrences": 1, "place": "5栋",
            "last_at": at, "cleared_at": at + 5 * MINUTE, "acknowledged_at": at + MINUTE, "closed_at": at + 10 * MINUTE,
            "source": "live", "version": 1,
        }  # fmt: skip
        with self.database.writing() as session:
            row = AlarmRow(
                id=next(self._numbers), device_id=device, area_id=id_, area_path=path, raised_at=at, **{**given, **more}
            )
            session.add(row)
            session.flush()
            return row.id

    def stood(self, alarm: int, *times: datetime) -> None:
        with self.database.writing() as session:
            for n, at in enumerate(times):
                word = "return" if n else "raise"
                session.add(
                    AlarmHistoryRow(
                        alarm_id=alarm, at=at, actor="ingest", action=word, state="active_unacked", severity=2
                    )
                )

    def analysed(self, path: str = DISTRICT_PATH, first: date = FIRST, end: date = END) -> Analysis:
        with self.database.reading() as session:
            return analysis(session, path, first, end, now=NOW)


@pytest.fixture
def past(database: Database) -> Past:
    fill(database, NOW)
    with database.writing() as session:
        session.execute(delete(AlarmHistoryRow))
        session.execute(delete(AlarmRow))
    return Past(database)


def test_without_alarms_all_is_nothing_and_nothing_is_divided_by_it(past: Past) -> None:
    found = past.analysed()
    assert (found.now.alarms, found.now.per_seat10, found.now.acknowledge_median_s, found.now.judged) == (0, 0, None, 0)
    tables = (found.sources, found.models, found.by_kind, found.by_area, found.chatterers, found.stayers)
    assert tables == ((),) * 6
    assert [line["table"] for line in rows(found)][:2] == ["period", "period before"]


def test_the_period_is_half_open_and_beside_as_long_a_time_before_it(past: Past) -> None:
    week = timedelta(days=7)
    for at in (START, START + week - MINUTE, START + week, START - MINUTE, START - week, START - week - MINUTE):
        past.alarm(at)
    past.alarm(START, source="replay", run="r1")
    found = past.analysed()
    assert (found.now.alarms, found.before.alarms) == (2, 2)
    assert (found.start, found.end, found.before_start) == (START, START + week, START - week)
    running = past.analysed(end=date(2026, 6, 9))
    assert (running.end, running.now.alarms) == (NOW, 3)
    assert running.before_start == START - (NOW - START)


def test_load_is_the_busiest_ten_minutes_for_each_officer_who_was_there(past: Past) -> None:
    for n in range(12):
        past.alarm(START + timedelta(hours=10, seconds=n))
    past.alarm(START + timedelta(hours=10), parent_id=1)
    past.alarm(START + timedelta(hours=10), window="drill")
    found = past.analysed()
    assert (found.now.announced, found.now.alarms, found.now.flooded_s, found.now.worst10) == (12, 14, 600, 12)
    assert found.now.slots == 7 * 144
    assert not found.seats_known
    assert {slot.at: slot.worst for slot in found.load if slot.worst} == {START + timedelta(hours=10): 12}
    assert found.slot_minutes == 60
    with past.database.writing() as session:
        for user in ("wang", "li"):
            session.add(
                ShiftRow(
                    user=user,
                    area_path=DISTRICT_PATH,
                    started_at=START + timedelta(hours=8),
                    ended_at=START + timedelta(hours=16),
                )
            )
    found = past.analysed()
    assert (found.now.worst10, found.now.flooded_s, found.seats_known) == (6, 0, True)


def test_priorities_and_sources_with_their_share(past: Past) -> None:
    for n in range(6):
        past.alarm(START + n * MINUTE, device=2, severity=1)
    for n in range(3):
        past.alarm(START + n * MINUTE, device=3, kind="tamper", severity=3)
    past.alarm(START, device=None, kind="flooding", place="东门", severity=4)
    found = past.analysed()
    assert [(one.severity, one.now) for one in found.mix] == [(1, 6), (2, 0), (3, 3), (4, 1)]
    assert [(one.kind, one.device, one.place, one.count) for one in found.sources] == [
        ("smoke", "S2", "5栋", 6),
        ("tamper", "S3", "5栋", 3),
        ("flooding", None, "东门", 1),
    ]


def test_times_by_kind_and_by_the_areas_below(past: Past) -> None:
    for n in range(20):
        past.alarm(START + n * MINUTE, acknowledged_at=START + n * MINUTE + timedelta(seconds=n + 1))
    past.alarm(
        START, area="440303004012001", kind="tamper", acknowledged_at=None, state="active_unacked", closed_at=None
    )
    found = past.analysed(past.areas["440303004"][1])
    smoke, tamper = found.by_kind
    assert (smoke.key, smoke.model, smoke.count, smoke.acknowledge_median_s) == ("smoke", "smoke-std", 20, 10.5)
    assert smoke.acknowledge_p95_s == pytest.approx(19.05)
    assert (smoke.close_median_s, tamper.acknowledge_median_s, tamper.close_median_s) == (600, None, None)
    assert [(one.key, one.count) for one in found.by_area] == [(COMMUNITY, 20), ("440303004012", 1)]
    assert past.analysed(past.areas["440303004012"][1]).now.alarms == 1


def test_what_goes_to_and_fro_and_what_stays_are_listed(past: Past) -> None:
    quick = past.alarm(START, occurrences=4, device=5)
    past.stood(quick, *(START + n * timedelta(seconds=15) for n in range(4)))
    slow = past.alarm(START, occurrences=3, device=6)
    past.stood(slow, *(START + n * timedelta(minutes=4) for n in range(3)))
    past.alarm(START, cleared_at=START + timedelta(hours=30), device=7)
    past.alarm(START, cleared_at=START + timedelta(hours=23), device=8)
    past.alarm(START + timedelta(hours=1), state="active_acked", cleared_at=None, closed_at=None, device=9)
    found = past.analysed()
    assert [(one.device, one.cycles) for one in found.chatterers] == [("S5", 4)]
    assert [(one.device, one.until is None) for one in found.stayers] == [("S9", True), ("S7", False)]
    marks = {one.device: (one.chattering, one.stale) for one in found.sources}
    assert (marks["S5"], marks["S7"], marks["S8"]) == ((True, False), (False, True), (False, False))


def test_a_rate_of_few_says_nothing_and_one_surely_above_all_is_marked(past: Past) -> None:
    with past.database.writing() as session:
        gas = DeviceModelRow(code="gas-std", kind="gas", name="燃气检测", period_s=60, offline_severity=1, rules=[])
        pool = DeviceModelRow(code="pool-std", kind="pool", name="水池", period_s=60, offline_severity=1, rules=[])
        session.add_all([gas, pool])
        session.flush()
        session.get_one(DeviceRow, 10).model_id, session.get_one(DeviceRow, 11).model_id = gas.id, pool.id
    for n in range(40):
        past.alarm(START + n * MINUTE, close_reason="false" if n < 2 else "real")
        past.alarm(START + n * MINUTE, device=10, kind="gas", close_reason="false" if n < 20 else "real")
    for n in range(LEAST_JUDGED - 1):
        past.alarm(START + n * MINUTE, device=11, kind="level_low", close_reason="false")
    past.alarm(START, close_reason="false", state="active_acked", closed_at=None)  # judged, and not over yet
    found = past.analysed()
    assert [(one.model, one.judged, one.false, one.worse) for one in found.models] == [
        ("gas-std", 40, 20, True),
        ("smoke-std", 40, 2, False),
        ("pool-std", LEAST_JUDGED - 1, LEAST_JUDGED - 1, False),
    ]
    told = {line["key"]: line["false_pct"] for line in rows(found) if line["table"] == "model"}
    assert told == {"gas-std": 50.0, "smoke-std": 5.0, "pool-std": None}


def test_an_interval_holds_its_share_and_narrows_with_the_number() -> None:
    assert interval(0, 0) == (0.0, 1.0)
    assert interval(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert interval(0, 10)[0] == 0
    assert interval(500, 1000)[1] - interval(500, 1000)[0] < 0.07


@pytest.mark.parametrize(
    ("first", "end"),
    [(date(2026, 7, 1), date(2026, 7, 2)), (END, FIRST), (END - timedelta(days=MOST_DAYS + 1), END)],
)
def test_what_cannot_be_analysed_is_refused(past: Past, first: date, end: date) -> None:
    with pytest.raises(InvalidInput):
        past.analysed(first=first, end=end)


def test_many_alarms_are_read_with_as_many_statements_as_few(past: Past) -> None:
    """It fails when somebody reads the alarms one by one, or the table once for each line."""
    statements: list[str] = []
    event.listen(past.database.engine, "before_cursor_execute", lambda _c, _k, sql, *_: statements.append(sql))
    needed = []
    for first, n, kinds in ((1, 15, 3), (16, 1_485, 15)):
        _insert(past, range(first, first + n), kinds)
        statements.clear()
        found = past.analysed()
        needed.append(len(statements))
        assert found.now.alarms + found.before.alarms == first + n - 1
    assert needed[0] == needed[1]


def _insert(past: Past, ids: range, kinds: int) -> None:
    n, (area, path) = len(ids), past.areas[GRID]
    raised = [to_ms(START) - 7 * 86_400_000 + i * 1_209_600_000 // n for i in range(n)]
    lines: dict[str, list[Any]] = {
        "id": list(ids), "device_id": [1 + i % 12 for i in range(n)],
        "kind": [f"k{i % kinds}" for i in range(n)],
        "severity": [1 + i % 4 for i in range(n)], "life_safety": [0] * n, "state": ["closed"] * n,
        "occurrences": [1] * n, "area_id": [area] * n, "area_path": [path] * n, "place": ["5栋"] * n,
        "raised_at": raised, "last_at": raised, "cleared_at": [at + 60_000 for at in raised],
        "acknowledged_at": [at + 1_000 * (i % 300) for i, at in enumerate(raised)],
        "closed_at": [at + 400_000 for at in raised],
        "close_reason": ["false" if i % 9 == 0 else "real" for i in range(n)],
        "source": ["live"] * n, "version": [1] * n, "needs_reason": [1] * n,
    }  # fmt: skip
    with past.database.writing() as session:
        insert_columns(session.connection(), "alarms", lines)

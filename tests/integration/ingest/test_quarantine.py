"""One poisonous reading costs itself alone: the others are stored, their alarms arrive, and it is kept to look at."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from data_access.commands.devices import note_change
from data_access.commands.readings import apply, write_letters
from data_access.db import readings
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, DeadLetterRow, DeviceRow
from data_access.domain.alarm_rules import AlarmRule
from data_access.domain.conditions import Condition, Event
from data_access.ingest.batch import TryAgain
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox, Unknown
from data_access.ingest.writer import EngineWriter
from data_access.runtime import doctor
from tests import fleet

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
SMOKES = [f"S{i}" for i in range(20)]
POISON = 0.0666


class Line:
    """One ingest process without broker, at a clock of our own."""

    def __init__(self, database: Database) -> None:
        fleet.build(database, dict.fromkeys(SMOKES, "smoke") | {"H": "hydrant", "G": "hydrant"})
        self.database, self.now = database, NOON
        self.services = fleet.services(database, lambda: self.now)
        self.writer = EngineWriter(self.services, Metrics())

    def inbox(self, *messages: tuple[str, dict[str, Any]]) -> Inbox:
        inbox = Inbox(self.writer.registry)
        for code, values in messages:
            fleet.put(self.writer, inbox, code, json.dumps(values).encode(), self.now)
        return inbox

    def send(self, *messages: tuple[str, dict[str, Any]]) -> None:
        self.writer.write(self.inbox(*messages))

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.writer.tick(None)

    def all(self, *columns: Any) -> list[Any]:
        with self.database.reading() as session:
            return [tuple(row) for row in session.execute(select(*columns).order_by(columns[0]))]

    def stored(self) -> int:
        with self.database.reading() as session:
            days = readings.existing_days(session.connection())
            return sum(session.scalar(text(f"SELECT count(*) FROM {readings.table_of(day)}")) or 0 for day in days)

    def dead(self) -> float | None:
        return self.writer._metrics.registry.get_sample_value(
            "yiping_ingest_dead_letters_total", {"reason": "evaluation_failed"}
        )


@pytest.fixture
def line(database: Database) -> Line:
    return Line(database)


def refuse(database: Database) -> None:
    """Let the database itself refuse the value `POISON`."""
    with database.writing() as session:
        day = readings.ensure_day(session.connection(), NOON.date())
        if database.dialect == "postgresql":
            session.execute(text(f"ALTER TABLE {day} ADD CHECK (value <> {POISON})"))
        else:
            session.execute(
                text(
                    f"CREATE TRIGGER refuse BEFORE INSERT ON {day} WHEN NEW.value = {POISON} "
                    "BEGIN SELECT RAISE(ABORT, 'refused'); END"
                )
            )


def test_a_value_the_database_refuses_is_put_aside_and_all_others_arrive(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    refuse(line.database)
    smoke = [(code, {"smoke": 1}) for code in SMOKES]
    with caplog.at_level(logging.WARNING):
        line.send(*smoke[:7], ("H", {"pressure_mpa": POISON}), *smoke[7:], ("G", {"pressure_mpa": 0.3}))
    assert sorted(kind for _, kind in line.all(AlarmRow.id, AlarmRow.kind)) == ["smoke"] * len(SMOKES)
    assert line.stored() == len(SMOKES) + 1
    ((_, reason, source, topic, detail, payload),) = line.all(
        DeadLetterRow.id,
        DeadLetterRow.reason,
        DeadLetterRow.source,
        DeadLetterRow.topic,
        DeadLetterRow.detail,
        DeadLetterRow.payload,
    )
    assert (reason, source, topic) == ("evaluation_failed", "ingest", "v1/gateway/telemetry")
    device = len(SMOKES) + 1
    assert json.loads(payload) == {
        str(device): [{"ts": int(NOON.timestamp() * 1000), "values": {"pressure_mpa": POISON}}]
    }
    errors = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].exc_info
    assert str(errors[0].args[0]) in detail  # type: ignore[index]  # the reference
    assert line.dead() == 1
    assert doctor.dead_letters(line.services).facts == {"by_reason": {"evaluation_failed": 1}}


def test_the_same_device_goes_on_after_its_poison(line: Line) -> None:
    refuse(line.database)
    line.send(("H", {"pressure_mpa": POISON}))
    for _ in range(2):
        line.now += timedelta(seconds=1)
        line.send(("H", {"pressure_mpa": 0.05}), ("S1", {"smoke": 1}), ("G", {"pressure_mpa": POISON}))
    found = [found[1:] for found in line.all(AlarmRow.id, AlarmRow.kind, AlarmRow.severity, AlarmRow.occurrences)]
    assert sorted(found) == [("pressure_low", 3, 1), ("smoke", 4, 2)]
    assert line.dead() == 3


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the rules: whoever looks at the pressure 0.013 dies, half-way."""
    real_read, real_expire = Condition.read, Condition.expire

    def read(self: Condition, rule: AlarmRule, at: int, value: float, severity: Any) -> Iterator[Event]:
        found = list(real_read(self, rule, at, value, severity))
        if value == 0.013:
            raise ZeroDivisionError("a bug")
        return iter(found)

    def expire(self: Condition, rule: AlarmRule, at: int) -> Iterator[Event]:
        if self.value == 0.011 and at > NOON.timestamp() * 1000 + 5000:
            raise ZeroDivisionError("a bug")
        return real_expire(self, rule, at)

    monkeypatch.setattr(Condition, "read", read)
    monkeypatch.setattr(Condition, "expire", expire)


@pytest.mark.usefixtures("faulty")
def test_a_bug_in_evaluating_one_reading_leaves_the_others_as_the_rules_have_them(line: Line) -> None:
    smoke = [(code, {"smoke": 1}) for code in SMOKES]
    line.send(*smoke[:3], ("H", {"pressure_mpa": 0.013}), *smoke[3:], ("H", {"battery_pct": 50}))
    found = line.all(AlarmRow.device_id, AlarmRow.kind, AlarmRow.occurrences)
    assert found == [(i, "smoke", 1) for i in range(1, len(SMOKES) + 1)]
    assert line.dead() == 1
    assert line.stored() == len(SMOKES) + 1
    line.now += timedelta(seconds=1)
    line.send(("S0", {"smoke": 0}))  # the memory of the conditions is whole
    assert [state for _, state in line.all(AlarmRow.device_id, AlarmRow.state)].count("cleared_unacked") == 1


@pytest.mark.usefixtures("faulty")
def test_a_device_the_clock_cannot_deal_with_does_not_stop_the_clock(line: Line) -> None:
    line.send(("H", {"pressure_mpa": 0.011}), ("G", {"pressure_mpa": 0.05}))
    line.wait(11)
    line.wait(1)
    assert line.all(AlarmRow.device_id, AlarmRow.kind) == [(len(SMOKES) + 2, "pressure_low")]
    assert line.all(DeadLetterRow.reason, DeadLetterRow.payload) == [("evaluation_failed", str(len(SMOKES) + 1))]


def test_a_database_that_goes_away_while_a_batch_is_taken_apart_loses_and_doubles_nothing(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(line.database)
    calls = iter(range(1000))

    def away(work: Any) -> Any:
        def maybe(*arguments: Any, **more: Any) -> Any:
            if next(calls) % 3 == 1:
                raise OperationalError("", {}, ConnectionError("gone"))
            return work(*arguments, **more)

        return maybe

    monkeypatch.setattr("data_access.ingest.writer.apply", away(apply))
    monkeypatch.setattr("data_access.ingest.writer.write_letters", away(write_letters))
    inbox = line.inbox(*[(code, {"smoke": 1}) for code in SMOKES], ("H", {"pressure_mpa": POISON}))
    for _ in range(50):
        try:
            line.writer.write(inbox)
            break
        except TryAgain:
            continue
    assert [n for _, n in line.all(AlarmRow.device_id, AlarmRow.occurrences)] == [1] * len(SMOKES)
    assert line.dead() == len(line.all(DeadLetterRow.id)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"smoke": {"hysteresis": "much"}},
        {"smoke": {"levels": [["a", 99]]}},
        {"smoke": {"clear_delay_s": 1e300}},
        {"smoke": {"metric": ["smoke"]}},
        {"smoke": 7},
        {"x" * 50: {"metric": "smoke", "side": "high", "levels": [[1, 4]]}},
        [1],
    ],
)
def test_a_broken_override_leaves_the_rules_of_the_model(sqlite: Database, broken: Any) -> None:
    line = Line(sqlite)
    with sqlite.writing() as session:
        session.query(DeviceRow).filter_by(code="S0").one().overrides = broken
        note_change(session)
    line.wait(2)
    for value in (1, 0):
        line.now += timedelta(seconds=1)
        line.send(("S0", {"smoke": value}), ("S1", {"smoke": value}))
    assert [row[1:] for row in line.all(AlarmRow.device_id, AlarmRow.kind, AlarmRow.state)] == [
        ("smoke", "cleared_unacked")
    ] * 2
    assert line.dead() is None


def test_characters_that_no_database_keeps_spoil_nothing(line: Line) -> None:
    inbox = line.inbox(("S0", {"smoke": 1}), ("S1", {"a\x00b": 1}))
    inbox.unknown.append(Unknown("no\x00body", False, {"smoke": 1}, b"\x00", "mqtt", "v1/\x00"))
    line.writer.write(inbox)
    with line.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AlarmRow)) == 1
    found = line.all(DeadLetterRow.id, DeadLetterRow.reason, DeadLetterRow.detail)
    assert [row[1] for row in found] == ["unknown_metric", "unknown_device"]
    assert found[0][2].startswith("a\ufffdb; a smoke device reports smoke, ")
    assert found[1][2] == "no\ufffdbody"

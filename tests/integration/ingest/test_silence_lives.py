"""Random interleavings with gateways that fall silent: one alarm stands for what is behind them, and none is lost.

A network segment, a gateway in it, two devices behind the gateway and one that is behind none.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from data_access.commands import alarm_clock
from data_access.commands.correlation import SETTLE
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, DeviceRow
from data_access.domain.alarm_rules import OFFLINE
from data_access.domain.alarms import AlarmAction
from data_access.domain.devices import MISSED_PERIODS
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox
from data_access.ingest.writer import EngineWriter
from tests import fleet
from tests.lives import (
    OFFICERS,
    history,
    history_ends_in,
    nobody_stands_for_nobody,
    officer_acts,
    rows,
    somebody_did_it,
    wipe,
)

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
DEVICES = {"N": "gateway", "G": "gateway", "A": "lift", "B": "lift", "C": "lift"}
MINUTE = timedelta(minutes=1)
BEHIND = {"G": "N", "A": "G", "B": "G"}
LOOKS = (AlarmAction.ACKNOWLEDGE, AlarmAction.CLOSE, AlarmAction.CLAIM, AlarmAction.SHELVE, AlarmAction.UNDO)


class World:
    """Devices that speak or do not, an ingest process that may die, officers and the clock."""

    def __init__(self, database: Database) -> None:
        self.database, self.now, self.listening = database, NOON, NOON
        self.services = fleet.services(database, lambda: self.now)
        self.heard: dict[str, datetime] = {}
        self.silent: set[str] = set()
        self.start()

    def start(self) -> None:
        """Begin ingest, as after a restart: what was silent while it was away was not heard by anybody."""
        self.writer, self.listening = EngineWriter(self.services, Metrics()), self.now

    def speak(self, codes: frozenset[str]) -> None:
        self.now += timedelta(seconds=1)
        at, inbox = int(self.now.timestamp() * 1000), Inbox(self.writer.registry)
        for code in sorted(codes):
            fleet.put(self.writer, inbox, code, f'{{"ts":{at},"values":{{"rssi_dbm":-70}}}}'.encode(), self.now)
            self.heard[code] = self.now
        self.writer.write(inbox)
        self.silent -= codes

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.writer.tick(self.listening)
        alarm_clock.look(self.database, (), self.now)
        registry = self.writer.registry
        for number, code in enumerate(DEVICES):
            patience = timedelta(milliseconds=MISSED_PERIODS * int(registry.silent_after[number]))
            if self.now - max(self.heard.get(code, NOON), self.listening) > patience and code in self.heard:
                self.silent.add(code)

    def officer(self, action: AlarmAction, who: str, number: int, stale: bool) -> None:  # noqa: FBT001  # drawn
        officer_acts(self.database, self.now, action, who, number, stale=stale)


@pytest.fixture
def built(database: Database) -> Database:
    fleet.build(database, DEVICES)
    with database.writing() as session:
        ids = {row.code: row for row in session.scalars(select(DeviceRow))}
        for code, gateway in BEHIND.items():
            ids[code].gateway_id = ids[gateway].id
    return database


_ops = st.one_of(
    st.tuples(st.just("speak"), st.frozensets(st.sampled_from(sorted(DEVICES)), min_size=1)),
    st.tuples(st.just("wait"), st.sampled_from((30, 200, 2000))),
    st.tuples(st.just("wait"), st.just(2000)),
    st.tuples(st.just("officer"), st.sampled_from(LOOKS), st.sampled_from(OFFICERS), st.integers(0, 4), st.booleans()),
    st.tuples(st.just("start")),
)


@given(ops=st.lists(_ops, min_size=15, max_size=35))
@settings(max_examples=15, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_silent_gateway_hides_what_it_explains_loses_nothing_and_gives_it_back(
    built: Database, ops: list[tuple[Any, ...]]
) -> None:
    wipe(built)
    world = World(built)
    world.speak(frozenset(DEVICES))
    for name, *arguments in ops:
        getattr(world, name)(*arguments)
        found = rows(built)
        for row in found:
            nobody_stands_for_nobody(row)
        _who_is_silent_has_one_alarm(world, found)
        _only_what_a_silence_explains_is_hidden(found)
    world.speak(frozenset("NG"))  # the gateways return: what goes on being silent is an alarm of its own again
    for _ in range(2 * SETTLE // MINUTE):
        world.wait(MINUTE.seconds)
        world.speak(frozenset("NG"))
    for row in rows(built):
        if row.state.startswith("active"):
            assert row.parent_id is None
        told = history(built, row.id)
        somebody_did_it(row, told)
        history_ends_in(row, told)


def _standing(found: list[AlarmRow]) -> dict[str, AlarmRow]:
    codes = dict(enumerate(DEVICES, 1))
    standing = [(codes[row.device_id or 0], row) for row in found if row.state.startswith("active")]
    assert len({code for code, _ in standing}) == len(standing)
    return dict(standing)


def _who_is_silent_has_one_alarm(world: World, found: list[AlarmRow]) -> None:
    assert {row.kind for row in found} <= {OFFLINE}
    assert set(_standing(found)) == world.silent


def _only_what_a_silence_explains_is_hidden(found: list[AlarmRow]) -> None:
    """What stands hidden has the alarm of its gateway as its parent, whichever of the two was noticed first."""
    standing, by_id = _standing(found), {row.id: row for row in found}
    for code, row in standing.items():
        gateway = BEHIND.get(code)
        if row.parent_id is None:
            continue
        parent = by_id[row.parent_id]
        assert (parent.kind, parent.device_id) == (OFFLINE, list(DEVICES).index(gateway or "") + 1)
    for code, gateway in BEHIND.items():
        if code in standing and gateway in standing:
            assert standing[code].parent_id == standing[gateway].id

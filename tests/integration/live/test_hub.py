"""The hub on a real Redis: what each stream is given, replay, slow readers, a Redis that dies."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from data_access.domain.alarms import AlarmState
from data_access.events import (
    AlarmChanged,
    CountersChanged,
    DevicesChanged,
    DeviceState,
    Event,
    FreshnessChanged,
    Telemetry,
)
from data_access.live import bus
from data_access.live.audience import Audience, common_area
from data_access.live.hub import Hub, Listener
from tests.web import Valkey

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
STREET, OTHER = "000000", "000001"


def alarm(number: int, area: str = STREET + "000") -> AlarmChanged:
    return AlarmChanged(
        area=area, version=number, at=NOON, alarm_id=number, kind="smoke", severity=4, life_safety=True,
        state=AlarmState.ACTIVE_UNACKED, occurrences=1, raised_at=NOON, last_at=NOON, cleared_at=None, device_id=1,
        device_code="S1", device_kind="smoke", reading_ts=1, building_id=None, place="5栋", floor=None, lng=None,
        lat=None, value=1.0, unit=None, source="live", run=None, needs_reason=True, owner=None, shelved_until=None,
        shelved_until_clear=False, parent_id=None, event_id=None, close_reason=None, look_due_at=NOON, escalation=0,
        chattering=False, window=None, incident_id=None, dispatched_to=None,
    )  # fmt: skip


def devices(*states: tuple[int, str, int, int]) -> DevicesChanged:
    found = tuple(DeviceState(id=i, area=a, status=s, version=v, ts=1) for i, a, s, v in states)
    return DevicesChanged(area="000", version=max(d.version for d in found), at=NOON, devices=found)


def parsed(chunk: bytes) -> list[dict[str, Any]]:
    frames = []
    for block in chunk.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            kind = fields.get("event", "message")
            frames.append({"event": kind, "id": fields.get("id"), "data": json.loads(fields["data"])})
    return frames


class Reader:
    """Collects what one stream is given."""

    def __init__(self, listener: Listener, first: bytes) -> None:
        self.listener = listener
        self.frames = parsed(first)

    async def until(self, found: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        async with asyncio.timeout(5):
            while not found(self.frames):
                self.frames += parsed(await self.listener.next_chunk())
        return self.frames

    def messages(self) -> list[dict[str, Any]]:
        return [f for f in self.frames if f["event"] == "message"]


@asynccontextmanager
async def running(url: str, heartbeat_s: float = 15) -> AsyncIterator[Hub]:
    hub = Hub(url, clock=lambda: NOON, is_worn=lambda _: False, heartbeat_s=heartbeat_s)
    async with hub.running():
        async with asyncio.timeout(5):
            while not hub.connected:  # noqa: ASYNC110  # a test may look
                await asyncio.sleep(0.01)
        yield hub


def run(scenario: Callable[[Hub], Awaitable[None]], url: str, heartbeat_s: float = 15) -> None:
    async def main() -> None:
        async with running(url, heartbeat_s) as hub:
            await scenario(hub)

    asyncio.run(main())


def publish(redis: Redis, *events: Event) -> str:
    return bus.publish(redis, [e.model_dump_json() for e in events])


def test_a_stream_gets_its_area_and_nothing_else(redis: Redis, redis_url: str) -> None:
    async def scenario(hub: Hub) -> None:
        async with hub.stream(Audience("", STREET), None) as opened:
            reader = Reader(*opened)
            publish(redis, alarm(1), alarm(2, OTHER + "000"), devices((1, STREET, 8, 2), (2, OTHER, 8, 2)))
            for area in ("", "000", STREET, STREET + "000", OTHER, STREET + "000000"):
                publish(redis, CountersChanged(area=area, version=1, at=NOON, counters={}))
            bus.publish_telemetry(redis, Telemetry(area="000", version=0, at=NOON, readings=((1, STREET, 1, 0),)))
            publish(redis, FreshnessChanged(area="", version=1, at=NOON, source="s", last_seen=NOON, interval_s=1))
            await reader.until(lambda f: f[-1]["data"].get("type") == "freshness.changed")
        bodies = [f["data"] for f in reader.messages()]
        assert [b["alarm_id"] for b in bodies if b["type"] == "alarm.changed"] == [1]
        assert [[d["id"] for d in b["devices"]] for b in bodies if b["type"] == "devices.changed"] == [[1]]
        counted = {b["area"] for b in bodies if b["type"] == "counters.changed"}
        assert counted == {"", "000", STREET, STREET + "000"}
        assert all(b["type"] != "telemetry" for b in bodies)

    run(scenario, redis_url)


def test_a_scope_narrows_the_area(redis: Redis, redis_url: str) -> None:
    async def scenario(hub: Hub) -> None:
        async with hub.stream(Audience(STREET, "000"), None) as opened:
            reader = Reader(*opened)
            publish(redis, alarm(1, OTHER + "000"), alarm(2, STREET + "000"))
            await reader.until(lambda f: len(f) > 1)
        assert [f["data"]["alarm_id"] for f in reader.messages()] == [2]

    run(scenario, redis_url)


def test_telemetry_reaches_only_who_asked_and_is_never_replayed(redis: Redis, redis_url: str) -> None:
    async def scenario(hub: Hub) -> None:
        async with hub.stream(Audience("", "000", probe=True), None) as opened:
            reader = Reader(*opened)
            for number in range(5):
                readings = ((number, STREET, 1, 0), (99, "001000", 1, 0))
                bus.publish_telemetry(redis, Telemetry(area="", version=0, at=NOON, readings=readings))
            await reader.until(lambda f: sum(len(x["data"].get("readings", ())) for x in f) == 5)
        assert all(f["id"] is None for f in reader.messages())

    run(scenario, redis_url)


def test_values_are_wanted_only_while_a_page_asks_for_them(redis: Redis, redis_url: str) -> None:
    async def scenario(hub: Hub) -> None:
        assert not bus.telemetry_wanted(redis)
        async with hub.stream(Audience("", "000"), None):
            assert not bus.telemetry_wanted(redis)
            async with hub.stream(Audience("", "000", probe=True), None):
                assert bus.telemetry_wanted(redis)
        async with asyncio.timeout(5):
            while bus.telemetry_wanted(redis):  # noqa: ASYNC110  # a test may look
                await asyncio.sleep(0.05)

    run(scenario, redis_url, heartbeat_s=0.1)


def test_device_states_are_merged_and_leave_before_a_later_alarm(redis: Redis, redis_url: str) -> None:
    async def scenario(hub: Hub) -> None:
        async with hub.stream(Audience("", "000"), None) as opened:
            reader = Reader(*opened)
            publish(redis, devices((1, STREET, 8, 1)))
            await reader.until(lambda f: len(f) > 1)  # the first after a quiet moment goes at once
            publish(redis, *(devices((1, STREET, 8, v), (2, STREET, 0, v)) for v in range(2, 30)))
            publish(redis, alarm(1))
            await reader.until(lambda f: f[-1]["data"].get("type") == "alarm.changed")
        merged = reader.messages()[1]["data"]
        assert {d["id"]: d["version"] for d in merged["devices"]} == {1: 29, 2: 29}
        ids = [bus.parse_id(f["id"]) for f in reader.messages()]
        assert ids == sorted(ids, key=lambda i: i.id if i else bus.StreamId(0, 0))

    run(scenario, redis_url)


@pytest.mark.parametrize("area", ["000", STREET])
def test_a_reader_that_keeps_leaving_and_returning_misses_nothing_and_sees_nothing_twice(
    redis: Redis, redis_url: str, area: str
) -> None:
    async def scenario(hub: Hub) -> None:
        total = 1000
        seen: list[int] = []

        async def write() -> None:
            for number in range(1, total + 1):
                await asyncio.to_thread(publish, redis, alarm(number))
                if number % 50 == 0:
                    await asyncio.to_thread(publish, redis, devices((number, STREET, 8, number)))

        position = bus.position(redis).last
        last = str(position)
        writer = asyncio.create_task(write())
        async with asyncio.timeout(20):
            while len(seen) < total:
                async with hub.stream(Audience("", area), last) as (listener, first):
                    chunks = [first]
                    turns = 7
                    while turns and (not writer.done() or listener.cursor < listener.group.end):
                        chunks.append(await listener.next_chunk())
                        turns -= 1
                for f in parsed(b"".join(chunks)):
                    assert f["event"] != "resync"
                    last = f["id"] or last
                    if f["data"].get("type") == "alarm.changed":
                        seen.append(f["data"]["alarm_id"])
                await asyncio.sleep(0.005)
        await writer
        assert seen == list(range(1, total + 1))

    run(scenario, redis_url)


def test_a_reader_too_slow_is_told_and_the_others_do_not_notice(redis: Redis, redis_url: str) -> None:
    async def scenario(hub: Hub) -> None:
        audience = Audience("", "000")
        async with hub.stream(audience, None) as slow, hub.stream(audience, None) as quick:
            reader = Reader(*quick)
            for number in range(700):
                publish(redis, alarm(number))
                await reader.until(lambda f, n=number: f[-1]["data"].get("alarm_id") == n)  # type: ignore[misc]
            assert parsed(await slow[0].next_chunk())[0]["event"] == "resync"
            publish(redis, alarm(701))
            assert parsed(await slow[0].next_chunk())[-1]["data"]["alarm_id"] == 701
        assert len(reader.messages()) == 700
        assert hub.resyncs == 1

    run(scenario, redis_url)


def test_what_cannot_be_replayed_is_a_resync(redis: Redis, redis_url: str) -> None:
    async def scenario(hub: Hub) -> None:
        old = publish(redis, alarm(1))
        for _ in range(30):
            bus.publish(redis, [alarm(2).model_dump_json()] * 10, maxlen=100)
        await asyncio.sleep(0.1)
        for last in (old, "otherepoch-1-0", "nonsense", f"{bus.parse_id(old).epoch}-99999999999999-0"):  # type: ignore[union-attr]
            async with hub.stream(Audience("", "000"), last) as (_, first):
                assert parsed(first)[0]["event"] == "resync", last

    run(scenario, redis_url)


def test_a_redis_emptied_under_us_is_a_resync(redis: Redis, redis_url: str) -> None:
    async def scenario(hub: Hub) -> None:
        publish(redis, alarm(1))
        async with hub.stream(Audience("", "000"), None) as opened:
            reader = Reader(*opened)
            redis.flushall()
            publish(redis, alarm(2))
            frames = await reader.until(lambda f: f[-1]["data"].get("alarm_id") == 2)
        assert [f["event"] for f in frames[-2:]] == ["resync", "message"]

    run(scenario, redis_url)


def test_what_is_published_while_the_connection_is_cut_arrives(redis: Redis, redis_url: str) -> None:
    """A client that connects anew by itself and says nothing would lose it: nobody would know of a gap."""

    async def scenario(hub: Hub) -> None:
        async with hub.stream(Audience("", "000"), None) as opened:
            reader = Reader(*opened)
            publish(redis, alarm(1))
            await reader.until(lambda f: f[-1]["data"].get("alarm_id") == 1)
            redis.client_kill_filter(_type="pubsub")
            publish(redis, alarm(2))  # nobody listens in this moment: the hub's loop waits for us
            await reader.until(lambda f: any(frame["data"].get("alarm_id") == 2 for frame in f))

    run(scenario, redis_url)


def test_heartbeats_prove_life_and_move_the_last_event_id_on(redis: Redis, redis_url: str) -> None:
    async def scenario(hub: Hub) -> None:
        async with hub.stream(Audience("", STREET), None) as opened:
            reader = Reader(*opened)
            elsewhere = publish(redis, alarm(1, OTHER))
            frames = await reader.until(lambda f: f[-1]["event"] == "heartbeat" and f[-1]["id"] == elsewhere)
        said = {"at": "2026-06-01T04:00:00Z", "event_id": elsewhere, "redis": True, "build": "", "every_s": 0.1}
        assert frames[-1]["data"] == said

    run(scenario, redis_url, heartbeat_s=0.1)


def test_a_redis_that_is_frozen_is_told_within_its_patience_and_back_at_once(tmp_path: Path) -> None:
    valkey = Valkey(tmp_path)

    async def scenario(hub: Hub) -> None:
        async with hub.stream(Audience("", "000"), None) as opened:
            reader = Reader(*opened)
            await reader.until(lambda f: f[-1]["data"].get("redis") is True)
            valkey.process.send_signal(signal.SIGSTOP)
            try:
                await reader.until(lambda f: f[-1]["data"].get("redis") is False)  # no beat is due for a minute
            finally:
                valkey.process.send_signal(signal.SIGCONT)
            await reader.until(lambda f: f[-1]["data"].get("redis") is True)

    try:
        run(scenario, valkey.url, heartbeat_s=60)
    finally:
        valkey.kill()


def test_the_smallest_common_area() -> None:
    assert common_area([STREET + "000", STREET + "001"]) == STREET
    assert common_area([STREET]) == STREET
    assert common_area([STREET, "001"]) == ""
    assert common_area(["000000", "000001"]) == "000"

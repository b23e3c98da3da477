"""/live of a real server, as a browser meets it."""

import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from data_access.events import FreshnessChanged, Telemetry
from data_access.live import bus, outbox
from tests.web import Stream, Web, wait_for


def say(web: Web, version: int) -> None:
    at = datetime(2026, 6, 1, 4, tzinfo=UTC) + timedelta(seconds=version)
    event = FreshnessChanged(area="", version=version, at=at, source="test", last_seen=at, interval_s=60)
    with web.database.writing() as session:
        outbox.add(session, event)


def versions(stream: Stream) -> list[int]:
    return [e["version"] for e in stream.messages("freshness.changed")]


def test_an_event_committed_here_is_in_an_open_stream_at_once(web: Web) -> None:
    with web.stream("area=440303") as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.answer.headers
        stream.wait(lambda f: f["event"] == "heartbeat" and f["data"]["redis"])
        began = time.time()
        say(web, 1)
        frame = stream.wait(lambda f: f["data"].get("version") == 1)
        assert frame["at"] - began < 0.3
        assert bus.parse_id(frame["id"])


def test_a_browser_that_returns_with_its_last_event_id_misses_nothing(web: Web) -> None:
    with web.stream() as stream:
        say(web, 10)
        last = stream.wait(lambda f: f["data"].get("version") == 10)["id"]
    for version in range(11, 61):
        say(web, version)
    with web.stream(f"last_event_id={last}") as by_query, web.stream(**{"Last-Event-ID": last}) as by_header:
        say(web, 61)
        for stream in (by_query, by_header):
            stream.wait(lambda f: f["data"].get("version") == 61)
            assert versions(stream) == list(range(11, 62))


def test_telemetry_only_with_probe(web: Web) -> None:
    with web.stream("probe=1") as probe, web.stream() as plain:
        for stream in (probe, plain):
            stream.wait(lambda f: f["event"] == "heartbeat")
        telemetry = Telemetry(area="000", version=0, at=datetime.now(UTC), readings=((1, "000000", 5, 0),))  # noqa: TID251
        bus.publish_telemetry(web.redis, telemetry)
        probe.wait(lambda f: f["data"].get("type") == "telemetry")
        assert plain.messages("telemetry") == []


def test_an_unknown_area_is_a_sentence(web: Web) -> None:
    answer = web.get("/live?area=nowhere")
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}


@pytest.mark.slow
def test_a_redis_that_hangs_keeps_no_snapshot_waiting_and_nothing_is_missed(web: Web) -> None:
    with web.stream() as stream:
        say(web, 70)
        last = stream.wait(lambda f: f["data"].get("version") == 70)["id"]
    web.valkey.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert web.get("/api/v1/snapshot").json()["event_id"] == last
        assert time.monotonic() - began < 1
    finally:
        web.valkey.process.send_signal(signal.SIGCONT)
    say(web, 71)
    with web.stream(f"last_event_id={last}") as stream:
        stream.wait(lambda f: f["data"].get("version") == 71)


@pytest.mark.slow
def test_a_killed_redis_is_told_and_survived(web: Web) -> None:
    with web.stream() as stream:
        last = stream.wait(lambda f: f["event"] == "heartbeat" and f["data"]["redis"])["data"]["event_id"]
        web.valkey.kill()
        stream.wait(lambda f: f["event"] == "heartbeat" and not f["data"]["redis"])
        say(web, 100)  # the writer does not notice; the event waits in the outbox
        assert web.relay.behind
        assert web.get("/readyz").status_code == 503
        assert web.get("/api/v1/snapshot").json()["event_id"] == last  # for the stream to go on from
        web.valkey.start()  # and comes back empty
        stream.wait(lambda f: f["event"] == "resync", 20)
        wait_for(lambda: web.relay.sweep(datetime.now(UTC)) or not web.relay.behind)  # noqa: TID251
        stream.wait(lambda f: f["data"].get("version") == 100)
        stream.wait(lambda f: f["event"] == "heartbeat" and f["data"]["redis"] and f["at"] > time.time() - 1)
    wait_for(lambda: web.get("/readyz").status_code == 200)

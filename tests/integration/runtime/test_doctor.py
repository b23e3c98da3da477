"""`yiping doctor`: every part is looked at, nothing raises, and what is wrong comes with what to do."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from data_access.commands import foundation, items
from data_access.commands.freshness import note
from data_access.db.engine import Database
from data_access.db.tables import DeadLetterRow, MetaRow, NoticeRow, OutboxRow
from data_access.ingest.metrics import Metrics
from data_access.runtime import doctor
from data_access.runtime.doctor import State
from data_access.runtime.up_to_date import deployment
from data_access.services import Services
from data_access.settings import Deployment, Settings


@pytest.fixture
def services(database: Database, redis: Redis, noon: datetime, tmp_path: Path) -> Services:
    with database.writing() as session:
        foundation.lay(session)
    return Services(Settings(data_dir=tmp_path, redis_url=None), database, redis, lambda: noon)


def test_without_a_running_product_every_part_says_what_to_do(services: Services) -> None:
    report = doctor.examine(services)
    states = {f.part: f.state for f in report.findings}
    assert not report.ok
    assert states["database"] is states["migrations"] is states["disk"] is State.OK
    assert states["web"] is states["push"] is states["broker"] is states["ingest"] is states["worker"] is State.FAIL
    assert all(f.advice for f in report.findings if f.state is State.FAIL)
    told = json.loads(report.as_json())
    assert set(told["parts"]) == set(states)
    assert told["endpoints"]["web"] == "http://127.0.0.1:8050"
    assert told["endpoints"]["redis"] is None
    with services.database.writing() as session:
        assert note(session, "heartbeat", services.clock())  # from a moment before it was stopped
    assert doctor.heartbeat(services).state is State.FAIL


def test_a_bucket_is_written_to_and_read_or_says_why_not(services: Services, s3_url: str) -> None:
    def seen(url: str) -> tuple[State, str, str]:
        found = doctor.attachments(replace(services, settings=Settings(attachments_url=url)))
        return found.state, found.seen, found.advice

    state, said, _ = seen(s3_url)
    assert state is State.OK
    assert s3_url.partition("?")[0] in said
    state, said, advice = seen(s3_url.replace("//attachments/", "//elsewhere/"))
    assert state is State.FAIL
    assert "elsewhere" in said or "NoSuchBucket" in said or "404" in said
    assert "YIPING_ATTACHMENTS_URL" in advice


def test_dead_letters_are_counted_by_reason(services: Services, noon: datetime) -> None:
    with services.database.writing() as session:
        for age_h, reason in ((1, "malformed"), (2, "malformed"), (3, "unknown_device"), (30, "future")):
            letter = DeadLetterRow(at=noon - timedelta(hours=age_h), source="mqtt", reason=reason, payload="x")
            session.add(letter)
    found = doctor.dead_letters(services)
    assert found.facts == {"by_reason": {"malformed": 2, "unknown_device": 1}}
    assert found.state is State.WARN


def test_notices_that_do_not_get_out_are_told_with_their_way_and_error(services: Services, noon: datetime) -> None:
    assert doctor.notices(services).state is State.OK
    for state, attempts, age_h, expected in (
        ("waiting", 0, 0, State.OK),
        ("failed", 6, 30, State.OK),
        ("waiting", 2, 0, State.WARN),
        ("failed", 6, 1, State.FAIL),
    ):
        with services.database.writing() as session:
            notice = NoticeRow(area_path="000", step="escalated", channel="wecom", target="", body="x", state=state)
            notice.attempts, notice.created_at = attempts, noon - timedelta(hours=age_h)
            notice.error = "the other side answers 503" if attempts else None
            session.add(notice)
        assert doctor.notices(services).state is expected
    assert "wecom: 1 failed (the other side answers 503)" in doctor.notices(services).seen


def test_events_that_wait_too_long_are_a_failure(services: Services, noon: datetime) -> None:
    assert doctor.outbox(services).state is State.OK
    with services.database.writing() as session:
        session.add(OutboxRow(at=noon - timedelta(minutes=2), body="{}"))
    found = doctor.outbox(services)
    assert found.state is State.FAIL
    assert found.seen == "1 events wait, the oldest for 0:02:00"


def test_ingest_is_read_from_its_own_figures(services: Services, noon: datetime) -> None:
    metrics = Metrics()
    metrics.connected.set(1)
    metrics.dead.labels("malformed").inc(3)
    metrics.publish(services.redis, "ingest-host-1")
    with services.database.writing() as session:
        assert note(session, "sensors", noon - timedelta(seconds=4))
    found = doctor.ingest(services)
    assert found.state is State.OK
    assert found.seen == "0 ms behind; a reading from a device 4 s ago"
    assert found.facts["processes"]["ingest-host-1"]["dead_letters_total.malformed"] == 3

    metrics.connected.set(0)
    metrics.publish(services.redis, "ingest-host-1")
    assert doctor.ingest(services).state is State.FAIL


def test_a_source_that_is_late_is_a_failure(services: Services, noon: datetime) -> None:
    assert doctor.freshness(services, "heartbeat", "a beat").state is State.WARN  # never yet
    with services.database.writing() as session:
        assert note(session, "heartbeat", noon - timedelta(seconds=91))
        assert not note(session, "nobody", noon)
    assert doctor.freshness(services, "heartbeat", "a beat").state is State.FAIL


def test_a_broker_that_accepts_is_fine_and_one_that_does_not_raises() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        assert doctor.listener("broker", f"mqtt://user:secret@127.0.0.1:{port}").state is State.OK
    with pytest.raises(OSError, match="refused"):
        doctor.listener("broker", f"mqtt://127.0.0.1:{port}")


def test_without_an_edge_of_ours_a_broker_of_ones_own_is_no_failure(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        nobody = f"mqtt://127.0.0.1:{server.getsockname()[1]}"
    own = Settings(data_dir=tmp_path, mqtt_url="mqtt://127.0.0.1:1")
    assert doctor.edge(own, None, nobody).state is State.WARN
    with pytest.raises(OSError, match="refused"):
        doctor.edge(Settings(data_dir=tmp_path), None, nobody)


def test_passwords_are_never_shown(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        database_url="postgresql://yiping:hush@db/yiping",
        redis_url="redis://:hush@cache:6379/0",
        mqtt_url="mqtt://yiping:hush@broker",
    )
    assert "hush" not in str(doctor.endpoints(settings, None))


def test_an_up_to_date_file_needs_no_preparing(sqlite: Database, tmp_path: Path, noon: datetime) -> None:
    settings = Settings(data_dir=tmp_path)
    assert deployment(settings) is None  # migrated, but nothing set up
    with sqlite.writing() as session:
        session.add(MetaRow(key="deployment", value="luohu"))
    assert deployment(settings) is None  # no catalogue
    with sqlite.writing() as session:
        items.lay(session, noon)
    assert deployment(settings) is Deployment.LUOHU
    assert deployment(Settings(data_dir=tmp_path, deployment=Deployment.EMPTY)) is None  # `prepare` will refuse it
    from data_access.db import migrate, revision

    assert revision.newest() == migrate.newest()

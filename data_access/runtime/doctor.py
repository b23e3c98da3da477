"""Looks at every part as it is now: what it is, whether it works, and what to do when it does not."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families
from redis import RedisError
from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from data_access.db import migrate, revision
from data_access.db.tables import DeadLetterRow, MetaRow, NoticeRow, OutboxRow, SourceRow
from data_access.domain.errors import Unavailable
from data_access.domain.notices import NoticeState
from data_access.ingest.metrics import stored
from data_access.ingest.mqtt import Address
from data_access.runtime import build, instance
from data_access.runtime.worker import STATUS as WORKER_STATUS
from data_access.services import Services
from data_access.settings import Settings

_LITTLE_DISK: Final = 5 << 30
_NO_DISK: Final = 1 << 30
_ANSWER_S: Final = 3.0
_LATE_S: Final = 5.0
_START: Final = "start the product with `yiping run`"


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    WARN = "warn"  # works, but somebody should look
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: its state, what was seen, what to do, and the figures behind it."""

    part: str
    state: State
    seen: str
    advice: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """Every finding, and where the parts listen (without passwords)."""

    at: datetime
    endpoints: dict[str, str | None]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(f.state is not State.FAIL for f in self.findings)

    def as_json(self) -> str:
        parts = {f.part: {k: v for k, v in asdict(f).items() if k != "part"} for f in self.findings}
        return json.dumps(
            {"ok": self.ok, "at": self.at.isoformat(), "endpoints": self.endpoints, "parts": parts},
            ensure_ascii=False,
            indent=2,
        )


def examine(services: Services) -> Report:
    """Look at everything; never raises and takes a few seconds at most."""
    running = instance.find(services.settings.data_dir)
    ends = endpoints(services.settings, running)
    web = ends["web"]
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("disk", lambda: disk(services.settings)),
        ("attachments", lambda: attachments(services)),
        ("database", lambda: database(services)),
        ("migrations", lambda: migrations(services)),
        ("redis", lambda: redis(services)),
        ("broker", lambda: listener("broker", _broker(services.settings, running))),
        ("edge", lambda: edge(services.settings, running, ends["mqtt"])),
        ("web", lambda: web_process(web)),
        ("push", lambda: push(web)),
        ("ingest", lambda: ingest(services)),
        ("heartbeat", lambda: heartbeat(services)),
        ("worker", lambda: worker(services)),
        ("outbox", lambda: outbox(services)),
        ("notices", lambda: notices(services)),
        ("dead letters", lambda: dead_letters(services)),
    ]
    return Report(services.clock(), ends, tuple(_safely(part, check) for part, check in checks))


def endpoints(settings: Settings, running: instance.Instance | None) -> dict[str, str | None]:
    """Where the parts are, passwords masked."""
    return {
        "web": running.web if running else f"http://{settings.host}:{settings.port}",
        "mqtt": running.mqtt if running and running.mqtt else f"mqtt://{settings.host}:{settings.mqtt_port}",
        "broker": _without_password(_broker(settings, running)),
        "redis": _without_password(_redis(settings, running)),
        "database": make_url(settings.database).render_as_string(hide_password=True),
        "data_dir": str(settings.data_dir),
        "supervisor": str(running.pid) if running else None,
    }


def disk(settings: Settings) -> Finding:
    """Room in the data folder."""
    there = next(folder for folder in (settings.data_dir, *settings.data_dir.parents) if folder.exists())
    usage = shutil.disk_usage(there)
    state = State.FAIL if usage.free < _NO_DISK else State.WARN if usage.free < _LITTLE_DISK else State.OK
    return Finding(
        "disk",
        state,
        f"{usage.free / (1 << 30):.1f} GiB free in {settings.data_dir}",
        "" if state is State.OK else "make room, or keep readings for fewer days (YIPING_READINGS_KEEP_DAYS)",
        {"free_bytes": usage.free, "total_bytes": usage.total},
    )


def attachments(services: Services) -> Finding:
    """Whether photos, clips and voice can be kept and read back."""
    began = time.perf_counter()
    try:
        there = services.store.check()
    except Unavailable as error:
        why = next(iter(str(error.__cause__).strip().splitlines()), "")
        advice = "check YIPING_ATTACHMENTS_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that the bucket exists"
        return Finding("attachments", State.FAIL, f"the bucket does not take a file: {why[:200]}", advice)
    took = (time.perf_counter() - began) * 1000
    return Finding("attachments", State.OK, f"{there} takes files, {took:.0f} ms", "", {"ms": round(took, 1)})


def database(services: Services) -> Finding:
    """Whether it answers, and what it holds."""
    with services.database.reading() as session:
        session.execute(text("SELECT 1"))
        if revision.current(services.database.engine) is None:
            return Finding("database", State.FAIL, "empty: never migrated", "run `yiping prepare`, or `yiping run`")
        held = session.scalar(select(MetaRow.value).where(MetaRow.key == build.DEPLOYMENT))
    facts: dict[str, Any] = {"kind": services.database.dialect, "deployment": held}
    path = make_url(services.settings.database).database
    if services.database.dialect == "sqlite" and path:
        facts["bytes"] = Path(path).stat().st_size
    return Finding("database", State.OK, f"{services.database.dialect}, deployment {held or 'not set up'}", "", facts)


def migrations(services: Services) -> Finding:
    """Whether the schema is the one this version knows."""
    at, newest = revision.current(services.database.engine), migrate.newest()
    facts = {"at": at, "newest": newest}
    if at == newest:
        return Finding("migrations", State.OK, f"newest ({at})", "", facts)
    return Finding("migrations", State.FAIL, f"at {at}, newest is {newest}", "run `yiping prepare`", facts)


def redis(services: Services) -> Finding:
    """Whether the bus answers and keeps its data."""
    began = time.perf_counter()
    services.redis.ping()
    took = (time.perf_counter() - began) * 1000
    info: dict[str, Any] = services.redis.info()
    facts = {
        "version": info.get("valkey_version") or info.get("redis_version"),
        "memory_bytes": info.get("used_memory"),
        "append_only": bool(info.get("aof_enabled")),
        "ping_ms": round(took, 2),
    }
    return Finding("redis", State.OK, f"version {facts['version']}, answers in {took:.1f} ms", "", facts)


def listener(part: str, url: str | None) -> Finding:
    """Whether an MQTT server accepts a connection at `url`."""
    if url is None:
        return Finding(part, State.FAIL, "not running", _START)
    address = Address.from_url(url)
    began = time.perf_counter()
    socket.create_connection((address.host, address.port), timeout=_ANSWER_S).close()
    took = (time.perf_counter() - began) * 1000
    return Finding(
        part, State.OK, f"{address.host}:{address.port} accepts connections", "", {"connect_ms": round(took, 2)}
    )


def edge(settings: Settings, running: instance.Instance | None, url: str | None) -> Finding:
    """The devices' door. With a broker of one's own and no supervisor it may well be elsewhere, or not be."""
    try:
        return listener("edge", url)
    except OSError:
        if running or settings.mqtt_url is None:
            raise
        return Finding(
            "edge",
            State.WARN,
            f"nothing listens at {url}; the broker is one of your own",
            "nothing, if devices publish to the broker itself or to an edge elsewhere; else start `yiping edge`",
        )


def web_process(url: str | None) -> Finding:
    """What /readyz says."""
    status, body = _get(url, "/readyz")
    parts = json.loads(body).get("parts", {})
    if status == 200:
        return Finding("web", State.OK, f"{url} is ready", "", {"readyz": parts})
    failing = ", ".join(name for name, part in parts.items() if not part.get("ok"))
    return Finding("web", State.FAIL, f"{url} answers but is not ready: {failing}", "see these parts below", parts)


def push(url: str | None) -> Finding:
    """Open the live stream as a browser does, and wait for the heartbeat."""
    began = time.perf_counter()
    connection = _connection(url)
    try:
        connection.request("GET", "/live", headers={"Accept": "text/event-stream"})
        response = connection.getresponse()
        if response.status != 200:
            return Finding("push", State.FAIL, f"/live answers {response.status}", "see the log of the web process")
        while line := response.readline():
            if line.strip() == b"event: heartbeat":
                took = (time.perf_counter() - began) * 1000
                return Finding("push", State.OK, f"heartbeat on /live after {took:.0f} ms", "", {"heartbeat_ms": took})
    except TimeoutError:
        pass
    finally:
        connection.close()
    return Finding("push", State.FAIL, "no heartbeat on /live", "is buffering off for /live in your proxy?")


def ingest(services: Services) -> Finding:
    """How fresh the sensors are and what ingest says of itself."""
    said = _ingest_figures(services)
    if not said:
        return Finding("ingest", State.FAIL, "says nothing: not running", "start `yiping ingest`, or `yiping run`")
    facts: dict[str, Any] = {"processes": said}
    if not all(figures.get("broker_connected") for figures in said.values()):
        return Finding("ingest", State.FAIL, "not connected to the broker", "see broker; check YIPING_MQTT_URL", facts)
    lag, waiting = (max(figures.get(name, 0.0) for figures in said.values()) for name in ("lag_seconds", "buffer_rows"))
    facts |= {"lag_s": lag, "buffer_rows": waiting}
    if lag > _LATE_S:
        return Finding("ingest", State.FAIL, f"{lag:.1f} s behind, {waiting:.0f} readings wait", "see database", facts)
    fresh = freshness(services, "sensors", "a reading from a device")
    if fresh.state is not State.OK:
        advice = "do devices publish to the MQTT address above?"
        return Finding("ingest", State.WARN, f"works, but {fresh.seen}", advice, {**facts, **fresh.facts})
    return Finding("ingest", State.OK, f"{lag * 1000:.0f} ms behind; {fresh.seen}", "", {**facts, **fresh.facts})


def freshness(services: Services, code: str, what: str) -> Finding:
    """How long ago the source `code` delivered, against how often it should."""
    with services.database.reading() as session:
        row = session.execute(
            select(SourceRow.last_seen, SourceRow.interval_s).where(SourceRow.code == code)
        ).one_or_none()
    if row is None or row.last_seen is None:
        return Finding(code, State.WARN, f"{what} has not been seen yet", "wait a minute, or " + _START)
    age = (services.clock() - row.last_seen).total_seconds()
    facts = {"age_s": round(age, 1), "interval_s": row.interval_s}
    if age <= 3 * row.interval_s:
        return Finding(code, State.OK, f"{what} {age:.0f} s ago", "", facts)
    return Finding(code, State.FAIL, f"{what} {_ago(age)} ago", "see broker, ingest and worker", facts)


def heartbeat(services: Services) -> Finding:
    """How long ago the last reading of our own came through; one from before ingest fell silent proves nothing."""
    if not _ingest_figures(services):
        return Finding("heartbeat", State.FAIL, "ingest says nothing, so none is known to come through", "see ingest")
    return freshness(services, "heartbeat", "a reading through broker, ingest and database")


def worker(services: Services) -> Finding:
    """Whether the clocks turn and every task works."""
    said = _worker_status(services)
    if said is None:
        return Finding("worker", State.FAIL, "says nothing: not running", "start `yiping worker`, or `yiping run`")
    failing = [name for name, task in said["tasks"].items() if task["error"]]
    if failing:
        return Finding("worker", State.FAIL, f"failing: {', '.join(failing)}", "see its log", said)
    return Finding("worker", State.OK, f"{len(said['tasks'])} tasks, all working", "", said)


def outbox(services: Services) -> Finding:
    """Events that wait to be published."""
    with services.database.reading() as session:
        waiting, oldest = session.execute(select(func.count(), func.min(OutboxRow.at)).select_from(OutboxRow)).one()
    age = (services.clock() - oldest).total_seconds() if oldest else 0.0
    facts = {"waiting": waiting, "oldest_s": round(age, 1)}
    if age <= 10:
        return Finding("outbox", State.OK, f"{waiting} events wait", "", facts)
    return Finding(
        "outbox", State.FAIL, f"{waiting} events wait, the oldest for {_ago(age)}", "see redis and worker", facts
    )


def notices(services: Services) -> Finding:
    """Whether notices of alarms get out: what was given up in the last day, and what is being tried again."""
    row, since = NoticeRow, services.clock() - timedelta(days=1)
    troubled = or_(
        and_(row.state == NoticeState.FAILED, row.created_at >= since),
        and_(row.state == NoticeState.WAITING, row.attempts > 0),
    )
    with services.database.reading() as session:
        rows = session.execute(
            select(row.channel, row.state, func.count().label("count"), func.max(row.error).label("error"))
            .where(row.state.in_((NoticeState.FAILED, NoticeState.WAITING)), troubled)
            .group_by(row.channel, row.state)
        ).all()
    facts = {f"{r.channel}.{r.state}": {"count": r.count, "error": r.error} for r in rows}
    if not rows:
        return Finding("notices", State.OK, "all that were sent in 24 h got out", "", facts)
    seen = ", ".join(f"{r.channel}: {r.count} {r.state} ({r.error})" for r in rows)
    lost = any(r.state == NoticeState.FAILED for r in rows)
    advice = "check the YIPING_NOTIFY_* settings and the other side"
    return Finding("notices", State.FAIL if lost else State.WARN, seen, advice, facts)


def dead_letters(services: Services) -> Finding:
    """What came in during the last day and could not be used, by reason."""
    since = services.clock() - timedelta(days=1)
    with services.database.reading() as session:
        rows = session.execute(
            select(DeadLetterRow.reason, func.count().label("count"))
            .where(DeadLetterRow.at >= since)
            .group_by(DeadLetterRow.reason)
        )
        reasons = {row.reason: row.count for row in rows}
    if not reasons:
        return Finding("dead letters", State.OK, "none in 24 h", "", {"by_reason": {}})
    seen = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    advice = "look at them with `yiping export dead-letters`"
    return Finding("dead letters", State.WARN, f"in 24 h: {seen}", advice, {"by_reason": reasons})


def _safely(part: str, check: Callable[[], Finding]) -> Finding:
    try:
        found = check()
    except (OSError, HTTPException, RedisError, SQLAlchemyError, ValueError) as error:
        return Finding(part, State.FAIL, f"does not answer ({type(error).__name__})", _START)
    return Finding(part, found.state, found.seen, found.advice, found.facts)


def _redis(settings: Settings, running: instance.Instance | None) -> str | None:
    if settings.redis_url:
        return settings.redis_url.get_secret_value()
    return running.redis if running else None


def _broker(settings: Settings, running: instance.Instance | None) -> str | None:
    if settings.mqtt_url:
        return settings.mqtt_url.get_secret_value()
    return running.broker if running else None


def _worker_status(services: Services) -> dict[str, Any] | None:
    found = services.redis.get(WORKER_STATUS)
    return json.loads(found) if isinstance(found, bytes) else None


def _ingest_figures(services: Services) -> dict[str, dict[str, float]]:
    """Gauges and totals of each ingest process that has written lately."""
    return {
        process: {
            sample.name.removeprefix("yiping_ingest_") + "".join(f".{v}" for v in sample.labels.values()): sample.value
            for family in text_string_to_metric_families(figures.decode())
            if family.type in {"gauge", "counter"}
            for sample in family.samples
            if not sample.name.endswith("_created")
        }
        for process, figures in stored(services.redis).items()
        if process.startswith("ingest")
    }


def _get(url: str | None, path: str) -> tuple[int, bytes]:
    connection = _connection(url)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _connection(url: str | None) -> HTTPConnection:
    parts = urlsplit(url or "")
    return HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=_ANSWER_S)


def _without_password(url: str | None) -> str | None:
    if url is None or "@" not in url:
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://***@{rest.rpartition('@')[2]}"


def _ago(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))

"""Reports come in the rhythm of real appeals, and once each; small alarms are looked at, grave ones left to people."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from data_access.demo.people_at_work import AWAY, Desk, People, reports, to_acknowledge
from data_access.domain.catalogue import default_classes
from tests.unit.demo.fleets import small

FLEET = small()
MONDAY = int(datetime(2026, 6, 1, 0, tzinfo=UTC).timestamp()) // 60 - 8 * 60  # midnight in Shenzhen
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


class Memory(Desk):
    """A product that remembers what it was asked, and answers as told."""

    def __init__(self, status: int = 201, alarms: list[dict[str, Any]] | None = None) -> None:
        super().__init__("http://127.0.0.1:9")
        self.status, self.alarms = status, alarms or []
        self.posts: list[tuple[str, Mapping[str, Any] | None]] = []

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> int:
        self.posts.append((path, body))
        return self.status

    def get(self, path: str) -> Any:
        assert "state=open" in path
        return {"alarms": self.alarms, "next": None}

    def of(self, path: str) -> list[Mapping[str, Any]]:
        return [body or {} for where, body in self.posts if where == path]


def alarm(number: int, **more: Any) -> dict[str, Any]:
    known = {"id": number, "version": 3, "life_safety": False, "severity": 2, "run": None, "device_id": number}
    return {**known, "state": "cleared_unacked", "raised_at": (NOON - timedelta(minutes=13)).isoformat(), **more}


def test_a_week_has_the_number_and_the_hours_of_real_appeals() -> None:
    week = [r for minute in range(MONDAY, MONDAY + 7 * 1440) for r in reports(FLEET, 7, minute)]
    assert 560 <= len(week) <= 1120
    hours = Counter((r.at_ms // 3_600_000 + 8) % 24 for r in week)
    assert hours[10] > 5 * (hours[2] + hours[3] + 1)
    assert len({r.key for r in week}) == len(week)
    names = {c.name for c in default_classes()}
    assert all(r.title in names and len(r.title) <= 40 for r in week)
    assert week == [r for minute in range(MONDAY, MONDAY + 7 * 1440) for r in reports(FLEET, 7, minute)]


def test_reports_are_sent_once_and_again_while_the_product_is_away() -> None:
    desk, start = Memory(AWAY), (MONDAY + 600) * 60_000
    people = People(FLEET, desk, 7, start)
    for second in range(0, 1800, 5):
        people.step(start + second * 1000, set())
    tried = {body["key"] for body in desk.of("/api/v1/incidents")}
    assert len(tried) == 1  # the first in the queue, over and over
    desk.status, desk.posts = 201, []
    people.step(start + 1_800_000, set())
    sent = [body["key"] for body in desk.of("/api/v1/incidents")]
    assert sent[0] in tried
    assert 2 <= len(sent) == len(set(sent))
    desk.posts = []
    people.step(start + 1_805_000, set())
    assert len(desk.of("/api/v1/incidents")) <= 1


def test_the_source_is_said_to_be_well_every_two_minutes() -> None:
    desk, start = Memory(), MONDAY * 60_000
    people = People(FLEET, desk, 7, start)
    for second in range(0, 601, 5):
        people.step(start + second * 1000, set())
    assert len(desk.of("/api/v1/sources/incidents/alive")) == 6


def test_only_small_alarms_are_acknowledged_and_not_at_once() -> None:
    left = [
        alarm(1, life_safety=True),
        alarm(2, severity=4),
        alarm(3, state="active_acked"),
        alarm(4, run="replay-1"),
        alarm(5, raised_at=(NOON - timedelta(minutes=1)).isoformat()),
        alarm(6),  # held by a scenario
    ]
    found = to_acknowledge([*left, alarm(7), alarm(8, state="active_unacked")], NOON, 7, {6})
    assert sorted(found) == [(7, 3), (8, 3)]


def test_an_officer_acknowledges_through_the_interface_some_at_a_time() -> None:
    desk = Memory(alarms=[alarm(n) for n in range(60)])
    People(FLEET, desk, 7, 0).step(int(NOON.timestamp() * 1000), set())
    acknowledged = [path for path, _ in desk.posts if path.endswith("/acknowledge")]
    assert len(acknowledged) == 20
    assert acknowledged[0] == "/api/v1/alarms/0/acknowledge"


def test_small_alarms_that_are_over_are_closed_with_what_they_were() -> None:
    times = {name: (NOON - timedelta(minutes=3)).isoformat() for name in ("cleared_at", "acknowledged_at")}
    over = {**times, "state": "cleared_acked", "severity": 3}
    left = [alarm(1, **over | {"life_safety": True}), alarm(2, **over | {"severity": 4}), alarm(3)]
    desk = Memory(alarms=[*left, alarm(4, **over), alarm(5, **over)])
    People(FLEET, desk, 7, 0).step(int(NOON.timestamp() * 1000), {3})
    closed = {path: body for path, body in desk.posts if path.endswith("/close")}
    assert set(closed) == {"/api/v1/alarms/4/close", "/api/v1/alarms/5/close"}
    assert all(body and body["reason"] in {"real", "false"} for body in closed.values())


def test_the_desk_speaks_http_and_knows_when_nobody_answers() -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Product(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(201 if body == {"title": "积水"} else 400)
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"a": 1}')

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Product) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        desk = Desk(f"http://127.0.0.1:{server.server_port}")
        assert desk.post("/x", {"title": "积水"}) == 201
        assert desk.get("/x") == {"a": 1}
        server.shutdown()
    assert desk.post("/x", {}) == AWAY
    assert desk.get("/x") is None

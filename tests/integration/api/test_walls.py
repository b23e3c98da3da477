"""The register of walls behind /api/v1/walls."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from redis import Redis

from data_access.build_version import build
from data_access.live import walls
from data_access.live.walls import Report
from tests.web import Web

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def _post(web: Web, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(web.url + "/api/v1/walls", json=body, headers=headers, timeout=10)


def test_a_wall_that_reports_is_listed_with_what_it_shows(web: Web) -> None:
    report = {
        "id": "wall-of-test-1",
        "name": "指挥大厅",
        "area": "440303",
        "path": "000",
        "mode": "touring",
        "connection": "live",
        "data_age_ms": 900,
        "latency_ms": 240,
        "build": "another",
        "viewport": {"width": 3840, "height": 1080, "ratio": 1},
    }
    assert _post(web, report).json() == {"build": build()}
    answer = web.get("/api/v1/walls")
    assert answer.headers["cache-control"] == "no-store"
    (line,) = [w for w in answer.json()["walls"] if w["id"] == "wall-of-test-1"]
    assert (line["name"], line["latency_ms"], line["width"], line["lost"]) == ("指挥大厅", 240, 3840, False)
    assert not line["current"]


@pytest.mark.parametrize(
    ("body", "status"), [({"id": "x"}, 400), ({"id": "wall-aaaa", "area": "y" * 65}, 400), ({"id": "z" * 5000}, 413)]
)
def test_what_is_no_report_is_refused(web: Web, body: Any, status: int) -> None:
    answer = _post(web, body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_another_site_cannot_report_in_a_viewers_name(web: Web) -> None:
    assert _post(web, {"id": "wall-aaaa"}, origin="https://elsewhere.example").status_code == 403


def test_healthz_names_the_build(web: Web) -> None:
    assert web.get("/healthz").headers["x-yiping-build"] == build()


def test_the_newest_report_counts_and_a_day_of_silence_is_forgotten(redis: Redis) -> None:
    walls.note(redis, Report(id="wall-aaaa", name="old"), NOON)
    walls.note(redis, Report(id="wall-aaaa", name="new"), NOON + timedelta(seconds=15))
    assert [(e.report.name, e.at) for e in walls.known(redis)] == [("new", NOON + timedelta(seconds=15))]
    walls.note(redis, Report(id="wall-bbbb"), NOON + timedelta(days=2))
    assert [e.report.id for e in walls.known(redis)] == ["wall-bbbb"]


def test_no_number_of_walls_grows_without_bound(redis: Redis) -> None:
    for i in range(walls.MOST + 5):
        walls.note(redis, Report(id=f"wall-{i:04}"), NOON + timedelta(seconds=i))
    found = walls.known(redis)
    assert len(found) == walls.MOST
    assert found[0].report.id == f"wall-{walls.MOST + 4:04}"


def test_a_page_that_is_closed_while_it_reports_is_no_error_of_ours(web: Web) -> None:
    before = len(web.log.read_text())
    where = urlsplit(web.url)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=5) as line:
        head = f"POST /api/v1/walls HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: 400\r\n\r\n"
        line.sendall(head.encode() + b'{"id": "wa')
        time.sleep(0.3)  # it has begun to read
    assert web.get("/api/v1/walls").status_code == 200
    time.sleep(0.3)
    assert "ClientDisconnect" not in web.log.read_text()[before:]

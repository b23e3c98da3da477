"""The round of the cameras tells what really delivers, a bounded number at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from data_access.db.engine import Database
from data_access.db.tables import AreaRow, CameraRow, OutboxRow, SourceRow
from data_access.ingest import video
from data_access.runtime.video import FETCHED, Round

MASTER = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/live.m3u8\n"
LIVE = b"#EXTM3U\n#EXTINF:4,\nold.ts\n#EXTINF:4,\nnew.ts\n"


class Upstream(BaseHTTPRequestHandler):
    """A media server with a good stream, one without segments and one that points elsewhere."""

    pages = {  # noqa: RUF012  # of a test
        "/good.m3u8": MASTER,
        "/low/live.m3u8": LIVE,
        "/low/new.ts": b"\x47" * 500_000,
        "/empty.m3u8": b"#EXTM3U\n",
        "/lost.m3u8": b"#EXTM3U\ngone.ts\n",
        "/elsewhere.m3u8": b"#EXTM3U\nhttp://127.0.0.1:1/x.ts\n",
    }

    def do_GET(self) -> None:
        body = self.pages.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def upstream() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def cameras(database: Database, *streams: str | None) -> None:
    with database.writing() as session:
        area = AreaRow(code="r", name="区", kind="district", path="000", depth=0, aliases=[])
        session.add(area)
        session.flush()
        for number, stream in enumerate(streams, 1):
            where = {"area_id": area.id, "area_path": "000", "lng": 114.0, "lat": 22.5}
            session.add(CameraRow(id=number, code=f"C{number}", name="x", kind="fixed", stream=stream, **where))


def delivering(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(CameraRow.id).where(CameraRow.delivering).order_by(CameraRow.id)))


def test_only_what_really_comes_counts_as_delivering(database: Database, upstream: str, noon: datetime) -> None:
    paths = ("/good.m3u8", "/empty.m3u8", "/lost.m3u8", "/elsewhere.m3u8", "/none.m3u8")
    cameras(database, "demo:junction", "demo:none", None, "rtsp://127.0.0.1/x", *(upstream + path for path in paths))
    assert Round(database).step(noon) == 2
    assert delivering(database) == [1, 5]
    with database.reading() as session:
        assert session.get_one(CameraRow, 5).last_frame_at == noon
        assert session.get_one(SourceRow, "video").last_seen == noon
        assert '"video"' in session.scalars(select(OutboxRow.body)).one()


def test_a_source_that_has_stopped_is_not_fresh(database: Database, noon: datetime) -> None:
    cameras(database, "demo:junction")
    round_ = Round(database)
    round_.step(noon)
    with database.writing() as session:
        session.get_one(CameraRow, 1).stream = "http://127.0.0.1:9/gone.m3u8"
    assert round_.step(noon + timedelta(seconds=20)) == 0
    assert delivering(database) == []
    with database.reading() as session:
        assert session.get_one(SourceRow, "video").last_seen == noon
        assert session.get_one(CameraRow, 1).last_frame_at == noon


def test_a_round_is_bounded_and_comes_to_every_camera(
    database: Database, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def delivers(stream: str) -> bool:
        asked.append(stream)
        return True

    monkeypatch.setattr(video, "delivers", delivers)
    total = 2 * FETCHED + 5
    cameras(database, *(f"http://127.0.0.1/{n}" for n in range(total)))
    round_ = Round(database)
    assert [round_.step(noon) for _ in range(4)] == [FETCHED, FETCHED, 5, FETCHED]
    assert len(set(asked)) == total

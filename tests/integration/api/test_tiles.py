"""The base map through our server: the key stays here, tiles are kept up to a bound, an outage is said and survived."""

from __future__ import annotations

import gzip
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from data_access.api import tiles
from data_access.api.basemap import NOTHING
from data_access.api.context import Context
from data_access.api.errors import error_handlers
from data_access.api.routes import api_routes
from data_access.api.tiles import Away, LocalFile, Remote, source_of
from data_access.auth.principal import VISITOR, Principal
from data_access.settings import Settings
from tests.web import Web

PICTURE = b"\x89PNG\r\n\x1a\n a picture"
KEY = "secret-key-of-the-operator"


@dataclass
class Server:
    """A tile server that notes what it is asked and answers what it is told."""

    asked: list[str] = field(default_factory=list)
    status: int = 200
    body: bytes = PICTURE
    url: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self.send_response(found.status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{http.server_port}/{{z}}/{{x}}/{{y}}.png?tk={KEY}"
    yield found
    http.shutdown()
    http.server_close()


def settings(tmp_path: Path, **chosen: object) -> Settings:
    return Settings.model_validate({"data_dir": tmp_path, **chosen})


def known(app: ASGIApp, who: Principal) -> ASGIApp:
    """`app` for requests of `who`, as the middleware would leave them."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        scope["principal"] = who
        await app(scope, receive, send)

    return call


@dataclass
class Page:
    """Asks an application without a server."""

    app: ASGIApp

    def get(self, path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
                return await http.get(path)

        return anyio.run(ask)


def client(source: tiles.Source | None) -> Page:
    app = Starlette(routes=api_routes(), exception_handlers=error_handlers())
    nothing: Any = None  # tiles need nothing else
    app.state.context = Context(nothing, nothing, nothing, nothing, nothing, nothing, source, nothing)
    return Page(known(app, VISITOR))


def test_a_tile_is_fetched_once_with_the_key_and_the_page_never_sees_it(tmp_path: Path, server: Server) -> None:
    web = client(source_of(settings(tmp_path, basemap_xyz=SecretStr(server.url))))
    for _ in range(3):
        answer = web.get("/tiles/12/3345/1782")
        assert (answer.status_code, answer.content) == (200, PICTURE)
        assert answer.headers["content-type"] == "image/png"
    assert server.asked == [f"/12/3345/1782.png?tk={KEY}"]
    about = web.get("/api/v1/map/basemap")
    assert about.json()["kind"] == "raster"
    assert KEY not in about.text
    assert not any(KEY in str(path) for path in tmp_path.rglob("*"))


def test_tianditu_is_asked_in_its_own_words(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tiles.TIANDITU.replace("https://t{s}.tianditu.gov.cn", server.url.split("/{z}")[0])
    monkeypatch.setattr(tiles, "TIANDITU", here)
    source = source_of(settings(tmp_path, basemap_tianditu_key=SecretStr(KEY)))
    assert source is not None
    assert source.tile(12, 3345, 1782).body == PICTURE
    assert "TILEMATRIX=12&TILEROW=1782&TILECOL=3345" in server.asked[0]
    assert server.asked[0].endswith(f"&tk={KEY}")


@pytest.mark.parametrize(("status", "body"), [(500, PICTURE), (302, b""), (200, b"<html>login</html>"), (403, b"no")])
def test_what_is_no_tile_is_an_outage_said_without_the_address(
    tmp_path: Path, server: Server, status: int, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    server.status, server.body = status, body
    web = client(Remote(server.url, tmp_path, 10**9, tiles.BaseMap("raster")))
    answer = web.get("/tiles/3/1/1")
    assert answer.status_code == 502
    assert KEY not in answer.text + caplog.text
    assert len(server.asked) == 1
    web.get("/tiles/3/1/2")
    assert len(server.asked) == 1, "a server that fails is left alone for a while"


def test_a_tile_kept_is_served_while_the_server_is_away(tmp_path: Path, server: Server) -> None:
    source = Remote(server.url, tmp_path, 10**9, tiles.BaseMap("raster"))
    source.tile(3, 1, 1)
    [path] = [p for p in tmp_path.rglob("*") if p.is_file()]
    long_ago = time.time() - 2 * tiles.FRESH_S
    os.utime(path, (long_ago, long_ago))
    server.status = 500
    assert source.tile(3, 1, 1).body == PICTURE
    assert len(server.asked) == 2, "an old one is asked for again first"
    with pytest.raises(Away):
        source.tile(3, 1, 2)


def test_a_place_without_a_tile_is_an_empty_picture(tmp_path: Path, server: Server) -> None:
    server.status = 404
    answer = client(Remote(server.url, tmp_path, 10**9, tiles.BaseMap("raster"))).get("/tiles/3/1/1")
    assert (answer.status_code, answer.content) == (200, NOTHING)


def test_the_folder_is_kept_within_its_bound_oldest_first(tmp_path: Path) -> None:
    for number in range(10):
        path = tmp_path / "9" / str(number) / "1"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 100)
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    tiles.prune(tmp_path, 2000)
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == 10
    tiles.prune(tmp_path, 500)
    left = sorted(int(p.parent.name) for p in tmp_path.rglob("*") if p.is_file())
    assert left == [6, 7, 8, 9]


def archive(path: Path, kind: TileType, body: bytes, compression: Compression) -> Path:
    with path.open("wb") as file:
        writer = Writer(file)  # type: ignore[no-untyped-call]
        writer.write_tile(zxy_to_tileid(3, 6, 3), body)  # type: ignore[no-untyped-call]
        header = {
            "tile_type": kind,
            "tile_compression": compression,
            "min_lon_e7": 0,
            "min_lat_e7": 0,
            "max_lon_e7": 0,
            "max_lat_e7": 0,
            "center_zoom": 3,
            "center_lon_e7": 0,
            "center_lat_e7": 0,
        }
        writer.finalize(header, {"attribution": '<a href="https://example.org">© Somebody</a>'})  # type: ignore[no-untyped-call]
    return path


def test_a_local_file_serves_pictures(tmp_path: Path) -> None:
    path = archive(tmp_path / "base.pmtiles", TileType.PNG, PICTURE, Compression.NONE)
    web = client(source_of(settings(tmp_path, basemap_pmtiles=path)))
    about = web.get("/api/v1/map/basemap").json()
    assert about == {"kind": "raster", "min_zoom": 3, "max_zoom": 3, "credit": "© Somebody"}
    assert web.get("/tiles/3/6/3").content == PICTURE
    assert web.get("/tiles/3/0/0").content == NOTHING


def test_a_local_file_serves_vectors_as_they_are_stored(tmp_path: Path) -> None:
    body = gzip.compress(b"\x1a\x00 vector")
    path = archive(tmp_path / "base.pmtiles", TileType.MVT, body, Compression.GZIP)
    web = client(LocalFile(path))
    assert web.get("/api/v1/map/basemap").json()["kind"] == "vector"
    answer = web.get("/tiles/3/6/3")
    assert (answer.content, answer.headers["content-encoding"]) == (b"\x1a\x00 vector", "gzip")
    assert web.get("/tiles/3/0/0").content == b""


def test_a_file_that_is_no_base_map_is_said_in_the_log_and_the_product_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "base.pmtiles").write_bytes(b"not a map" * 40)
    assert source_of(settings(tmp_path, basemap_pmtiles=tmp_path / "base.pmtiles")) is None
    assert source_of(settings(tmp_path, basemap_pmtiles=tmp_path / "missing.pmtiles")) is None
    assert caplog.text.count("is not a PMTiles file") == 2


def test_without_a_base_map_there_is_none_and_no_tile(web: Web) -> None:
    assert httpx.get(f"{web.url}/api/v1/map/basemap").json()["kind"] == "none"
    assert httpx.get(f"{web.url}/tiles/3/1/1").status_code == 404


@pytest.mark.parametrize("path", ["/tiles/23/0/0", "/tiles/3/8/0", "/tiles/3/0/8"])
def test_tiles_outside_the_world_are_refused(tmp_path: Path, server: Server, path: str) -> None:
    assert client(Remote(server.url, tmp_path, 10**9, tiles.BaseMap("raster"))).get(path).status_code == 400
    assert server.asked == []


def test_search_answers_over_http_and_refuses_what_is_outside(web: Web) -> None:
    found = httpx.get(f"{web.url}/api/v1/search", params={"q": "路口", "limit": 2}).json()["hits"]
    assert [hit["kind"] for hit in found] == ["camera", "camera"]
    assert httpx.get(f"{web.url}/api/v1/search").json() == {"hits": []}
    assert httpx.get(f"{web.url}/api/v1/search", params={"q": "x", "area": "nowhere"}).status_code == 404
    assert httpx.get(f"{web.url}/api/v1/search", params={"q": "x", "limit": "0"}).status_code == 400

"""The JSON interface of a real server: form, bounds, freshness, secrets."""

import re
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from data_access.api.openapi import document
from data_access.api.routes import api_routes
from data_access.db.tables import CameraRow
from data_access.domain.accounts import Role
from data_access.events import DevicesChanged, DeviceState
from data_access.live import outbox
from tests.small import COMMUNITY, DISTRICT, GRID, STREET, TOKEN
from tests.web import Web, wait_for


def test_readyz_names_every_part(web: Web) -> None:
    answer = web.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["parts"]) == {"database", "migrations", "redis", "live", "ingest"}


def test_every_route_of_the_interface_is_described_and_nothing_else(web: Web) -> None:
    routes = {
        (route.path, method.lower())
        for route in api_routes()
        if route.path.startswith("/api/v1/")
        for method in (route.methods or ())
        if method != "HEAD"
    }
    described = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert routes == described
    text = web.get("/api/v1/openapi.json").text
    names = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert names <= set(document()["components"]["schemas"])


def test_snapshot_of_a_street(web: Web) -> None:
    found = web.get(f"/api/v1/snapshot?area={STREET}").json()
    assert found["area"]["code"] == STREET
    assert found["event_id"]
    assert found["deployment"]["demo"] is True
    assert [a["alarm_id"] for a in found["alarms"]] == [1]
    assert len(found["incidents"]) == 2
    own = found["counters"][0]
    assert own["area"] == found["area"]["path"]
    assert own["counters"]["devices.total"] == 12
    assert own["counters"]["devices.offline"] == 1
    assert own["counters"]["incidents.overdue"] == 1
    assert own["counters"]["cameras.delivering"] == 2
    assert len(found["counters"]) == 3
    assert [s["source"] for s in found["sources"]][:1] == ["sensors"]


def _feed(answer: httpx.Response) -> dict[int, tuple[float, float, int, int]]:
    magic, n, _ = struct.unpack_from("<4sId", answer.content)
    assert magic == b"YPM1"
    assert len(answer.content) == 16 + 18 * n
    columns = [np.frombuffer(answer.content, "<i4", n, 16 + 4 * n * k) for k in range(4)]
    status = np.frombuffer(answer.content, "u1", n, 16 + 17 * n)
    rows = zip(*(column.tolist() for column in (*columns, status)), strict=True)
    return {i: (lng / 1e6, lat / 1e6, version, state) for i, lng, lat, version, state in rows}


def test_the_packed_map_feed_says_the_same_as_the_plain_one(web: Web) -> None:
    plain, packed = (web.get(f"/api/v1/map/devices?area={DISTRICT}&packed={p}").content for p in "01")
    assert packed[:4] == b"YPM2"
    assert packed[4:8] == plain[4:8]
    n = int.from_bytes(packed[4:8], "little")
    for k in range(4):
        at = 16 + 4 * n * k
        zigzag = np.frombuffer(packed, "u1", 4 * n, at).reshape(4, n).T.copy().view("<u4").ravel()
        steps = (zigzag >> 1).astype(np.int64) ^ -(zigzag & 1).astype(np.int64)
        assert np.cumsum(steps).astype(np.int32).tolist() == np.frombuffer(plain, "<i4", n, at).tolist()
    assert packed[16 + 16 * n :] == plain[16 + 16 * n :]


def test_the_map_feed_has_every_device_where_it_is_and_as_it_is(web: Web) -> None:
    answer = web.get(f"/api/v1/map/devices?area={DISTRICT}")
    found = _feed(answer)
    assert sorted(found) == list(range(1, 13))
    assert found[2] == (114.102, 22.55, 1, 8)
    assert found[12][3] == 32  # never seen
    assert answer.headers["x-event-id"]
    again = web.get(f"/api/v1/map/devices?area={DISTRICT}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert len(_feed(web.get(f"/api/v1/map/devices?area={GRID}"))) == 3
    assert sorted(_feed(web.get("/api/v1/map/devices?bbox=114.1025,22,114.1055,23"))) == [3, 4, 5]


def test_the_map_feed_follows_the_events(web: Web) -> None:
    before = web.get("/api/v1/map/devices")
    state = DeviceState(id=3, area="000000000", status=4, version=9, ts=1)
    with web.database.writing() as session:
        outbox.add(session, DevicesChanged(area=state.area, version=9, at=web.now(), devices=(state,)))
    wait_for(lambda: _feed(web.get("/api/v1/map/devices"))[3][2:] == (9, 4))
    assert web.get("/api/v1/map/devices").headers["etag"] != before.headers["etag"]


def test_boundaries_are_shaded_by_quantile(web: Web) -> None:
    found = web.get(f"/api/v1/map/areas.geojson?area={STREET}&metric=population").json()["features"]
    assert found[0]["properties"]["role"] == "outline"
    assert [f["properties"]["value"] for f in found[1:]] == [700, 701]
    assert [f["properties"]["class"] for f in found[1:]] == [1, 3]
    assert all(f["geometry"]["type"] == "Polygon" and not f["properties"]["leaf"] for f in found[1:])
    grid = web.get(f"/api/v1/map/areas.geojson?area={GRID}").json()["features"]
    assert [f["properties"]["role"] for f in grid] == ["outline", "building"]


def test_cards(web: Web) -> None:
    found = web.get("/api/v1/devices/4").json()
    assert found["building_code"] == "B1"
    assert found["values"]["battery_pct"] == {"value": 88, "unit": "%"}
    assert "token" not in str(found)
    assert web.get("/api/v1/buildings/B1").json()["name"] == "5栋"
    assert web.get("/api/v1/map/cameras").json()[0] == [1, 114.13, 22.55, True, "路口1", "C1"]
    assert len(web.get("/api/v1/map/incidents").json()) == 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/snapshot?area=nowhere", 404),
        ("/api/v1/map/devices?bbox=1,2,3", 400),
        ("/api/v1/map/devices?bbox=1,2,nan,4", 400),
        ("/api/v1/map/devices?bbox=5,2,3,4", 400),
        ("/api/v1/map/areas.geojson?metric=beauty", 400),
        ("/api/v1/devices/999", 404),
        ("/api/v1/devices/x", 400),
        ("/api/v1/buildings/none", 404),
        ("/api/v1/alarms?severity=9", 400),
        ("/api/v1/alarms?severity=dire", 400),
        ("/api/v1/alarms?severity=%C2%B2", 400),
        ("/api/v1/alarms?from=yesterday", 400),
        ("/api/v1/alarms?cursor=x", 400),
        ("/api/v1/alarms/77", 404),
        ("/api/v1/indicators?from=2026-01-01", 400),
        ("/api/v1/indicators?from=2026-02-01&to=2026-01-01", 400),
        ("/api/v1/nothing", 404),
        ("/media/cameras/none/index.m3u8", 404),
        ("/media/cameras/C2/index.m3u8", 404),
        ("/media/cameras/C1/..%2f..%2fapp.py", 404),
        ("/media/cameras/C3/index.m3u8", 502),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(web: Web, path: str, status: int) -> None:
    answer = web.get(path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert "127.0.0.1" not in answer.text


def test_alarms_page_by_page_and_one_with_its_history(web: Web) -> None:
    page = web.get(f"/api/v1/alarms?area={COMMUNITY}&severity=4&limit=1").json()
    assert [a["id"] for a in page["alarms"]] == [1]
    assert page["next"] is None
    found = web.get("/api/v1/alarms/1").json()
    assert next(s["action"] for s in found["history"]) == "raise"


def test_acknowledgement_needs_an_account_the_version_that_was_seen_and_our_own_page(web: Web) -> None:
    url = web.url + "/api/v1/alarms/1/acknowledge"
    assert httpx.post(url, json={"version": 1}).status_code == 401
    officer = web.token(Role.OFFICER)

    def post(body: dict[str, int], origin: str = web.url) -> httpx.Response:
        return httpx.post(url, json=body, headers={"Authorization": f"Bearer {officer.secret}", "Origin": origin})

    assert post({"version": 1}, "http://elsewhere").status_code == 403
    assert post({}).status_code == 400
    assert post({"version": 7}).status_code == 409
    with web.stream() as stream:
        stream.wait(lambda f: f["event"] == "heartbeat")
        answer = post({"version": 1})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["acknowledged_by"]) == ("active_acked", officer.name)
        event = stream.wait(lambda f: f["data"].get("type") == "alarm.changed")["data"]
    assert (event["alarm_id"], event["version"], event["state"]) == (1, 2, "active_acked")
    assert post({"version": 2}).status_code == 409  # acknowledged already


def test_indicators(web: Web) -> None:
    found = web.get("/api/v1/indicators?from=2000-01-01&to=2100-01-01&by=grid").json()
    assert found["area"] == DISTRICT
    assert sum(line["created"] for line in found["lines"]) == 3


def test_metrics_hold_the_figures_of_all_processes(web: Web) -> None:
    web.redis.set("yiping:metrics:ingest-1", '# HELP a_total A.\n# TYPE a_total counter\na_total 3\nb{x="1"} 2\n', ex=9)
    families = {f.name: f for f in text_string_to_metric_families(web.get("/metrics").text)}
    assert "yiping_live_streams" in families
    assert families["a"].samples[0].labels == {"process": "ingest-1"}
    assert families["b"].samples[0].labels == {"x": "1", "process": "ingest-1"}


def test_a_device_token_reaches_no_log(web: Web) -> None:
    httpx.post(f"{web.url}/api/v1/{TOKEN}/telemetry", content=b"not json")
    log = wait_for(lambda: "/telemetry" in (text := web.log.read_text()) and text)
    assert TOKEN not in log
    assert "/api/v1/***/telemetry" in log


def test_answers_are_compressed_streams_are_not_and_headers_are_careful(web: Web) -> None:
    answer = web.get("/api/v1/openapi.json")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    page = web.get("/")
    assets = set(re.findall(r'="((?:/assets/all|/_dash-component)[^"]+)"', page.text))
    assert len(assets) > 2
    for asset in assets:
        assert "immutable" in web.get(asset).headers["cache-control"], asset
        assert web.get(asset).headers["content-encoding"] == "gzip"
    assert "importScripts" not in web.get("/assets/all.js").text  # a worker has its own name
    assert web.get("/assets/js/live.worker.js").status_code == 200
    assert "http://" not in re.sub(r"http://(127\.0\.0\.1|www\.w3\.org)", "", page.text)


class _Upstream(BaseHTTPRequestHandler):
    """A video server of an operator."""

    def do_GET(self) -> None:
        bodies = {
            "/cam/live.m3u8": b'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="key?secret=1"\n#EXTINF:2,\nseg1.ts?token=abc\n',
            "/cam/seg1.ts?token=abc": b"\x47video",
            "/evil/live.m3u8": b"#EXTM3U\n#EXTINF:2,\nhttp://10.0.0.1/secret\n",
        }
        body = bodies.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/vnd.apple.mpegurl" if ".m3u8" in self.path else "video/mp2t")
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        return


def test_the_demo_clips_play(web: Web) -> None:
    playlist = web.get("/media/cameras/C1/index.m3u8")
    assert playlist.text.startswith("#EXTM3U")
    segment = next(line for line in playlist.text.splitlines() if line and not line.startswith("#"))
    assert web.get(f"/media/cameras/C1/{segment}").content[:1] == b"\x47"


def test_video_goes_through_our_server_and_never_names_its_source(web: Web) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    try:
        _stream_of_camera_2(web, f"http://{host}/cam/live.m3u8")
        playlist = web.get("/media/cameras/C2/index.m3u8")
        assert playlist.status_code == 200
        assert host not in playlist.text
        assert "secret" not in playlist.text
        assert "token" not in playlist.text
        name = playlist.text.strip().splitlines()[-1]
        assert web.get(f"/media/cameras/C2/{name}").content == b"\x47video"
        assert web.get(f"/media/cameras/C2/{'0' * 32}").status_code == 404
        _stream_of_camera_2(web, f"http://{host}/evil/live.m3u8")
        assert web.get("/media/cameras/C2/index.m3u8").status_code == 502
        _stream_of_camera_2(web, f"http://{host}/gone.m3u8")
        assert web.get("/media/cameras/C2/index.m3u8").status_code == 502
    finally:
        _stream_of_camera_2(web, None)
        server.shutdown()
        server.server_close()


def _stream_of_camera_2(web: Web, stream: str | None) -> None:
    with web.database.writing() as session:
        session.execute(update(CameraRow).where(CameraRow.code == "C2").values(stream=stream))


def test_a_severity_is_a_name_or_a_number(web: Web) -> None:
    by_number = web.get("/api/v1/alarms?severity=4").json()
    assert by_number["alarms"]
    assert web.get("/api/v1/alarms?severity=critical").json() == by_number


@pytest.mark.parametrize("method", ["POST", "DELETE", "PROPFIND"])
def test_a_method_that_an_address_does_not_know_is_json(web: Web, method: str) -> None:
    answer = httpx.request(method, f"{web.url}/api/v1/alarms", timeout=10)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.json() == {"error": f"{method} is not possible here; possible: GET, HEAD."}
    assert httpx.request(method, f"{web.url}/api/v1/nosuch", timeout=10).status_code == 404

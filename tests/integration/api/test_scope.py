"""Every route, page and event asked from outside an area and as each role. What is added later is asked by default.

A route with a parameter that is not known here fails the test: say which row of the other community it names.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from data_access.api.identity import AGGREGATES, OPEN, OPEN_TO_POST, ORGANISATIONS
from data_access.api.permissions import NEEDS
from data_access.api.routes import api_routes
from data_access.auth.credentials import hash_password
from data_access.commands import audit, users
from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmRow,
    AreaRow,
    AttachmentRow,
    BuildingRow,
    CameraRow,
    DeviceRow,
    IncidentRow,
    MetaRow,
    ResourceRow,
    ResponsibleRow,
)
from data_access.domain.accounts import PERMISSIONS, AuditAction, Role
from data_access.domain.devices import DeviceKind
from tests.integration.api.conftest import serving
from tests.small import COMMUNITY, GRID, STREET
from tests.web import ROOT, Web, wait_for

OTHER: Final = "440303004012"
"""The community whose people ask; everything in `COMMUNITY` is marked as not theirs."""
MARK: Final = "NOTYOURS"
PARAMETERS: Final[dict[str, str]] = {
    "device_id": "1",
    "alarm_id": "1",
    "incident_id": "1",
    "attachment_id": "1",
    "code": "B1",
    "name": "piece0.ts",
    "z:int": "1",
    "x:int": "0",
    "y:int": "0",
    "token": "no-such-token",
    "identifier": "yiping-1-1",
    "handover_id": "1",
    "shift_id": "1",
    "window_id": "1",
    "id": "1",
    "alarm": "smoke",
    "area": COMMUNITY,
    "week": "2026-W20",
}
CAMERA: Final = "C1"
_CAMERAS: Final = ("/media/", "/api/v1/cameras/")
_NEEDED: Final = {
    "/api/v1/indicators": "from=2000-01-01&to=2100-01-01&by=grid",
    "/api/v1/search": f"q={MARK}",
    "/api/v1/map/heat": "bbox=114.10,22.53,114.14,22.57&zoom=14",
    "/api/v1/map/around.geojson": "bbox=114.10,22.53,114.14,22.57",
    "/api/v1/mentions/people": "alarm=1",
    "/api/v1/duty-log": "from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z",
    "/api/v1/audit": "from=2000-01-01&to=2100-01-01",
}
ASKING: Final = (Role.WALL, Role.OFFICER, Role.ADMINISTRATOR)
"""What may least and what may most."""
READS: Final = sorted(
    route.path
    for route in api_routes()
    if "GET" in (route.methods or ()) and route.path not in OPEN and not route.path.endswith("{rest:path}")
)
WRITES: Final = sorted(
    (route.path, method)
    for route in api_routes()
    for method in (route.methods or ())
    if method not in {"GET", "HEAD"} and route.path not in OPEN | OPEN_TO_POST
)
PAGES: Final = sorted(
    found
    for file in (ROOT / "pages").glob("*.py")
    for found in re.findall(r'register_page\(__name__, path="([^"]+)"', file.read_text("utf-8"))
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A server with an account of its own, so that guests are nobody; the rows of one community carry a mark."""
    with serving(tmp_path_factory.mktemp("scope")) as web:
        with web.database.writing() as db:
            area = db.execute(select(AreaRow).where(AreaRow.code == COMMUNITY)).scalar_one()
            inside = area.path
            users.add(db, "chen", Role.ADMINISTRATOR, actor="test", now=web.now(), password_hash=hash_password("x"))
            grid = db.execute(select(AreaRow).where(AreaRow.code == GRID)).scalar_one()
            db.add(
                ResponsibleRow(
                    code="P1",
                    name=f"{MARK}王",
                    role="grid_worker",
                    phone="13800001234",
                    area_id=grid.id,
                    area_path=grid.path,
                )
            )
            db.add(
                ResourceRow(
                    code="R1", name=MARK, kind="aed", area_id=grid.id, area_path=grid.path, lng=114.13, lat=22.55
                )
            )
            for table in (BuildingRow, CameraRow, DeviceRow):
                db.execute(update(table).where(table.area_path.startswith(inside)).values(name=table.name + MARK))
            db.execute(update(DeviceRow).where(DeviceRow.id == 3).values(kind="watch"))
            db.execute(update(AreaRow).where(AreaRow.path.startswith(inside)).values(name=AreaRow.name + MARK))
            users.add(db, "theirs", Role.OFFICER, actor="test", now=web.now(), area=COMMUNITY, display=MARK)
            users.issue_token(db, actor="test", now=web.now(), role=Role.WALL, area=COMMUNITY, label=MARK)
            audit.note(db, AuditAction.UNMASK, actor="theirs", now=web.now(), subject=MARK)
            note = AlarmHistoryRow(alarm_id=1, at=web.now(), actor="x", action="comment", state="active_unacked")
            note.severity, note.note = 4, MARK
            db.add(note)
            db.execute(update(IncidentRow).where(IncidentRow.area_path.startswith(inside)).values(title=MARK))
            db.execute(update(AlarmRow).where(AlarmRow.area_path.startswith(inside)).values(place=MARK))
            db.add(
                AttachmentRow(
                    incident_id=1,
                    key="a",
                    digest="0" * 64,
                    kind="photo",
                    phase="report",
                    media_type="image/jpeg",
                    size=1,
                    at=web.now(),
                    actor=MARK,
                )
            )
            db.get_one(MetaRow, "data_version").value = "2"  # what is kept in memory is read anew
        wait_for(lambda: web.get("/api/v1/me").status_code == 401, 10)
        wait_for(lambda: MARK in ask(web, web.token(Role.OFFICER).secret, "GET", f"/api/v1/search?q={MARK}").text, 60)
        yield web


@pytest.fixture(scope="module", autouse=True)
def _client() -> Iterator[None]:
    yield
    CLIENT.close()


@pytest.fixture(scope="module")
def tokens(own: Web) -> dict[str, str]:
    """A token of each role in the other community, and of officers of the district and of the marked community."""
    found = {str(role): own.token(role, OTHER).secret for role in Role}
    return found | {"everywhere": own.token(Role.OFFICER).secret, "wall everywhere": own.token(Role.WALL).secret}


CLIENT: Final = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))


def address(path: str, query: str = "") -> str:
    names = re.findall(r"{([^}]+)}", path)
    unknown = [name for name in names if name not in PARAMETERS]
    assert not unknown, f"say in PARAMETERS which row of the marked community {unknown} of {path} names"
    filled = path
    for name in names:
        filled = filled.replace(
            f"{{{name}}}", CAMERA if path.startswith(_CAMERAS) and name == "code" else PARAMETERS[name]
        )
    asked = "&".join(part for part in (_NEEDED.get(path, ""), query) if part)
    return filled + (f"?{asked}" if asked else "")


def ask(own: Web, token: str | None, method: str, url: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return CLIENT.request(method, own.url + url, headers=headers, **more)


def first_bytes(own: Web, token: str, url: str) -> tuple[int, str]:
    """Status and text; of a stream what comes first."""
    if not url.startswith("/live"):
        answer = ask(own, token, "GET", url)
        return answer.status_code, _cells(answer.content) if answer.content[:2] == b"PK" else answer.text
    with httpx.stream("GET", own.url + url, headers={"Authorization": f"Bearer {token}"}, timeout=20) as stream:
        return stream.status_code, "" if stream.status_code == 200 else stream.read().decode()


def _cells(workbook: bytes) -> str:
    sheets = load_workbook(BytesIO(workbook), read_only=True)
    return " ".join(str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/map/cameras",
        "/api/v1/search",
        "/api/v1/alarms",
        "/api/v1/incidents",
        "/api/v1/incidents/{incident_id}/attachments",
        "/api/v1/buildings/{code}",
        "/api/v1/overview.xlsx",
    ],
)
def test_whoever_may_see_them_sees_the_marks(own: Web, tokens: dict[str, str], path: str) -> None:
    assert MARK in first_bytes(own, tokens["everywhere"], address(path, f"area={COMMUNITY}"))[1]


@pytest.mark.parametrize("path", READS)
def test_without_an_account_nothing_is_read(own: Web, path: str) -> None:
    assert ask(own, None, "GET", address(path)).status_code == 401


@pytest.mark.parametrize("path", READS)
def test_from_outside_no_row_is_read(own: Web, tokens: dict[str, str], path: str) -> None:
    for role in ASKING:
        for query in ("", f"area={GRID}", f"area={STREET}"):
            status, text = first_bytes(own, tokens[role], address(path, query))
            assert status < 500, text
            assert MARK not in text, f"{path}?{query} as {role}"
            asks_for_an_area = query and "{" not in path and path not in _WHOLE
            assert not asks_for_an_area or status in {403, 404}, f"{path}?{query} as {role}: {status}"


_WHOLE: Final = {
    "/api/v1/me",
    "/api/v1/field",
    "/api/v1/walls",
    "/api/v1/map/basemap",
    "/api/v1/mentions",
    "/api/v1/audit",
}
"""Reads that are of no area, or of the viewer himself."""


@pytest.mark.parametrize("path", READS)
def test_a_wall_reads_aggregates_alone(own: Web, tokens: dict[str, str], path: str) -> None:
    status, text = first_bytes(own, tokens["wall everywhere"], address(path))
    if path not in AGGREGATES:
        assert status == 403
        return
    assert status in {200, 204, 404}, text  # 404: there is no base map
    assert "王" not in text
    assert "13800001234" not in text


def test_what_a_wall_is_told_of_an_alarm(own: Web, tokens: dict[str, str]) -> None:
    found = ask(own, tokens["wall everywhere"], "GET", "/api/v1/snapshot").json()
    assert found["incidents"] == []
    (alarm,) = found["alarms"]
    assert (alarm["place"], alarm["device_code"], alarm["value"]) == (MARK, None, None)  # lives: the building is named
    everything = ask(own, tokens["everywhere"], "GET", "/api/v1/snapshot").json()["alarms"][0]
    assert everything["device_code"] == "S1"


@pytest.mark.parametrize(("path", "method"), WRITES)
def test_from_outside_and_without_an_account_nothing_is_changed(
    own: Web, tokens: dict[str, str], path: str, method: str
) -> None:
    url = address(path)
    before = _alarm(own), _incident(own)
    for body in ({"version": 1}, {"version": 1, "reason": "real", "note": "x"}):
        assert ask(own, None, method, url, json=body).status_code == 401
        for role in ASKING:
            status = ask(own, tokens[role], method, url, json=body).status_code
            harmless = "{" not in path  # it names no row
            assert 400 <= status < 500 or (harmless and status < 400), f"{path} as {role}: {status}"
    if path not in AGGREGATES:
        assert ask(own, tokens["wall everywhere"], method, url, json={"version": 1}).status_code == 403
    assert (_alarm(own), _incident(own)) == before


def test_each_write_names_its_permission() -> None:
    assert {path for path, _ in WRITES} == set(NEEDS)


@pytest.mark.parametrize(("path", "method"), WRITES)
def test_without_its_permission_nothing_is_changed_inside_ones_own_area(own: Web, path: str, method: str) -> None:
    before = _alarm(own), _incident(own)
    needed = NEEDS[path]
    without = [role for role in Role if needed is not None and needed not in PERMISSIONS[role]]
    assert without or needed is None, f"every role has {needed}: what is it for?"
    for role in without:
        answer = ask(own, own.token(role).secret, method, address(path), json={"version": 1})
        assert answer.status_code == 403, f"{path} as {role}: {answer.text}"
    assert (_alarm(own), _incident(own)) == before


def _alarm(own: Web) -> tuple[Any, ...]:
    with own.database.reading() as db:
        row = db.execute(select(AlarmRow.version, AlarmRow.state, AlarmRow.owner).where(AlarmRow.id == 1)).one()
        return tuple(row)


def _incident(own: Web) -> tuple[Any, ...]:
    with own.database.reading() as db:
        row = db.execute(select(IncidentRow.version, IncidentRow.stage).where(IncidentRow.id == 1)).one()
        return tuple(row)


PAGES_AND_PARTS: Final = [
    *PAGES,
    "/panels",
    "/compare/beside",
    "/alarms/analysis/body",
    "/desk/strip",
    *("/incidents/parts", "/incidents/case/parts", "/indicators/parts"),
    *("/account", "/users", "/catalogue", "/workflows", "/audit"),
]


@pytest.mark.parametrize("path", PAGES_AND_PARTS)
def test_a_page_shows_nothing_from_outside(own: Web, tokens: dict[str, str], path: str) -> None:
    assert ask(own, None, "GET", path).status_code in {303, 401}
    for role in ASKING:
        for query in ("", f"area={COMMUNITY}", f"a={COMMUNITY}&b={GRID}", "building=B1&id=1&code=I1"):
            answer = ask(own, tokens[role], "GET", f"{path}?{query}")
            assert MARK not in _without_neighbours(path, answer.text), f"{path}?{query} as {role}"
            assert answer.status_code < 500


def _without_neighbours(path: str, page: str) -> str:
    """The page but for the line that says how the marked community does: its name and three numbers, no way in."""
    if path not in {"/", "/panels"}:
        return page
    said = json.loads(page).get("regions", {}).get("overview-rank", "") if path == "/panels" else page
    line = re.compile(rf'<tr><th scope="row">community0{MARK}</th>(<td>[\d,.—]*</td>){{3}}</tr>')
    rest = line.sub("", said)
    return rest if path == "/" else page.replace(json.dumps(said, ensure_ascii=False)[1:-1], rest)


def test_a_neighbour_is_seen_in_numbers_at_the_top_of_ones_own_area_alone(own: Web, tokens: dict[str, str]) -> None:
    for role in ("officer", "wall"):
        own_place = ask(own, tokens[role], "GET", "/panels").json()["regions"]["overview-rank"]
        assert f'<th scope="row">community0{MARK}</th><td>1</td>' in own_place, role  # one alarm stands there
        below = ask(own, tokens[role], "GET", f"/panels?area={OTHER}001").text
        assert MARK not in below
    everywhere = ask(own, tokens["everywhere"], "GET", "/panels").json()["regions"]["overview-rank"]
    assert "beside-table" not in everywhere


@pytest.mark.parametrize("path", PAGES)
def test_dash_builds_nothing_from_outside(own: Web, tokens: dict[str, str], path: str) -> None:
    for role in ASKING:
        for search in ("", f"?area={COMMUNITY}&a={COMMUNITY}"):
            answer = ask(own, tokens[role], "POST", "/_dash-update-component", json=_page_asked(path, search))
            assert MARK not in answer.text, f"{path}{search} as {role}"
            assert answer.status_code == (403 if role is Role.WALL and path != "/" else 200), answer.text


def _page_asked(path: str, search: str) -> dict[str, Any]:
    inputs = [
        {"id": "_pages_location", "property": "pathname", "value": path},
        {"id": "_pages_location", "property": "search", "value": search},
    ]
    return {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [
            {"id": "_pages_content", "property": "children"},
            {"id": "_pages_store", "property": "data"},
        ],
        "inputs": inputs,
        "changedPropIds": ["_pages_location.pathname"],
        "parsedChangedPropsIds": ["_pages_location.pathname"],
        "state": [],
    }


@pytest.fixture(scope="module")
def inside(own: Web) -> str:
    """The token of an organisation in the very community whose rows carry the mark; none of them is its unit's."""
    return own.token(Role.ORGANISATION, COMMUNITY).secret


@pytest.mark.parametrize(("path", "method"), [*((path, "GET") for path in READS), *WRITES])
def test_an_organisation_is_shown_and_may_change_nothing_but_orders(
    own: Web, inside: str, path: str, method: str
) -> None:
    before = _alarm(own), _incident(own)
    body = {"key": "key-0001", "what": "accept", "incident_id": 1, "version": 1}
    answer = ask(own, inside, method, address(path), **({} if method == "GET" else {"json": body}))
    assert MARK not in answer.text.replace(f"community0{MARK}", "")  # the name of its area
    mine = (method, path) in ORGANISATIONS
    assert answer.status_code == 403 if not mine else answer.status_code in {200, 400, 404}, answer.text
    assert (_alarm(own), _incident(own)) == before


def test_what_an_organisation_may_ask_are_routes_that_there_are() -> None:
    assert {*(("GET", path) for path in READS), *((method, path) for path, method in WRITES)} >= ORGANISATIONS


@pytest.mark.parametrize("path", PAGES_AND_PARTS)
def test_an_organisation_has_one_page(own: Web, inside: str, path: str) -> None:
    for wanted, status in (({"Accept": "text/html"}, 303), ({}, 403)):
        headers = {"Authorization": f"Bearer {inside}", **wanted}
        answer = CLIENT.get(own.url + address(path), headers=headers, follow_redirects=False)
        if path == "/field":
            assert answer.status_code == 200
        else:
            assert (answer.status_code, MARK in answer.text) == (status, False)
            assert answer.headers.get("location", "/field") == "/field"
    asked = ask(own, inside, "POST", "/_dash-update-component", json=_page_asked(path, f"?area={COMMUNITY}"))
    assert asked.status_code == 403


def test_where_a_person_is_stays_off_the_map_of_a_wall(own: Web, tokens: dict[str, str]) -> None:
    def worn(role: str) -> list[int]:
        feed = ask(own, tokens[role], "GET", "/api/v1/map/devices").content
        (n,) = struct.unpack_from("<I", feed, 4)
        ids, kinds = struct.unpack_from(f"<{n}i", feed, 16), feed[16 + 16 * n :][:n]
        return [
            number for number, kind in zip(ids, kinds, strict=True) if kind == list(DeviceKind).index(DeviceKind.WATCH)
        ]

    assert worn("everywhere")
    assert not worn("wall everywhere")

"""Open311 GeoReport v2 at a real server: the same in JSON and XML, with a key, inside the key's area."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from sqlalchemy import select

from data_access.db.tables import ChannelRow, IncidentRow, IncidentTypeRow, SourceRow
from data_access.domain.accounts import Role
from tests.small import GRID
from tests.web import Web

pytestmark = pytest.mark.usefixtures("left_as_found")
OTHER = "440303004012"


@pytest.fixture(scope="module")
def service(web: Web) -> str:
    with web.database.writing() as session:
        row = IncidentTypeRow(source="open311-test", ref="1", level=3, name="路灯<&>")
        session.add(row)
        session.flush()
        return str(row.id)


class Program:
    """A channel with a key of its own."""

    def __init__(self, web: Web, area: str | None = None, role: Role = Role.OFFICER) -> None:
        self.url, self.key = f"{web.url}/api/v1/open311/v2", (token := web.token(role, area)).secret
        self.name = token.name

    def get(self, path: str, *, key: bool = True, **asked: Any) -> httpx.Response:
        return httpx.get(f"{self.url}/{path}", params={**asked, **({"api_key": self.key} if key else {})}, timeout=30)

    def send(self, form: str = "json", **sent: str) -> httpx.Response:
        return httpx.post(f"{self.url}/requests.{form}", data={"api_key": self.key, **sent}, timeout=30)


def place(**more: str) -> dict[str, str]:
    return {"lat": "22.55", "long": "114.13", **more}


def test_a_request_comes_in_and_is_read_the_same_in_json_and_xml(web: Web, service: str) -> None:
    program = Program(web)
    listed = program.get("services.json", key=False).json()
    assert {"service_code": service, "service_name": "路灯<&>", "metadata": False}.items() <= listed[-1].items()
    assert ET.fromstring(program.get("services.xml", key=False).content)[-1].findtext("service_code") == service
    assert program.get(f"services/{service}.json", key=False).json() == {"service_code": service, "attributes": []}
    sent = place(
        service_code=service, description="不亮 <b>", address_string="田贝四路", media_url="https://x.example/1.jpg"
    )
    made = program.send(**sent)
    assert made.status_code == 201, made.text
    number = made.json()[0]["service_request_id"]
    (found,) = program.get(f"requests/{number}.json").json()
    assert (found["status"], found["service_code"], found["lat"], found["address"]) == (
        "open",
        service,
        22.55,
        "田贝四路",
    )
    assert found["description"] == "不亮 <b>\nhttps://x.example/1.jpg"
    told = ET.fromstring(program.get(f"requests/{number}.xml").content)
    assert told.tag == "service_requests"
    assert told[0].findtext("description") == found["description"]
    assert told[0].findtext("requested_datetime") is not None
    newest = program.get("requests.json", status="open", service_code=service).json()
    assert [one["service_request_id"] for one in newest] == [number]
    assert program.get("requests.json", status="closed", service_code=service).json() == []
    assert [one["service_request_id"] for one in program.get("requests.json", service_request_id=number).json()] == [
        number
    ]
    with web.database.reading() as session:
        row = session.get_one(IncidentRow, int(number))
        channel = session.get_one(ChannelRow, row.channel_id)
        assert (row.sub_type_id, channel.owner is not None) == (int(service), True)
        source = session.get_one(SourceRow, "open311")
        assert source.owner
        assert source.last_seen == row.created_at


def test_in_xml_what_is_sent_is_answered_in_xml(web: Web, service: str) -> None:
    answer = Program(web).send("xml", **place(service_code=service))
    assert (answer.status_code, answer.headers["content-type"]) == (201, "text/xml; charset=utf-8")
    assert ET.fromstring(answer.content)[0].findtext("service_request_id")


def test_outside_the_area_of_the_key_there_is_nothing(web: Web, service: str) -> None:
    number = Program(web).send(**place(service_code=service)).json()[0]["service_request_id"]
    stranger = Program(web, OTHER)
    assert stranger.get(f"requests/{number}.json").status_code == 404
    assert stranger.get("requests.json", service_code=service).json() == []
    assert stranger.get("requests.json", service_request_id=number).json() == []
    refused = stranger.send(service_code=service, address_id=GRID)
    assert (refused.status_code, "outside" in refused.text) == (400, True)


def test_without_a_key_nothing_is_read_or_sent_and_keys_reach_no_log(web: Web, service: str) -> None:
    program, before = Program(web), _cases(web)
    for path in ("requests.json", "requests/1.json"):
        assert program.get(path, key=False).status_code == 401
        assert program.get(path, key=False, api_key="none").status_code == 401
    url = f"{program.url}/requests.json"
    assert httpx.post(url, data=place(service_code=service), timeout=30).status_code == 401
    assert httpx.post(url, data=place(service_code=service, api_key="none"), timeout=30).status_code == 401
    wall = Program(web, None, Role.WALL)
    assert wall.get("requests.json").status_code == 403
    assert wall.send(**place(service_code=service)).status_code == 403
    assert _cases(web) == before
    program.get("requests.json")
    assert program.key not in web.log.read_text()


def _cases(web: Web) -> int:
    with web.database.reading() as session:
        return len(session.scalars(select(IncidentRow.id)).all())


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ({}, "service_code"),
        ({"service_code": "999999"}, "service_code"),
        ({"service_code": "own"}, "lat and long"),
        ({"service_code": "own", "lat": "22.5"}, "degrees"),
        ({"service_code": "own", "lat": "nan", "long": "114"}, "degrees"),
        ({"service_code": "own", "lat": "1", "long": "2"}, "none of our areas"),
        ({"service_code": "own", "address_id": "nowhere"}, "address_id"),
    ],
)
def test_what_does_not_fit_is_a_sentence(web: Web, service: str, sent: dict[str, str], word: str) -> None:
    said: dict[str, Any] = {name: service if value == "own" else value for name, value in sent.items()}
    answer = Program(web).send(**said)
    assert (answer.status_code, word in answer.json()["error"]) == (400, True), answer.text


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("requests.json", {"status": "lost"}, 400),
        ("requests.json", {"start_date": "yesterday"}, 400),
        ("requests.json", {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-12-01T00:00:00Z"}, 400),
        ("requests.csv", {}, 404),
        ("services/999999.json", {}, 404),
        ("requests/x.json", {}, 400),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(web: Web, path: str, asked: dict[str, Any], status: int) -> None:
    answer = Program(web).get(path, **asked)
    assert (answer.status_code, set(answer.json())) == (status, {"error"})

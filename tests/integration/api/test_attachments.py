"""Photos, clips and voice over HTTP: sent once, seen inside the scope alone, served as what they are."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from data_access.domain.accounts import Role
from tests.photos import photo
from tests.small import GRID
from tests.web import Web

OTHER = "440303004012"
pytestmark = pytest.mark.usefixtures("left_as_found")
CLIP = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42" + b"\x00\x00\x00\x10mdat01234567"


class Sender:
    def __init__(self, web: Web, role: Role = Role.GRID_WORKER, area: str | None = GRID) -> None:
        self.url = f"{web.url}/api/v1"
        self.headers = {"Authorization": f"Bearer {web.token(role, area).secret}"}

    def send(self, number: int, body: bytes, query: str = "kind=photo&phase=before") -> httpx.Response:
        url = f"{self.url}/incidents/{number}/attachments?{query}"
        return httpx.post(url, content=body, headers=self.headers, timeout=30)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=self.headers | headers, timeout=30)


@pytest.fixture
def case(web: Web) -> int:
    body = {"title": "井盖破损", "area": GRID}
    number: int = httpx.post(f"{web.url}/api/v1/incidents", json=body, timeout=10).json()["id"]
    return number


def test_a_photo_is_sent_once_listed_with_its_case_and_served_without_its_exif(web: Web, case: int) -> None:
    worker, data = Sender(web), photo()
    first = worker.send(case, data, "kind=photo&phase=before&key=field-0001")
    again = worker.send(case, data, "kind=photo&phase=before&key=field-0001")
    assert (first.status_code, again.status_code) == (201, 200)
    made: dict[str, Any] = first.json()
    assert made == again.json()
    assert made["phase"] == "before"
    assert made["lng"] == pytest.approx(114.13, abs=1e-5)
    assert worker.get(f"/incidents/{case}").json()["attachments"] == [made]
    assert worker.get(f"/incidents/{case}/attachments").json()["attachments"] == [made]
    file = worker.get(f"/attachments/{made['id']}")
    assert file.headers["content-type"] == "image/jpeg"
    assert file.headers["content-length"] == str(made["size"])
    assert "private" in file.headers["cache-control"]
    assert b"SECRETPHONE" in data
    assert b"SECRETPHONE" not in file.content


def test_of_a_clip_parts_are_served(web: Web, case: int) -> None:
    worker = Sender(web)
    made = worker.send(case, CLIP, "kind=video&phase=after").json()
    part = worker.get(f"/attachments/{made['id']}", Range="bytes=4-7")
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, b"ftyp", "video/mp4")
    assert part.headers["content-range"] == f"bytes 4-7/{len(CLIP)}"
    for asked, told in (("bytes=-8", CLIP[-8:]), ("bytes=30-", CLIP[30:]), ("bytes=0-", CLIP), ("bytes=2-1", None)):
        part = worker.get(f"/attachments/{made['id']}", Range=asked)
        assert (part.status_code, part.content) == (416, b"") if told is None else part.content == told, asked
    assert worker.get(f"/attachments/{made['id']}", Range="bytes=99999-").status_code == 416


def test_outside_the_scope_there_is_none(web: Web, case: int) -> None:
    made = Sender(web).send(case, photo()).json()
    stranger, leader = Sender(web, area=OTHER), Sender(web, Role.LEADER, None)
    assert stranger.get(f"/attachments/{made['id']}").status_code == 404
    assert stranger.get(f"/incidents/{case}/attachments").status_code == 404
    assert stranger.send(case, photo()).status_code == 404
    assert leader.get(f"/attachments/{made['id']}").status_code == 200
    assert leader.send(case, photo()).status_code == 403
    assert Sender(web, Role.WALL, None).get(f"/attachments/{made['id']}").status_code == 403


@pytest.mark.parametrize(
    ("body", "query", "said"),
    [
        (b"<html>", "", "只接受"),
        (b"", "", "只接受"),
        (CLIP, "kind=photo", "只接受"),
        (b"\xff\xd8\xff\xe0" + bytes(99), "kind=photo", "打不开"),
        (b"\xff\xd8\xff\xe0" + bytes(10_000_001), "kind=photo", "最多 10 MB"),
        (bytes(30_000_001), "", "最多 30 MB"),
        (b"OggS" + bytes(9), "kind=x", "kind"),
        (b"OggS" + bytes(9), "phase=x", "phase"),
        (b"OggS" + bytes(9), "key=short", "key"),
    ],
)
def test_what_does_not_fit_is_a_sentence(web: Web, case: int, body: bytes, query: str, said: str) -> None:
    answer = Sender(web).send(case, body, query)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_one_click_makes_a_case_of_what_is_seen_on_a_camera(web: Web) -> None:
    officer, outside = Sender(web, Role.OFFICER), Sender(web, Role.OFFICER, OTHER)

    def click(who: Sender, body: bytes, key: str) -> httpx.Response:
        url = f"{who.url}/cameras/C1/incident?key={key}"
        return httpx.post(url, content=body, headers=who.headers, timeout=30)

    assert click(Sender(web), photo(), "click-000").status_code == 403  # a grid worker has no desk
    assert click(outside, photo(), "click-000").status_code == 404
    assert click(officer, b"no picture", "click-000").status_code == 400
    made = click(officer, photo(), "click-001")
    assert made.status_code == 201
    again = click(officer, photo(), "click-001")
    assert (again.status_code, again.json()) == (200, made.json())
    shown = officer.get(f"/incidents/{made.json()['id']}").json()
    line = shown["incident"]
    assert (line["title"], line["channel"], line["stage"]) == ("视频发现 路口1", "视频巡查", "report")
    assert [(one["phase"], one["kind"]) for one in shown["attachments"]] == [("before", "photo")]
    url = f"{web.url}/incidents/case/parts?code={made.json()['code']}"
    parts = httpx.get(url, headers=officer.headers, timeout=90).json()["parts"]
    assert 'data-camera="C1"' in parts["acts"].split("由视频点位发现")[1][:300]
    assert 'loading="lazy"' in parts["story"]  # the picture that was seen
    bare = click(officer, b"", "click-002")  # nothing was to be seen just then
    assert officer.get(f"/incidents/{bare.json()['id']}").json()["attachments"] == []

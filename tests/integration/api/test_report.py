"""Citizens' pages at a real server: one report whatever is tapped, a receipt that names nobody, answers that count."""

from __future__ import annotations

import hmac
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from data_access.commands import reports
from data_access.db.tables import (
    AttachmentRow,
    IncidentHistoryRow,
    IncidentRow,
    MetaRow,
    PatrolPointRow,
    ReportRow,
    SourceRow,
    UnitRow,
)
from data_access.domain.accounts import Role
from tests.photos import photo
from tests.web import Web

PHONE = "13800001234"


@pytest.fixture(scope="module", autouse=True)
def _room(web: Web, left_as_found: None) -> None:
    """A patrol point in the grid; no test is held up by how often the one before has reported."""
    with web.database.writing() as session:
        if session.get(UnitRow, 1) is None:
            session.add(UnitRow(source="t", ref="1", name="城管", aliases=[]))
        row = session.scalars(select(IncidentRow).where(IncidentRow.id == 1)).one()
        session.add(
            PatrolPointRow(
                code="P-017", name="12 号灯杆", area_id=row.area_id, area_path=row.area_path, lng=114.13, lat=22.55
            )
        )


@pytest.fixture(autouse=True)
def _uncounted(web: Web) -> None:
    for key in web.redis.scan_iter("yiping:report:*"):
        web.redis.delete(key)


class Citizen:
    """A phone: a form that was opened a while ago."""

    def __init__(self, web: Web, query: str = "point=P-017") -> None:
        self.web = web
        self.page = self.get(f"/report?{query}").text
        found = re.search(r'name="key" value="([^"]+)"', self.page)
        assert found
        self.key = self.aged(found[1])

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.web.url + path, headers={"Accept": "text/html"}, timeout=30)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return httpx.post(self.web.url + path, headers={"Origin": self.web.url}, timeout=30, **more)

    def aged(self, key: str, by: timedelta = timedelta(minutes=1)) -> str:
        """The key as it was signed that much earlier."""
        at, rest = key.rpartition(".")[0].split(".", 1)
        body = f"{int(at, 16) - int(by.total_seconds() * 1000):x}.{rest}"
        with self.web.database.reading() as session:
            signed_with = session.get_one(MetaRow, reports._SIGNED_WITH).value
        return f"{body}.{hmac.new(signed_with.encode(), body.encode(), 'sha256').hexdigest()[:32]}"

    def send(self, *photos: bytes, **more: str) -> httpx.Response:
        data = {"key": self.key, "what": "road", "item": "road-manhole", "point": "P-017", "text": "翘起", **more}
        files = [("photos", (f"{n}.jpg", data, "image/jpeg")) for n, data in enumerate(photos)]
        return self.post("/report", data=data, files=files or None)

    def receipt(self, answer: httpx.Response) -> str:
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].partition("?")[0]


def case_of(web: Web, receipt: str) -> IncidentRow:
    with web.database.reading() as session:
        row = session.get_one(IncidentRow, reports.find(session, receipt.removeprefix("/r/")).incident_id)
        session.expunge(row)
        return row


def count(web: Web, what: Any) -> int:
    with web.database.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def close(web: Web, number: int) -> None:
    """The desk takes the case through to its end."""
    headers = {"Authorization": f"Bearer {web.token(Role.OFFICER).secret}"}
    url = f"{web.url}/api/v1/incidents/{number}"
    found = httpx.get(url, headers=headers, timeout=30).json()
    while (step := found["incident"]["next_step"]) is not None:
        note = f"已复位，回访 {PHONE}" if step == "feedback" else f"内部 {PHONE}"
        body = {"step": step, "version": found["incident"]["version"], "note": note}
        body |= {"unit_id": 1} if step == "dispatch" else {}
        answer = httpx.post(f"{url}/advance", json=body, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        found = answer.json()


def test_a_report_becomes_a_case_with_its_place_class_photo_and_fresh_source(web: Web) -> None:
    citizen = Citizen(web)
    assert "12 号灯杆" in citizen.page
    receipt = citizen.receipt(citizen.send(photo(), phone=PHONE, place="灯杆旁"))
    row = case_of(web, receipt)
    assert (row.title, row.place, row.stage, row.source) == ("井盖问题", "灯杆旁", "report", "report")
    assert (row.lng, row.lat) == (114.13, 22.55)
    assert re.fullmatch(rf"\d{{4}}-{row.id:05d}", row.code)
    with web.database.reading() as session:
        attached = session.scalars(select(AttachmentRow).where(AttachmentRow.incident_id == row.id)).one()
        assert (attached.phase, attached.actor) == ("report", "citizen")
        number = attached.id
        source = session.get_one(SourceRow, "report")
        assert source.owner
        assert source.last_seen == row.created_at
        kept = session.scalars(select(ReportRow).where(ReportRow.incident_id == row.id)).one()
        assert receipt.removeprefix("/r/") not in (kept.secret, row.source_ref)
    page = citizen.get(receipt)
    assert row.code in page.text
    assert "翘起" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert PHONE not in page.text
    picture = citizen.get(f"{receipt}/photo/{number}")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert b"SECRETPHONE" not in picture.content


def test_taps_and_retries_make_one_case_and_lead_to_one_receipt(web: Web) -> None:
    citizen, before = Citizen(web), count(web, IncidentRow)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: citizen.send(photo(seed=9)), range(6)))
    assert len({citizen.receipt(answer) for answer in answers}) == 1
    assert citizen.receipt(citizen.send()) == citizen.receipt(answers[0])
    assert count(web, IncidentRow) == before + 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"key": "x"}, "太久"),
        ({"website": "http://x"}, "太快"),
        ({"what": "none", "item": ""}, "请选择"),
        ({"phone": "call me"}, "手机号"),
        ({"lng": "10.0", "lat": "50.0"}, "不在服务范围"),
        ({"text": "字" * 501}, "太长"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_written_stays(web: Web, sent: dict[str, str], said: str) -> None:
    citizen, before = Citizen(web), count(web, IncidentRow)
    answer = citizen.send(**{"text": "<q>翘起", **sent})
    assert answer.status_code == 400
    assert said in answer.text
    assert "<q>" not in answer.text
    assert sent.get("text", "翘起") in answer.text
    assert count(web, IncidentRow) == before


def test_machines_are_too_quick_old_forms_are_shown_anew_and_no_file_but_a_photo_is_taken(web: Web) -> None:
    citizen = Citizen(web)
    assert "太快" in citizen.send(key=citizen.aged(citizen.key, -timedelta(minutes=1))).text
    assert "太久" in citizen.send(key=citizen.aged(citizen.key, timedelta(hours=25))).text
    assert "只接受" in citizen.send(b"<html>").text
    assert "最多 3 张" in citizen.send(*[photo()] * 4).text
    large = citizen.send(b"\xff\xd8\xff" + bytes(66_000_000))
    assert (large.status_code, "加起来太大" in large.text) == (413, True)


def test_a_form_that_is_refused_can_be_sent_at_once_and_says_that_its_files_are_gone(web: Web) -> None:
    citizen = Citizen(web)
    refused = citizen.send(photo(), phone="12")
    assert "手机号不对，请核对，或者不填。照片、录音和录像请再添加一次。" in refused.text
    assert f'name="key" value="{citizen.key}"' in refused.text  # its three seconds are over
    assert "再添加一次" not in citizen.send(phone="12").text
    assert citizen.send(phone=PHONE).status_code == 303


def test_too_many_from_one_address_wait(web: Web) -> None:
    citizen = Citizen(web)
    web.redis.set("yiping:report:from:127.0.0.1", 30, ex=60)
    assert "频繁" in citizen.send().text
    web.redis.delete("yiping:report:from:127.0.0.1")
    assert citizen.send().status_code == 303


def test_without_a_point_the_place_is_a_position_the_photos_own_or_words(web: Web) -> None:
    def place(*photos: bytes, **sent: str) -> IncidentRow:
        citizen = Citizen(web, "point=gone")
        assert "已经失效" in citizen.page
        return case_of(web, citizen.receipt(citizen.send(*photos, point="", **sent)))

    assert place(lng="114.12", lat="22.54").lng == 114.12
    assert place(photo(at=(114.11, 22.55))).lng == pytest.approx(114.11, abs=1e-5)
    in_words = place(place="南门外")
    assert (in_words.place, in_words.lng, in_words.area_path) == ("南门外", None, "000")
    building = Citizen(web, "point=B1")
    assert "5栋" in building.page
    assert case_of(web, building.receipt(building.send(point="B1"))).building_id == 1


def test_the_citizen_rates_sends_back_twice_and_the_page_names_nobody(web: Web) -> None:
    citizen = Citizen(web)
    receipt = citizen.receipt(citizen.send())
    number = case_of(web, receipt).id
    assert citizen.post(receipt, data={"rating": "good"}).status_code == 400  # not closed yet
    close(web, number)
    page = citizen.get(receipt).text
    assert "请您评价" in page
    assert "已复位" in page
    assert PHONE not in page
    assert "内部" not in page
    assert "token-" not in page
    _says_what_the_case_page_shows(web, page, case_of(web, receipt).code)
    assert citizen.post(receipt, data={"reason": "还在响"}).status_code == 303
    assert case_of(web, receipt).stage == "dispatch"
    close(web, number)
    assert citizen.post(receipt, data={"rating": "fair", "note": "这次好了"}).status_code == 303
    row = case_of(web, receipt)
    assert (row.satisfaction, row.reworks) == (3, 1)
    assert citizen.post(receipt, data={"rating": "good"}).status_code == 400
    with web.database.reading() as session:
        last = session.scalars(
            select(IncidentHistoryRow)
            .where(IncidentHistoryRow.incident_id == number)
            .order_by(IncidentHistoryRow.id.desc())
        ).first()
        assert last is not None
        assert (last.action, last.actor, last.note) == ("rate", "citizen", "这次好了")
    assert citizen.post(receipt, data={"reason": "又响"}).status_code == 303
    close(web, number)
    refused = citizen.post(receipt, data={"reason": "还响"})
    assert (refused.status_code, "12345" in refused.text) == (400, True)


def _says_what_the_case_page_shows(web: Web, page: str, code: str) -> None:
    """The desk sees what the citizen sees, word for word."""
    headers = {"Authorization": f"Bearer {web.token(Role.OFFICER).secret}"}
    story = httpx.get(f"{web.url}/incidents/case/parts?code={code}", headers=headers, timeout=90).json()["parts"][
        "story"
    ]
    shown = story.split("panel-citizen")[1].split("</section>")[0]
    said = re.findall(r"<(?:b|time|span)>([^<]+)</", shown.partition("panel-body")[2])
    assert {"已办结，请您评价", "已复位，回访 ****"} <= set(said)
    assert all(f">{text}<" in page for text in said)


def test_who_has_not_the_link_sees_nothing_and_it_reaches_no_log(web: Web) -> None:
    citizen, other = Citizen(web), Citizen(web)
    receipt, theirs = citizen.receipt(citizen.send(photo())), other.receipt(other.send(photo()))
    with web.database.reading() as session:
        mine = session.scalars(
            select(AttachmentRow.id).where(AttachmentRow.incident_id == case_of(web, receipt).id)
        ).one()
    assert other.get(f"{theirs}/photo/{mine}").status_code == 404
    nothing = other.get("/r/no-such-secret")
    assert (nothing.status_code, "没有这个回执" in nothing.text) == (404, True)
    assert other.post("/r/no-such-secret", data={"rating": "good"}).status_code == 404
    secret = receipt.removeprefix("/r/")
    assert secret not in web.log.read_text()
    assert "/r/***" in web.log.read_text()


def test_the_pages_are_light_and_in_english_too(web: Web) -> None:
    citizen = Citizen(web, "point=P-017&lang=en")
    assert not re.search("[\u3400-\u9fff]", re.sub("12 号灯杆|中", "", re.sub(r"grid\d|community\d", "", citizen.page)))
    receipt = citizen.get(citizen.receipt(citizen.send()) + "?lang=en").text
    assert not re.search("[\u3400-\u9fff]", re.sub("12 号灯杆|翘起|中", "", receipt))
    assets = re.findall(r'(?:href|src)="(/assets/[^"]+\.(?:css|js)[^"]*)"', citizen.page)
    weight = len(citizen.page.encode()) + sum(len(citizen.get(asset).content) for asset in assets)
    assert weight < 60_000


def test_a_recording_and_a_clip_come_with_a_report_and_nothing_else_in_their_place(web: Web) -> None:
    citizen, clip = Citizen(web), b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42" + b"\x00\x00\x00\x10mdat01234567"
    assert "microphone=(self)" in httpx.get(f"{web.url}/report", timeout=30).headers["permissions-policy"]
    assert "microphone=()" in httpx.get(f"{web.url}/sign-in", timeout=30).headers["permissions-policy"]

    def sent(*files: tuple[str, bytes]) -> httpx.Response:
        data = {"key": citizen.key, "what": "road", "point": "P-017"}
        return citizen.post("/report", data=data, files=[(name, ("x", body)) for name, body in files])

    for files, why in (
        ([("voice", photo())], "只接受"),
        ([("voice", b"OggS" + bytes(9))] * 2, "各一个"),
        ([("clip", b"OggS" + bytes(9))], "只接受"),
        ([("voice", b"OggS" + bytes(5_000_000))], "最多 5 MB"),
        ([("voice", b"#!AMR\n" + (bytes([56]) + bytes(31)) * 50 * 130)], "最长 120 秒"),
    ):
        refused = sent(*files)
        assert (refused.status_code, why in refused.text) == (400, True), why
    taken = sent(("photos", photo()), ("voice", b"OggS" + bytes(9)), ("clip", clip))
    assert taken.status_code == 303
    with web.database.reading() as session:
        kinds = select(AttachmentRow.kind, AttachmentRow.media_type).order_by(AttachmentRow.id.desc()).limit(3)
        assert {tuple(row) for row in session.execute(kinds)} == {
            ("photo", "image/jpeg"),
            ("voice", "audio/ogg"),
            ("video", "video/mp4"),
        }


def test_a_citizen_hears_his_own_recording_by_his_link_alone(web: Web) -> None:
    citizen, other = Citizen(web), Citizen(web)
    voice = b"OggS" + bytes(96)
    files = [("voice", ("x", voice))]
    data = {"key": citizen.key, "what": "road", "point": "P-017"}
    receipt = citizen.receipt(citizen.post("/report", data=data, files=files))
    theirs = other.receipt(other.send())
    case = case_of(web, receipt)
    with web.database.writing() as session:
        own = session.scalars(select(AttachmentRow).where(AttachmentRow.incident_id == case.id)).one()
        mine = own.id
        words = {c.name: getattr(own, c.name) for c in AttachmentRow.__table__.columns if c.name != "id"}
        inner = AttachmentRow(**{**words, "key": "k" * 64, "actor": "grid-1"})  # a grid worker's note to the street
        session.add(inner)
        session.flush()
        spoken = inner.id
    with web.database.writing() as session:
        row = session.get_one(IncidentRow, case.id)
        row.stage = row.step = "dispatch"
    worker = {"Authorization": f"Bearer {web.token(Role.GRID_WORKER).secret}"}
    tasks = httpx.get(f"{web.url}/api/v1/field", headers=worker, timeout=30).json()["tasks"]
    heard = next(task["recordings"] for task in tasks if task["id"] == case.id)
    assert heard == [[mine, "audio/ogg"], [spoken, "audio/ogg"]]  # who handles it hears all of them
    page = citizen.get(receipt).text
    assert (f"{receipt}/recording/{mine}" in page, f"/recording/{spoken}" in page) == (True, False)
    whole = citizen.get(f"{receipt}/recording/{mine}")
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, voice, "audio/ogg")
    part = httpx.get(f"{web.url}{receipt}/recording/{mine}", headers={"Range": "bytes=0-3"}, timeout=30)
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"OggS", "bytes 0-3/100")
    beyond = httpx.get(f"{web.url}{receipt}/recording/{mine}", headers={"Range": "bytes=100-"}, timeout=30)
    assert beyond.status_code == 416
    for there in (f"{receipt}/recording/{spoken}", f"{theirs}/recording/{mine}", f"{receipt}/photo/{mine}"):
        assert citizen.get(there).status_code == 404


def test_whoever_reads_english_is_refused_in_english(web: Web) -> None:
    """Every sentence by which a report or an answer is refused, as it stands on the page."""
    citizen, later = Citizen(web), timedelta(hours=25)

    def said(path: str, *files: tuple[str, bytes], **data: str) -> str:
        for key in web.redis.scan_iter("yiping:report:*"):
            web.redis.delete(key)
        sent = [(name, ("x", body)) for name, body in files]
        page = citizen.post(f"{path}?lang=en", data=data, files=sent or None)
        found = re.search(r'class="alert"[^>]*>([^<]+)<', page.text)
        assert found, (page.status_code, data)
        return found[1]

    good = {"key": citizen.key, "what": "road", "point": "P-017"}
    refused = [
        said("/report", **{**good, **wrong})
        for wrong in (
            {"key": "guessed.x"},
            {"key": citizen.aged(citizen.key, later)},
            {"website": "x"},
            {"what": "nothing"},
            {"text": "x" * 501},
            {"phone": "call me"},
            {"lng": "0", "lat": "0"},
            {"point": "", "place": ""},
        )
    ]
    refused += [said("/report", *files, **good) for files in ([("photos", b"x")], [("photos", photo()[:2000])])]
    refused += [said("/report", *[("photos", photo())] * 4, **good), said("/report", ("photos", b""), **good)]
    link = citizen.send(photo()).headers["location"].partition("?")[0]
    refused += [said(link, rating="perfect"), said(link, rating="good"), said(link, reason="x" * 501)]
    assert not [text for text in refused if re.search(r"[\u3400-\u9fff]", text)], refused
    assert len(set(refused)) >= 11

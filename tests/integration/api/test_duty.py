"""Shifts, hand-overs, the duty log, windows, notices and floods by HTTP: in scope, by those who may, refused else."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from data_access.commands import users
from data_access.db.tables import FloodRow, NoticeRow, ShiftRow
from data_access.domain.accounts import Role
from tests.small import COMMUNITY, DISTRICT, STREET
from tests.web import Web


@pytest.fixture
def desk(web: Web) -> Iterator[Web]:
    yield web
    with web.database.writing() as session:
        for table in ("handovers", "shifts", "alarm_windows", "notices", "floods"):
            session.execute(text(f"DELETE FROM {table}"))
        session.execute(text("DELETE FROM users WHERE name = 'zhang'"))


def ask(web: Web, role: Role, method: str, path: str, body: Any = None, *, area: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {web.token(role, area).secret}"}
    return httpx.request(method, web.url + path, json=body, headers=headers, timeout=10)


def test_a_shift_is_begun_and_ended_by_an_officer_alone(desk: Web) -> None:
    token = {"Authorization": f"Bearer {desk.token(Role.OFFICER).secret}"}
    begun = httpx.post(f"{desk.url}/api/v1/shifts/start", json={"area": STREET, "seat": "一"}, headers=token)
    assert (begun.status_code, begun.json()["area"], begun.json()["mine"]) == (201, STREET, True)
    again = httpx.post(f"{desk.url}/api/v1/shifts/start", json={}, headers=token)
    assert (again.status_code, again.json()["error"]) == (409, "您已经在班；先交班或下班。")
    told = httpx.get(f"{desk.url}/api/v1/shifts?area={DISTRICT}", headers=token).json()
    assert told["mine"]["id"] == begun.json()["id"]
    number = begun.json()["id"]
    handed = httpx.post(f"{desk.url}/api/v1/shifts/{number}/handover", json={"items": [{"alarm_id": 1}]}, headers=token)
    assert (handed.status_code, len(handed.json()["items"])) == (201, 1)
    signed = ask(desk, Role.OFFICER, "POST", f"/api/v1/handovers/{handed.json()['id']}/sign")
    assert (signed.status_code, signed.json()["seat"]) == (200, "一")
    assert httpx.get(f"{desk.url}/api/v1/shifts", headers=token).json()["mine"] is None
    for role in (Role.LEADER, Role.WALL, Role.GRID_WORKER):
        assert ask(desk, role, "POST", "/api/v1/shifts/start", {}).status_code == 403
    assert httpx.post(f"{desk.url}/api/v1/shifts/start", json={}).status_code == 401  # a guest
    assert ask(desk, Role.OFFICER, "POST", "/api/v1/shifts/start", {"no": 1}).status_code == 400
    assert ask(desk, Role.OFFICER, "POST", "/api/v1/shifts/x/end").status_code == 400
    outside = ask(desk, Role.OFFICER, "POST", "/api/v1/shifts/start", {"area": DISTRICT}, area=COMMUNITY)
    assert outside.status_code == 404


def test_the_duty_log_is_a_download_within_ones_area(desk: Web) -> None:
    ask(desk, Role.OFFICER, "POST", "/api/v1/shifts/start", {"area": STREET, "seat": "=1+1"})
    begin, end = (desk.now() + timedelta(minutes=m) for m in (-1, 1))
    query = f"from={begin.isoformat()}&to={end.isoformat()}".replace("+", "%2B")
    answer = ask(desk, Role.OFFICER, "GET", f"/api/v1/duty-log?{query}&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "duty-log-" in answer.headers["content-disposition"]
    lines = csv.DictReader(StringIO(answer.content.decode("utf-8-sig")))  # others may have acted in this minute
    assert [line["place"] for line in lines if line["what"] == "shift_start"] == ["'=1+1"]  # text, never a formula
    book = ask(desk, Role.OFFICER, "GET", f"/api/v1/duty-log?{query}&format=xlsx")
    assert book.content.startswith(b"PK")
    inside = ask(desk, Role.OFFICER, "GET", f"/api/v1/duty-log?{query}&format=json", area=COMMUNITY)
    assert [line for line in inside.json() if line["what"].startswith("shift")] == []
    assert ask(desk, Role.LEADER, "GET", f"/api/v1/duty-log?{query}").status_code == 403
    assert ask(desk, Role.OFFICER, "GET", "/api/v1/duty-log?from=1&to=2").status_code == 400
    assert ask(desk, Role.OFFICER, "GET", f"/api/v1/duty-log?{query}&format=doc").status_code == 400


def test_a_window_is_announced_to_all_around_and_ended(desk: Web) -> None:
    since, until = (desk.now() + timedelta(minutes=m) for m in (-1, 60))
    wanted = {"kind": "drill", "since": since.isoformat(), "until": until.isoformat(), "reason": "消防演练"}
    made = ask(desk, Role.OFFICER, "POST", "/api/v1/alarm-windows", {**wanted, "building": "B1"})
    assert (made.status_code, made.json()["building"], made.json()["open"]) == (201, "B1", True)
    assert made.json()["place"] == desk.get("/api/v1/buildings/B1").json()["name"]
    for area in (DISTRICT, STREET, COMMUNITY):
        listed = desk.get(f"/api/v1/alarm-windows?area={area}").json()["windows"]
        assert [w["reason"] for w in listed] == ["消防演练"]
    number = made.json()["id"]
    assert ask(desk, Role.LEADER, "DELETE", f"/api/v1/alarm-windows/{number}").status_code == 403
    assert ask(desk, Role.OFFICER, "DELETE", f"/api/v1/alarm-windows/{number}", area="440303004012").status_code == 404
    assert ask(desk, Role.OFFICER, "DELETE", f"/api/v1/alarm-windows/{number}").status_code == 204
    assert ask(desk, Role.OFFICER, "DELETE", f"/api/v1/alarm-windows/{number}").status_code == 409
    assert desk.get("/api/v1/alarm-windows").json()["windows"] == []
    for bad in (
        wanted,
        {**wanted, "area": STREET, "device": "S1"},
        {**wanted, "area": STREET, "kind": "party"},
        {**wanted, "area": STREET, "until": since.isoformat()},
        {**wanted, "area": STREET, "since": "2026-06-01T12:00:00"},
    ):
        assert ask(desk, Role.OFFICER, "POST", "/api/v1/alarm-windows", bad).status_code == 400
    nowhere = ask(desk, Role.OFFICER, "POST", "/api/v1/alarm-windows", {**wanted, "device": "none"})
    assert nowhere.status_code == 404


def test_notices_that_failed_are_shown_without_whom_they_were_for(desk: Web) -> None:
    with desk.database.writing() as session:
        session.add(
            NoticeRow(
                alarm_id=1,
                area_path="000000",
                step="escalated",
                channel="sms",
                target="P-secret",
                body="x",
                state="failed",
                attempts=6,
                created_at=desk.now(),
                error="the other side answers 503",
            )
        )
    told = desk.get("/api/v1/notices").json()
    assert told["failed"] == {"sms": 1}
    assert (told["notices"][0]["error"], told["notices"][0]["target"]) == ("the other side answers 503", None)
    assert ask(desk, Role.OFFICER, "GET", "/api/v1/notices", area=COMMUNITY).json() == {"notices": [], "failed": {}}


def test_the_flood_is_told_with_the_open_alarms_as_groups(desk: Web) -> None:
    told = desk.get(f"/api/v1/alarms/flood?area={STREET}").json()
    assert told["flood"]["on"] is False
    assert desk.get(f"/api/v1/alarms/queue?area={STREET}").json()["flood"] == told["flood"]
    assert [(g["cause"], g["count"], g["area"]) for g in told["groups"]][:1] == [("smoke", 1, COMMUNITY)]
    assert (told["cause"], told["help"]) == (None, None)


def test_help_is_asked_for_in_a_flood_alone_by_those_who_act(desk: Web) -> None:
    path = "/api/v1/alarms/flood/help"
    assert ask(desk, Role.OFFICER, "POST", path).json()["error"] == "现在没有告警洪泛。"
    for role in (Role.LEADER, Role.WALL, Role.GRID_WORKER):
        assert ask(desk, role, "POST", path).status_code == 403
    with desk.database.writing() as session:
        at = desk.now()
        session.add(FloodRow(area_path="000000", shift_id=0, at=at, per10=30, since=at))
    asked = f"{path}?area={STREET}"
    assert ask(desk, Role.OFFICER, "POST", f"{path}?area={COMMUNITY}", area=COMMUNITY).status_code == 409  # not his
    assert ask(desk, Role.OFFICER, "POST", asked).status_code == 400  # nobody above would get it
    token = {"Authorization": f"Bearer {desk.token(Role.OFFICER).secret}"}
    with desk.database.writing() as session:
        users.add(session, "zhang", Role.OFFICER, display="张三", actor="chief", now=desk.now(), demo=True)
        session.add(ShiftRow(user="zhang", area_path="000", seat=None, started_at=desk.now(), ended_at=None))
    told = httpx.post(desk.url + asked, headers=token, timeout=10)
    assert (told.status_code, told.json()["help"]["whom"]) == (201, "张三")
    assert httpx.post(desk.url + asked, headers=token, timeout=10).status_code == 409
    back = httpx.delete(desk.url + asked, headers=token, timeout=10)
    assert (back.status_code, back.json()["help"]) == (200, None)

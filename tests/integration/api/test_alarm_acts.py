"""The duty officer's interface over HTTP: queue, actions one by one and many at once, conflicts told by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select

from data_access.api.alarm_acts import ACTIONS
from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmRow,
    AreaRow,
    IncidentHistoryRow,
    IncidentRow,
    TaskRow,
    TeamRow,
)
from data_access.domain.accounts import Role
from tests.small import COMMUNITY
from tests.web import Token, Web


@pytest.fixture
def numbers(web: Web) -> Iterator[list[int]]:
    """Three standing alarms of our own: minor, minor, critical for life."""
    at = datetime.now(UTC)  # noqa: TID251  # the web process reads the same clock
    with web.database.writing() as session:
        grid = session.query(AreaRow).where(AreaRow.code == f"{COMMUNITY}002").one()
        rows = [
            AlarmRow(
                device_id=number,
                kind=kind,
                severity=severity,
                life_safety=life,
                state="active_unacked",
                occurrences=1,
                area_id=grid.id,
                area_path=grid.path,
                place=f"{number}号井",
                raised_at=at + timedelta(milliseconds=number),
                last_at=at,
                needs_reason=life,
                source="live",
                version=1,
            )
            for number, (kind, severity, life) in enumerate(
                (("manhole_water", 2, False), ("manhole_water", 2, False), ("gas", 4, True)), 5
            )
        ]
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    yield ids
    with web.database.writing() as session:
        session.execute(delete(TaskRow).where(TaskRow.alarm_id.in_(ids)))
        session.execute(delete(AlarmHistoryRow).where(AlarmHistoryRow.alarm_id.in_(ids)))
        made = select(IncidentRow.id).where(IncidentRow.source == "alarm")
        session.execute(delete(IncidentHistoryRow).where(IncidentHistoryRow.incident_id.in_(made)))
        session.execute(delete(IncidentRow).where(IncidentRow.source == "alarm"))
        session.execute(delete(AlarmRow).where(AlarmRow.id.in_(ids)))


@pytest.fixture(scope="module")
def officer(web: Web) -> Token:
    return web.token(Role.OFFICER)


@pytest.fixture
def post(web: Web, officer: Token) -> Callable[..., httpx.Response]:
    """Does something to an alarm as the officer."""

    def done(number: int, action: str, version: int, **more: Any) -> httpx.Response:
        url = f"{web.url}/api/v1/alarms/{number}/{action}"
        return httpx.post(url, json={"version": version, **more}, headers=signed(officer))

    return done


def signed(token: Token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.secret}"}


Post = Callable[..., httpx.Response]


def test_the_queue_is_gravest_first_then_oldest_with_counts(web: Web, numbers: list[int]) -> None:
    found = web.get(f"/api/v1/alarms/queue?area={COMMUNITY}&q=号井").json()
    assert [row["id"] for row in found["rows"]] == [numbers[2], numbers[0], numbers[1]]
    assert found["total"] == 3
    assert found["counts"]["by_severity"] == {"4": 1, "2": 2}
    assert found["counts"]["by_view"]["unacked"] == 3
    second = web.get(f"/api/v1/alarms/queue?area={COMMUNITY}&q=号井&offset=1&limit=1").json()
    assert [row["id"] for row in second["rows"]] == [numbers[0]]
    graver = web.get(f"/api/v1/alarms/queue?area={COMMUNITY}&q=号井&severity=minor&kind=manhole_water").json()
    assert graver["total"] == 2
    assert web.get("/api/v1/alarms/queue?view=nonsense").status_code == 400


def test_claimed_shelved_and_handled_alarms_are_in_views_of_their_own(
    web: Web, numbers: list[int], post: Post, officer: Token
) -> None:
    first, second, _ = numbers
    assert post(first, "claim", 1).json()["owner"] == officer.name
    until = (datetime.now(UTC) + timedelta(hours=2)).isoformat()  # noqa: TID251  # as above
    aside = post(second, "shelve", 1, reason="水泵检修", until=until).json()
    assert (aside["shelve_reason"], aside["version"]) == ("水泵检修", 2)
    views = {}
    for view in ("open", "mine", "shelved", "all"):
        url = f"{web.url}/api/v1/alarms/queue?view={view}&q=号井"
        rows = httpx.get(url, headers=signed(officer)).json()["rows"]
        views[view] = [row["id"] for row in rows]
    assert views == {
        "open": [numbers[2], first],
        "mine": [first],
        "shelved": [second],
        "all": [numbers[2], first, second],
    }
    assert post(second, "unshelve", 2).json()["shelved_until"] is None


def test_an_alarm_is_handled_from_first_look_to_close(web: Web, numbers: list[int], post: Post) -> None:
    with web.database.writing() as session:
        grid = session.query(AreaRow).where(AreaRow.code == COMMUNITY).one()
        team = TeamRow(code=f"T{numbers[0]}", name="微型消防站", kind="fire", area_id=grid.id, area_path=grid.path)
        session.add(team)
        session.flush()
        team_id = team.id
    number = numbers[2]
    said: dict[str, dict[str, Any]] = {
        "acknowledge": {"note": "看到了"},
        "call": {"who": "物业", "outcome": "reached"},
        "dispatch": {"team_id": team_id, "note": "带检测仪"},
        "comment": {"text": "已关阀门", "mentions": ["demo-leader"]},
        "incident": {},
        "close": {"reason": "real", "note": "阀门漏气"},
    }
    for version, (action, more) in enumerate(said.items(), 1):
        answer = post(number, action, version, **more)
        assert answer.status_code == 200, answer.text
    record = answer.json()
    assert (record["state"], record["close_reason"], record["dispatched_to"]) == ("active_acked", "real", "微型消防站")
    assert record["incident_id"]
    detail = web.get(f"/api/v1/alarms/{number}").json()
    assert [step["action"] for step in detail["history"]] == list(said)
    assert detail["history"][1]["detail"] == {"who": "物业", "outcome": "reached"}
    assert detail["guidance"]["what_to_do"].startswith("1. ")


def test_what_was_just_done_is_undone_once(numbers: list[int], post: Post) -> None:
    assert post(numbers[0], "acknowledge", 1).json()["state"] == "active_acked"
    assert post(numbers[0], "undo", 2).json()["state"] == "active_unacked"
    assert post(numbers[0], "undo", 3).status_code == 409


def test_what_is_said_is_kept_although_somebody_was_faster(numbers: list[int], post: Post) -> None:
    post(numbers[0], "claim", 1)
    assert post(numbers[0], "comment", 1, text="物业已到现场").status_code == 200
    assert post(numbers[0], "call", 1, who="物业", outcome="reached").status_code == 200


def test_a_refusal_is_a_sentence_that_a_catalogue_can_translate(web: Web, numbers: list[int], post: Post) -> None:
    url = f"{web.url}/api/v1/alarms/{numbers[0]}/claim"
    assert httpx.post(url, json={"version": 1}, headers=signed(web.token(Role.OFFICER))).status_code == 200
    answer = post(numbers[0], "acknowledge", 1)
    assert answer.status_code == 409
    assert answer.json() == {
        "error": "t* 刚刚认领了这条告警。",
        "source": "{who} 刚刚认领了这条告警。",
        "named": {"who": "t*"},
    }


def test_many_alarms_at_once_and_those_that_cannot_be_done_are_told(
    web: Web, numbers: list[int], officer: Token
) -> None:
    body = {
        "action": "acknowledge",
        "items": [{"id": n, "version": 1} for n in [*numbers, 999_999]],
        "note": "一起看过",
    }
    body["items"][1]["version"] = 5  # type: ignore[index]
    found = httpx.post(web.url + "/api/v1/alarms/act", json=body, headers=signed(officer)).json()
    assert [row["id"] for row in found["done"]] == [numbers[0], numbers[2]]
    assert {row["state"] for row in found["done"]} == {"active_acked"}
    assert [r["id"] for r in found["refused"]] == [numbers[1], 999_999]


@pytest.mark.parametrize("action", ACTIONS)
def test_bodies_that_are_not_what_they_must_be_are_refused(
    web: Web, numbers: list[int], officer: Token, action: str
) -> None:
    url, known = f"{web.url}/api/v1/alarms/{numbers[0]}/{action}", signed(officer)
    assert httpx.post(url, content=b"nonsense", headers=known).status_code == 400
    assert httpx.post(url, json={"nonsense": 1, "version": 1}, headers=known).status_code == 400
    assert httpx.post(url, json={}, headers=known).status_code == 400
    elsewhere = {**known, "Origin": "http://elsewhere"}
    assert httpx.post(url, json={"version": 1}, headers=elsewhere).status_code == 403
    assert httpx.get(url, headers=known).status_code == 405


@pytest.mark.parametrize("action", [*ACTIONS, "act"])
def test_guests_and_walls_do_nothing_and_a_leader_only_comments(web: Web, numbers: list[int], action: str) -> None:
    url = f"{web.url}/api/v1/alarms/{numbers[0]}/{action}"
    if action == "act":
        url = f"{web.url}/api/v1/alarms/act"
    body = {"action": "close", "items": [{"id": numbers[0], "version": 1}]} if action == "act" else {"version": 1}
    assert httpx.post(url, json=body).status_code == 401
    assert httpx.post(url, json=body, headers=signed(web.token(Role.WALL))).status_code == 403
    leader = httpx.post(url, json=body, headers=signed(web.token(Role.LEADER)))
    assert leader.status_code == (400 if action == "comment" else 403)


def test_an_officer_of_another_community_finds_nothing(web: Web, numbers: list[int]) -> None:
    other = web.token(Role.OFFICER, "440303004012")
    url = f"{web.url}/api/v1/alarms/{numbers[0]}/acknowledge"
    assert httpx.post(url, json={"version": 1}, headers=signed(other)).status_code == 404
    many = {"action": "acknowledge", "items": [{"id": numbers[0], "version": 1}]}
    found = httpx.post(f"{web.url}/api/v1/alarms/act", json=many, headers=signed(other)).json()
    assert (found["done"], [r["id"] for r in found["refused"]]) == ([], [numbers[0]])
    assert httpx.get(f"{web.url}/api/v1/alarms/queue?q=号井", headers=signed(other)).json()["total"] == 0

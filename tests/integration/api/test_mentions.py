"""One's own mentions over HTTP: told, read, nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from data_access.db.tables import AlarmRow, NoticeRow
from data_access.domain.accounts import Role
from tests.small import COMMUNITY
from tests.web import Token, Web


@pytest.fixture
def named(web: Web) -> Iterator[Token]:
    """An officer whom a note about the small district's alarm has named."""
    token = web.token(Role.OFFICER)
    with web.database.writing() as session:
        alarm = session.get_one(AlarmRow, 1)
        session.add(
            NoticeRow(
                alarm_id=1,
                area_path=alarm.area_path,
                step="mentioned",
                channel="product",
                target=token.name,
                body="lin\n@wei 请看一眼",
                state="unread",
                attempts=0,
                created_at=web.now(),
                next_try_at=None,
                sent_at=web.now(),
                error=None,
            )
        )
    yield token
    with web.database.writing() as session:
        session.execute(delete(NoticeRow))


def ask(web: Web, secret: str, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.request(method, web.url + path, json=body, headers=headers, timeout=10)


def test_whoever_was_named_reads_it_once_and_nobody_else_does(web: Web, named: Token) -> None:
    mine = ask(web, named.secret, "GET", "/api/v1/mentions").json()
    assert mine["unread"] == 1
    (one,) = mine["mentions"]
    assert (one["alarm_id"], one["by"], one["text"], one["unread"]) == (1, "lin", "@wei 请看一眼", True)
    other = web.token(Role.OFFICER).secret
    assert ask(web, other, "GET", "/api/v1/mentions").json() == {"unread": 0, "mentions": []}
    ask(web, other, "POST", "/api/v1/mentions/read", {"ids": [one["id"]]})
    assert ask(web, named.secret, "GET", "/api/v1/mentions").json()["unread"] == 1
    left = ask(web, named.secret, "POST", "/api/v1/mentions/read", {"ids": [one["id"]]})
    assert (left.status_code, left.json()["unread"], left.json()["mentions"][0]["unread"]) == (200, 0, False)
    assert ask(web, named.secret, "POST", "/api/v1/mentions/read", {"ids": []}).status_code == 400


def test_who_can_be_named_is_told_to_those_who_see_the_alarm(web: Web) -> None:
    for role, area, status in (
        (Role.LEADER, COMMUNITY, 200),
        (Role.OFFICER, "440303004012", 404),
        (Role.WALL, None, 403),
    ):
        answer = ask(web, web.token(role, area).secret, "GET", "/api/v1/mentions/people?alarm=1")
        assert answer.status_code == status, role
    assert web.get("/api/v1/mentions").status_code == 401  # a guest is nobody's colleague
    assert ask(web, web.token(Role.OFFICER).secret, "GET", "/api/v1/mentions/people").status_code == 400

"""The grid worker's page and its interface at a real server: who may, in which form, and a shell that names nobody."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from data_access.domain.accounts import Role
from tests.small import GRID
from tests.web import Web

pytestmark = pytest.mark.usefixtures("left_as_found")


class Worker:
    def __init__(self, web: Web, role: Role = Role.GRID_WORKER) -> None:
        self.url = web.url
        self.name = (token := web.token(role, GRID)).name
        self.headers = {"Authorization": f"Bearer {token.secret}"}

    def get(self, path: str = "/api/v1/field") -> httpx.Response:
        return httpx.get(self.url + path, headers=self.headers, timeout=30)

    def say(self, path: str, **body: Any) -> httpx.Response:
        return httpx.post(f"{self.url}/api/v1/field/{path}", json=body, headers=self.headers, timeout=30)


def test_a_worker_sees_his_area_and_is_told_that_a_repetition_is_one(web: Web) -> None:
    worker = Worker(web)
    number = httpx.post(f"{web.url}/api/v1/incidents", json={"title": "井盖", "area": GRID}, timeout=30).json()["id"]
    seen = worker.get().json()
    assert (seen["user"], number in [task["id"] for task in seen["tasks"]]) == (worker.name, False)  # not dispatched
    body = {"key": "key-0001", "what": "accept", "incident_id": number, "version": 1}
    refused = worker.say("acts", **body)
    assert (refused.status_code, "派遣" in refused.json()["error"]) == (409, True)
    assert worker.say("visits", key="key-0002", point="none").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"what": "accept", "incident_id": 1, "version": 1},
        {"key": "short", "what": "accept", "incident_id": 1, "version": 1},
        {"key": "key-0009", "what": "close", "incident_id": 1, "version": 1},
        {"key": "key-0009", "what": "arrive", "incident_id": 1, "version": 1, "lng": 114.0},
        {"key": "key-0009", "what": "arrive", "incident_id": 1, "version": 1, "done_at": "2026-06-01T04:00:00"},
        {"key": "key-0009", "what": "arrive", "incident_id": 1, "version": 1, "more": 1},
        {"key": "key-0009", "what": "arrive", "incident_id": 1, "version": 1, "note": "字" * 3000},
    ],
)
def test_what_does_not_fit_is_a_sentence(web: Web, body: dict[str, Any]) -> None:
    answer = Worker(web).say("acts", **body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_only_who_has_tasks_may_ask(web: Web) -> None:
    assert Worker(web, Role.OFFICER).get().status_code == 200
    for role in (Role.LEADER, Role.WALL):
        assert Worker(web, role).get().status_code == 403
        body = {"key": "key-0001", "what": "accept", "incident_id": 1, "version": 1}
        assert Worker(web, role).say("acts", **body).status_code == 403


def test_the_shell_that_a_phone_keeps_holds_nothing_of_anybody(web: Web) -> None:
    worker = Worker(web)
    page = worker.get("/field").text
    assert page == Worker(web, Role.OFFICER).get("/field").text
    assert worker.name not in page
    assert "我的任务" in page
    english = worker.get("/field?lang=en").text
    assert "My tasks" in english
    assert '"反馈": "Feedback"' in english  # a step that follows handling is named in the language of the page

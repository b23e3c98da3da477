"""Cases over HTTP: the loop from the report to the rating, the board, the list and its pages, who may do what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from data_access.db.tables import IncidentRow, UnitRow
from data_access.domain.accounts import Role
from tests.small import COMMUNITY, GRID
from tests.web import Web


class Client:
    """Asks as one account."""

    def __init__(self, web: Web, role: Role = Role.OFFICER, area: str | None = None) -> None:
        self.web = web
        token = web.token(role, area).secret if area else web.token(role).secret
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, status: int = 200) -> Any:
        answer = httpx.get(f"{self.web.url}/api/v1/incidents{path}", headers=self.headers, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        url = f"{self.web.url}/api/v1/incidents{path}"
        answer = httpx.post(url, json=body, headers=self.headers, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def officer(web: Web) -> Client:
    with web.database.writing() as session:
        if session.get(UnitRow, 1) is None:
            session.add(UnitRow(source="t", ref="1", name="城管", aliases=[]))
    return Client(web)


def report(officer: Client, **more: Any) -> int:
    number: int = officer.post("", {"title": "井盖破损", "area": GRID, **more}, 201)["id"]
    return number


def test_from_the_report_to_the_rating(officer: Client) -> None:
    number = report(officer)
    found = officer.get(f"/{number}")
    assert [step["name"] for step in found["steps"]] == ["采集", "立案", "派遣", "处置", "反馈", "核查", "结案"]
    while (step := found["incident"]["next_step"]) is not None:
        said = {"step": step, "version": found["incident"]["version"]}
        said |= {"unit_id": 1} if step == "dispatch" else {}
        found = officer.post(f"/{number}/advance", said)
    assert (found["incident"]["stage"], found["incident"]["unit"]) == ("closed", "城管")
    assert all(step["done"] for step in found["steps"])
    found = officer.post(f"/{number}/rate", {"rating": 4, "version": 7, "note": "不错"})
    assert (found["satisfaction"], found["history"][-1]["note"]) == (4, "不错")
    assert number in [line["id"] for line in officer.get("?state=closed&limit=200")["incidents"]]


def test_what_is_not_allowed_is_a_sentence(officer: Client, web: Web) -> None:
    number = report(officer)
    for action, body, status in (
        ("advance", {"version": 1, "step": "close"}, 409),
        ("advance", {"version": 1}, 400),
        ("suspend", {"version": 1}, 400),
        ("suspend", {"version": 9, "reason": "等材料"}, 409),
        ("ask", {"version": 1, "reason": "难", "until": "2099-01-01T00:00:00"}, 400),
        ("rate", {"version": 1, "rating": 9}, 400),
        ("comment", {"version": 1, "note": "x", "more": 1}, 400),
    ):
        assert officer.post(f"/{number}/{action}", body, status)["error"]
    Client(web, Role.LEADER).post(f"/{number}/urge", {"version": 1, "note": "抓紧"})
    assert Client(web, Role.LEADER).post(f"/{number}/void", {"version": 2, "reason": "x"}, 403)["error"]
    assert Client(web, Role.WALL).get("", 403)["error"]
    assert officer.get("/99999999", 404)["error"]
    assert officer.get("?state=x", 400)["error"]
    assert officer.get("?cursor=x", 400)["error"]
    assert officer.get(f"/{number}")["incident"]["urged"] == 1


def test_pages_by_the_clock_have_every_open_case_once_and_the_undated_last(officer: Client, web: Web) -> None:
    numbers = [report(officer, urgency=("normal", "urgent", "very_urgent")[n % 3]) for n in range(9)]
    officer.post(f"/{numbers[0]}/suspend", {"version": 1, "reason": "等材料"})
    with web.database.writing() as session:
        session.execute(
            update(IncidentRow).where(IncidentRow.id == numbers[1]).values(due_at=web.now() - timedelta(hours=1))
        )
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = officer.get(f"?area={COMMUNITY}&limit=2{cursor}")
        found += page["incidents"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    ids = [line["id"] for line in found]
    assert len(ids) == len(set(ids))
    assert set(numbers) <= set(ids)
    dated = [line["due_at"] for line in found if line["due_at"] is not None]
    assert dated == sorted(dated)
    assert numbers[0] in ids[len(dated) :]
    assert numbers[1] in [line["id"] for line in officer.get(f"?area={COMMUNITY}&state=overdue")["incidents"]]
    assert [line["id"] for line in officer.get(f"?area={GRID}&state=suspended")["incidents"]] == [numbers[0]]
    urgent = officer.get(f"?area={GRID}&urgency=2&limit=200")["incidents"]
    assert {numbers[2], numbers[5], numbers[8]} <= {line["id"] for line in urgent}


def test_the_board_counts_what_the_list_has(officer: Client) -> None:
    report(officer)
    columns = officer.get(f"/board?area={COMMUNITY}&limit=1")["columns"]
    assert [column["stage"] for column in columns] == ["report", "register", "dispatch", "handle", "feedback", "verify"]
    for column in columns:
        listed = officer.get(f"?area={COMMUNITY}&stage={column['stage']}&limit=200")["incidents"]
        assert column["total"] == len(listed)
        assert column["overdue"] == sum(line["overdue"] for line in listed)
        assert len(column["incidents"]) == min(1, len(listed))


def test_from_another_community_a_case_is_not_there(officer: Client, web: Web) -> None:
    number = report(officer)
    other = Client(web, Role.OFFICER, "440303004012")
    other.get(f"/{number}", 404)
    other.post(f"/{number}/urge", {"version": 1}, 404)
    other.get(f"?area={GRID}", 404)
    assert number not in [line["id"] for line in other.get("?limit=200")["incidents"]]

"""`/users` and `/audit` at a real server: forms that work without a script, and cannot be sent from elsewhere."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select, update

from data_access.auth.credentials import hash_password
from data_access.commands import users
from data_access.db.tables import AreaRow, ResponsibleRow, UserRow
from data_access.domain.accounts import DEMO_PASSWORD, Role
from tests.small import COMMUNITY, GRID
from tests.web import Web, wait_for

CHIEF = "users-chief"


@pytest.fixture(scope="module", autouse=True)
def _account(web: Web) -> Iterator[None]:
    """A demo account to work with; what it adds closes the server to guests, whom other tests are, until it ends."""
    with web.database.writing() as db:
        kept = hash_password(DEMO_PASSWORD)
        users.add(db, CHIEF, Role.ADMINISTRATOR, actor="test", now=web.now(), password_hash=kept, demo=True)
    yield
    with web.database.writing() as db:
        db.execute(update(UserRow).values(demo=True))
    wait_for(lambda: web.get("/api/v1/me").status_code == 200)


@pytest.fixture(scope="module")
def browser(web: Web) -> Iterator[httpx.Client]:
    """Signed in as the administrator, once: the server lets nobody try too often."""
    with httpx.Client(base_url=web.url, headers={"Accept": "text/html", "Origin": web.url}, timeout=20) as client:
        token = _token(client.get("/sign-in").text)
        sent = {"form_token": token, "name": CHIEF, "password": DEMO_PASSWORD, "next": "/users"}
        assert client.post("/sign-in", data=sent).headers["location"] == "/users"
        yield client


def _token(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found
    return found[1]


def _send(browser: httpx.Client, act: str, **fields: str) -> httpx.Response:
    token = _token(browser.get("/users").text)
    return browser.post("/users", data={"form_token": token, "act": act, **fields})


def test_an_account_is_added_changed_and_disabled_by_forms_and_the_audit_says_so(
    web: Web, browser: httpx.Client
) -> None:
    given = {"name": "users-lin", "display": "林 <b>", "role": "officer", "area": f"{COMMUNITY} 社区"}
    added = _send(browser, "add", **given)
    link = re.search(r'value="(http[^"]+/sign-in/token/[^"]+)"', added.text)
    assert (added.status_code, bool(link)) == (200, True), added.text
    assert link
    assert httpx.get(link[1]).status_code == 200  # a password may be chosen by it
    page = browser.get("/users?name=users-lin").text
    assert "林 &lt;b&gt;" in page
    assert "林 <b>" not in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    changed = _send(browser, "change", name="users-lin", role="leader", area=COMMUNITY, version=version[1])
    assert (changed.status_code, changed.headers["location"]) == (303, "/users?name=users-lin&done=changed")
    again = _send(browser, "change", name="users-lin", role="officer", area=COMMUNITY, version=version[1])
    assert (again.status_code, "刚刚被别人改过" in again.text) == (400, True)
    assert _send(browser, "disable", name="users-lin").status_code == 303
    answer = browser.get("/api/v1/audit?from=2000-01-01&to=2100-01-01&about=accounts&format=csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    mine = [line["action"] for line in lines if (line["who"], line["about"]) == (CHIEF, "users-lin")]
    assert mine == ["user_disabled", "user_changed", "password_reset", "user_added"]
    page = browser.get("/audit?about=exports").text
    assert "audit-20000101-21000101.csv" in page


def test_a_form_from_elsewhere_or_without_its_token_changes_nothing(web: Web, browser: httpx.Client) -> None:
    token = _token(browser.get("/users").text)
    sent = {"act": "add", "name": "users-evil", "role": "administrator"}
    assert browser.post("/users", data=sent).status_code == 403
    assert browser.post("/users", data={**sent, "form_token": "guessed"}).status_code == 403
    elsewhere = {"Origin": "http://elsewhere"}
    assert browser.post("/users", data={**sent, "form_token": token}, headers=elsewhere).status_code == 403
    program = {"Authorization": f"Bearer {web.token(Role.ADMINISTRATOR).secret}"}
    with httpx.Client(base_url=web.url, headers=program) as other:
        assert other.post("/users", data={**sent, "form_token": token}).status_code == 403
    assert "users-evil" not in browser.get("/users").text


@pytest.mark.parametrize("role", [Role.OFFICER, Role.LEADER, Role.GRID_WORKER])
def test_no_other_role_opens_the_pages(web: Web, role: Role) -> None:
    headers = {"Authorization": f"Bearer {web.token(role).secret}"}
    for path in ("/users", "/audit", "/api/v1/audit?from=2026-06-01&to=2026-06-02"):
        assert web.get(path, headers=headers).status_code == 403


@pytest.mark.parametrize("act", ["add", "change", "disable", "enable", "reset", "issue", "revoke", "nonsense"])
def test_what_makes_no_sense_is_refused_in_a_sentence(browser: httpx.Client, act: str) -> None:
    answer = _send(browser, act, name="", role="king", days="x", number="-1", version="?")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert browser.get("/audit?from=2026-02-02&to=2026-01-01").status_code == 400
    assert browser.get("/audit?before=nonsense").status_code == 400


def test_name_and_number_of_somebody_responsible_are_answered_with_a_reason(web: Web) -> None:
    with web.database.writing() as session:
        grid = session.scalars(select(AreaRow).where(AreaRow.code == GRID)).one()
        person = ResponsibleRow(code="REVEALED", name="陈丽", role="grid_worker", phone="13800001234")
        person.area_id, person.area_path = grid.id, grid.path
        session.add(person)
        session.flush()
        number = person.id

    def ask(role: Role, **said: object) -> httpx.Response:
        token = {"Authorization": f"Bearer {web.token(role).secret}"}
        return httpx.post(f"{web.url}/api/v1/unmask", json=said, headers=token, timeout=20)

    asked = {"kind": "responsible", "id": number, "reason": "核实在岗情况"}
    found = ask(Role.LEADER, **asked)
    assert (found.status_code, found.json()["name"], found.json()["phone"]) == (200, "陈丽", "13800001234")
    assert ask(Role.LEADER, **{**asked, "reason": ""}).status_code == 400
    assert ask(Role.LEADER, **{**asked, "kind": "resident"}).status_code == 403
    assert ask(Role.WALL, **asked).status_code == 403
    assert ask(Role.OFFICER, **{**asked, "id": 2**63 - 1}).status_code == 404
    assert ask(Role.OFFICER, **{**asked, "id": 2**63}).status_code == 400
    with web.database.writing() as session:
        session.delete(session.get_one(ResponsibleRow, number))

"""`/catalogue` and `/workflows` at a real server: forms that work without a script, within one's own area."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select, update

from data_access.auth.credentials import hash_password
from data_access.commands import items, users
from data_access.db.tables import AuditRow, IncidentRow, IncidentTypeRow, ItemRow, UserRow, WorkflowRow
from data_access.domain.accounts import DEMO_PASSWORD, Role
from tests.small import COMMUNITY, GRID
from tests.web import Web, wait_for

pytestmark = pytest.mark.usefixtures("left_as_found")

CHIEF, STREET_CHIEF = "cat-chief", "cat-street"


@pytest.fixture(scope="module", autouse=True)
def _accounts(web: Web) -> Iterator[None]:
    with web.database.writing() as db:
        items.lay(db, web.now())
        kept = hash_password(DEMO_PASSWORD)
        for name, area in ((CHIEF, None), (STREET_CHIEF, COMMUNITY)):
            users.add(
                db, name, Role.ADMINISTRATOR, actor="test", now=web.now(), area=area, password_hash=kept, demo=True
            )
    yield
    with web.database.writing() as db:
        db.execute(update(UserRow).values(demo=True))
    wait_for(lambda: web.get("/api/v1/me").status_code == 200)


def _signed_in(web: Web, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=web.url, headers={"Accept": "text/html", "Origin": web.url}, timeout=20) as client:
        sent = {"form_token": _token(client.get("/sign-in").text), "name": name, "password": DEMO_PASSWORD}
        assert client.post("/sign-in", data=sent).status_code == 303
        yield client


@pytest.fixture(scope="module")
def chief(web: Web) -> Iterator[httpx.Client]:
    yield from _signed_in(web, CHIEF)


@pytest.fixture(scope="module")
def street(web: Web) -> Iterator[httpx.Client]:
    yield from _signed_in(web, STREET_CHIEF)


def _token(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found
    return found[1]


def _fields(page: str) -> dict[str, str]:
    """What the form that is open would send as it stands."""
    form = page.split('class="panel panel-open"')[1].split("</form>", maxsplit=1)[0]
    found = {}
    for tag in re.findall(r"<input [^>]+>", form):
        given = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if given["type"] != "checkbox" or " checked" in tag:
            found[given["name"]] = given.get("value", "")
    for name, options in re.findall(r'<select [^>]*?name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        (found[name],) = re.findall(r'<option (?=[^>]*selected)[^>]*value="([^"]*)"', options)
    return found


def _item(web: Web, number: str) -> ItemRow:
    with web.database.writing() as db:
        return db.execute(select(ItemRow).where(ItemRow.number == number, ItemRow.retired_at.is_(None))).scalar_one()


def _reported(web: Web, kind: str, key: str) -> IncidentRow:
    body = {"title": "x", "area": GRID, "class": kind, "channel": "12345", "key": key}
    headers = {"Authorization": f"Bearer {web.token(Role.OFFICER).secret}"}
    sent = httpx.post(web.url + "/api/v1/incidents", json=body, headers=headers, timeout=10)
    assert sent.status_code in {200, 201}, sent.text
    with web.database.writing() as db:
        return db.execute(select(IncidentRow).where(IncidentRow.source_ref == key)).scalar_one()


def test_an_item_is_changed_by_its_form_and_the_next_case_keeps_to_it(web: Web, chief: httpx.Client) -> None:
    page = chief.get("/catalogue?q=电力设施故障&lang=zh").text
    assert "示例" in page
    row = _item(web, "A003")
    fields = _fields(chief.get(f"/catalogue?item={row.id}").text)
    assert (fields["limit"], fields["category"], fields["time"]) == ("12", "A", "calendar")
    answer = chief.post(f"/catalogue?item={row.id}", data={**fields, "limit": "6", "step-register": "0.1"})
    assert answer.status_code == 303
    assert "在办的案卷不变" in chief.get(answer.headers["location"]).text
    now = _item(web, "A003")
    assert (now.version, now.limit_ms, now.limits_ms, now.sample) == (2, 6 * 3_600_000, {"register": 360_000}, False)
    case = _reported(web, "电力设施故障", "cat-1")
    assert case.due_at is not None
    assert (case.due_at - case.created_at).total_seconds() == 6 * 3600
    stale = chief.post(f"/catalogue?item={row.id}", data={**fields, "limit": "5"})
    assert (stale.status_code, "别人改过" in stale.text) == (400, True)
    wrong = chief.post(f"/catalogue?item={now.id}&lang=en", data={**fields, "version": "2", "limit": "never"})
    assert (wrong.status_code, "a number of hours" in wrong.text) == (400, True)
    with web.database.writing() as db:
        kept = db.scalars(select(AuditRow).where(AuditRow.subject == "item:A003")).all()
    assert [row.actor for row in kept] == [CHIEF]


def test_who_looks_after_a_part_sets_items_for_it_alone(web: Web, chief: httpx.Client, street: httpx.Client) -> None:
    row = _item(web, "D001")
    assert "由上级设定" in street.get(f"/catalogue?item={row.id}").text
    fields = _fields(chief.get(f"/catalogue?item={row.id}").text)
    token = _token(street.get("/catalogue?new=1").text)
    sent = {**fields, "form_token": token, "limit": "2", "area": ""}
    answer = street.post("/catalogue?new=1", data={**sent, "version": "0"})
    assert answer.status_code == 303, answer.text
    with web.database.writing() as db:
        own = db.scalars(select(ItemRow).where(ItemRow.number == "D001").order_by(ItemRow.id)).all()
    assert [(bool(r.area_path), r.limit_ms // 3_600_000) for r in own] == [(False, 14), (True, 2)]  # his whole area
    for area in ("440303", "440303004"):
        outside = street.post("/catalogue?new=1", data={**sent, "version": "0", "area": area})
        assert (outside.status_code, "权限范围" in outside.text) == (400, True)
    assert "流程是全部区域共用的" in street.get("/workflows").text
    with web.database.writing() as db:
        name = db.get_one(IncidentTypeRow, row.type_id).name
    case = _reported(web, name, "cat-2")
    assert case.item_id == own[1].id


def test_a_workflow_is_published_by_its_form_and_named_as_it_was_renamed(web: Web, chief: httpx.Client) -> None:
    fields = _fields(chief.get("/workflows?code=five").text)
    assert (fields["case-0"], fields["accept-0"]) == ("28", "2")
    changed = {**fields, "accept-0": "1", "accept-name": "受理登记"}
    changed.pop("accept-by-grid_worker")
    assert chief.post("/workflows?code=five", data={**changed, "case-0": "3"}).status_code == 400
    assert chief.post("/workflows?code=five", data={**changed, "form_token": "guessed"}).status_code == 403
    answer = chief.post("/workflows?code=five", data=changed)
    assert answer.status_code == 303
    page = chief.get(answer.headers["location"]).text
    assert "受理登记" in page
    assert _fields(page)["version"] == "1"
    with web.database.writing() as db:
        row = db.execute(select(WorkflowRow)).scalar_one()
    step = row.body["steps"][1]
    assert (row.actor, step["hours"][0], step["by"]) == (CHIEF, 1.0, ["administrator", "officer"])
    again = chief.post("/workflows?code=five", data=changed)  # what he saw is no longer the newest
    assert (again.status_code, "别人改过" in again.text) == (400, True)


def test_steps_are_added_moved_and_taken_away_on_the_form(web: Web, chief: httpx.Client) -> None:
    fields = _fields(chief.get("/workflows?code=social_work").text)
    own = {f"new-{n}": "1" for n in range(3)}
    fields |= {"new-name": "需求复核", "new-stage": "register", "new-order": "1.5", "pool-order": "0.5", **own}
    fields |= {"engage-gone": "1", "report_back-stage": "verify"}
    wrong = chief.post("/workflows?code=social_work", data={**fields, "take-gone": "1"})
    assert (wrong.status_code, "派遣这一步" in wrong.text) == (400, True)
    assert 'value="需求复核"' in wrong.text  # what was written is still there
    for order in ("", "x", "nan", "-1"):
        assert chief.post("/workflows?code=social_work", data={**fields, "pool-order": order}).status_code == 400
    answer = chief.post("/workflows?code=social_work", data=fields)
    assert answer.status_code == 303, answer.text
    with web.database.writing() as db:
        row = db.scalars(select(WorkflowRow).where(WorkflowRow.code == "social_work")).one()
    assert [(step["key"], step["stage"]) for step in row.body["steps"]] == [
        ("collect", "report"),
        ("pool", "register"),
        ("assess", "register"),
        ("s1", "register"),
        ("take", "dispatch"),
        ("resources", "handle"),
        ("report_back", "verify"),
        ("revisit", "closed"),
    ]
    assert row.body["steps"][3]["by"] == ["administrator", "officer"]
    shown = chief.get(answer.headers["location"]).text
    assert shown.count('name="s1-') == shown.count('name="take-') > 8  # all that can be said of any other step


def test_nobody_but_administrators_sets_anything(web: Web) -> None:
    for path in ("/catalogue", "/workflows"):
        for role in (Role.OFFICER, Role.LEADER, Role.GRID_WORKER):
            headers = {"Authorization": f"Bearer {web.token(role).secret}", "Accept": "text/html"}
            assert httpx.get(web.url + path, headers=headers).status_code == 403
            assert httpx.post(web.url + path, headers=headers, data={"act": "set"}).status_code == 403


def test_a_form_and_a_callback_have_a_size_they_may_not_exceed(chief: httpx.Client) -> None:
    big = {"name": "x" * 300_000}
    assert chief.post("/catalogue", data=big).status_code == 413
    ours = {"X-Yiping-Form": chief.cookies["yiping_form"]}
    assert chief.post("/_dash-update-component", json=big, headers=ours).status_code == 413

"""An officer files a case by hand: once, in his own area, with the clocks of its class; nobody else does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from sqlalchemy import func, select

from data_access.commands import filed
from data_access.db.tables import IncidentHistoryRow, IncidentRow
from data_access.domain.accounts import Role
from tests.small import GRID
from tests.web import Web

OTHER = "440303004012"
PATH = "/incidents/new"
pytestmark = pytest.mark.usefixtures("left_as_found")


Sit = Callable[[Role], httpx.Client]


@pytest.fixture
def sit(web: Web) -> Iterator[Sit]:
    """Opens browsers of people of `GRID`, signed in by a link."""
    with ExitStack() as opened:

        def browser(role: Role) -> httpx.Client:
            headers = {"Origin": web.url, "Accept": "text/html"}
            client = opened.enter_context(httpx.Client(base_url=web.url, headers=headers, timeout=60))
            page = client.get(f"/sign-in/token/{web.token(role, GRID).secret}", follow_redirects=True)
            if "yiping_session" not in client.cookies:
                token = page.text.split('name="form_token" value="')[1].split('"')[0]
                client.post(page.url.path, data={"form_token": token})
            return client

        yield browser


def form(client: httpx.Client, **more: str) -> dict[str, str]:
    page = client.get(PATH).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return {**hidden, "title": "路灯不亮", "area": f"{GRID} 某网格", "channel": "来电", "urgency": "1", **more}


def cases(web: Web) -> int:
    with web.database.reading() as session:
        mine = select(func.count()).select_from(IncidentRow).where(IncidentRow.source == filed.SOURCE)
        return session.scalar(mine) or 0


def test_a_case_is_filed_once_and_shown(web: Web, sit: Sit) -> None:
    officer = sit(Role.OFFICER)
    sent = form(officer, text="三天了", place="12 号门口", workflow="three_lists")
    first, again = officer.post(PATH, data=sent), officer.post(PATH, data=sent)
    assert (first.status_code, again.status_code) == (303, 303), first.text
    assert first.headers["location"] == again.headers["location"]
    assert cases(web) == 1
    with web.database.reading() as session:
        row = session.scalars(select(IncidentRow).where(IncidentRow.source == filed.SOURCE)).one()
        actor = session.scalars(select(IncidentHistoryRow.actor).where(IncidentHistoryRow.incident_id == row.id)).one()
        assert (row.title, row.description, row.place, row.urgency) == ("路灯不亮", "三天了", "12 号门口", 1)
        assert re.fullmatch(r"\d{4}-\d{5}", row.code)
        assert row.due_at is not None
        assert (row.workflow, row.step) == ("three_lists", "order")
        assert row.code in first.headers["location"]
        assert actor
    shown = officer.get(first.headers["location"])
    assert (shown.status_code, "路灯不亮" in shown.text) == (200, True)


@pytest.mark.parametrize(
    ("wrong", "why", "english"),
    [
        ({"title": " "}, "什么事", "Say what it is"),
        ({"area": OTHER}, "权限范围", "not within yours"),
        ({"area": "nowhere"}, "没有这个区域", "no such area"),
        ({"workflow": "none"}, "没有这个流程", "no such workflow"),
        ({"channel": "x"}, "从哪里来", "where it came from"),
        ({"class": "999999 x"}, "没有这个类别", "class"),
        ({"class": "x"}, "没有这个类别", "class"),
        ({"urgency": "9"}, "没有这个", "class"),
        ({"text": "x" * 4001}, "太长", "too long"),
    ],
)
def test_what_does_not_fit_is_said_beside_what_was_written(
    web: Web, sit: Sit, wrong: dict[str, str], why: str, english: str
) -> None:
    officer, before = sit(Role.OFFICER), cases(web)
    sent = form(officer, **{"place": "写过的地方", **wrong})
    for lang, said in (("zh", why), ("en", english)):
        answer = officer.post(f"{PATH}?lang={lang}", data=sent)
        assert (answer.status_code, said in answer.text, "写过的地方" in answer.text) == (400, True, True)
    assert cases(web) == before


def test_who_has_no_desk_files_nothing(web: Web, sit: Sit) -> None:
    before = cases(web)
    officer = sit(Role.OFFICER)
    assert officer.post(PATH, data={**form(officer), "form_token": "guessed"}).status_code == 403
    assert PATH in officer.get("/incidents").text
    for role in (Role.LEADER, Role.GRID_WORKER):
        other = sit(role)
        page = other.get(PATH)
        assert (page.status_code, GRID in page.text) == (403, False)
        assert other.post(PATH, data=form(other)).status_code in {400, 403}
        assert PATH not in other.get("/incidents").text
    assert cases(web) == before

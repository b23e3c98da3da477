"""Signing in at a real server: forms, cookies, tokens in links and headers, what another site cannot do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from data_access.auth.credentials import hash_password
from data_access.commands import users
from data_access.domain.accounts import DEMO_PASSWORD, Role
from tests.small import COMMUNITY
from tests.web import Web, wait_for

OFFICER, LEADER = "sign-in-officer", "sign-in-leader"


@pytest.fixture(scope="module", autouse=True)
def _accounts(web: Web) -> None:
    """Demo accounts: an account of one's own would close the server to guests, whom other tests are."""
    kept = hash_password(DEMO_PASSWORD)
    with web.database.writing() as db:
        for name, role, area in ((OFFICER, Role.OFFICER, None), (LEADER, Role.LEADER, COMMUNITY)):
            users.add(
                db, name, role, actor="test", now=web.now(), area=area, display=role, password_hash=kept, demo=True
            )


@pytest.fixture
def browser(web: Web) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=web.url, headers={"Accept": "text/html", "Origin": web.url}, timeout=20) as client:
        yield client


def sign_in(
    browser: httpx.Client, name: str = OFFICER, password: str = DEMO_PASSWORD, there: str = "/"
) -> httpx.Response:
    return browser.post("/sign-in", data=form(browser, name, password, there))


def form(browser: httpx.Client, name: str, password: str, there: str = "/") -> dict[str, str]:
    page = browser.get("/sign-in", params={"next": there}).text
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found
    return {"form_token": found[1], "name": name, "password": password, "next": there}


def test_in_out_and_the_cookies(browser: httpx.Client) -> None:
    answer = sign_in(browser, there="/brief?lang=en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/brief?lang=en")
    session, form_cookie = (c for c in answer.headers.get_list("set-cookie") if not c.startswith("yiping_before"))
    assert "HttpOnly" in session
    assert "HttpOnly" not in form_cookie
    assert all("SameSite=Lax" in c for c in (session, form_cookie))
    assert browser.get("/api/v1/me").json()["name"] == OFFICER
    token = browser.cookies["yiping_form"]
    key = browser.cookies["yiping_session"]
    assert browser.post("/sign-out", data={"form_token": "guessed"}).status_code == 403
    assert browser.post("/sign-out", data={"form_token": token}).headers["location"] == "/sign-in"
    stolen = httpx.get(f"{browser.base_url}/api/v1/me", cookies={"yiping_session": key})
    assert stolen.json()["kind"] == "guest"


def test_behind_https_the_cookies_are_for_https_alone(web: Web) -> None:
    origin = f"https://{urlsplit(web.url).netloc}"
    headers = {"X-Forwarded-Proto": "https", "Origin": origin, "X-Forwarded-For": "192.0.2.9"}
    with httpx.Client(base_url=web.url, headers=headers, timeout=20) as client:
        page = client.get("/sign-in")
        before = re.search(r"yiping_before=([^;]+)", page.headers["set-cookie"])
        assert before
        sent = {"form_token": before[1], "name": OFFICER, "password": DEMO_PASSWORD}
        answer = client.post("/sign-in", data=sent, headers={"Cookie": f"yiping_before={before[1]}"})
    kept = [c for c in answer.headers.get_list("set-cookie") if not c.startswith("yiping_before")]
    assert len(kept) == 2
    assert all("Secure" in c for c in kept)


def test_a_wrong_password_says_so_and_nobody_is_in(browser: httpx.Client) -> None:
    answer = sign_in(browser, password="wrong")
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text
    assert "yiping_session" not in browser.cookies


def test_who_was_on_no_way_comes_to_where_the_work_of_the_role_lies(browser: httpx.Client) -> None:
    assert sign_in(browser, there="").headers["location"] == "/alarms"
    assert sign_in(browser, name=LEADER, there="").headers["location"] == "/"


@pytest.mark.parametrize("there", ["https://elsewhere/", "//elsewhere/", "/\\elsewhere", "/sign-in", "javascript:1"])
def test_nobody_is_led_elsewhere(browser: httpx.Client, there: str) -> None:
    assert sign_in(browser, there=there).headers["location"] == "/"


def test_another_site_can_neither_sign_in_nor_change_anything(web: Web, browser: httpx.Client) -> None:
    sent = form(browser, OFFICER, DEMO_PASSWORD)
    assert browser.post("/sign-in", data=sent, headers={"Origin": "http://elsewhere"}).status_code == 403
    assert browser.post("/sign-in", data={**sent, "form_token": "guessed"}).status_code == 403
    sign_in(browser)
    url, token = "/api/v1/alarms/1/acknowledge", browser.cookies["yiping_form"]
    ours = {"X-Yiping-Form": token}
    assert browser.post(url, json={"version": 99}).status_code == 403  # no token
    assert browser.post(url, json={"version": 99}, headers={"X-Yiping-Form": "guessed"}).status_code == 403
    assert browser.post(url, json={"version": 99}, headers={**ours, "Origin": "http://elsewhere"}).status_code == 403
    assert browser.post(url, json={"version": 99}, headers={**ours, "Origin": "null"}).status_code == 403
    assert browser.post("/_dash-update-component", json={}).status_code == 403
    assert browser.post(url, json={"version": 99}, headers=ours).status_code == 409  # ours; it has another version


def test_a_leader_looks_at_his_area_and_acts_on_nothing(browser: httpx.Client) -> None:
    sign_in(browser, LEADER)
    assert browser.get("/api/v1/me").json()["area"] == COMMUNITY
    headers = {"X-Yiping-Form": browser.cookies["yiping_form"]}
    assert browser.post("/api/v1/alarms/1/acknowledge", json={"version": 1}, headers=headers).status_code == 403


def test_a_link_signs_in_until_it_is_revoked(web: Web, browser: httpx.Client) -> None:
    wall = web.token(Role.WALL, COMMUNITY)
    answer = browser.get(f"/sign-in/token/{wall.secret}?next=/%3Fwall=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?wall=1")
    assert answer.headers["referrer-policy"] == "same-origin"
    me = browser.get("/api/v1/me").json()
    assert (me["role"], me["kind"], me["area"], me["may"]) == ("wall", "link", COMMUNITY, [])
    with web.database.writing() as db:
        users.revoke(db, wall.id, actor="test", now=web.now())
    wait_for(lambda: browser.get("/api/v1/me").json()["kind"] == "guest", 5)
    assert browser.get(f"/sign-in/token/{wall.secret}").status_code == 401
    assert wall.secret not in web.log.read_text()


def test_a_program_with_a_wrong_token_is_nobody_not_a_guest(web: Web) -> None:
    assert web.get("/api/v1/me", headers={"Authorization": "Bearer nothing"}).status_code == 401
    page = web.get("/", headers={"Authorization": "Bearer nothing", "Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2F")


def test_a_guest_is_somebody_at_this_machine_alone(web: Web) -> None:
    assert web.get("/api/v1/me").json()["kind"] == "guest"
    assert web.get("/api/v1/me", headers={"Host": "yiping.example"}).status_code == 401
    assert web.get("/api/v1/me", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 401
    assert web.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403


def test_the_sign_in_page_says_what_may_be_seen_before_it(web: Web) -> None:
    assert "不登录也能查看，处置须登录" in web.get("/sign-in").text
    stranger = web.get("/sign-in", headers={"X-Forwarded-For": "203.0.113.9"}).text
    assert "登录前只显示这个轮廓" in stranger


def test_the_sign_in_page_needs_no_script_and_runs_none_but_ours(web: Web) -> None:
    answer = web.get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in next(p for p in policy.split("; ") if p.startswith("script-src"))
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) < 40_000
    assert "sign-in-officer" in answer.text  # the demo's accounts are listed


def test_a_password_is_changed_on_ones_own_page(web: Web, browser: httpx.Client) -> None:
    sign_in(browser)
    page = browser.get("/account").text
    assert "修改密码" not in page  # a demo account's is everybody's
    assert OFFICER in page

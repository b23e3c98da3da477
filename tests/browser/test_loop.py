"""The whole loop on real pages: a citizen reports, the desk dispatches, a grid worker handles it without a connection
and is back, another officer verifies, the citizen rates."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from data_access.commands import users
from data_access.db.tables import AreaRow, IncidentHistoryRow, IncidentRow, PatrolPointRow, PatrolVisitRow, UserRow
from data_access.domain.accounts import DEMO_PASSWORD, Role
from tests.browser.product import Product, until
from tests.photos import photo

pytestmark = pytest.mark.browser
KEPT = """() => new Promise((done) => {
  indexedDB.open("yiping-field", 1).onsuccess = (opened) => {
    const asked = opened.target.result.transaction("kept").objectStore("kept").get("view");
    asked.onsuccess = () => done(asked.result ?? null);
  };
})"""
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "zh-CN",
    "bypass_csp": True,  # tests look into pages by strings
}


@pytest.fixture
def phones(chromium: Browser) -> Iterator[Any]:
    """Opens phones; none of them may have complained but of the connection that was taken away."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_phone(**more: Any) -> tuple[BrowserContext, Page]:
        context = chromium.new_context(**PHONE, **more)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        return context, page

    yield open_phone
    for context in opened:
        context.close()
    assert complaints == []


def desk(product: Product, name: str) -> httpx.Client:
    """Somebody at a desk, signed in, who works through the interface."""
    client = httpx.Client(base_url=product.url, headers={"Origin": product.url}, timeout=30)
    page = client.get("/sign-in").text
    token = page.split('name="form_token" value="')[1].split('"')[0]
    client.post("/sign-in", data={"form_token": token, "name": name, "password": DEMO_PASSWORD, "next": "/"})
    client.headers["X-Yiping-Form"] = client.cookies["yiping_form"]
    return client


def advance(client: httpx.Client, number: int, *steps: str, **more: Any) -> None:
    for step in steps:
        version = client.get(f"/api/v1/incidents/{number}").json()["incident"]["version"]
        body = {"step": step, "version": version, **more}
        answer = client.post(f"/api/v1/incidents/{number}/advance", json=body)
        assert answer.status_code == 200, answer.text


def history(product: Product, number: int) -> list[str]:
    query = select(IncidentHistoryRow.action).where(IncidentHistoryRow.incident_id == number)
    with product.database.reading() as session:
        return list(session.scalars(query.order_by(IncidentHistoryRow.id)))


def place_of_chen(product: Product) -> tuple[str, float, float]:
    """A patrol point of the grid of the demo's grid worker."""
    with product.database.reading() as session:
        scope = session.scalars(select(UserRow.area_path).where(UserRow.name == "demo-grid")).one()
        assert session.scalars(select(AreaRow.kind).where(AreaRow.path == scope)).one() == "grid"
        point = session.scalars(select(PatrolPointRow).where(PatrolPointRow.area_path == scope)).first()
        assert point is not None
        return point.code, point.lng, point.lat


def reported(page: Page, product: Product, code: str, file: Path) -> tuple[int, str]:
    """The citizen scans the code of a point and reports, with a double tap; number of the case, link of the receipt."""
    page.goto(f"{product.url}/report?point={code}")
    page.check("[name=what][value=road]")
    page.check("[name=item][value=road-manhole]")
    page.set_input_files("#photos", file)
    page.wait_for_selector(".shot.taken")
    page.fill("#text", "井盖一边翘起，电动车压过会颠一下。")
    page.click("[for=voice]")
    until(page, "document.querySelector('[for=voice]').textContent.includes('停止（1 秒）')")
    page.click("[for=voice]")
    page.wait_for_selector("[data-of=voice] audio")
    time.sleep(3.1)  # quicker would be a machine
    page.dblclick("[type=submit]")
    page.wait_for_selector(".number")
    assert "正在办理" in page.inner_text("main")
    page.context.grant_permissions(["clipboard-read", "clipboard-write", "microphone"])
    page.click("[data-copy]")
    until(page, "document.querySelector('[data-copy]').textContent === '已复制'")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#number")
    page.evaluate("navigator.share = undefined")
    page.click("[data-keep]")
    until(page, "document.querySelector('[data-keep]').textContent === '链接已复制'")
    assert page.evaluate("navigator.clipboard.readText()") == page.url.partition("?")[0]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    with product.database.reading() as session:
        return session.scalars(select(IncidentRow.id).where(IncidentRow.source == "report")).one(), page.url.partition(
            "?"
        )[0]


def accepted(page: Page, product: Product, number: int) -> None:
    """The grid worker, who stands beside it, sees it first and takes it on."""
    page.goto(f"{product.url}/sign-in?next=%2Ffield&fill=demo-grid")
    page.click(".si-go")
    page.wait_for_selector(f"[data-task='{number}'].is-open")
    assert page.get_attribute("[data-task]", "data-task") == str(number)
    until(page, "document.documentElement.dataset.kept === '1'", timeout=20)
    until(page, "Boolean(navigator.serviceWorker.controller)", timeout=20)
    page.click("[data-do=accept]")
    page.wait_for_selector("[data-do=arrive]")
    until(page, "document.querySelector('.sent').textContent.includes('已送达')")
    assert history(product, number)[-1] == "accept"


def handled_offline(page: Page, product: Product, number: int, code: str, file: Path) -> None:
    """Without a connection he arrives, shows it, says that it is done and checks in; a reload loses nothing."""
    page.click("[data-do=arrive]")
    page.wait_for_selector("input[data-phase=after]", state="attached")
    page.set_input_files("input[data-phase=after]", file)
    page.wait_for_selector("[data-do=advance]")
    page.reload()
    page.wait_for_selector("[data-do=advance]")
    assert "待发送 2" in page.inner_text("#queue")
    assert "无网络" in page.inner_text("#queue")
    page.click("[data-speak]")
    until(page, "document.querySelector('[data-speak]').textContent.includes('停止（1 秒）')")
    page.click("[data-speak]")
    until(page, "document.querySelector('#queue').textContent.includes('待发送 3')")
    page.click("[data-do=advance]")
    page.fill("#said", "井盖复位并加防响垫圈")
    page.click(".asked .pri")
    until(page, "document.querySelector('#queue').textContent.includes('待发送 4')")
    page.click("[data-tab=patrol]")
    page.click(f"[data-point='{code}'] button")
    until(page, "document.querySelector('#queue').textContent.includes('待发送 5')")
    assert history(product, number)[-1] == "accept"


def answered(page: Page, product: Product, number: int) -> None:
    """The connection is back: all of it went out once, in order; he answers the citizen."""
    until(page, "document.querySelector('.sent').textContent.includes('已送达')", timeout=30)
    assert history(product, number)[-4:] == ["arrive", "attach", "attach", "advance"]
    with product.database.reading() as session:
        assert session.scalars(select(PatrolVisitRow.actor)).all() == ["demo-grid"]
    page.click("[data-tab=tasks]")
    page.click("[data-do=advance]")
    page.fill("#said", "已复位，请放心通行")
    page.click(".asked .pri")
    until(page, f"!document.querySelector(\"[data-task='{number}']\")", timeout=20)


def rated(page: Page, receipt: str) -> None:
    """The citizen sees what was done, and nobody's name, and rates it."""
    page.goto(receipt)
    shown = page.inner_text("main")
    assert all(word in shown for word in ("已办结", "请放心通行", "处置后"))
    assert not any(name in shown for name in ("demo-", "陈芳", "王敏"))
    until(page, "[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    page.click("[name=rating][value=good]")
    page.wait_for_selector(".done")


def heard(page: Page, product: Product, number: int) -> None:
    """On the case page both recordings play."""
    page.goto(f"{product.url}/sign-in?next=%2F&fill=demo-officer")
    page.click(".si-go")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    with product.database.reading() as session:
        code = session.get_one(IncidentRow, number).code
    page.goto(f"{product.url}/incidents/case?code={code}")
    page.wait_for_selector(".case-photos audio")
    assert page.locator(".case-photos audio").count() == 2
    page.evaluate("document.querySelectorAll('.case-photos audio').forEach((one) => one.play())")
    until(page, "[...document.querySelectorAll('.case-photos audio')].every((one) => one.currentTime > 0.2)")


def test_from_the_citizen_through_a_lost_connection_to_his_rating(
    phones: Any, product: Product, tmp_path: Path
) -> None:
    code, lng, lat = place_of_chen(product)
    before, after = tmp_path / "before.jpg", tmp_path / "after.jpg"
    before.write_bytes(photo(2400, 1800))
    after.write_bytes(photo(2400, 1800, seed=2))
    _, citizen = phones(permissions=["microphone"])
    number, receipt = reported(citizen, product, code, before)
    with closing(desk(product, "demo-officer")) as dispatcher:
        advance(dispatcher, number, "register")
        advance(dispatcher, number, "dispatch", unit_id=1)
    context, worker = phones(geolocation={"longitude": lng, "latitude": lat}, permissions=["geolocation", "microphone"])
    accepted(worker, product, number)
    context.set_offline(True)
    handled_offline(worker, product, number, code, after)
    context.set_offline(False)
    answered(worker, product, number)
    with closing(desk(product, "demo-officer-2")) as verifier:
        advance(verifier, number, "verify", "close")
    rated(citizen, receipt)
    with product.database.reading() as session:
        assert session.get_one(IncidentRow, number).satisfaction == 5
    heard(citizen, product, number)
    assert history(product, number) == [
        *("create", "attach", "attach", "advance", "advance", "accept", "arrive", "attach", "attach"),
        *("advance", "advance", "advance", "advance", "rate"),
    ]


def test_a_volunteer_takes_an_order_by_his_link_and_serves_it_without_a_connection(
    phones: Any, product: Product, tmp_path: Path
) -> None:
    shown = tmp_path / "after.jpg"
    shown.write_bytes(photo(1200, 900, seed=3))
    with closing(desk(product, "demo-officer")) as community:
        asked = {"title": "陪诊", "area": product.area("community").code, "workflow": "three_lists"}
        number = community.post("/api/v1/incidents", json=asked).json()["id"]
        advance(community, number, "place")
        now = datetime.fromisoformat(community.get("/api/v1/field").json()["at"])
    with product.database.writing() as session:
        _, secret = users.issue_token(session, actor="su", now=now, role=Role.ORGANISATION, unit="春风", label="李明")
    context, page = phones()
    page.goto(f"{product.url}/sign-in/token/{secret}")
    assert page.url == f"{product.url}/field"
    page.wait_for_selector(f"[data-task='{number}']")
    if not page.is_visible(f"[data-task='{number}'] [data-do=accept]"):  # the demo's own order is due first
        page.click(f"[data-task='{number}'] .tk")
    page.click(f"[data-task='{number}'] [data-do=accept]")
    page.wait_for_selector("[data-do=arrive]")
    until(page, "document.documentElement.dataset.kept === '1'", timeout=20)
    assert page.is_hidden("[data-tab=patrol]")
    context.set_offline(True)
    page.click("[data-do=arrive]")
    page.set_input_files("input[data-phase=after]", shown)
    page.click("[data-do=advance]")
    page.click(".asked .pri")
    until(page, "document.querySelector('#queue').textContent.includes('待发送 3')")
    context.set_offline(False)
    until(page, f"!document.querySelector(\"[data-task='{number}']\")", timeout=30)
    assert history(product, number)[2:] == ["advance", "accept", "arrive", "attach", "advance"]


def test_the_grid_worker_calls_the_reporter_talks_with_the_desk_and_signs_out(phones: Any, product: Product) -> None:
    with closing(desk(product, "demo-officer")) as officer:
        (task,) = officer.get("/api/v1/incidents?q=demo-task-0").json()["incidents"]
    number = task["id"]
    _, page = phones()
    page.goto(f"{product.url}/sign-in?next=%2Ffield&fill=demo-grid")
    page.click(".si-go")
    page.wait_for_selector(f"[data-task='{number}']")
    if not page.is_visible(f"[data-task='{number}'].is-open"):
        page.click(f"[data-task='{number}'] .tk")
    assert "****" in page.inner_text(".reporter")
    assert not page.is_visible("[data-call]")
    assert page.is_visible(".sketch")
    page.click("[data-do=accept]")
    page.wait_for_selector("[data-call]")
    assert "*" not in (page.get_attribute("[data-call]", "href") or "*")
    page.evaluate("document.querySelector('[data-call]').removeAttribute('href')")  # nothing to ring here
    page.click("[data-call]")
    page.click("[data-note]")
    page.fill("#said", "十分钟到")
    page.click(".asked .pri")
    until(page, "document.querySelector('.notes .is-own')?.textContent.includes('十分钟到')")
    until(page, "document.querySelector('.sent').textContent.includes('已送达')")
    assert history(product, number)[-3:] == ["accept", "call", "comment"]
    with closing(desk(product, "demo-officer")) as officer:
        said = officer.post(f"/api/v1/incidents/{number}/comment", json={"version": 1, "note": "带上反光锥"})
        assert said.status_code == 200, said.text
    page.reload()
    until(page, "document.querySelector('[data-tab=messages] i')?.textContent === '1'")
    page.click("[data-tab=messages]")
    assert "带上反光锥" in page.inner_text(".points li:first-child")
    until(page, "!document.querySelector('[data-tab=messages] i')")
    page.click("#leave button")
    page.wait_for_url("**/sign-in**")
    assert page.evaluate(KEPT) is None  # nobody's tasks stay on the phone

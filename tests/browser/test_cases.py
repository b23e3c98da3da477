"""The loop on screen: a report comes onto the board, an officer leads it to its close, a leader urges it on."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest
from playwright.sync_api import Browser, Page, Route
from sqlalchemy import select

from components import labels
from data_access.db.tables import AreaRow, BuildingRow, DwellingRow
from data_access.domain.accounts import DEMO_PASSWORD
from tests.browser.product import Product, until

pytestmark = pytest.mark.browser

SIZES = {"wall": (1920, 1080), "desk": (1440, 900), "tablet": (1180, 820), "upright": (820, 1180), "phone": (390, 844)}
Enter = Callable[..., Page]


@pytest.fixture
def enter(chromium: Browser, product: Product) -> Iterator[Enter]:
    """Opens an address of the product as an account; no page has anything to complain of."""
    contexts, complaints = [], []

    def start(user: str, path: str, size: str = "desk") -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "409" not in m.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{product.url}/sign-in?next=%2Fbrief")
        page.fill("input[name=name]", user)
        page.fill("input[name=password]", DEMO_PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/brief**")
        page.goto(product.url + path)
        until(page, "!document.querySelector('#first-paint') && Boolean(document.querySelector('.parts'))", timeout=30)
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []


def report(product: Product, title: str, area: str = "") -> str:
    """The code of an incident that has just come in."""
    body = json.dumps({"title": title, "area": area or product.area("grid").code, "class": "市容环卫"}).encode()
    request = urllib.request.Request(f"{product.url}/api/v1/incidents", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["code"])


def test_an_officer_files_a_case_by_hand_and_stands_before_it(enter: Enter, product: Product) -> None:
    page = enter("demo-officer", "/incidents")
    page.click(".case-file")
    page.fill("[name=title]", "楼道堆物，老人摔倒")
    page.fill("[name=area]", product.area("grid").code)
    page.select_option("[name=urgency]", "1")
    page.fill("[name=text]", "来电说三楼到四楼")
    page.click(".form .is-primary")
    until(page, "document.querySelector('h1')?.textContent.includes('楼道堆物，老人摔倒')", timeout=30)
    until(page, "document.querySelector('#case [data-act=advance]')", timeout=20)
    assert "来电" in page.inner_text("main")


def send(page: Page, action: str, fill: dict[str, str] | None = None) -> None:
    """Do one thing through its form."""
    page.click(f'#case [data-act="{action}"]')
    dialog = page.locator(f"#desk-dialog-case-{action}")
    dialog.wait_for()
    for name, text in (fill or {}).items():
        dialog.locator(f"[name={name}]").fill(text)
    dialog.locator("[type=submit]").click()
    dialog.wait_for(state="hidden")


def step(page: Page, name: str) -> None:
    """Do the next step, called `name`, and see it done in the line of the loop."""
    button = page.locator('#case .case-acts [data-act="advance"]')
    until(page, "name => document.querySelector('[data-act=advance]')?.textContent === name", name)
    assert button.text_content() == name
    send(page, "advance")
    done = "name => [...document.querySelectorAll('.case-loop .is-done b')].some((b) => b.textContent === name)"
    until(page, done, name)


def test_from_the_report_to_the_rating_on_screen(enter: Enter, product: Product) -> None:
    board = enter("demo-officer", "/incidents")
    code = report(product, "井盖破损待修")
    card = board.locator(".case-column", has_text="待立案").locator(".case-card", has_text="井盖破损待修")
    card.wait_for(timeout=15_000)  # it came by the stream
    assert "剩" in (card.text_content() or "")
    card.click()
    board.wait_for_url("**/incidents/case?code=*")
    until(board, "!document.querySelector('#first-paint')", timeout=30)
    case = board
    leader = enter("demo-leader", f"/incidents/case?code={code}")
    step(case, "立案")
    case.click('#case [data-act="advance"]')
    dialog = case.locator("#desk-dialog-case-advance")
    dialog.wait_for()
    assert "依据" in (dialog.text_content() or "")  # why this unit
    assert dialog.locator("input[name=unit_id]:checked").count() == 1
    case.keyboard.press("Escape")
    send(leader, "urge", {"note": "请今天办完"})
    case.locator(".case-tags", has_text="督办 1").wait_for()  # seen by the officer without a reload
    assert leader.locator('#case .case-acts [data-act="void"]').count() == 0
    assert "没有这项权限" in (leader.locator(".case-locked").text_content() or "")
    for name in ("派遣", "处置", "反馈", "核查", "结案"):
        step(case, name)
    send(case, "rate", {"note": "办得快"})
    case.locator(".case-loop .is-done", has_text="评价").wait_for()
    told = case.locator(".case-steps").text_content() or ""
    for word in ("上报", "立案", "督办：请今天办完", "结案", "很满意"):
        assert word in told
    leader.locator(".case-loop .is-done", has_text="结案").wait_for()


def test_what_somebody_else_did_first_is_said_and_a_reason_is_asked_for(enter: Enter, product: Product) -> None:
    code = report(product, "占道经营")
    first, second = (enter(user, f"/incidents/case?code={code}") for user in ("demo-officer", "demo-officer-2"))
    refused: list[str] = []

    def act(route: Route) -> None:
        answer = route.fetch()
        if answer.status == HTTPStatus.CONFLICT:
            refused.append(answer.url)  # known here before the page knows
        route.fulfill(response=answer)

    first.route(lambda url: url.startswith(f"{product.url}/api/v1/incidents/"), act)
    first.route(  # until then what happens does not come by
        "**/incidents/case/parts?*",
        lambda route: route.continue_() if refused else route.fulfill(json={"parts": {}}),
    )
    step(second, "立案")
    first.click('#case [data-act="suspend"]')
    dialog = first.locator("#desk-dialog-case-suspend")
    dialog.locator("[type=submit]").click()
    dialog.locator("[data-f=said]", has_text="请写明理由").wait_for()
    dialog.locator("[name=reason]").fill("等材料")
    dialog.locator("[type=submit]").click()
    dialog.locator("[data-f=said]", has_text="刚刚办完了一步").wait_for()
    first.locator(".case-loop .is-done", has_text="立案").wait_for()  # and the page has caught up
    dialog.locator("[type=submit]").click()
    dialog.wait_for(state="hidden")
    second.locator(".case-left .case-clock", has_text="已挂起").wait_for()
    second.locator('#case [data-act="resume"]').click()
    first.locator(".case-left .case-clock", has_text="剩").last.wait_for()


def test_keys_lead_through_the_board_and_the_filters_are_the_address(enter: Enter, product: Product) -> None:
    page = enter("demo-officer", "/incidents")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.dataset.case")
    page.keyboard.press("l")
    assert page.evaluate("document.activeElement.dataset.case") != first
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "case-search"
    page.keyboard.type("井")
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents?q=*")
    assert page.locator("#case-search").input_value() == "井"
    page.goto(f"{product.url}/incidents?view=list")
    until(page, "!document.querySelector('#first-paint')", timeout=30)
    stage = product.get("/api/v1/incidents?limit=1")["incidents"][0]["stage"]
    page.select_option("#case-form [name=stage]", stage)
    page.wait_for_url(f"**/incidents?view=list&stage={stage}")
    until(page, "!document.querySelector('#first-paint')", timeout=30)
    stages = page.locator(".case-table tbody td:nth-child(3)").all_text_contents()
    assert stages
    assert all(said.startswith(labels.STAGE[stage]) for said in stages)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/case?code=*")


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_fit_every_size_and_can_be_touched(enter: Enter, product: Product, size: str) -> None:
    code = product.get("/api/v1/incidents?state=all&limit=1")["incidents"][0]["code"]
    page = enter("demo-officer", "/incidents", size)
    for path in ("/incidents", "/incidents?view=list", f"/incidents/case?code={code}"):
        page.goto(product.url + path)
        until(page, "!document.querySelector('#first-paint')", timeout=30)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        if size in {"tablet", "upright", "phone"}:
            low = page.evaluate(
                "[...document.querySelectorAll('.parts a, .parts button, .parts select, .parts summary')]"
                ".filter((e) => e.offsetHeight && e.offsetHeight < 44 && !e.closest('dialog, td, th'))"
                ".map((e) => e.outerHTML.slice(0, 90))"
            )
            assert low == [], path


def test_an_officer_links_a_home_and_a_company_and_finds_the_case_in_the_drawer_of_the_building(
    enter: Enter, product: Product
) -> None:
    with product.database.reading() as session:
        home = session.scalars(select(DwellingRow).order_by(DwellingRow.id)).first()
        assert home is not None
        building = session.get_one(BuildingRow, home.building_id)
        area = session.get_one(AreaRow, building.area_id).code
        called, room = building.name, home.room
    code = report(product, "楼上漏水", area)
    page = enter("demo-officer", f"/incidents/case?code={code}")
    page.click("#case [data-act=link]")
    form = page.locator("#desk-dialog-case-link")
    form.locator("[data-offered] p").wait_for()
    assert "先输入楼栋和房号" in form.inner_text()
    form.locator("[name=q]").fill(f"{called} {room}")
    form.locator("[name=linked]").first.wait_for()
    form.locator("[type=submit]").click()
    form.wait_for(state="hidden")
    until(page, "document.querySelector('.case-things li')")
    assert room in page.inner_text(".case-things")
    assert called in page.inner_text(".case-steps")
    page.click("#case [data-act=link]")
    form.locator("[name=kind][value=entity]").check()
    form.locator("[name=linked]").nth(1).check()
    chosen = form.locator(".desk-choice:has([name=linked]:checked) span").first.inner_text()
    form.locator("[type=submit]").click()
    form.wait_for(state="hidden")
    until(page, "document.querySelectorAll('.case-things li').length === 2")
    assert chosen in page.inner_text(".case-things")
    page.click(".case-things li:first-child .case-thing-ways a")
    page.wait_for_selector(".drawer .is-case")
    assert room in page.inner_text(".drawer .is-case:has-text('楼上漏水')")
    page.click(".drawer .is-case:has-text('楼上漏水')")
    until(page, "document.querySelector('#case [data-act=unlink]')", timeout=20)
    page.locator("#case [data-act=unlink]").first.click()
    page.locator("#desk-dialog-case-unlink [type=submit]").click()
    until(page, "document.querySelectorAll('.case-things li').length === 1")


def test_below_the_board_each_figure_leads_to_its_cases_and_a_category_stays_in_the_address(
    enter: Enter, product: Product
) -> None:
    page = enter("demo-officer", "/incidents?area=" + product.area("street").code)
    row = page.locator(".rank-table tbody tr").first
    due = row.locator("td a").first
    said, href = due.inner_text(), due.get_attribute("href")
    page.goto(f"{product.url}{href}")
    until(page, "document.querySelector('.case-behind')", timeout=30)
    assert page.inner_text(".case-behind").startswith(f"{said} 件")
    page.goto(product.url + "/incidents")
    until(page, "!document.querySelector('#first-paint')", timeout=30)
    assert "时限" in page.inner_text(".case-column:first-child .case-limit")
    page.locator(".case-turns a").first.click()
    page.wait_for_url("**level=*")
    page.goto(product.url + "/incidents")
    until(page, "!document.querySelector('#first-paint')", timeout=30)
    page.select_option("[name=category]", "D")
    page.wait_for_url("**category=D*")
    until(page, "document.querySelectorAll('[data-case]').length > 0", timeout=30)
    marks = page.locator(".case-column [data-case] .case-title").all_inner_texts()
    assert marks
    assert all("D" in mark for mark in marks)

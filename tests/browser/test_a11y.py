"""Everybody can use it: axe-core finds nothing, the keyboard reaches everything, alarms are said, motion can rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from sqlalchemy import select

from data_access.commands.incident_acts import Act, act
from data_access.db.tables import IncidentRow
from data_access.domain.accounts import Role
from data_access.domain.cases import CaseAction
from data_access.domain.incident_moves import Details
from tests.browser.product import Open, Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # a product of its own


@pytest.fixture(scope="module")
def product(own_product: Product) -> Product:
    """A product of this file's own: what it raises stays open until somebody says what it was."""
    return own_product


@pytest.fixture(scope="module")
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """Somebody who goes from page to page; what has been loaded once is not loaded again."""
    context = chromium.new_context(bypass_csp=True)
    yield context
    context.close()


AXE = Path(__file__).parent / "vendor" / "axe.min.js"
# The themes differ in colours alone: what does not look at them is asked in one.
VIOLATIONS = """async (theme) => {
  const all = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const runOnly = theme === "dark" ? all : { type: "rule", values: ["color-contrast", "link-in-text-block"] };
  const { violations } = await axe.run(document, { runOnly });
  return violations.map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => n.target.join(" ")).join(" | ")}`);
}"""
PHONE: ViewportSize = {"width": 390, "height": 844}
SIZES = {"desk": (1440, 900), "tablet": (1180, 820), "upright": (820, 1180)}
FOCUSED = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect();
  const name = e.dataset.drill || e.dataset.code || e.getAttribute("aria-label") || e.textContent.trim();
  const seen = box.width > 0 && box.height > 0 && getComputedStyle(e).outlineStyle !== "none";
  return [e.tagName.toLowerCase(), name.slice(0, 40), seen || e.classList.contains("map-area")];
}"""


def _address(product: Product, which: str) -> str:
    if which == "wall":
        return "/?wall=1&carousel=children"
    if which == "drawer":
        return f"/?building={product.building().code}"
    if which in {"district", "street", "community", "grid"}:
        return f"/?area={product.area(which).code}"
    if which == "case":
        return f"/incidents/case?code={product.get('/api/v1/incidents?state=all&limit=1')['incidents'][0]['code']}"
    if which == "rules":
        return f"/alarms/rules?device={product.device('pool').code}&alarm=level_low"
    pages = {
        "analysis": "/alarms/analysis",
        "compare": "/compare",
        "brief": "/brief",
        "trends": "/trends",
        "judgement": "/trends/judgement",
        "walls": "/walls",
        "alarms": "/alarms",
        "cases": "/incidents",
        "indicators": "/indicators",
        "case list": "/incidents?view=list",
    }
    return {"english": "/?lang=en", "unknown": "/?area=nowhere", **pages}[which]


def _settled(page: Page) -> None:
    until(
        page,
        "Boolean(document.querySelector('h1'))"
        " && !document.querySelector('.strip.is-loading, #first-paint, .analysis-reading')",
        timeout=30,
    )


def _violations(page: Page) -> list[Any]:
    found = []
    page.evaluate(AXE.read_text("utf-8"))  # the policy of the pages lets no script be added
    for theme in ("dark", "light"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        page.wait_for_timeout(210)  # colours change in 200 ms
        found += [f"{theme}: {violation}" for violation in page.evaluate(VIOLATIONS, theme)]
    return found


@pytest.mark.parametrize(
    ("which", "size"),
    [
        ("district", "desk"),
        ("wall", "desk"),
        ("street", "desk"),
        ("community", "desk"),
        ("grid", "desk"),
        ("drawer", "desk"),
        ("english", "desk"),
        ("unknown", "desk"),
        ("compare", "desk"),
        ("brief", "desk"),
        ("walls", "desk"),
        ("trends", "desk"),
        ("trends", "upright"),
        ("judgement", "desk"),
        ("judgement", "upright"),
        ("analysis", "desk"),
        ("analysis", "upright"),
        ("rules", "desk"),
        ("rules", "tablet"),
        ("alarms", "desk"),
        ("alarms", "tablet"),
        ("alarms", "upright"),
        ("cases", "desk"),
        ("cases", "upright"),
        ("case list", "desk"),
        ("indicators", "desk"),
        ("indicators", "upright"),
        ("case", "desk"),
        ("case", "tablet"),
        ("compare", "upright"),
        ("district", "tablet"),
        ("community", "upright"),
        ("drawer", "tablet"),
    ],
)
def test_axe_finds_no_violation_in_either_theme(
    visitor: BrowserContext, product: Product, which: str, size: str
) -> None:
    width, height = SIZES[size]
    page = visitor.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.goto(product.url + _address(product, which))
    _settled(page)
    assert _violations(page) == []
    page.close()


@pytest.fixture
def signed_in(chromium: Browser, product: Product) -> Iterator[Page]:
    """A browser of the demo's administrator, at the sign-in page's own button."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()
    page.goto(f"{product.url}/sign-in?fill=demo-admin&next=/account")
    assert _violations(page) == []
    page.click(".si-go")
    page.wait_for_url("**/account")
    yield page
    page.context.close()


def test_axe_finds_no_violation_on_the_administrators_pages(signed_in: Page, product: Product) -> None:
    found = {}
    for path in (
        "/account",
        "/users",
        "/users?name=demo-officer",
        "/users?new=token",
        "/audit",
        "/workflows",
        "/incidents/new",
    ):
        signed_in.goto(product.url + path)
        found[path] = _violations(signed_in)
    assert not any(found.values()), found


def _close_reported(product: Product) -> None:
    """What the citizen reported has gone through its loop: he is asked how it was."""
    newest = select(IncidentRow).where(IncidentRow.source == "report").order_by(IncidentRow.id.desc()).limit(1)
    with product.database.writing() as session:
        row = session.scalars(newest).one()
        for step in ("register", "dispatch", "handle", "feedback", "verify", "close"):
            done = Act(
                action=CaseAction.ADVANCE,
                version=row.version,
                actor="demo-officer",
                role=Role.OFFICER,
                now=row.created_at,
                details=Details(step=step, unit_id=1 if step == "dispatch" else None),
            )
            act(session, row.id, done)


def test_axe_finds_no_violation_on_the_phones_of_citizens_and_grid_workers(chromium: Browser, product: Product) -> None:
    page = chromium.new_context(viewport=PHONE, has_touch=True, bypass_csp=True).new_page()
    found = {}
    for path in ("/sign-in?fill=demo-grid&next=/field", f"/report?point={product.point().code}"):
        page.goto(product.url + path)
        found[path] = _violations(page)
    page.check("[name=what][value=waste]")
    page.wait_for_timeout(3100)  # quicker would be a machine
    page.click("[type=submit]")
    page.wait_for_selector(".number")
    found["/r/"] = _violations(page)
    _close_reported(product)
    page.goto(page.url.partition("?")[0])
    page.wait_for_selector("[name=rating]")
    page.click(".reply summary")
    found["/r/ closed"] = _violations(page)
    page.goto(f"{product.url}/sign-in?fill=demo-grid&next=/field")
    page.click(".si-go")
    until(page, "!document.querySelector('#field').textContent.includes('读取中')")
    found["/field"] = _violations(page)
    page.context.close()
    assert not any(found.values()), found


def test_axe_finds_no_violation_in_the_desks_dialogs(signed_in: Page, product: Product) -> None:
    device = product.device("smoke", 5)
    product.raise_alarm(device, {"smoke": 1})  # the desk opens what waits when it is entered
    signed_in.goto(product.url + "/alarms?probe=1")
    until(signed_in, "document.querySelector('#desk-detail[data-alarm]') && !document.querySelector('#first-paint')")
    found = {}
    keys = {
        "w": "window",
        "x": "close",
        "d": "dispatch",
        "n": "note",
        "b": "mentions",
        "h": "start",
        "a": "",
        "s": "shelve",
    }
    for key, name in keys.items():
        signed_in.keyboard.press(key)
        if not name:  # what concerns lives is shelved only once somebody has looked
            until(signed_in, "document.querySelector('#desk-detail').textContent.includes('已确认')")
            continue
        until(signed_in, "(name) => document.querySelector('dialog[open]')?.dataset.dialog === name", name)
        found[name] = _violations(signed_in)
        signed_in.keyboard.press("Escape")
        until(signed_in, "!document.querySelector('dialog[open]')")
    product.publish(device, {"smoke": 0})
    assert not any(found.values()), found


def test_a_critical_alarm_is_announced_once_and_breaks_no_rule(open_page: Open, product: Product) -> None:
    device = product.device("smoke", 7)
    page = open_page()
    _settled(page)
    region = page.locator("#live-announce")
    assert region.get_attribute("aria-live") == "polite"
    region.evaluate(
        "(e) => { window.__said = []; new MutationObserver(() => __said.push(e.textContent))"
        ".observe(e, { childList: true, characterData: true, subtree: true }); }"
    )
    product.publish(device, {"smoke": 1})
    until(page, "__said.some((text) => text.includes('烟感火警'))")
    product.publish(device, {"smoke": 1})
    page.wait_for_timeout(800)
    assert page.evaluate("__said.filter((text) => text.includes('烟感火警')).length") == 1
    assert _violations(page) == []
    product.publish(device, {"smoke": 0})
    until(page, "document.querySelector('.alarm.is-critical').classList.contains('is-cleared')")


def test_the_keyboard_reaches_switches_areas_alarms_and_ranking_and_is_always_seen(
    open_page: Open, product: Product
) -> None:
    page = open_page()
    _settled(page)
    street = product.area("street")
    until(page, "document.querySelectorAll('.map-area[tabindex]').length > 0")
    stops: list[list[Any]] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
        if stops[-1][0] == "body":
            break
    hidden = [stop for stop in stops if not stop[2] and stop[0] != "body"]
    names = [name for _, name, _ in stops]
    assert hidden == []
    assert "EN" in names
    assert "切换到浅色" in names
    assert [tag for tag, name, _ in stops if name == street.code] == ["path", "a"], "\n".join(map(str, stops))


def test_a_drill_and_a_drawer_work_by_keys_alone_and_focus_returns(open_page: Open, product: Product) -> None:
    street = product.area("street")
    page = open_page()
    _settled(page)
    until(page, "(code) => Boolean(document.querySelector(`.map-area[data-code='${code}']`))", street.code)
    page.focus(f".map-area[data-code='{street.code}']")
    page.keyboard.press("Enter")
    until(page, "(code) => document.body.dataset.area === code", street.code)
    page.focus("[data-theme-switch]")
    page.evaluate(
        "(code) => dispatchEvent(new CustomEvent('yiping:building', { detail: { code } }))", product.building().code
    )
    until(page, "document.activeElement.matches('.drawer [data-close-building]')")
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('.drawer') && document.activeElement.matches('[data-theme-switch]')")


def test_reduced_motion_rests_everything(chromium: Browser, product: Product) -> None:
    device = product.device("smoke", 9)
    page = chromium.new_page(reduced_motion="reduce")
    page.goto(product.url)
    _settled(page)
    product.publish(device, {"smoke": 1})
    page.wait_for_selector(".strip-row.is-alarm", timeout=8000)
    page.wait_for_timeout(300)
    assert page.evaluate("document.getAnimations().map((a) => a.animationName || a.transitionProperty)") == []
    product.publish(device, {"smoke": 0})
    page.close()

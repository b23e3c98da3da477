"""From the analysis to a device's rules and back: a preview that changes nothing, a change that does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select

from data_access.db.tables import AlarmRow, DeviceRow, ReadingHourRow
from data_access.domain.accounts import DEMO_PASSWORD
from tests.browser.product import Product, until

pytestmark = pytest.mark.browser

SIZES = {"wall": (1920, 1080), "desk": (1440, 900), "tablet": (1180, 820), "upright": (820, 1180)}


@pytest.fixture
def admin(chromium: Browser, product: Product) -> Iterator[Page]:
    """An administrator's browser; it has nothing to complain of."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{product.url}/sign-in?next=%2Fcompare")
    page.fill("input[name=name]", "demo-admin")
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare**")
    yield page
    context.close()
    assert complaints == []


def _pool(product: Product) -> str:
    """A pool with a seeded month whose level was too low in it."""
    month = select(ReadingHourRow.device_id, func.max(ReadingHourRow.hour).label("last"))
    last = month.group_by(ReadingHourRow.device_id).subquery()
    with product.database.reading() as session:
        return (
            session.scalars(
                select(DeviceRow.code)
                .join(AlarmRow, AlarmRow.device_id == DeviceRow.id)
                .join(last, last.c.device_id == DeviceRow.id)
                .where(AlarmRow.kind == "level_low")
                .order_by(AlarmRow.raised_at.desc())
            ).first()
            or ""
        )


def _counted(page: Page) -> None:
    until(page, "Boolean(document.querySelector('.panel-load .js-plotly-plot'))", timeout=60)


@pytest.mark.parametrize("size", SIZES)
def test_the_analysis_fits_every_size_and_says_what_its_figures_are_of(
    admin: Page, product: Product, size: str
) -> None:
    width, height = SIZES[size]
    admin.set_viewport_size({"width": width, "height": height})
    admin.goto(f"{product.url}/alarms/analysis")
    _counted(admin)
    assert admin.evaluate("document.documentElement.scrollWidth <= innerWidth")
    titles = admin.locator(".analysis-grid h2").all_text_contents()
    assert {"席位负荷", "优先级构成", "来源前十", "确认与关闭用时", "误报率", "抖动", "长存"} <= set(titles)
    assert "洪泛" in (admin.locator(".panel-load").text_content() or "")
    if size in {"tablet", "upright"}:
        low = admin.evaluate(
            "[...document.querySelectorAll('.page-main a')].filter((a) => a.getBoundingClientRect().height < 44).length"
        )
        assert low == 0


def test_a_source_leads_to_its_rules_and_back(admin: Page, product: Product) -> None:
    admin.goto(f"{product.url}/alarms/analysis")
    _counted(admin)
    admin.locator(".panel-sources a.rules-link").first.click()
    until(admin, "location.pathname === '/alarms/rules' && Boolean(document.querySelector('.panel-rules'))", timeout=30)
    assert admin.locator(".panel-rules .is-chosen").count() == 1
    admin.locator(".crumbs a[href*='/alarms/analysis']").click()
    _counted(admin)


def test_a_preview_says_how_it_would_have_gone_and_a_change_is_kept(admin: Page, product: Product) -> None:
    code = _pool(product)
    address = f"{product.url}/alarms/rules?device={code}&alarm=level_low"
    admin.goto(address)
    fields = admin.locator(".rules-field input")
    fields.first.wait_for()
    assert [fields.nth(n).input_value() for n in range(6)] == ["80", "50", "2", "10", "2", "30"]
    fields.first.fill("55")
    admin.click("#rules-preview")
    admin.locator(".panel-preview .rules-figures").wait_for(timeout=60_000)
    said = admin.locator(".panel-preview").text_content() or ""
    assert "小时极值" in said
    assert "未应用" in said
    admin.reload()
    fields.first.wait_for()
    assert fields.first.input_value() == "80"  # tried, not changed
    fields.first.fill("40")
    admin.click("#rules-save")
    admin.locator(".rules-refused").wait_for()
    assert "越低" in (admin.locator(".rules-refused").text_content() or "")
    reader, writer = (admin.context.new_page() for _ in range(2))
    for page in (reader, writer):
        page.goto(address)
        page.locator(".rules-field input").first.wait_for()
        until(page, "yiping.live.status().connection === 'live'", timeout=30)
    writer.locator(".rules-field input").first.fill("66")
    fields.first.fill("78")
    admin.click("#rules-save")
    admin.locator(".rules-done").wait_for()
    # Who only reads has the new numbers; who was writing is told, and loses nothing.
    until(reader, "document.querySelector('.rules-field input').value === '78'")
    writer.locator("[data-rules-look]").wait_for()
    assert writer.locator(".rules-field input").first.input_value() == "66"
    writer.click("[data-rules-look]")
    until(writer, "document.querySelector('.rules-field input').value === '78'")
    assert "已保存" in (admin.locator(".rules-done").text_content() or "")
    assert admin.locator(".panel-changes tbody tr").count() == 1
    assert "管理员" in (admin.locator(".panel-changes").text_content() or "")
    with product.database.reading() as session:
        kept = session.scalars(select(DeviceRow.overrides).where(DeviceRow.code == code)).one()
    assert kept == {"level_low": {"levels": [[78.0, 2], [50.0, 3]]}}
    fields.first.fill("80")
    admin.click("#rules-save")
    until(admin, "document.querySelectorAll('.panel-changes tbody tr').length === 2", timeout=30)


def test_who_may_not_change_rules_reads_them(chromium: Browser, product: Product) -> None:
    page = chromium.new_page()
    page.goto(f"{product.url}/alarms/rules?device={product.device('pool').code}&alarm=level_low")
    page.locator(".rules-field input").first.wait_for()
    assert page.locator(".rules-field input:enabled, #rules-save").count() == 0
    assert "管理员" in (page.locator(".panel-rule").text_content() or "")
    page.close()

"""A confirmed event at the desk in real browsers: one line, unfolded by key and finger, acted on as a whole."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from data_access.db.tables import DeviceRow
from tests.browser.desks import AT, OWNER, STATE, Desks, press, raised, send
from tests.browser.product import Product, until

pytestmark = pytest.mark.browser

EVENT = "(id) => yiping.desk.list.lines().find((line) => line.ids?.includes(id))?.ids.length || 0"
LINES = "() => yiping.desk.list.lines().map((line) => line.key).join()"
TOPS = (
    "() => [...document.querySelectorAll('.desk-row')].map((row) => [row.id, row.getBoundingClientRect().top]).sort()"
)
KEPT = 10
"""Rows in sight that are compared: those above what came, and those beside it."""


@pytest.fixture(scope="module")
def product(own_product: Product) -> Product:
    """A product of this file's own: what it raises stays open until somebody says what it was."""
    return own_product


def _burn(page: Page, product: Product, devices: list[DeviceRow]) -> list[int]:
    """Smoke at `devices` of one building; their alarms once the desk has them as one event."""
    for device in devices:
        product.publish(device, {"smoke": 1})
    fires = [raised(page, device.id) for device in devices]
    until(page, "(ids) => new Set(ids.map((id) => yiping.desk.queue.get(id).event_id ?? id)).size === 1", fires)
    return fires


def _out(page: Page, product: Product, devices: list[DeviceRow], fires: list[int]) -> None:
    """The fire is out and judged."""
    for device in devices:
        product.publish(device, {"smoke": 0})
    for fire in fires:
        until(page, "(id) => !yiping.desk.queue.get(id).state.startsWith('active')", fire)
    page.evaluate(
        """async (ids) => {
            const items = ids.map((id) => yiping.desk.queue.get(id)).filter((a) => a.state !== "closed");
            if (items.length) await yiping.deskActions.send("close", items, { reason: "test" });
        }""",
        fires,
    )
    for fire in fires:
        until(page, STATE, [fire, "closed"])


def test_an_event_is_one_line_on_which_keys_are_for_all_of_it(desks: Desks, product: Product) -> None:
    page, other = desks.sit("demo-officer"), desks.sit("demo-officer-2")
    devices = product.together("smoke", 3)
    fires = _burn(page, product, devices)
    until(page, f"(id) => ({EVENT})(id) === 3", fires[0])
    page.evaluate(AT, fires[0])
    line = page.locator(".desk-row.is-event.is-current")
    expect(line).to_contain_text("×3")
    expect(line).to_contain_text("3 条未确认")
    assert not page.evaluate("(ids) => yiping.desk.list.lines().some((line) => ids.includes(line.id))", fires)
    expect(page.locator(".desk-acts .is-primary")).to_contain_text("确认 ×3")
    press(page, "a")
    for fire in fires:
        until(other, STATE, [fire, "active_acked"])
    toast = page.locator(".desk-toast")
    expect(toast.filter(has_text="已确认")).to_contain_text("烟感火警 ×3")
    expect(line).not_to_contain_text("未确认")
    press(page, "z")
    for fire in fires:
        until(other, STATE, [fire, "active_unacked"])
    press(page, "c")
    for fire in fires:
        until(other, OWNER, [fire, "demo-officer"])
    expect(page.locator(".desk-acts")).to_contain_text("放回 ×3")
    press(page, "c")  # again: put back, all of it
    for fire in fires:
        until(other, OWNER, [fire, None])

    # unfolded, keys are for one; folded again for all
    press(page, "ArrowRight")
    expect(page.locator(".desk-row.is-member")).to_have_count(3)
    expect(page.locator(".desk-acts [data-action=event]")).to_contain_text("确认整个事件")
    press(page, "j", "a")
    until(other, STATE, [fires[1], "active_acked"])
    assert [page.evaluate(STATE, [fire, "active_unacked"]) for fire in fires] == [True, False, True]
    press(page, "ArrowLeft")
    expect(page.locator(".desk-row.is-member")).to_have_count(0)
    expect(line).to_contain_text("2/3 未确认")
    press(page, "f")  # several are never false by one key
    expect(page.locator("#desk-dialog-close input[value=false]")).to_be_checked()
    press(page, "Escape")
    press(page, "x")
    expect(page.locator("#desk-dialog-close")).to_contain_text("烟感火警 ×3")
    send(page)
    expect(toast.filter(has_text="已判断，恢复后自动关闭")).to_contain_text("×3")
    _out(page, product, devices, fires)


def test_a_detector_that_joins_moves_no_line_and_is_counted_at_once(desks: Desks, product: Product) -> None:
    page = desks.sit("demo-officer")
    mild = product.device("hydrant", 7)
    product.publish(mild, {"pressure_mpa": 0.05})
    raised(page, mild.id)
    press(page, "r")
    devices = product.together("smoke", 4)
    fires = _burn(page, product, devices[:2])
    until(page, f"(id) => ({EVENT})(id) === 2", fires[0])
    page.evaluate(AT, fires[0])
    before = page.evaluate(TOPS)
    product.publish(devices[2], {"smoke": 1})
    fires.append(raised(page, devices[2].id))
    until(page, f"(id) => ({EVENT})(id) === 3", fires[0])
    expect(page.locator(".desk-row.is-event.is-current")).to_contain_text("×3")
    expect(page.locator(".desk-acts .is-primary")).to_contain_text("×3")  # what is open follows
    assert page.evaluate(TOPS) == before
    press(page, "ArrowRight")
    expect(page.locator(".desk-row.is-member")).to_have_count(3)
    lines = page.evaluate(LINES)
    product.publish(devices[3], {"smoke": 1})
    fires.append(raised(page, devices[3].id))
    expect(page.locator(".desk-row.is-event.is-open")).to_contain_text("×4")
    assert page.evaluate(LINES) == lines
    expect(page.locator("#desk-pill")).to_be_visible()
    press(page, "r")
    expect(page.locator(".desk-row.is-member")).to_have_count(4)
    _out(page, product, devices, fires)
    product.publish(mild, {"pressure_mpa": 0.3})


def test_a_finger_opens_the_event_by_its_line_and_unfolds_it_at_its_end(desks: Desks, product: Product) -> None:
    upright = {"width": 820, "height": 1180}
    page = desks.sit("demo-officer", "&lang=en", viewport=upright, has_touch=True, is_mobile=True)
    devices = product.together("smoke", 2)
    fires = _burn(page, product, devices)
    until(page, f"(id) => ({EVENT})(id) === 2", fires[0])
    line = page.locator("#desk-list .is-event")
    assert page.locator(".desk-foot kbd:visible, .desk-foot [data-action=help]:visible").count() == 0  # no finger's
    heights = page.evaluate(
        "() => [...document.querySelectorAll('.desk-foot :is(a, button)')].map((b) => b.offsetHeight)"
    )
    assert [height for height in heights if 0 < height < 44] == []
    expect(line).to_contain_text("×2")
    end = line.locator("[data-fold]")
    box = end.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    end.tap()
    expect(page.locator(".desk-row.is-member")).to_have_count(2)
    expect(page.locator("#desk-detail")).to_be_hidden()
    line.tap()
    expect(page.locator(".desk-row.is-member")).to_have_count(0)
    line.tap()
    expect(page.locator("#desk-detail")).to_be_visible()
    expect(page.locator(".desk-acts .is-primary")).to_contain_text("Acknowledge ×2")
    page.locator(".desk-acts .is-primary").tap()
    for fire in fires:
        until(page, STATE, [fire, "active_acked"])
    _out(page, product, devices, fires)

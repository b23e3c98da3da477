"""The desk in real browsers: a whole shift by keyboard alone, two desks that agree, hands on a tablet."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from data_access.db.tables import AlarmHistoryRow, AuditRow
from tests.browser.desks import AT, OWNER, READY, STATE, Desks, line_of, press, raised, send
from tests.browser.product import Product, until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(own_product: Product) -> Product:
    """A product of this file's own: what it raises stays open until somebody says what it was."""
    return own_product


@pytest.mark.slow
def test_a_whole_shift_by_keyboard_alone(desks: Desks, product: Product) -> None:  # noqa: PLR0915  # as long as a shift
    first, second = desks.sit("demo-officer"), desks.sit("demo-officer-2")

    # quiet: the shift begins
    until(first, "document.getElementById('desk-seats').textContent !== ''")
    press(first, "h")
    first.keyboard.type("A 席")
    send(first)
    expect(first.locator("#desk-seats")).to_contain_text("A 席")
    expect(first.locator("#desk-shift")).to_contain_text("交班")

    # fire: it comes in at once and opens, as nothing is; is looked at, claimed, sent somebody to, spoken about
    device = product.device("smoke", 11)
    product.publish(device, {"smoke": 1})
    fire = raised(first, device.id)
    expect(first.locator(".desk-title-block h1")).to_contain_text("烟感火警")
    press(first, "a")
    until(second, STATE, [fire, "active_acked"])
    press(first, "c")
    until(second, OWNER, [fire, "demo-officer"])
    expect(first.locator(".desk-acts")).to_contain_text("放回")
    press(first, "d")
    expect(first.locator("#desk-dialog-dispatch input[type=radio]").first).to_be_focused()
    send(first)
    until(second, "(id) => Boolean(yiping.desk.queue.get(id).dispatched_to)", fire)
    press(first, "n")
    first.keyboard.type("物业已到现场")
    send(first)
    expect(first.locator(".desk-timeline")).to_contain_text("物业已到现场")

    # a step of the guidance is ticked off, the second officer is told whose alarm it is
    press(first, "t")
    expect(first.locator(".desk-guide .is-done")).to_have_count(1)
    expect(first.locator(".desk-toast button")).to_have_count(0)  # nothing is offered to be undone that cannot be
    second.evaluate(AT, fire)
    press(second, "c")
    expect(second.locator("#desk-dialog-takeover")).to_contain_text("王敏 已认领")
    expect(second.locator("#desk-dialog-takeover [type=submit]")).to_be_focused()  # Enter does the expected
    press(second, "Escape")

    # flood: mild alarms of one cause are one line, the fire stays on top
    mild = [product.device("hydrant", number) for number in range(12)]
    for one in mild:
        product.publish(one, {"pressure_mpa": 0.05})
    expect(first.locator("#desk-flood")).to_be_visible(timeout=20_000)
    press(first, "r", "Home")
    assert first.evaluate("() => yiping.desk.list.lines()[0].pinned")
    assert first.evaluate("() => yiping.desk.list.lines().some((line) => line.type === 'group')")

    # what it may come from is said as a suspicion; the level above is asked for help, and not after all
    expect(first.locator(".desk-flood-cause")).to_contain_text("疑似同源：消防栓水压低")
    every = first.evaluate("() => yiping.desk.queue.size()")
    press(first, "l")
    until(first, "(every) => yiping.desk.queue.size() < every", every)
    press(first, "l", "u")
    until(first, "(every) => yiping.desk.queue.size() >= every", every)
    expect(first.locator(".desk-flood-help")).to_contain_text("王敏 已请求增援")
    expect(first.locator("#desk-flood [data-action=reinforce]")).to_be_hidden()
    press(first, "z")
    expect(first.locator(".desk-toast").filter(has_text="已撤回增援请求")).to_be_visible()
    expect(first.locator("#desk-flood [data-action=reinforce]")).to_be_visible()
    press(first, "Home")

    # over: judged, gone, closed by itself
    product.publish(device, {"smoke": 0})
    until(first, STATE, [fire, "cleared_acked"])
    first.evaluate(AT, fire)
    press(first, "x")
    expect(first.locator("#desk-dialog-close")).to_be_visible()
    send(first, "2")
    until(second, STATE, [fire, "closed"])
    expect(first.locator(".desk-toast").filter(has_text="已关闭")).to_be_visible()

    # hand-over: what is claimed goes along, both sign
    rest = raised(first, mild[0].id)
    first.evaluate(AT, rest)
    press(first, "c")
    for desk in (first, second):  # what is handed over is what stands on the screen
        until(desk, OWNER, [rest, "demo-officer"])
    press(first, "h")
    expect(first.locator("#desk-dialog-handover")).to_contain_text("1 条未关闭")
    send(first)
    expect(first.locator("#desk-shift")).to_contain_text("等待签收")
    second.reload()
    until(second, READY, timeout=30)
    expect(second.locator("#desk-shift")).to_contain_text("签收接班")
    press(second, "h")
    expect(second.locator("#desk-dialog-sign")).to_contain_text("王敏 交来 1 条告警")
    send(second)
    until(second, OWNER, [rest, "demo-officer-2"])
    for one in mild:
        product.publish(one, {"pressure_mpa": 0.3})


def test_two_desks_agree_within_the_latency_of_the_push(desks: Desks, product: Product) -> None:
    here, there = desks.sit("demo-officer"), desks.sit("demo-officer-2")
    device = product.device("gas", 3)
    product.publish(device, {"gas_lel": 60})
    number = raised(here, device.id)
    here.evaluate(AT, number)
    raised(there, device.id)
    began = time.monotonic()
    press(here, "a")
    until(there, STATE, [number, "active_acked"])
    assert time.monotonic() - began < 3  # on a machine that does much else; alone it takes a tenth of a second
    product.publish(device, {"gas_lel": 1})


NEXT = """() => {
    const place = document.querySelector("dialog[open]") || document;
    const caps = [...place.querySelectorAll(".is-primary kbd, .desk-closed kbd")].filter((cap) => cap.offsetParent);
    return `${caps[0]?.textContent || ""}|${document.querySelector(".desk-guide .is-now [data-tick]")?.dataset.tick}`;
}"""


def _as_told(page: Page, pressed: list[str]) -> None:
    """Press the key that the screen marks as the next one, and wait until the screen has gone on."""
    until(page, f"() => ({NEXT})().split('|')[0] !== ''")
    told = page.evaluate(NEXT)
    key = str(told.split("|")[0])
    page.keyboard.press(key.replace(" ", "+"))
    over = [told, pressed[-1] if key == "Enter" else ""]  # a dialog is over when what opened it is
    until(
        page,
        f"([was, asked]) => {{ const now = ({NEXT})(); return now !== was && now.split('|')[0] !== asked; }}",
        over,
    )
    pressed.append(key)


def test_a_stranger_handles_a_fire_within_a_minute_by_the_keys_that_the_screen_names(
    desks: Desks, product: Product
) -> None:
    page = desks.sit("demo-officer")
    page.goto(f"{product.url}/?probe=1")
    devices = product.together("smoke", 3)
    for device in devices:
        product.publish(device, {"smoke": 1})
    began = time.monotonic()
    until(page, "!document.querySelector('#first-paint')", timeout=30)  # two of each until Dash has started
    expect(page.locator("#pinned-strip")).to_contain_text("烟感火警", timeout=15_000)  # before what is seen
    expect(page.locator(".strip-act kbd")).to_have_text("A")
    page.keyboard.press("a")  # from the overview's strip to the desk, with the fire open
    page.wait_for_url(re.compile(r"/alarms\?id=\d+"))
    until(page, READY, timeout=30)
    fires = [raised(page, device.id) for device in devices]
    until(page, "(ids) => new Set(ids.map((id) => yiping.desk.queue.get(id).event_id ?? id)).size === 1", fires)
    expect(page.locator(".desk-row.is-event.is-current")).to_contain_text(
        "×3"
    )  # one line, on which actions are for all
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    pressed: list[str] = []
    _as_told(page, pressed)
    for fire in fires:
        until(page, STATE, [fire, "active_acked"])
    assert [url for url in sent if "/alarms/" in url] == [f"{product.url}/api/v1/alarms/act"]  # one act for all
    page.keyboard.press("1")  # the numbers stand at the telephones
    expect(page.locator("#desk-dialog-call")).to_be_visible()
    send(page)
    while pressed[-1] != "X":
        _as_told(page, pressed)
    assert [key for key in pressed if key != "T"] == ["A", "D", "Enter", "I", "Enter", "X"]
    expect(page.locator("#desk-dialog-close")).to_contain_text("告警条件仍在")  # nobody is told that a fire is over
    send(page)
    expect(page.locator(".desk-toast").filter(has_text="已判断，恢复后自动关闭")).to_be_visible()
    expect(page.locator(".desk-acts")).to_contain_text("等待恢复")
    assert time.monotonic() - began < 60
    for device in devices:
        product.publish(device, {"smoke": 0})
    for fire in fires:
        until(page, STATE, [fire, "closed"])
    with product.database.reading() as session:
        told = session.scalars(select(AlarmHistoryRow.action).where(AlarmHistoryRow.alarm_id.in_(fires))).all()
        assert {"acknowledge", "dispatch", "call", "incident", "close", "clear"} <= set(told)


def test_enter_twice_sends_once_and_a_fire_is_named_beside_a_milder_alarm(desks: Desks, product: Product) -> None:
    page = desks.sit("demo-officer")
    mild, fire = product.device("hydrant", 4), product.device("smoke", 14)
    product.publish(mild, {"pressure_mpa": 0.02})
    page.evaluate(AT, number := raised(page, mild.id))
    send(page, "n", *"seen", "Enter")
    expect(page.locator(".desk-timeline li").filter(has_text="seen")).to_have_count(1)
    product.publish(fire, {"smoke": 1})
    expect(page.locator("#desk-graver")).to_be_visible()
    assert page.evaluate("() => yiping.desk.selection.current()") == number  # nothing moves by itself
    press(page, "o")
    expect(page.locator("#desk-detail")).to_have_attribute("data-alarm", str(raised(page, fire.id)))
    product.publish(mild, {"pressure_mpa": 0.3})
    product.publish(fire, {"smoke": 0})


def test_a_dialog_that_is_left_and_opened_again_at_once_is_heard(desks: Desks) -> None:
    """Its close event comes later than the next key: it once ended the second opening, and Enter did nothing."""
    page = desks.sit("demo-officer")
    answers = page.evaluate(
        """async () => {
            const { open } = yiping.deskDialogs, box = document.getElementById("desk-dialog-close");
            const left = open("close");
            box.close();
            const again = open("close");
            await new Promise((done) => setTimeout(done, 50));
            box.querySelector("input[type=radio]").click();
            box.querySelector("form").requestSubmit();
            return [await left, (await again)?.reason];
        }"""
    )
    assert answers[0] is None
    assert answers[1]


def test_undo_takes_back_and_says_so(desks: Desks, product: Product) -> None:
    page = desks.sit("demo-officer")
    device = product.device("gas", 4)
    product.publish(device, {"gas_lel": 60})
    number = raised(page, device.id)
    page.evaluate(AT, number)
    press(page, "a")
    until(page, STATE, [number, "active_acked"])
    expect(page.locator(".desk-toast button")).to_be_visible()
    press(page, "z")
    until(page, STATE, [number, "active_unacked"])
    expect(page.locator(".desk-toast").filter(has_text="已撤销")).to_be_visible()
    product.publish(device, {"gas_lel": 1})


CENTRE = "() => { const at = yiping.nearMap.map().map.getCenter(); return [at.lat, at.lng]; }"


def test_the_place_is_a_map_by_keys_that_moves_for_another_alarm_alone(desks: Desks, product: Product) -> None:
    page = desks.sit("demo-officer")
    first, other = product.device("smoke", 6), product.device("gas", 7)
    product.publish(first, {"smoke": 1})
    product.publish(other, {"gas_lel": 60})
    numbers = [raised(page, first.id), raised(page, other.id)]
    page.evaluate(AT, numbers[0])
    expect(page.locator(".near-map .is-own")).to_be_visible()
    spot = [first.lat, first.lng]
    until(
        page,
        f"([lat, lng]) => {{ const at = ({CENTRE})(); return Math.hypot(at[0] - lat, at[1] - lng) < 1e-4; }}",
        spot,
    )
    until(page, "() => yiping.nearMap.map().around.houses.size > 0")  # the layers of the overview
    page.locator(".near-map .leaflet-container").focus()
    press(page, "ArrowRight", "ArrowRight")
    until(page, f"(lng) => ({CENTRE})()[1] - lng > 1e-4", first.lng)
    page.wait_for_timeout(400)  # the pan glides
    moved, line = page.evaluate(CENTRE), page.evaluate("() => yiping.desk.selection.current()")
    assert line == numbers[0]  # arrows are the map's where it has the focus
    product.publish(first, {"smoke": 1})
    until(page, "(id) => yiping.desk.queue.get(id).occurrences > 1", numbers[0])
    page.evaluate("() => document.getElementById('desk-context').querySelector('.desk-people')?.remove()")
    page.evaluate("() => yiping.desk.detail.refresh()")
    page.wait_for_timeout(300)
    assert page.evaluate(CENTRE) == moved
    film = "(still) => document.querySelector('.desk-camera video')?.paused === still"
    until(page, film, arg=False)
    page.evaluate("() => document.getElementById('desk-list').dispatchEvent(new Event('scroll'))")
    until(page, film, arg=True)  # while the list scrolls the pictures stand
    until(page, film, arg=False)
    camera = page.locator(".near-map .near-mark[role=button]").first
    camera.focus()
    expect(page.locator(".near-tip")).to_be_visible()
    press(page, "Enter")
    expect(page.locator("body > .video-player")).to_be_visible()
    press(page, "Escape")
    page.locator(".near-back").click()
    until(page, f"(lng) => Math.abs(({CENTRE})()[1] - lng) < 1e-4", first.lng)
    page.evaluate(AT, numbers[1])
    until(page, f"(lng) => Math.abs(({CENTRE})()[1] - lng) < 1e-4", other.lng)
    product.publish(first, {"smoke": 0})
    product.publish(other, {"gas_lel": 1})


def test_a_leader_asks_for_a_name_with_a_reason_that_is_kept(desks: Desks, product: Product) -> None:
    page = desks.sit("demo-leader")
    device = product.device("smoke", 8)
    product.publish(device, {"smoke": 1})
    number = raised(page, device.id)
    page.evaluate(AT, number)
    expect(page.locator("#desk-detail")).to_have_attribute("data-alarm", str(number))
    asked = page.locator("[data-reveal]").first
    expect(asked).to_contain_text("*")
    expect(page.locator(".desk-people li").first).to_contain_text("****")
    asked.focus()
    press(page, "Enter")
    expect(page.locator("#desk-dialog-reveal input[name=reason]")).to_be_focused()
    send(page)
    row = page.locator(".desk-people li").first
    expect(row.locator("a.desk-phone")).to_be_visible()
    expect(row).not_to_contain_text("*")
    page.evaluate("() => yiping.desk.detail.refresh()")
    expect(row).not_to_contain_text("*")  # as long as the alarm is open
    with product.database.reading() as session:
        kept = session.scalars(select(AuditRow).where(AuditRow.action == "unmask").order_by(AuditRow.id.desc())).first()
        assert kept is not None
        assert (kept.actor, str(number) in (kept.detail or {})["reason"]) == ("demo-leader", True)
    product.publish(device, {"smoke": 0})


def test_a_mild_alarm_waits_behind_the_pill_and_moves_nothing(desks: Desks, product: Product) -> None:
    page = desks.sit("demo-officer")
    before = page.evaluate("() => yiping.desk.list.lines().map((line) => line.key).join()")
    device = product.device("hydrant", 20)
    product.publish(device, {"pressure_mpa": 0.12})
    expect(page.locator("#desk-pill")).to_be_visible(timeout=15_000)
    assert page.evaluate("() => yiping.desk.list.lines().map((line) => line.key).join()") == before
    press(page, "r")
    expect(page.locator("#desk-pill")).to_be_hidden()
    assert page.evaluate("() => yiping.desk.list.lines().map((line) => line.key).join()") != before
    product.publish(device, {"pressure_mpa": 0.3})


def test_a_guest_reads_and_is_told_why_he_cannot_act(chromium: Browser, product: Product) -> None:
    page = chromium.new_page()
    page.goto(f"{product.url}/alarms?probe=1")
    until(page, READY, timeout=30)
    expect(page.locator(".desk-refusal")).to_contain_text("登录后可以处置")
    assert page.locator("[data-action=acknowledge]:visible").count() == 0
    press(page, "a")
    expect(page.locator(".desk-toast")).to_contain_text("登录后可以处置")
    page.close()


def test_upright_tablets_show_the_list_then_the_alarm(desks: Desks, product: Product) -> None:
    device = product.device("gas", 5)
    product.publish(device, {"gas_lel": 60})
    page = desks.sit("demo-officer", viewport={"width": 820, "height": 1180}, has_touch=True, is_mobile=True)
    number = raised(page, device.id)
    line_of(page, number).locator(".desk-title").tap()
    expect(page.locator(".desk-title-block")).to_be_visible()
    expect(page.locator("#desk-list")).to_be_hidden()
    small = page.evaluate(
        "() => [...document.querySelectorAll('.desk-acts button, .desk-back')]"
        ".filter((b) => b.getClientRects().length && b.getBoundingClientRect().height < 44).map((b) => b.textContent)"
    )
    assert small == []
    page.locator(".desk-back").tap()
    expect(page.locator("#desk-list")).to_be_visible()
    product.publish(device, {"gas_lel": 1})


def test_a_drill_is_announced_on_every_desk_and_ends_there(desks: Desks) -> None:
    first, second = desks.sit("demo-officer"), desks.sit("demo-officer-2")
    press(first, "w")
    expect(first.locator("#desk-dialog-window input[name=kind]").first).to_be_focused()
    press(first, "Enter")
    expect(first.locator("#desk-dialog-window [data-f=said]")).not_to_be_empty()  # why is to be said
    first.locator("#desk-dialog-window input[name=reason]").fill("消防演练")
    send(first)
    for page in (first, second):
        expect(page.locator("#desk-windows")).to_contain_text("演练进行中")
        expect(page.locator("#desk-windows")).to_contain_text("消防演练")
    second.locator("#desk-windows button").click()
    for page in (first, second):
        expect(page.locator("#desk-windows")).to_be_hidden()


def test_a_colleague_who_is_named_finds_it_at_his_bell(desks: Desks, product: Product) -> None:
    first, second = desks.sit("demo-officer"), desks.sit("demo-officer-2")
    device = product.device("smoke", 13)
    product.publish(device, {"smoke": 1})
    alarm = raised(first, device.id)
    first.evaluate(AT, alarm)
    expect(first.locator(".desk-timeline h2")).to_be_visible()
    press(first, "n")
    first.keyboard.type("看，@demo-officer-")
    expect(first.locator("#desk-people-offered [role=option]").first).to_be_visible()
    press(first, "Enter")
    first.keyboard.type("请看一眼")
    expect(first.locator("#desk-dialog-note textarea")).to_have_value("看，@demo-officer-2 请看一眼")
    send(first)
    bell = second.locator("#desk-mentions")
    expect(bell).to_have_text("1")
    press(second, "b")
    expect(second.locator("#desk-dialog-mentions")).to_contain_text("请看一眼")
    expect(bell).to_have_text("")  # what the list has shown is read
    press(second, "Enter")  # the newest has the focus
    until(second, "(id) => new URLSearchParams(location.search).get('id') === String(id)", alarm)
    product.publish(device, {"smoke": 0})


def test_a_desk_to_which_nothing_comes_any_more_says_since_when(desks: Desks) -> None:
    page = desks.sit("demo-officer")
    expect(page.locator("#desk-late")).to_be_hidden()
    told = "({ connection: 'late', behind: '2026-06-01T04:00:00Z', lastEventAt: null })"
    page.evaluate(f"() => {{ yiping.live.status = () => {told}; }}")
    expect(page.locator("#desk-late")).to_contain_text("收数停在 12:00:00")
    expect(page.locator("#desk-late")).to_contain_text("新告警可能没有到")


def test_another_area_is_another_address(desks: Desks) -> None:
    page = desks.sit("demo-officer")
    below = page.locator("[data-areas] option").last.get_attribute("value")
    page.locator("[data-areas]").select_option(below)
    page.wait_for_url(re.compile(rf"area={below}"))
    until(page, READY, timeout=30)
    expect(page.locator("[data-areas]")).to_have_value(str(below))

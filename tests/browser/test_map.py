from __future__ import annotations

import base64
import struct
import urllib.request

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.maps import DRAWN, VIEW, at, rested, smoke_of_one_building
from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser


def test_the_map_holds_every_sensor_of_the_feed(open_page: Open, product: Product) -> None:
    page = open_page()
    area = page.evaluate("document.body.dataset.area")
    with urllib.request.urlopen(f"{product.url}/api/v1/map/devices?area={area}") as answer:
        magic, count = struct.unpack("<4sI", answer.read(8))
    assert magic == b"YPM1"
    assert page.evaluate("__yiping.count()") == count > 900
    until(  # a frame after they came
        page,
        "() => { const c = document.querySelector('canvas.is-points');"
        " return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v); }",
    )


def test_a_click_drills_down_to_the_grid_and_back_leads_the_browser(open_page: Open, product: Product) -> None:
    page = open_page()
    here = page.evaluate("document.body.dataset.area")
    trail = [here]
    until(page, DRAWN, here)
    while page.locator("path.map-area").count():
        shape = page.locator("path.map-area").first
        code = shape.get_attribute("data-code")
        shape.focus()
        page.keyboard.press("Enter")
        until(page, DRAWN, code)
        until(page, "code => document.body.dataset.area === code", code)
        assert f"area={code}" in page.url
        trail.append(str(code))
    assert len(trail) == 4, "district, street, community, grid"
    assert page.locator("path.map-building").count() > 0
    for code in reversed(trail[:-1]):
        page.go_back()
        until(page, DRAWN, code)


def test_data_never_moves_the_view(open_page: Open, product: Product) -> None:
    page = open_page()
    until(page, DRAWN, page.evaluate("document.body.dataset.area"))
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(500)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()
    page.wait_for_timeout(500)
    before = page.evaluate(VIEW)
    product.publish(product.device("hydrant", 3), {"pressure_mpa": 0.3})
    page.evaluate("yiping.map._loadAreas()")
    page.evaluate("yiping.map.data.loadDevices()")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    page.locator("[data-metric=population]").click()
    page.locator("[data-layer=cameras]").click()
    page.wait_for_timeout(600)
    assert page.evaluate(VIEW) == before


def test_metric_and_overlays_are_in_the_address_and_survive_a_reload(open_page: Open) -> None:
    page = open_page()
    page.locator("[data-metric=housing]").click()
    page.locator("[data-layer=incidents]").click()
    page.locator("[data-layer=cameras]").click()
    assert "metric=housing" in page.url
    assert "layers=alarms%2Cincidents%2Cdevices" in page.url
    page.reload()
    until(page, "window.__yiping?.map")
    expect(page.locator("[data-metric=housing]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-layer=incidents]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-layer=cameras]")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize(("lang", "chip", "schematic"), [("zh", "人口", "示意边界"), ("en", "Population", "chematic")])
def test_the_map_speaks_both_languages(open_page: Open, lang: str, chip: str, schematic: str) -> None:
    page = open_page(f"lang={lang}")
    expect(page.locator("[data-metric=population]")).to_have_text(chip)
    expect(page.locator(".map-legend-note")).to_contain_text(schematic)
    if lang == "en":
        shown = page.locator(".map-frame").inner_text()
        assert not any("\u4e00" <= c <= "\u9fff" for c in shown), shown


def test_the_theme_repaints_the_map(open_page: Open) -> None:
    page = open_page()
    colour = "() => yiping.map.layer.stamps.tokens['map-bg']"
    dark = page.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    until(page, f"before => ({colour})() !== before", dark)


def test_several_alarms_of_one_building_are_one_symbol_and_its_card_lists_them(
    open_page: Open, product: Product
) -> None:
    devices = smoke_of_one_building(product, 3)
    page = open_page()
    for device in devices:
        product.publish(device, {"smoke": 1})
    until(page, "id => yiping.map.layer.alarms.some(a => a.building === id && a.count === 3)", devices[0].building_id)
    rested(page)
    marks = page.evaluate(
        "id => yiping.map.layer._marks.filter(m => m.alarm?.building === id).length", devices[0].building_id
    )
    assert marks == 1
    covered = """() => {
      const at = m => { const p = __yiping.map.layerPointToContainerPoint([m.x, m.y]), b = __yiping.map.getContainer()
        .getBoundingClientRect(); return [b.x + p.x, b.y + p.y]; };
      const labels = [...document.querySelectorAll('.map-label:not(.is-hidden)')].map(e => e.getBoundingClientRect());
      return yiping.map.layer._marks.some(m => { const [x, y] = at(m), r = m.alarm.severity === 4 ? m.r : m.r;
        return labels.some(b => x + r > b.left && x - r < b.right && y + r > b.top && y - r < b.bottom); });
    }"""
    until(page, f"() => !({covered})()")
    page.evaluate(
        "([lng, lat]) => __yiping.map.setView([lat, lng], 17, {animate: false})", [devices[0].lng, devices[0].lat]
    )
    rested(page)
    spot = page.evaluate(
        """id => { const m = yiping.map.layer._marks.find(m => m.alarm?.building === id);
          const p = __yiping.map.layerPointToContainerPoint([m.x, m.y]);
          const b = __yiping.map.getContainer().getBoundingClientRect(); return [b.x + p.x, b.y + p.y]; }""",
        devices[0].building_id,
    )
    page.mouse.click(*spot)
    card = page.locator(".map-card.is-pinned")
    expect(card.locator(".map-card-row")).to_have_count(1)  # of one kind: one line with their number
    expect(card.locator(".map-card-row")).to_contain_text("3 个终端")
    expect(card.locator(".map-card-link")).to_be_visible()
    card.locator(".map-card-row").first.click()
    expect(card.locator(".map-card-row")).to_have_count(0)
    for device in devices:
        product.publish(device, {"smoke": 0})


def test_where_all_is_normal_nothing_is_counted_on_the_map(open_page: Open) -> None:
    page = open_page("layers=devices,cameras")
    until(page, DRAWN, page.evaluate("document.body.dataset.area"))
    rested(page)
    unneeded = page.evaluate(
        "() => { const { layer } = yiping.map; layer._binned.devices = true;"
        " layer.sets.devices.bins(layer._scale, layer._binSize());"
        " return layer._pillsOf('devices', layer._bounds.getSize(), 0, w => layer._standsOut(w)).length"
        " - layer.sets.devices.category.subarray(0, layer.sets.devices.n).filter(c => c > 0 && c < 6).length; }"
    )
    assert unneeded <= 0, "a pill only where something is abnormal"
    assert page.evaluate("__yiping.count()") > 900


def test_the_legend_shows_only_what_is_on(open_page: Open) -> None:
    page = open_page("layers=alarms")
    shown = page.locator(".map-legend-shapes li:visible")
    expect(shown).to_have_count(4)
    page.locator("[data-layer=workers]").click()
    expect(shown).to_have_count(5)
    expect(shown.last).to_contain_text("责任网格")


def test_grid_workers_are_named_with_their_grid_and_never_with_a_position(open_page: Open, product: Product) -> None:
    grid = product.area("grid")
    page = open_page(f"area={grid.code}&layers=workers")
    until(page, "() => yiping.map.data.workers.size > 0")
    row = page.evaluate("() => [...yiping.map.data.workers.values()][0]")
    assert row[3].endswith("*")
    page.evaluate("([lng, lat]) => __yiping.map.setView([lat, lng], 19, {animate: false})", row[1:3])
    rested(page)
    page.mouse.click(*at(page, *row[1:3]))
    expect(page.locator(".map-card.is-pinned")).to_contain_text("责任网格")


def vector_tile() -> bytes:
    """A tile of Protomaps' schema: one highway from corner to corner."""

    def field(number: int, value: bytes) -> bytes:
        return bytes([number << 3 | 2, len(value)]) + value

    def zigzag(*values: int) -> bytes:
        out = b""
        for value in values:
            left = value << 1 if value >= 0 else (-value << 1) - 1
            while left > 127:
                out, left = out + bytes([left & 127 | 128]), left >> 7
            out += bytes([left])
        return out

    line = bytes([9]) + zigzag(0, 0) + bytes([10]) + zigzag(4096, 4096)
    feature = field(2, b"\x00\x00") + b"\x18\x02" + field(4, line)
    layer = field(1, b"roads") + field(2, feature) + field(3, b"kind") + field(4, field(1, b"highway"))
    return field(3, layer + b"\x28\x80\x20\x78\x02")


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def test_a_base_map_lies_below_names_and_its_absence_is_a_quiet_note(chromium: Browser, product: Product) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page, away = context.new_page(), {"is": False}
    about = {"kind": "raster", "min_zoom": 0, "max_zoom": 18, "credit": "© Somebody"}
    page.route("**/api/v1/map/basemap", lambda route: route.fulfill(json=about))
    page.route(
        "**/tiles/**",
        lambda route: route.fulfill(status=502) if away["is"] else route.fulfill(body=PIXEL, content_type="image/png"),
    )
    page.goto(f"{product.url}/?probe=1")
    until(
        page,
        "window.__yiping?.map && document.querySelectorAll('.leaflet-basemap-pane img.leaflet-tile-loaded').length > 3",
        timeout=30,
    )
    expect(page.locator(".map-credit")).to_have_text("© Somebody")
    expect(page.locator(".map-basemap-failed")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.leaflet-basemap-pane')).opacity") == "0.35"
    away["is"] = True
    page.evaluate("__yiping.map.setZoom(__yiping.map.getZoom() + 3, {animate: false})")
    expect(page.locator(".map-basemap-failed")).to_be_visible()
    page.locator("[data-metric=population]").click()
    expect(page.locator("[data-metric=population]")).to_have_attribute("aria-pressed", "true")
    context.close()


def test_a_vector_base_map_is_drawn_by_the_vendored_library(open_page: Open, product: Product) -> None:
    page = open_page(wait=False)
    about = {"kind": "vector", "min_zoom": 0, "max_zoom": 14, "credit": ""}
    page.route("**/api/v1/map/basemap", lambda route: route.fulfill(json=about))
    page.route(
        "**/tiles/**",
        lambda route: route.fulfill(body=vector_tile(), content_type="application/vnd.mapbox-vector-tile"),
    )
    page.reload()
    drawn = """() => [...document.querySelectorAll('.leaflet-basemap-pane canvas')]
      .some(c => c.width && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v))"""
    until(page, drawn, timeout=30)
    assert page.evaluate("typeof window.protomapsL") == "object"


def test_a_small_pan_moves_the_picture_and_draws_nothing_anew(open_page: Open) -> None:
    page = open_page()
    until(page, DRAWN, page.evaluate("document.body.dataset.area"))
    rested(page)
    page.wait_for_timeout(600)
    drawn = page.evaluate(
        """async () => {
          const before = yiping.map.layer.stats.full;
          for (let k = 0; k < 8; k++) {
            __yiping.map.panBy([4, 2], {animate: false});
            await new Promise(requestAnimationFrame);
          }
          return yiping.map.layer.stats.full - before;
        }"""
    )
    assert drawn <= 1, "only the rest after the pan may centre the picture again"


NAMES_ON_CANVAS = """() => {
  const { map, names } = yiping.map, { x: width, y: height } = map.getSize(), seen = (box) =>
    box.x > box.w / 2 && box.x < width - box.w / 2 && box.y > box.h / 2 && box.y < height - box.h / 2;
  const boxes = names.boxes().filter(seen), canvas = document.querySelector('.leaflet-around-pane canvas');
  const own = canvas.getBoundingClientRect(), frame = map.getContainer().getBoundingClientRect();
  const k = canvas.width / own.width;
  const quiet = getComputedStyle(document.documentElement).getPropertyValue('--text-2').trim();
  const pen = canvas.getContext('2d');
  return boxes.map((box, i) => {
    const x = frame.x + box.x - box.w / 2 - own.x, y = frame.y + box.y - box.h / 2 - own.y;
    const { data } = pen.getImageData(x * k, y * k, box.w * k, box.h * k);
    const [r, g, b] = [1, 3, 5].map(at => parseInt(quiet.slice(at, at + 2), 16));
    let ink = false;
    for (let p = 0; p < data.length && !ink; p += 4)
      ink = data[p + 3] === 255 && Math.abs(data[p] - r) + Math.abs(data[p + 1] - g) + Math.abs(data[p + 2] - b) < 12;
    const covered = boxes.some((other, j) => j < i && yiping.mapGeometry.overlap(box, other));
    return { text: box.text, ink, covered };
  });
}"""


def test_from_near_what_lies_around_is_named_and_a_house_opens_without_moving_the_view(
    open_page: Open, product: Product
) -> None:
    page = open_page()
    camera = product.camera()
    page.evaluate("([lng, lat]) => yiping.map.focus({ lng, lat })", [camera.lng, camera.lat])
    until(page, "yiping.map.around.houses.size > 0 && !yiping.map.map._animatingZoom")
    view = "[yiping.map.map.getZoom(), yiping.map.map.getCenter().lng, yiping.map.map.getCenter().lat]"
    before = page.evaluate(view)
    until(page, "yiping.map.names.boxes().length > 0")
    names = page.evaluate(NAMES_ON_CANVAS)
    assert any("网格" in name["text"] for name in names), "grids are named"
    assert any("栋" in name["text"] for name in names), "and houses"
    assert [name["text"] for name in names if not name["ink"]] == []
    assert [name["text"] for name in names if name["covered"]] == []
    assert page.evaluate("yiping.map.layer._binned.cameras") is False  # each has its place
    house = page.evaluate("""() => { const map = yiping.map.map, box = map.getContainer().getBoundingClientRect();
      for (const [code, house] of yiping.map.around.houses) {
        const at = map.latLngToContainerPoint(house.getLatLng()), far = at.x > 320 && at.x < box.width - 220;
        if (yiping.map.layer.hit(map.containerPointToLayerPoint(at), 8)?.kind === "alarm") continue; // a test's
        if (far && at.y > 120 && at.y < box.height - 120) return [code, box.x + at.x, box.y + at.y];
      }
      return null; }""")
    assert house is not None
    page.mouse.click(house[1], house[2])
    until(page, "code => new URLSearchParams(location.search).get('building') === code", house[0])
    page.wait_for_selector(".drawer")
    assert page.evaluate(view) == before
    page.keyboard.press("Escape")
    page.evaluate("yiping.map.home()")
    until(page, "!yiping.map.map.hasLayer(yiping.map.around.group)")


def test_the_heat_is_switched_by_the_bar_and_the_address_and_asked_for_of_the_viewport(
    open_page: Open, product: Product
) -> None:
    page, asked = open_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url) if "/api/v1/map/heat" in request.url else None)
    assert asked == []
    page.click('[data-layer="heat"]')
    until(page, "Boolean(yiping.map.heat.found)")
    assert "heat" in page.evaluate("new URLSearchParams(location.search).get('layers')")
    assert (cells := page.evaluate("yiping.map.heat.found.cells")), "the seeded community has cases of four weeks"
    assert min(n for _, _, n in cells) >= 3
    inked = """() => { const c = document.querySelector('.map-heat');
      return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0); }"""
    until(page, inked)
    page.evaluate("yiping.map.map.panBy([60, 0], { animate: false })")
    until(
        page,
        "(n) => performance.getEntriesByType('resource').filter((e) => e.name.includes('/map/heat')).length > n",
        1,
    )
    assert len({url.split("bbox=")[1] for url in asked}) == 2
    page.click('[data-layer="heat"]')
    assert not page.is_visible(".map-heat")
    assert not page.is_visible(".map-heat-legend")

"""What tests ask of the map in the page."""

from __future__ import annotations

from playwright.sync_api import Page
from sqlalchemy import select

from data_access.db.tables import AlarmRow, DeviceRow
from tests.browser.product import Product

DRAWN = "code => document.querySelector('.map-frame').dataset.drawn === code"
VIEW = "() => { const m = __yiping.map, c = m.getCenter(); return [c.lat, c.lng, m.getZoom()]; }"
_RESTED = """() => new Promise((done) => {
  let last = "", same = 0;
  const look = () => {
    const m = __yiping.map, now = [m.getZoom(), m.getCenter()].join();
    same = now === last ? same + 1 : 0;
    last = now;
    if (same < 5) requestAnimationFrame(look);
    else yiping.map.layer.afterDraw(() => requestAnimationFrame(done));
  };
  look();
})"""


def at(page: Page, lng: float, lat: float) -> tuple[float, float]:
    """Where a place is on the screen."""
    x, y = page.evaluate(
        "([lng, lat]) => { const m = __yiping.map, b = m.getContainer().getBoundingClientRect(),"
        " p = m.latLngToContainerPoint([lat, lng]); return [b.x + p.x, b.y + p.y]; }",
        [lng, lat],
    )
    return float(x), float(y)


def rested(page: Page) -> None:
    """Wait until the map has stopped moving and every frame asked for is drawn."""
    page.evaluate(_RESTED)


def smoke_of_one_building(product: Product, count: int) -> list[DeviceRow]:
    """`count` smoke detectors of one building, in which no earlier test has left an alarm open."""
    with product.database.reading() as session:
        taken = set(session.scalars(select(AlarmRow.building_id).where(AlarmRow.state != "closed")))
        by_building: dict[int, list[DeviceRow]] = {}
        for row in session.scalars(select(DeviceRow).where(DeviceRow.kind == "smoke").order_by(DeviceRow.id)):
            if row.building_id and row.building_id not in taken:
                by_building.setdefault(row.building_id, []).append(row)
        found = next(rows for rows in by_building.values() if len(rows) >= count)[:count]
        session.expunge_all()
        return found

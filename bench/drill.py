"""How long a drill takes in a real browser: from a click on a place of the ranking to its outlines and panels."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from bench import pages
from bench.harness import Row, median_row, percentile, samples_of

LOOK_MS = 1000  # nobody finds the next street sooner
PRESSED_MS = 80  # how long a finger keeps a mouse button down
# From the click that is about to come until panels and outlines of the place are in the page and one frame later.
WATCH_DRILL = """
code => {
  window.drilledIn = 0;
  document.addEventListener('click', () => {
    const started = performance.now(), frame = document.querySelector('.map-frame');
    const look = () => requestAnimationFrame(frame.dataset.drawn === code && document.body.dataset.area === code
      ? () => { window.drilledIn = performance.now() - started; } : look);
    look();
  }, { capture: true, once: true });
}
"""


def run(browser: Browser, url: str, home: str, times: int) -> list[Row]:
    """From a click on a place to its outlines and panels in the page; then by somebody in haste."""
    page = pages.opened(browser, url)
    looked, cpu = _drills(page, home, times, LOOK_MS)
    hasty, _ = _drills(page, home, times // 3, 0)
    page.context.close()
    note = "district → street → community, a click each second; no place was looked at before"
    return [
        Row(name="drill.p95_ms", value=percentile(looked, 95), unit="ms", samples=samples_of(looked), note=note),
        median_row("drill.cpu_ms", cpu, "ms"),
        Row(
            name="drill.hasty_p95_ms",
            value=percentile(hasty, 95),
            unit="ms",
            samples=samples_of(hasty),
            note="each click in the moment in which the place before it stands",
        ),
    ]


def _drills(page: Page, home: str, times: int, look_ms: int) -> tuple[list[float], list[float]]:
    """Milliseconds of `times` drills into one street after the other and from it into its first community.

    Also what the page's main thread worked for each, ms.
    """
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    streets = _ranked(page)
    taken, cpu = [], []
    for k in range(times // 2):
        for code in (streets[k % len(streets)], None):
            page.wait_for_timeout(look_ms)
            before = pages.worked(tools)
            taken.append(_click(page, code or _ranked(page)[0]))
            cpu.append(pages.worked(tools) - before)
        for code in (streets[k % len(streets)], home):
            page.go_back()
            pages.until(page, f"document.body.dataset.area === '{code}'")
            pages.until(page, f"document.querySelector('.map-frame').dataset.drawn === '{code}'")
    tools.detach()
    return taken, cpu


def _ranked(page: Page) -> list[str]:
    """The places in the ranking of the area on screen."""
    found: list[str] = page.evaluate("[...document.querySelectorAll('.rank[data-drill]')].map(p => p.dataset.drill)")
    return found


def _click(page: Page, code: str) -> float:
    """Milliseconds from the click on a place of the ranking until it stands.

    The pointer does not rest before it presses; the button is down as long as a finger needs, which the page uses.
    """
    box = page.locator(f".rank[data-drill='{code}']").bounding_box()
    assert box
    page.evaluate(WATCH_DRILL, code)
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(PRESSED_MS)
    page.mouse.up()
    pages.until(page, "window.drilledIn")
    return float(page.evaluate("window.drilledIn"))

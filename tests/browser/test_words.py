"""Every page in English: what is Chinese on it is data (names of places, people, cases), never a word of ours."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from sqlalchemy import String, select

from components.i18n import catalogue
from data_access.db.tables import IncidentRow
from data_access.db.tables.base import Base
from data_access.demo.system import DEMO
from data_access.demo.tasks import NOTE
from tests.browser.product import Product, until

pytestmark = pytest.mark.browser

CHINESE = re.compile(r"[\u3400-\u9fff]+")
REGISTERED = re.compile(r'register_page\(\s*__name__, path="([^"]+)"')
SENTENCES = {"body", "note", "reason", "detail", "description"}  # columns that hold no names
# What is looked at, by who looks: a guest, the administrator, a grid worker.
ADDRESSES = {
    "": ("/sign-in", "/report?point={point}", "/?wall=1&carousel=children", "/?building={building}"),
    "demo-admin": (
        *("/", "/?area={grid}", "/trends", "/trends/judgement", "/compare", "/brief", "/walls", "/account"),
        *("/alarms", "/alarms/analysis", "/alarms/rules", "/alarms/rules?device={pool}&alarm=level_low"),
        *("/incidents", "/incidents?view=list", "/indicators", "/incidents/case?code={case}"),
        *("/users", "/users?name=demo-officer", "/users?new=token", "/audit", "/catalogue", "/workflows"),
    ),
    "demo-grid": ("/field",),
}
# Text and what is said of things, also where it is folded away; the way to the other language is in that language.
SAID = """() => {
  const found = new Set(), aside = "script, style, template, noscript, [lang^=zh]:not(html)";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { nodeValue, parentElement } = walker.currentNode;
    if (nodeValue.trim() && !parentElement.closest(aside)) found.add(nodeValue.trim());
  }
  for (const e of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      if (e.getAttribute(name) && !e.closest(aside)) found.add(e.getAttribute(name).trim());
    }
  }
  found.add(document.title);
  return [...found];
}"""


@pytest.fixture(scope="module")
def names(product: Product) -> str:
    """Every text of the database that is a name of something."""
    found: set[str] = set()
    with product.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            columns = [c for c in table.columns if isinstance(c.type, String) and c.name not in SENTENCES]
            for column in columns:
                found |= {text for text in session.scalars(select(column).distinct()) if text and CHINESE.search(text)}
        own = select(IncidentRow.description).where(IncidentRow.source_ref.startswith("demo-"))
        found |= {text for text in session.scalars(own) if text} | {NOTE}  # what people wrote stays as they wrote it
    found |= {wall["name"] for wall in product.get("/api/v1/walls")["walls"]}
    return "\n".join(found)


@pytest.fixture(scope="module")
def places(product: Product) -> dict[str, str]:
    """What `ADDRESSES` leave open."""
    with product.database.reading() as session:  # one of the demo's own: nobody has written a note on it
        case = session.scalar(select(IncidentRow.code).where(IncidentRow.source == DEMO, IncidentRow.reworks > 0))
    return {
        "case": str(case),
        "grid": product.area("grid").code,
        "building": product.building().code,
        "point": product.point().code,
        "pool": product.device("pool").code,
    }


@pytest.fixture(scope="module")
def reader(chromium: Browser, product: Product) -> Iterator[Callable[[str], BrowserContext]]:
    """The browser of a user who reads English, signed in once; of a guest for ""."""
    browsers: dict[str, BrowserContext] = {}

    def of(user: str) -> BrowserContext:
        if user not in browsers:
            size: ViewportSize = {"width": 1440, "height": 900}
            browsers[user] = chromium.new_context(viewport=size, locale="en-GB", bypass_csp=True)
            if user:
                page = browsers[user].new_page()
                page.goto(f"{product.url}/sign-in?fill={user}&next=/account")
                page.click(".si-go")
                page.wait_for_url("**/account")
                page.close()
        return browsers[user]

    yield of
    for browser in browsers.values():
        browser.close()


def test_every_page_is_among_those_looked_at() -> None:
    pages = Path(__file__).parents[2].joinpath("pages").glob("*.py")
    registered = {path for page in pages for path in REGISTERED.findall(page.read_text("utf-8"))}
    looked_at = {address.partition("?")[0] for of in ADDRESSES.values() for address in of}
    assert len(registered) >= 10
    assert registered - looked_at == set()


@pytest.mark.parametrize(("user", "address"), [(user, address) for user, of in ADDRESSES.items() for address in of])
def test_no_page_speaks_chinese_to_an_english_reader_but_names(
    reader: Callable[[str], BrowserContext],
    product: Product,
    names: str,
    places: dict[str, str],
    user: str,
    address: str,
) -> None:
    page = reader(user).new_page()
    found = _untranslated(page, product.url + address.format_map(places), names, set(catalogue()))
    page.close()
    assert found == []


def _untranslated(page: Page, address: str, names: str, words: set[str]) -> list[str]:
    page.goto(f"{address}{'&' if '?' in address else '?'}lang=en")
    until(page, "!document.querySelector('#first-paint, .is-loading, .analysis-reading')", timeout=30)
    data, left = set(names.splitlines()), [""]
    deadline = time.monotonic() + 4  # Dash sets its own title first, and fragments come later
    while left and time.monotonic() < deadline:
        page.wait_for_timeout(500)
        said = [text for text in page.evaluate(SAID) if CHINESE.search(text) and text not in data]
        left = [text for text in said if text in words or any(run not in names for run in CHINESE.findall(text))]
    return left

"""Every page in English: what is Chinese on it is data (names of places, people, cases), never a word of ours."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import String, select

from components.i18n import catalogue
from data_access.db.tables import IncidentRow
from data_access.db.tables.base import Base
from data_access.demo.system import DEMO
from tests.browser.product import Product, until

pytestmark = pytest.mark.browser

CHINESE = re.compile(r"[\u3400-\u9fff]+")
REGISTERED = re.compile(r'register_page\(\s*__name__, path="([^"]+)"')
SENTENCES = {"body", "note", "reason", "detail", "description"}  # columns that hold no names
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
    found |= {wall["name"] for wall in product.get("/api/v1/walls")["walls"]}
    return "\n".join(found)


@pytest.fixture(scope="module")
def english(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that has signed in nowhere yet."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", bypass_csp=True)
    yield context
    context.close()


def _addresses(product: Product) -> dict[str, list[str]]:
    """The addresses to look at, by who looks: a guest, the administrator, a grid worker."""
    building, point = product.building().code, product.point().code
    with product.database.reading() as session:  # one of the demo's own: nobody has written a note on it
        case = session.scalar(select(IncidentRow.code).where(IncidentRow.source == DEMO, IncidentRow.reworks > 0))
    return {
        "": [
            "/sign-in",
            f"/report?point={point}",
            "/?wall=1&carousel=children",
            f"/?building={building}",
        ],
        "demo-admin": [
            *(
                "/",
                f"/?area={product.area('grid').code}",
                "/trends",
                "/trends/judgement",
                "/compare",
                "/brief",
                "/walls",
                "/account",
            ),
            *("/alarms", "/alarms/analysis", f"/alarms/rules?device={product.device('pool').code}&alarm=level_low"),
            *("/incidents", "/incidents?view=list", "/indicators", f"/incidents/case?code={case}"),
            *("/users", "/users?name=demo-officer", "/users?new=token", "/audit", "/catalogue", "/workflows"),
        ],
        "demo-grid": ["/field"],
    }


def test_every_page_is_among_those_looked_at(product: Product) -> None:
    pages = Path(__file__).parents[2].joinpath("pages").glob("*.py")
    registered = {path for page in pages for path in REGISTERED.findall(page.read_text("utf-8"))}
    looked_at = {address.partition("?")[0] for of in _addresses(product).values() for address in of}
    assert len(registered) >= 10
    assert registered - looked_at == set()


def test_no_page_speaks_chinese_to_an_english_reader_but_names(
    english: BrowserContext, product: Product, names: str
) -> None:
    page, words, found = english.new_page(), set(catalogue()), {}
    for user, addresses in _addresses(product).items():
        if user:
            english.clear_cookies()
            page.goto(f"{product.url}/sign-in?fill={user}&next=/account")
            page.click(".si-go")
            page.wait_for_url("**/account")
        for address in addresses:
            found[f"{user} {address}"] = _untranslated(page, product.url + address, names, words)
    page.close()
    assert {address: texts for address, texts in found.items() if texts} == {}


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

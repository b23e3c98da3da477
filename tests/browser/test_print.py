"""Paper: the brief is exactly one A4 page in both languages, and the overview prints without its tools."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from tests.browser.product import Product, until

pytestmark = pytest.mark.browser

PAGES = re.compile(rb"/Type\s*/Page[^s]")
BOX = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", ["district", "community"])
def test_the_brief_is_one_a4_page_and_nothing_is_cut_off(
    chromium: Browser, product: Product, kind: str, lang: str
) -> None:
    page = chromium.new_page(viewport={"width": 1180, "height": 820})
    page.goto(f"{product.url}/brief?area={product.area(kind).code}&lang={lang}")
    page.wait_for_selector(".brief")
    assert product.area(kind).name in page.inner_text(".brief") or lang == "en"
    page.emulate_media(media="print")
    assert page.evaluate(
        "(() => { const b = document.querySelector('.brief'); return b.scrollHeight <= b.clientHeight + 1; })()"
    )
    sheet = page.pdf(prefer_css_page_size=True)
    assert len(PAGES.findall(sheet)) == 1
    width, height = (float(n) for n in BOX.findall(sheet)[0])
    assert abs(width - 595) < 2
    assert abs(height - 842) < 2
    page.close()


def test_the_overview_prints_on_white_without_its_tools(chromium: Browser, product: Product) -> None:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()
    page.goto(product.url)
    until(page, "Boolean(document.querySelector('h1')) && !document.querySelector('.strip.is-loading')", timeout=30)
    page.emulate_media(media="print")
    assert not page.is_visible(".tools")
    assert not page.is_visible(".map-bar")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(PAGES.findall(page.pdf(prefer_css_page_size=True, print_background=True))) == 1
    page.context.close()

"""Installed on a tablet: the manifest holds, and without the server the page says so and shows nothing old."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.product import Product, until

pytestmark = pytest.mark.browser


def test_without_the_server_the_page_says_so_and_keeps_no_figures(chromium: Browser, product: Product) -> None:
    context = chromium.new_context(viewport={"width": 1180, "height": 820}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{product.url}/brief")
    page.wait_for_selector(".brief")
    page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready).then(() => 1)")
    until(page, "Boolean(navigator.serviceWorker.controller)", timeout=20)
    kept = page.evaluate(
        "caches.keys().then((n) => Promise.all(n.map((k) => caches.open(k).then((c) => c.keys())))).then("
        "(all) => all.flat().map((r) => new URL(r.url).pathname).sort())"
    )
    assert kept == ["/assets/icons/mark.svg", "/assets/offline.html"]
    context.set_offline(True)
    page.goto(product.url)
    assert "连不上" in page.inner_text("h1")
    assert "未知" in page.inner_text("main")
    context.set_offline(False)
    page.click("button")
    page.wait_for_selector(".overview", timeout=20_000)
    context.close()


def test_the_manifest_makes_it_installable_and_insecure_origins_are_told(chromium: Browser, product: Product) -> None:
    manifest = product.get("/assets/manifest.webmanifest")
    assert manifest["display"] == "standalone"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert any(icon.get("purpose") == "maskable" for icon in manifest["icons"])
    page = chromium.new_context(bypass_csp=True).new_page()
    page.goto(f"{product.url}/?lang=en")
    page.wait_for_selector(".tools")
    assert page.get_attribute("link[rel=manifest]", "href") == "/assets/manifest.webmanifest"
    page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")
    assert page.evaluate("yiping.install.state()") == "insecure"
    page.click(".tools summary")  # stays open when Dash's page takes the place of the painted one
    page.wait_for_function("!document.getElementById('first-paint')")
    page.click("[data-act='install']")
    assert "HTTPS" in page.inner_text(".said")
    page.context.close()

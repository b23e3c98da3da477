"""Make the icons of `assets/icons` from our own mark, `mark.svg`, with Chromium: `python -m deploy.icons`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from deploy import chromium

ICONS: Final = Path(__file__).parents[1] / "assets" / "icons"
SIZES: Final = {"icon-180.png": (180, False), "icon-192.png": (192, False), "icon-512.png": (512, False)}
MASKABLE: Final = {"icon-maskable-512.png": (512, True)}
"""A maskable icon may be cut to a circle of 80 %: its ground fills the square, the mark stays inside."""


def main() -> None:
    """Write every icon."""
    mark = (ICONS / "mark.svg").read_text("utf-8")
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for name, (size, maskable) in (SIZES | MASKABLE).items():
            page = browser.new_page(viewport={"width": size, "height": size})
            svg = mark.replace('rx="8" ', "") if maskable else mark
            page.set_content(f"<style>*{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{svg}")
            page.screenshot(path=ICONS / name, omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()

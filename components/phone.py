"""What the pages for phones share, as HTML text: icons, the header, the document around it.

They stand without Dash: a citizen with a weak connection waits for a few kilobytes, not for a few hundred.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import urlencode

from components.i18n import Lang, Words

ICONS: Final[Mapping[str, str]] = {
    "waste": '<path d="M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4"/>',
    "road": '<ellipse cx="8" cy="9.5" rx="6" ry="3.5"/>'
    '<path d="M5 8.5h6M4.5 10.3h7M2 9V6.5C2 4.6 4.7 3 8 3s6 1.6 6 3.5V9"/>',
    "parking": '<path d="M2 11V8.5L3.7 4.5h8.6L14 8.5V11ZM2 8.5h12M3.5 11v1.8M12.5 11v1.8"/>',
    "noise": '<path d="M2.5 6.2h2.3L8 3.5v9L4.8 9.8H2.5ZM10.3 5.8a3 3 0 0 1 0 4.4M12.3 3.8a6 6 0 0 1 0 8.4"/>',
    "fire": '<path d="M8 14.2c-2.7 0-4.6-1.9-4.6-4.4C3.4 6.6 6.6 5.3 7 1.8c3 1.4 5.6 4.5 5.6 8 0 2.5-1.9 '
    "4.4-4.6 4.4ZM8 14.2c-1.3 0-2.1-1-2.1-2.2 0-1.4 1.4-2 2.1-3.6.9 1.4 2.1 2.2 2.1 "
    '3.6 0 1.2-.8 2.2-2.1 2.2Z"/>',
    "water": '<path d="'
    "M8 1.8c2 2.5 3.2 4.2 3.2 5.8a3.2 3.2 0 0 1-6.4 0C4.8 6 6 4.3 8 1.8ZM1.5 "
    '13.5c1.1-.9 2.2-.9 3.3 0s2.2.9 3.2 0 2.1-.9 3.2 0 2.2.9 3.3 0"/>',
    "building": '<path d="M3 14V3.2L9 1.8V14M9 6h4v8M1.5 14h13M5 5.5h2M5 8.2h2M5 11h2"/>',
    "other": '<path d="M3.5 8h0M8 8h0M12.5 8h0" stroke-width="2.6"/>',
    "photo": '<path d="M1.8 4.8h3l1.2-1.8h4l1.2 1.8h3v8.2H1.8Z"/><circle cx="8" cy="8.8" r="2.5"/>',
    "mic": '<rect x="6" y="1.8" width="4" height="7.4" rx="2"/>'
    '<path d="M3.5 7.5a4.5 4.5 0 0 0 9 0M8 12v2.2M5.5 14.2h5"/>',
    "film": '<rect x="1.8" y="4" width="8.6" height="8" rx="1"/><path d="m10.4 7 3.8-2v6l-3.8-2"/>',
    "call": '<path d="M3.2 2.2 5.6 1.8l1.3 3.4-1.5 1.3c.7 1.7 2 3 3.9 4l1.4-1.4 3.3 1.5-.5 2.3c-.1.6'
    '-.6 1-1.2.9C6.7 13.3 2.7 9.3 2.2 3.4c0-.6.4-1.1 1-1.2Z"/>',
    "copy": '<path d="M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3"/>',
    "note": '<path d="M2 3h12v8H7.5L4 13.8V11H2Z"/>',
    "pin": '<path d="M8 14.5c3-3.5 4.5-5.8 4.5-8a4.5 4.5 0 0 0-9 0c0 2.2 1.5 4.5 4.5 8Z"/>'
    '<circle cx="8" cy="6.5" r="1.6"/>',
    "check": '<path d="m3 8.5 3.5 3.5L13 4.5"/>',
    "back": '<path d="M6.5 3 2.5 6.5l4 3.5M2.5 6.5h7a4 4 0 0 1 0 8H6"/>',
    "off": '<path d="M6.5 9.5 4.9 11a2.6 2.6 0 0 1-3.7-3.7l2-2M9.5 6.5 11 5a2.6 2.6 0 0 1 3.7 3.7l-2 2M2 2l12 12"/>',
    "list": '<path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h0M2.5 8h0M2.5 12h0"/>',
    "nav": '<path d="M14 2 2 7.2l5.3 1.5L8.8 14Z"/>',
    "waiting": '<circle cx="8" cy="8" r="5.5" stroke-dasharray="3 2.2"/>',
}
_MARK: Final = (
    '<svg viewBox="0 0 36 36" aria-hidden="true"><rect x="2" y="2" width="32" height="32" rx="6" fill="none" '
    'stroke="currentColor" stroke-width="3"/><path d="M9 18.5h18" stroke="currentColor" stroke-width="4" '
    'stroke-linecap="round"/></svg>'
)


def icon(name: str) -> str:
    """The icon `name`, drawn in the colour of its text."""
    return f'<svg class="ic" aria-hidden="true"><use href="#i-{name}"/></svg>'


def sheet(*names: str) -> str:
    """The drawings behind the icons of a page."""
    symbols = "".join(f'<symbol id="i-{name}" viewBox="0 0 16 16">{ICONS[name]}</symbol>' for name in names)
    return f'<svg class="sheet" aria-hidden="true">{symbols}</svg>'


def top(title: str, small: str, more: str) -> str:
    """The header: mark, where one is, what one can do at once."""
    aside = f"<small>{escape(small)}</small>" if small else ""
    return f'<header class="ph-top"><div class="ph-brand">{_MARK}<h1>{escape(title)}</h1>{aside}</div>{more}</header>'


def language(query: Mapping[str, str], w: Words) -> str:
    """The way to the other language, on the same page."""
    other, word, code = (Lang.ZH, "中", "zh-CN") if w.lang is Lang.EN else (Lang.EN, "EN", "en")
    there = urlencode({**query, "lang": other.value})
    return f'<a class="b q" href="?{escape(there)}" lang="{code}">{word}</a>'


def document(  # all that a page says of itself
    title: str, body: str, *, styles: str, scripts: str, w: Words, head: str = "", theme: str = ' data-theme="light"'
) -> str:
    """The whole page."""
    return (
        f'<!DOCTYPE html>\n<html lang="{"en" if w.lang is Lang.EN else "zh-CN"}" class="phone"{theme}>\n<head>\n'
        '<meta charset="UTF-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        '<link rel="icon" type="image/svg+xml" href="/assets/icons/mark.svg?m=1">\n'
        f'{head}<link rel="stylesheet" href="{styles}">\n<script src="{scripts}" defer></script>\n</head>\n'
        f'<body data-lang="{w.lang.value}">\n{body}\n</body>\n</html>'
    )

"""The HTML document around every page: what must be known before the first paint, then the page, then the scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from components.i18n import Lang, words

_UNUSED: Final = re.compile(r'<script src="[^"]*/(?:deps/polyfill@|dash_table/)[^"]*"></script>\n?')
"""Polyfills for browsers older than the page's own scripts, and a table component that no page has."""
_CORE: Final = re.compile(r'<script src="[^"]*/dash/dcc/[^"]*"></script>\n?')
"""Dash Core Components."""
_SOURCE: Final = re.compile(r'<script src="([^"]*)"')

# The theme of this browser and the size of a wall, before anything is painted in another one.
_HEAD: Final = """(function (root) {
  var asked = new URLSearchParams(location.search), kept = null;
  try { kept = localStorage.getItem("yiping.theme"); } catch (e) { kept = null; }
  var known = function (name) { return name === "light" || name === "dark" ? name : null; };
  root.dataset.theme = known(asked.get("theme")) || known(kept) || "dark";
})(document.documentElement);"""

# What a tablet needs to keep the page on its home screen. `m` lets the browser keep the mark for good (otherwise it is
# asked for again at every change of the address); it counts up when the mark changes.
_INSTALL: Final = (
    '<link rel="manifest" href="/assets/manifest.webmanifest">\n'
    '<link rel="icon" type="image/svg+xml" href="/assets/icons/mark.svg?m=1">\n'
    '<link rel="apple-touch-icon" href="/assets/icons/icon-180.png">\n'
    '<meta name="theme-color" content="#111417">'
)


@dataclass(frozen=True, slots=True)
class FirstPaint:
    """A page as the server paints it: shown until React has built the same, its content then moves over."""

    html: str
    state: Mapping[str, Any]  # what the scripts must know of it
    fetched: tuple[
        str, ...
    ] = ()  # what a first picture is drawn from: on its way with the scripts, and Dash waits for it
    surface: str = ""  # class of the document: "desk" has its own measure


@dataclass(frozen=True, slots=True)
class Own:
    """Addresses of the page's own style sheet and script."""

    styles: str
    scripts: str
    phone: str = ""  # the style sheet of the pages for phones, small
    report: str = ""  # the scripts of two of them
    field: str = ""


def build(
    parts: Mapping[str, str], own: Own, query: Mapping[str, str], first: FirstPaint | None, *, core: bool = True
) -> str:
    """The document from Dash's `parts` of it (`interpolate_index`), for the URL's `query`.

    `core`: the page uses Dash Core Components.

    The page's own script comes before those of Dash: the live panels and the first picture of the map need none of it.
    Where there is such a picture, `start.js` starts Dash behind it.
    """
    w = words(query.get("lang"))
    lang = w.lang
    surface = "wall" if query.get("wall") == "1" else first.surface if first else ""
    surface = f' class="{surface}"' if surface else ""
    probe = ' data-probe="1"' if query.get("probe") == "1" else ""
    title = first.state["title"] if first else " · ".join(w(part) for part in parts["title"].split(" · "))
    scripts = _UNUSED.sub("", parts["scripts"])
    scripts = scripts if core else _CORE.sub("", scripts)
    dash, later, ahead = f"{scripts}\n{parts['renderer']}", "", ""
    if first and first.fetched:
        ahead = "".join(
            f'<link rel="preload" as="fetch" crossorigin="anonymous" href="{escape(url)}">' for url in first.fetched
        ) + "".join(
            f'<link rel="preload" as="script" fetchpriority="low" href="{src}">' for src in _SOURCE.findall(scripts)
        )
        dash, later = "", f'<template id="later">{dash}</template>\n'
    return (
        f'<!DOCTYPE html>\n<html lang="{"en" if lang is Lang.EN else "zh-CN"}"{surface}>\n<head>\n{parts["metas"]}\n'
        f"<title>{escape(title)}</title>\n{_INSTALL}\n<script>{_HEAD}</script>\n"
        f'<link rel="stylesheet" href="{own.styles}">\n<link rel="preload" as="script" href="{own.scripts}">\n'
        f"{parts['css']}\n{ahead}\n</head>\n"
        f'<body data-lang="{lang.value}"{probe}>\n{_painted(first)}\n{parts["app_entry"]}\n'
        f'{later}<script src="{own.scripts}"></script>\n'
        f"<div>\n{parts['config']}\n{dash}\n</div>\n"
        "</body>\n</html>"
    )


def plain(title: str, own: Own, query: Mapping[str, str], body: str, script: str) -> str:
    """A page of ours without Dash: `body` with our style sheet, and a script it can do without."""
    lang = words(query.get("lang")).lang
    theme = query.get("theme")
    asked = f' data-theme="{theme}"' if theme in {"light", "dark"} else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{"en" if lang is Lang.EN else "zh-CN"}"{asked}>\n<head>\n'
        '<meta charset="UTF-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n{_INSTALL}\n<script>{_HEAD}</script>\n"
        f'<link rel="stylesheet" href="{own.styles}">\n'
        f'<script src="{script}" defer></script>\n</head>\n'
        f'<body data-lang="{lang.value}">\n{body}\n</body>\n</html>'
    )


def _painted(first: FirstPaint | None) -> str:
    if first is None:
        return ""
    state = escape(json.dumps(first.state, ensure_ascii=False))
    return f'<div id="first-paint" data-state="{state}">{first.html}</div>'

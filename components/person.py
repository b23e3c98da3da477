"""Who is signed in, in the header: his name and role, and the way to his account; for a guest the way in."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from dash import html

from components import labels
from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes, icon


def account(display: str, role: str, query: Mapping[str, str], w: Words) -> Child:
    """The one who is signed in."""
    said = labels.of(labels.ACCOUNT_ROLE, role, w)
    kept = {name: query[name] for name in ("lang", "theme") if query.get(name)}
    href = f"/account?{urlencode(kept)}" if kept else "/account"
    return html.A(
        [icon("person"), html.B(display), html.Small(said) if said not in display else None],
        href=href,
        className="signed-in",
        title=w("账号与退出"),
        **attributes(aria_label=f"{display} · {said} · {w('账号与退出')}"),
    )


def guest(path: str, query: Mapping[str, str], w: Words) -> Child:
    """The way in, and back to this page."""
    kept = {name: query[name] for name in ("lang", "theme") if query.get(name)}
    href = f"/sign-in?{urlencode({**kept, 'next': address(path, query)})}"
    return html.A([icon("person"), html.Span(w("登录"))], href=href, className="signed-in")

"""Pages that the server paints and forms send back, without Dash: who sent a form, whether it is ours, the document."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest

from dash import html
from flask import Response, current_app, redirect, request

from components import document
from components.forms import HIDDEN
from components.i18n import words
from components.markup import render
from data_access.api import content_policy
from data_access.auth.credentials import form_token
from data_access.auth.principal import Principal

STALE = "这一页放得太久了，请再试一次。"


def plain(title: str, body: str, query: Mapping[str, str], script: str, status: int = 200) -> Response:
    """`body` as a document of ours; nobody keeps it."""
    own = current_app.extensions["yiping.own"]
    built = document.plain(f"{title} · {words(query.get('lang'))('一屏')}", own, query, body, script)
    answer = Response(built, status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = content_policy(built.partition("</head>")[0])
    answer.headers["Cache-Control"] = "no-store"
    return answer


def painted(title: str, page: html.Div, query: Mapping[str, str], status: int = 200) -> Response:
    """`page` with the header that all pages share, and the scripts that keep it live."""
    return plain(title, render(page), query, current_app.extensions["yiping.own"].scripts, status)


def to(there: str) -> Response:
    """On to another page after a form was taken."""
    answer = redirect(there, 303)
    answer.headers["Cache-Control"] = "no-store"
    assert isinstance(answer, Response)  # noqa: S101  # Flask's own, which has cookies
    return answer


def with_token(key: str) -> bool:
    """Whether what was sent comes from a form of ours, shown to the session `key`."""
    sent = request.form.get(HIDDEN) or request.headers.get("X-Yiping-Form", "")
    return bool(key) and same_origin() and equal(form_token(key), sent)


def same_origin() -> bool:
    """Whether no other site's page sent it."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host


def equal(a: str, b: str) -> bool:
    """Whether two secrets are the same, and one."""
    return bool(a) and compare_digest(a.encode(), b.encode())


def known() -> Principal | None:
    """Who asks, nobody included."""
    found = request.environ["asgi.scope"].get("principal")
    return found if isinstance(found, Principal) else None


def session_key() -> str:
    """The key of the browser's session; "" without one."""
    return request.environ["asgi.scope"].get("session_key") or ""


def address() -> str:
    """Where the request comes from."""
    return request.remote_addr or ""

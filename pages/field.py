"""/field: the grid worker's page. Its shell holds no data; everything on it comes from `/api/v1/field`."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, current_app, request

from components import field, phone
from components.i18n import words
from data_access.api import MAY_RECORD, content_policy
from data_access.queries.session import services

# The theme of the phone, before anything is painted in another one.
_HEAD: Final = (
    "<script>document.documentElement.dataset.theme = "
    'matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";</script>\n'
)


def show() -> Response:
    """`GET /field`."""
    w, own = words(request.args.get("lang")), current_app.extensions["yiping.own"]
    built = phone.document(
        f"{w('我的任务')} · {w('一屏')}",
        field.shell(w, voice_s=services().settings.attachment_voice_s),
        styles=own.phone,
        scripts=own.field,
        w=w,
        head=_HEAD,
        theme="",
    )
    answer = Response(built, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = content_policy(_HEAD)
    answer.headers["Permissions-Policy"] = MAY_RECORD
    answer.headers["Cache-Control"] = "no-store"
    return answer


def add_to(server: Flask) -> None:
    """Let `server` answer this address. It is no page of Dash."""
    server.add_url_rule("/field", "field", show, methods=["GET"])

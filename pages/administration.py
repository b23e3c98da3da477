"""What the administrator's pages share: who may open them, and their frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

from dash import html
from flask import Response, request

from components import accounts, sheet
from components.i18n import words
from components.parts import Child
from data_access.auth.principal import may, viewer
from data_access.domain.accounts import Action
from pages import forms
from pages.person import shown

_NOT_YOURS = "只有管理员可以打开这一页。"


def for_administrators(view: Callable[[], Response]) -> Callable[[], Response]:
    """`view` for whoever may manage accounts; others are told."""

    @wraps(view)
    def asked() -> Response:
        if may(viewer(), Action.MANAGE_USERS):
            return view()
        w = words(request.args.get("lang"))
        told: list[Child] = [html.H1(w("账号与令牌")), html.P(w(_NOT_YOURS), className="missing")]
        whole = sheet.build(request.path, "", told, request.args, w, where=None, person=shown("/", request.args, w))
        return forms.painted(w("账号与令牌"), whole, request.args, 403)

    return asked


def painted(path: str, title: str, body: Sequence[Child], query: Mapping[str, str], status: int = 200) -> Response:
    """The page at `path`."""
    w = words(query.get("lang"))
    where = accounts.tabs(path, query, w)
    whole = sheet.build(path, title, body, query, w, where=where, person=shown(path, query, w))
    return forms.painted(title, whole, query, status)

"""/users: an administrator looks after the accounts and tokens of his area. Forms that work without a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from flask import Flask, Response, request

from components import accounts
from components.accounts import ACTS, PATH, Shown
from components.forms import ACT
from components.i18n import words
from data_access.auth.credentials import form_token
from data_access.auth.principal import viewer
from data_access.commands.administration import Desk, Wanted
from data_access.domain.accounts import Role
from data_access.domain.errors import DomainError, InvalidInput
from data_access.queries import administration as queries
from data_access.queries.session import now, reading, services
from pages import forms
from pages.administration import for_administrators, painted

_LONGEST_DAYS: Final = 3650
_SECRETS: Final = frozenset({"add", "reset", "issue"})
"""What answers with a link, which is shown at once and never again."""


@for_administrators
def page() -> Response:
    """`GET /users`: the list, and what the address opens."""
    return _painted(done=ACTS.get(request.args.get("done", ""), ""))


@for_administrators
def act() -> Response:
    """`POST /users`: do it, and on to the list; what answers with a link shows it at once."""
    who, sent = viewer(), request.form
    if not forms.with_token(forms.session_key()):
        return _painted(told=forms.STALE, given=sent, status=403)
    asked, name = sent.get(ACT, ""), sent.get("name", "").strip().lower()
    try:
        secret = _do(Desk(services(), who, forms.address()), asked, name, sent)
    except DomainError as refused:
        return _painted(told=refused.source, named=refused.named, given=sent, status=400)
    done = {"add": "added", "issue": "issued", "reset": "reset"}.get(asked, f"{asked.rstrip('e')}ed")
    if asked in _SECRETS:
        link = f"{request.host_url}sign-in/token/{secret}"
        return _painted(done=ACTS[done], link=link, name="" if asked == "issue" else name)
    kept = {n: request.args[n] for n in ("lang", "theme") if request.args.get(n)}
    return forms.to(f"{PATH}?{urlencode(kept | ({'name': name} if name else {}) | {'done': done})}")


def add_to(server: Flask) -> None:
    """Let `server` answer this address. It is no page of Dash."""
    server.add_url_rule(PATH, "users", page, methods=["GET"])
    server.add_url_rule(PATH, "change_users", act, methods=["POST"])


def _do(desk: Desk, asked: str, name: str, sent: Mapping[str, str]) -> str:
    """Carry out what a form asks for; the secret of the link it makes, or "". Raises a `DomainError`."""
    match asked:
        case "add":
            return desk.add(name, _wanted(sent))
        case "change":
            desk.change(name, _wanted(sent), version=_number(sent.get("version", ""), 10**9))
        case "disable":
            desk.disable(name)
        case "enable":
            desk.enable(name)
        case "reset":
            return desk.reset(name)
        case "issue":
            days = sent.get("days", "").strip()
            return desk.issue(
                sent.get("label", ""), _wanted(sent), _number(days, _LONGEST_DAYS, "有效天数") if days else None
            )
        case "revoke":
            desk.revoke(_number(sent.get("number", ""), 2**63 - 1))
        case _:
            raise InvalidInput("没有这个操作。")
    return ""


def _wanted(sent: Mapping[str, str]) -> Wanted:
    role, area = sent.get("role", ""), sent.get("area", "").split()
    if role not in set(Role):
        raise InvalidInput("请选择角色。")
    return Wanted(
        role=Role(role),
        area=area[0] if area else None,
        display=sent.get("display", ""),
        unit=sent.get("unit", "").strip() or None,
    )


def _number(text: str, most: int, name: str = "编号") -> int:
    if not text.isdecimal() or not 1 <= int(text[:20]) <= most:
        raise InvalidInput("{name}是 1 到 {most} 的整数。", name=name, most=str(most))
    return int(text)


def _painted(  # what the page may say
    *,
    told: str = "",
    named: Mapping[str, str] | None = None,
    done: str = "",
    link: str = "",
    name: str = "",
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    who, query = viewer(), request.args
    w = words(query.get("lang"))
    with reading() as session:
        tokens = queries.tokens(session, who.scope)
        chosen = query.get("token", "")
        body = accounts.build(
            Shown(
                page=queries.accounts(session, who.scope, search=query.get("q", "")[:60], after=query.get("after", "")),
                tokens=tokens,
                areas=queries.areas(session, who.scope),
                whole=not who.scope,
                me=who.name,
                account=queries.account(session, who.scope, name or query.get("name", "")),
                token=next((one for one in tokens if str(one.id) == chosen), None),
                told=w(told, **(named or {})) if told else "",
                done=w(done) if done else "",
                link=link,
                form=form_token(forms.session_key()),
                given=given or {},
            ),
            query,
            now(),
            w,
        )
    return painted(PATH, w("账号与令牌"), body, query, status)

"""/sign-in, /sign-in/token/…, /sign-out, /account: forms that work without a script."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from flask import Flask, Response, current_app, request

from components import sign_in
from components.forms import HIDDEN
from components.i18n import Words, words
from data_access.api.identity import FORM_COOKIE, SESSION_COOKIE, SIGN_IN
from data_access.auth.credentials import form_token
from data_access.auth.principal import Kind, may
from data_access.auth.sessions import LINKED
from data_access.commands import sign_in as commands
from data_access.domain.accounts import DEMO_PASSWORD, Action, Purpose, Role
from data_access.domain.errors import DomainError
from data_access.queries import accounts, areas
from data_access.queries.session import reading, services
from pages.forms import address, equal, known, plain, same_origin, to, with_token

_BEFORE: Final = "yiping_before"
"""Cookie that a form seen before anybody is signed in must match: no other site can sign a browser in."""
_OVER: Final = "这个登录链接已经失效，请联系管理员。"
_STALE: Final = "这一页放得太久了，请再试一次。"
_KEPT: Final = ("lang", "theme")
_PLACE: Final = {Role.OFFICER: "/alarms", Role.GRID_WORKER: "/field"}
"""Where a role's work lies, for who signs in without having been on the way to anything."""


def show() -> Response:
    """`GET /sign-in`: the form; `fill` names a demo account to fill in."""
    with reading() as session:
        known = {one.name for one in accounts.demo_accounts(session)}
    name = request.args.get("fill", "")
    filled = name in known
    return _form(name if filled else "", DEMO_PASSWORD if filled else "", request.args.get("next", ""))


def enter() -> Response:
    """`POST /sign-in`: in, and on to where one wanted to go; or the form again with the reason."""
    w, sent = words(request.args.get("lang")), request.form
    there = sent.get("next", "")
    if not _from_our_form():
        return _form(sent.get("name", ""), "", there, w(_STALE), 403)
    try:
        found = commands.sign_in(services(), sent.get("name", ""), sent.get("password", ""), address())
    except commands.Refused as refused:
        return _form(sent.get("name", ""), "", there, w(refused.text, **refused.values), 401)
    return _signed_in(found, _own(there) if there else _PLACE.get(found.who.role, "/"))


def enter_by_link(secret: str) -> Response:
    """`/sign-in/token/…`: an access token signs in at once; a link that works once asks for a password first."""
    w = words(request.args.get("lang"))
    purpose = commands.purpose_of_link(services(), secret)
    try:
        if purpose is Purpose.ACCESS and request.method == "GET":
            return _signed_in(
                commands.sign_in_by_link(services(), secret, address()), _own(request.args.get("next", "/"))
            )
        if purpose in {Purpose.SETUP, Purpose.RESET}:
            return _choose(secret, purpose, w)
    except commands.Refused as refused:
        return _page(w("登录"), sign_in.message(w("登录"), w(refused.text), _query(), w), 401)
    return _page(w("登录"), sign_in.message(w("登录"), w(_OVER), _query(), w), 401)


def leave() -> Response:
    """`POST /sign-out`."""
    who, key = known(), request.environ["asgi.scope"].get("session_key")
    if who is not None and key:
        if not with_token(key):
            return _page("403", sign_in.message("403", words(None)(_STALE), _query(), words(None)), 403)
        commands.sign_out(services(), key, who, address())
        current_app.extensions["yiping.door"].forget(key)
    answer = to(SIGN_IN)
    for name in (SESSION_COOKIE, FORM_COOKIE):
        answer.delete_cookie(name)
    return answer


def own() -> Response:
    """`/account`: who one is here, and another password."""
    w, who, told = words(request.args.get("lang")), known(), ""
    key = request.environ["asgi.scope"].get("session_key")
    if who is None or who.kind not in {Kind.SESSION, Kind.LINK} or not key:
        return to(f"{SIGN_IN}?next=%2Faccount")
    if request.method == "POST":
        sent = request.form
        try:
            _insist(ours=with_token(key))
            commands.change_password(services(), who, sent.get("old", ""), sent.get("password", ""), address())
            return _signed_in(commands.sign_in(services(), who.name, sent["password"], address()), "/account?done=1")
        except commands.Refused as refused:
            told = w(refused.text, **refused.values)
        except DomainError as refused:
            told = w(str(refused))
    with reading() as session:
        found = accounts.account(session, who)
    done = w("密码已修改。") if request.args.get("done") and not told else ""
    shortest = services().settings.password_shortest
    body = sign_in.own_account(
        token=form_token(key),
        of=found,
        told=told,
        done=done,
        shortest=shortest,
        manages=may(who, Action.MANAGE_USERS),
        query=_query(),
        w=w,
    )
    return _page(found.display, body, 400 if told else 200)


def add_to(server: Flask) -> None:
    """Let `server` answer these addresses. They are no pages of Dash."""
    server.add_url_rule(SIGN_IN, "sign_in", show, methods=["GET"])
    server.add_url_rule(SIGN_IN, "enter", enter, methods=["POST"])
    server.add_url_rule(f"{SIGN_IN}/token/<secret>", "enter_by_link", enter_by_link, methods=["GET", "POST"])
    server.add_url_rule("/sign-out", "leave", leave, methods=["POST"])
    server.add_url_rule("/account", "own_account", own, methods=["GET", "POST"])


def _form(name: str, password: str, there: str, told: str = "", status: int = 200) -> Response:
    w, settings = words(request.args.get("lang")), services().settings
    with reading() as session:
        demo = accounts.demo_accounts(session)
    before = request.cookies.get(_BEFORE) or secrets.token_urlsafe(24)
    body = sign_in.form(
        token=before,
        name=name,
        password=password,
        there=_own(there) if there else "",
        told=told,
        failures=settings.lockout_failures,
        lock_min=settings.lockout_min,
        idle_min=settings.session_idle_min,
        demo=demo,
        demo_password=DEMO_PASSWORD,
        query=_query(),
        w=w,
    )
    return _before(_page(w("登录"), body, status), before)


def _choose(secret: str, purpose: Purpose, w: Words) -> Response:
    """Show, or take, the form of a link that works once."""
    told, sent = "", request.form
    name = None if purpose is Purpose.SETUP else commands.name_of_link(services(), secret)
    if request.method == "POST":
        try:
            _insist(ours=_from_our_form())
            done = commands.use_link(services(), secret, sent.get("name", ""), sent.get("password", ""), address())
            return _signed_in(commands.sign_in(services(), done, sent["password"], address()), "/")
        except commands.Refused as refused:
            told = w(refused.text, **refused.values)
        except DomainError as refused:
            told = w(str(refused))
    before = request.cookies.get(_BEFORE) or secrets.token_urlsafe(24)
    shortest = services().settings.password_shortest
    body = sign_in.new_password(token=before, name=name, told=told, shortest=shortest, query=_query(), w=w)
    return _before(_page(w("登录"), body, 400 if told else 200), before)


def _signed_in(found: commands.SignedIn, there: str) -> Response:
    kept = LINKED if found.who.kind is Kind.LINK else timedelta(hours=services().settings.session_max_h)
    answer = to(there)
    secure: dict[str, Any] = {"max_age": kept, "samesite": "Lax", "secure": request.is_secure}
    answer.set_cookie(SESSION_COOKIE, found.key, httponly=True, **secure)
    answer.set_cookie(FORM_COOKIE, form_token(found.key), **secure)
    answer.delete_cookie(_BEFORE)
    return answer


def _page(title: str, body: str, status: int = 200) -> Response:
    w, query = words(request.args.get("lang")), request.args
    with reading() as session:
        version = areas.data_version(session)
    who = known()
    looks = who is not None and who.kind is Kind.GUEST
    whole = sign_in.page(body, accounts.outline(version), _query(), w, guest=looks)
    answer = plain(title, whole, query, "/assets/alone/sign_in.js", status)
    answer.headers["Referrer-Policy"] = "no-referrer" if "/token/" in request.path else "same-origin"
    return answer


def _before(answer: Response, value: str) -> Response:
    answer.set_cookie(_BEFORE, value, httponly=True, samesite="Lax", secure=request.is_secure, max_age=3600)
    return answer


def _insist(*, ours: bool) -> None:
    """Raise when what was sent did not come from the form we showed."""
    if not ours:
        raise commands.Refused(_STALE)


def _from_our_form() -> bool:
    return same_origin() and equal(request.cookies.get(_BEFORE, ""), request.form.get(HIDDEN, ""))


def _own(there: str) -> str:
    """`there` where it is an address of ours, else the overview: nobody is led elsewhere."""
    mine = there.startswith("/") and not there.startswith(("//", "/\\", SIGN_IN)) and there.isprintable()
    return there if mine else "/"


def _query() -> Mapping[str, str]:
    return {name: request.args[name] for name in _KEPT if request.args.get(name)}

"""/catalogue: an administrator sets the items of the catalogue in his area. Forms that work without a script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request

from components import catalogue
from components.catalogue import DONE, PATH, TIMES, Shown
from components.forms import ACT
from components.i18n import words
from data_access.auth.credentials import form_token
from data_access.auth.principal import require, viewer
from data_access.commands import items as commands
from data_access.domain.accounts import Action
from data_access.domain.catalogue import Category, Item
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.escalation import Level
from data_access.domain.workflows import TEMPLATES, Urgency, of_hours
from data_access.queries import administration
from data_access.queries import catalogue as queries
from data_access.queries.session import now, reading, services
from pages import forms
from pages.administration import for_administrators, painted


@for_administrators
def page() -> Response:
    """`GET /catalogue`: the items, and the one that the address opens."""
    return _painted(done=DONE.get(request.args.get("done", ""), ""))


@for_administrators
def act() -> Response:
    """`POST /catalogue`: set or retire an item, and on to the list."""
    sent = request.form
    if not forms.with_token(forms.session_key()):
        return _painted(told=forms.STALE, given=sent, status=403)
    try:
        done, number = _do(sent.get(ACT, ""), sent)
    except DomainError as refused:
        return _painted(told=refused.source, named=refused.named, given=sent, status=400)
    kept = {n: request.args[n] for n in ("lang", "theme", "q", "category") if request.args.get(n)}
    return forms.to(f"{PATH}?{urlencode(kept | ({'item': str(number)} if number else {}) | {'done': done})}")


def add_to(server: Flask) -> None:
    """Let `server` answer this address. It is no page of Dash."""
    server.add_url_rule(PATH, "catalogue", page, methods=["GET"])
    server.add_url_rule(PATH, "change_catalogue", act, methods=["POST"])


def _do(asked: str, sent: Mapping[str, str]) -> tuple[str, int | None]:
    """Carry out what a form asks for; what was done, and the item's number now. Raises a `DomainError`."""
    who = viewer()
    require(who, Action.CHANGE_SETTINGS)
    seen = _whole(sent.get("version", ""), 10**6)
    with services().database.writing() as session:
        area = commands.area_within(session, sent.get("area", ""), who.scope)
        at: dict[str, Any] = {"area_path": area, "seen": seen, "scope": who.scope, "by": who.name, "now": now()}
        if asked == "set":
            item = _item(sent)
            commands.set_item(session, item, type_id=_class(sent), **at)
            found = commands.in_force(session, area, item.number)
            return "set", found.id if found else None
        if asked == "retire":
            commands.retire_item(session, sent.get("number", ""), **at)
            return "retired", None
        raise InvalidInput("没有这个操作。")


def _item(sent: Mapping[str, str]) -> Item:
    workflow = sent.get("workflow", "")
    if workflow not in TEMPLATES:
        raise InvalidInput("没有这个流程。")
    category = sent.get("category", "")
    if category not in set(Category):
        raise InvalidInput("请选择类别。")
    steps = TEMPLATES[workflow].steps[1:] if sent.get("steps_of") == workflow else ()
    given = {step.key: sent.get(f"step-{step.key}", "").strip() for step in steps}
    return Item(
        number=sent.get("number", "").strip()[:20],
        name=sent.get("name", "").strip()[:200],
        category=Category(category),
        level=Level(_whole(sent.get("level", ""), max(Level))),
        urgency=Urgency(_whole(sent.get("urgency", ""), max(Urgency))),
        working=sent.get("time") != list(TIMES)[1],
        workflow=workflow,
        limit=hours(sent.get("limit", "")),
        limits={key: hours(text) for key, text in given.items() if text},
    )


def hours(text: str) -> timedelta:
    """A limit as it is written in a form. Raises `InvalidInput`."""
    try:
        found = float(text.strip())
    except ValueError:
        found = float("nan")
    if not (isfinite(found) and 0 < found <= 24 * 366):
        raise InvalidInput("时限是大于零的小时数，最长一年。")
    return of_hours(found)


def _class(sent: Mapping[str, str]) -> int:
    number = sent.get("class", "").split()
    if not number or not number[0].isdecimal():
        raise InvalidInput("请从列表里选择所属类别。")
    return _whole(number[0], 2**62)


def _whole(text: str, most: int) -> int:
    if not text.isdecimal() or int(text[:20]) > most:
        raise InvalidInput("这一页放得太久了，请再试一次。")
    return int(text)


def _painted(
    *,
    told: str = "",
    named: Mapping[str, str] | None = None,
    done: str = "",
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    who, query = viewer(), request.args
    w = words(query.get("lang"))
    chosen = query.get("item", "")
    with reading() as session:
        shown = Shown(
            page=queries.items(
                session,
                who.scope,
                search=query.get("q", "")[:60],
                category=query.get("category", ""),
                after=query.get("after", "")[:60],
            ),
            classes=queries.classes(session),
            areas=administration.areas(session, who.scope),
            workflows=tuple(line.workflow for line in queries.workflows(session)),
            whole=not who.scope,
            open=queries.item(session, who.scope, int(chosen)) if chosen.isdecimal() and len(chosen) < 19 else None,
            told=w(told, **(named or {})) if told else "",
            done=w(done) if done else "",
            form=form_token(forms.session_key()),
            given=given or {},
        )
    return painted(PATH, w("事项目录"), catalogue.build(shown, query, w), query, status)

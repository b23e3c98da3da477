"""/incidents/new: an officer files a case by hand. A form that works without a script."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from dash import html
from flask import Flask, Response, request

from components import case_new, sheet
from components.case_new import PATH, Shown
from components.i18n import words
from components.parts import Child
from data_access.auth.credentials import form_token
from data_access.auth.principal import require, viewer
from data_access.commands import filed as commands
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.workflows import Urgency
from data_access.queries import administration, catalogue
from data_access.queries.session import reading, services
from pages import forms
from pages.person import shown


def page() -> Response:
    """`GET /incidents/new`: the form."""
    try:
        require(viewer(), Action.ACT_ON_ALARMS)
    except DomainError as refused:
        w = words(request.args.get("lang"))
        return _page([html.H1(w("新案卷")), html.P(w(refused.source), className="missing")], 403)
    return _painted(given={"area": request.args.get("area", "")})


def act() -> Response:
    """`POST /incidents/new`: on to the case; or the form again with what was written and the reason."""
    sent = request.form
    if not forms.with_token(forms.session_key()):
        return _painted(told=forms.STALE, given=sent, status=403)
    try:
        made = commands.file(services(), _filed(sent), viewer())
    except DomainError as refused:
        return _painted(told=refused.source, given=sent, status=400)
    kept = {n: request.args[n] for n in ("lang", "theme") if request.args.get(n)}
    return forms.to(f"/incidents/case?{urlencode(kept | {'code': made.code})}")


def add_to(server: Flask) -> None:
    """Let `server` answer this address. It is no page of Dash."""
    server.add_url_rule(PATH, "incident_new", page, methods=["GET"])
    server.add_url_rule(PATH, "incident_filed", act, methods=["POST"])


def _filed(sent: Mapping[str, str]) -> commands.Filed:
    """What was written, as the command takes it. Raises `InvalidInput`."""
    number, _, _ = sent.get("class", "").strip().partition(" ")
    urgency = sent.get("urgency", "0")
    if (number and not (number.isdecimal() and len(number) < 16)) or urgency not in {str(int(u)) for u in Urgency}:
        raise InvalidInput("没有这个类别。")
    return commands.Filed(
        key=sent.get("key", "")[:64],
        title=sent.get("title", "").strip(),
        area=sent.get("area", "").strip().partition(" ")[0][:64],
        channel=sent.get("channel", ""),
        type_id=int(number) if number else None,
        urgency=Urgency(int(urgency)),
        workflow=sent.get("workflow", ""),
        place=sent.get("place", "").strip(),
        text=sent.get("text", "").strip(),
    )


def _painted(*, told: str = "", given: Mapping[str, str] | None = None, status: int = 200) -> Response:
    who, query = viewer(), request.args
    w = words(query.get("lang"))
    with reading() as session:
        asked = Shown(
            areas=administration.areas(session, who.scope),
            classes=catalogue.classes(session),
            channels=commands.CHANNELS,
            workflows={line.workflow.code: line.workflow.name for line in catalogue.workflows(session)},
            form=form_token(forms.session_key()),
            key=secrets.token_urlsafe(12),
            told=w(told) if told else "",
            given=given or {},
        )
    return _page(case_new.build(asked, query, w), status)


def _page(body: Sequence[Child], status: int) -> Response:
    query = request.args
    w = words(query.get("lang"))
    whole = sheet.build(PATH, w("新案卷"), body, query, w, person=shown(PATH, query, w))
    return forms.painted(w("新案卷"), whole, query, status)

"""/workflows: an administrator of everything sets steps, their limits and who may do each. Forms without a script."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from flask import Flask, Response, request

from components import workflows
from components.catalogue import TIMES
from components.forms import ACT
from components.i18n import words
from components.workflows import DONE, NEW, PATH, ROLES, Shown
from data_access.auth.credentials import form_token
from data_access.auth.principal import require, viewer
from data_access.commands import items as commands
from data_access.domain.accounts import Action
from data_access.domain.errors import DomainError, InvalidInput
from data_access.domain.incidents import Stage
from data_access.domain.workflows import BETWEEN, Limits, Step, Urgency, Workflow
from data_access.queries import catalogue as queries
from data_access.queries.session import now, reading, services
from pages import forms
from pages.administration import for_administrators, painted
from pages.catalogue import hours


@for_administrators
def page() -> Response:
    """`GET /workflows`: the workflows, and the one that the address opens."""
    return _painted(done=DONE if request.args.get("done") else "")


@for_administrators
def act() -> Response:
    """`POST /workflows`: the next version of a workflow."""
    sent, who = request.form, viewer()
    if not forms.with_token(forms.session_key()):
        return _painted(told=forms.STALE, given=sent, status=403)
    try:
        require(who, Action.CHANGE_SETTINGS)
        if sent.get(ACT) != "publish":
            raise InvalidInput("没有这个操作。")  # told as any other refusal
        with reading() as session:
            known = {line.workflow.code: line.workflow for line in queries.workflows(session)}
        wanted = _workflow(sent, known)
        with services().database.writing() as session:
            made = commands.publish(session, wanted, scope=who.scope, by=who.name, now=now())
    except DomainError as refused:
        return _painted(told=refused.source, named=refused.named, given=sent, status=400)
    kept = {n: request.args[n] for n in ("lang", "theme") if request.args.get(n)}
    return forms.to(f"{PATH}?{urlencode(kept | {'code': made.code, 'done': '1'})}")


def add_to(server: Flask) -> None:
    """Let `server` answer this address. It is no page of Dash."""
    server.add_url_rule(PATH, "workflows", page, methods=["GET"])
    server.add_url_rule(PATH, "change_workflows", act, methods=["POST"])


def _workflow(sent: Mapping[str, str], known: Mapping[str, Workflow]) -> Workflow:
    """The workflow as the form has it. Raises `InvalidInput`."""
    before, version = known.get(sent.get("code", "")), sent.get("version", "")
    if before is None or not version.isdecimal() or len(version) > 6:
        raise InvalidInput(forms.STALE)
    if int(version) != before.version:  # its steps may not even be those of the form
        return replace(before, version=int(version))
    return replace(
        before,
        name=sent.get("name", "").strip()[:40],
        working=sent.get("time") != list(TIMES)[1],
        limits=_limits(sent, "case"),
        steps=(_step(sent, before.first, first=True), *_between(sent, before), _step(sent, before.steps[-1])),
    )


def _between(sent: Mapping[str, str], before: Workflow) -> list[Step]:
    """The steps between the first and the last, in the order that their numbers say; a new one where it was named."""
    found = [(step, step.key) for step in before.steps[1:-1] if not sent.get(f"{step.key}-gone")]
    if sent.get(f"{NEW}-name", "").strip():
        found.append((Step(key=f"s{before.version + 1}", name="", stage=Stage.HANDLE, limits=before.limits), NEW))
    found.sort(key=lambda one: _order(sent, one[1]))  # of two with one number the one that was there comes first
    return [replace(_step(sent, step, key), stage=_stage(sent, key)) for step, key in found]


def _order(sent: Mapping[str, str], key: str) -> float:
    try:
        order = float(sent.get(f"{key}-order", ""))
    except ValueError:
        order = math.nan
    if not 0 <= order <= 100:
        raise InvalidInput("次序是 0 到 100 的数。")
    return order


def _stage(sent: Mapping[str, str], key: str) -> Stage:
    if sent.get(f"{key}-stage", "") not in BETWEEN:
        raise InvalidInput(forms.STALE)
    return Stage(sent[f"{key}-stage"])


def _step(sent: Mapping[str, str], step: Step, key: str = "", *, first: bool = False) -> Step:
    key = key or step.key
    return replace(
        step,
        name=sent.get(f"{key}-name", "").strip()[:20],
        by=frozenset(role for role in ROLES if sent.get(f"{key}-by-{role}")),
        limits=step.limits if first else _limits(sent, key),
    )


def _limits(sent: Mapping[str, str], key: str) -> Limits:
    normal, urgent, very_urgent = (hours(sent.get(f"{key}-{int(urgency)}", "")) for urgency in Urgency)
    return normal, urgent, very_urgent


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
    with reading() as session:
        lines = queries.workflows(session)
    code = (given or {}).get("code") or query.get("code", "")
    shown = Shown(
        lines=lines,
        whole=not who.scope,
        open=next((line for line in lines if line.workflow.code == code), lines[0]),
        told=w(told, **(named or {})) if told else "",
        done=w(done) if done else "",
        form=form_token(forms.session_key()),
        given=given or {},
    )
    return painted(PATH, w("工作流程"), workflows.build(shown, query, w), query, status)

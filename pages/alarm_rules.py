"""/alarms/rules: alarm rules of a device (`device`) or a model (`model`), one of them (`alarm`) open to be changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from dash import ALL, Input, Output, State, callback, clientside_callback, dcc, html, no_update, register_page

from components import device_rules, rule_choice, sheet
from components.device_rules import FIELD, Ids
from components.i18n import Words, words
from data_access.auth.principal import may, require, viewer
from data_access.commands import device_rules as commands
from data_access.commands.device_rules import Change
from data_access.domain.accounts import Action
from data_access.domain.alarm_tuning import BY_TIME_ALONE, Tuning
from data_access.domain.errors import DomainError, InvalidInput, NotFound
from data_access.domain.fences import Fence, fence_from_json
from data_access.queries import areas, rule_choices, rule_preview
from data_access.queries import device_rules as queries
from data_access.queries.people import called
from data_access.queries.session import now, reading, services
from data_access.viewmodels.device_rules import RuleLine, RuleNumbers, RulesView
from pages import painted
from pages.person import shown

PATH = "/alarms/rules"
_LONGEST: Final = 60
register_page(__name__, path="/alarms/rules", title="告警设置 · 一屏", name="告警设置")


def layout(**query: str) -> html.Div:
    """The page for the URL's device or model."""
    w = words(query.get("lang"))
    try:
        if not query.get("device") and not query.get("model"):
            return _choice(query, w)
        view = _view(query)
    except DomainError as refused:
        return painted.refused(PATH, w("告警设置"), refused, query, w)
    body = device_rules.build(view, query.get("alarm", ""), query, w, may_change=_may())
    return sheet.build(
        PATH,
        w("告警设置"),
        [
            html.Div(body, id=Ids.BODY, className="rules-grid", **device_rules.of(view)),
            dcc.Store(id=Ids.CHANGED),
            html.Div(id="rules-drawn", hidden=True),
        ],
        query,
        w,
        where=device_rules.crumbs(view, query, w),
        person=shown(PATH, query, w),
    )


def _choice(query: Mapping[str, str], w: Words) -> html.Div:
    """Models, devices and sources to choose from. Raises `NotAllowed` for a wall."""
    who, looked_for = viewer(), (query.get("q") or "").strip()[:_LONGEST]
    require(who, Action.SEE_ROWS)
    with reading() as session:
        devices = rule_choices.counted(who.scope, areas.data_version(session))
        found = rule_choices.choices(session, who.scope, looked_for, now(), devices)
    body = html.Div(rule_choice.build(found, looked_for, query, w), className="rules-grid")
    return sheet.build(PATH, w("告警设置"), [body], query, w, person=shown(PATH, query, w))


@callback(
    Output(Ids.RESULT, "children"),
    Input(Ids.PREVIEW, "n_clicks"),
    State({"type": FIELD, "name": ALL}, "value"),
    State({"type": FIELD, "name": ALL}, "id"),
    State("_pages_location", "search"),
    prevent_initial_call=True,
)
def preview(_: int, values: Sequence[Any], ids: Sequence[Mapping[str, str]], search: str) -> Any:
    """How last month would have gone with the numbers that stand in the form."""
    query, w = _asked(search)
    try:
        require(viewer(), Action.CHANGE_SETTINGS)
        view = _view(query)
        line = _line(view, query)
        wanted = _wanted(line, values, ids)
        fence = _fence(values, ids)
        scope, at = viewer().scope, now()
        with reading() as session:
            found = (
                rule_preview.of_model(session, view.code, line.alarm, wanted, scope=scope, now=at, fence=fence)
                if view.device_id is None
                else rule_preview.of_device(
                    session, view.device_id, line.alarm, wanted, scope=scope, now=at, fence=fence
                )
            )
    except DomainError as refused:
        return device_rules.refused(w(refused.source, **refused.named), w)
    return device_rules.preview(found, line, _numbers(line, wanted), w)


@callback(
    Output(Ids.BODY, "children"),
    Output(Ids.TOLD, "children"),
    Input(Ids.SAVE, "n_clicks"),
    State({"type": FIELD, "name": ALL}, "value"),
    State({"type": FIELD, "name": ALL}, "id"),
    State(Ids.VERSION, "data"),
    State("_pages_location", "search"),
    prevent_initial_call=True,
)
def save(clicks: int | None, values: Sequence[Any], ids: Sequence[Mapping[str, str]], version: str, search: str) -> Any:
    """Set the numbers; a refusal leaves the form as it is."""
    query, w = _asked(search)
    if not clicks:
        return no_update, no_update
    who = viewer()
    try:
        require(who, Action.CHANGE_SETTINGS)
        view = _view(query)
        line = _line(view, query)
        change = Change(line.alarm, _wanted(line, values, ids), version, _fence(values, ids))
        with services().database.writing() as session:
            if view.device_id is None:
                commands.change_model(session, view.code, change, scope=who.scope, by=who.name, now=now())
            else:
                commands.change_device(session, view.device_id, change, scope=who.scope, by=who.name, now=now())
        view = _view(query)
    except DomainError as refused:
        return no_update, device_rules.refused(w(refused.source, **refused.named), w)
    told = w("已保存，收数进程一秒内改用新值。")
    return device_rules.build(view, line.alarm, query, w, may_change=_may(), told=told), no_update


@callback(
    Output(Ids.BODY, "children", allow_duplicate=True),
    Output(Ids.TOLD, "children", allow_duplicate=True),
    Input(Ids.CHANGED, "data"),
    State(Ids.VERSION, "data"),
    State("_pages_location", "search"),
    prevent_initial_call=True,
)
def follow(changed: Mapping[str, Any], version: str, search: str) -> Any:
    """Somebody has changed these rules: show them, or say so where somebody is writing."""
    query, w = _asked(search)
    try:
        view = _view(query)
    except DomainError:
        return no_update, no_update
    if view.version == version:
        return no_update, no_update  # our own change
    by = str(changed.get("by") or "")
    with reading() as session:
        by = called(session, {by}).get(by, by)
    if changed.get("writing"):
        return no_update, device_rules.overtaken(by, w)
    told = w("{by} 刚刚改了规则，这里已是新值。", by=by) if by else w("这里已是现在的值。")
    return device_rules.build(view, query.get("alarm", ""), query, w, may_change=_may(), told=told), no_update


clientside_callback(
    "function () { return window.yiping.charts.draw(); }",
    Output("rules-drawn", "title"),
    Input(Ids.RESULT, "children"),
    prevent_initial_call=True,
)


def _view(query: Mapping[str, str]) -> RulesView:
    """Raises `NotFound`, or `NotAllowed` for a wall."""
    who = viewer()
    require(who, Action.SEE_ROWS)
    with reading() as session:
        if device := query.get("device"):
            return queries.of_device_called(session, device, who.scope)
        if model := query.get("model"):
            return queries.of_model(session, model, who.scope)
    raise NotFound("请从告警分析里选一个终端或型号。")


def _line(view: RulesView, query: Mapping[str, str]) -> RuleLine:
    found = next((rule for rule in view.rules if rule.alarm == query.get("alarm")), None)
    if found is None and not view.rules:
        raise NotFound("没有这条规则。")
    return found or view.rules[0]


def _wanted(line: RuleLine, values: Sequence[Any], ids: Sequence[Mapping[str, str]]) -> Tuning:
    given = {one["name"]: str(value or "").strip() for one, value in zip(ids, values, strict=True)}
    thresholds = tuple(
        _number(given[f"threshold-{n}"]) if f"threshold-{n}" in given else usual
        for n, (usual, _) in enumerate(line.now.thresholds)
    )
    count = given.get("raise_count", "")
    if count and not count.isdecimal():
        raise InvalidInput("连续读数是一个整数，留空则只看延时。")
    return Tuning(
        thresholds=thresholds,
        hysteresis=_number(given["hysteresis"]) if "hysteresis" in given else line.now.hysteresis,
        raise_delay_s=_number(given.get("raise_delay_s", "")),
        raise_count=int(count) if count else BY_TIME_ALONE,
        clear_delay_s=_number(given.get("clear_delay_s", "")),
    )


def _fence(values: Sequence[Any], ids: Sequence[Mapping[str, str]]) -> Fence | Literal["kept"] | None:
    """The fence that the form says; "kept" where it has none to say."""
    given = {one["name"]: str(value or "").strip() for one, value in zip(ids, values, strict=True)}
    if "fence" not in given:
        return "kept"
    kind = given["fence"]
    if kind == device_rules.CIRCLE:
        return None
    if kind != device_rules.POLYGON:
        return fence_from_json({"keep": given["keep"], "area": kind})
    lines = (line.strip() for line in given["corners"].splitlines())
    corners = [[_degrees(part) for part in re.split(r"[,，\s]+", line)] for line in lines if line]
    return fence_from_json({"keep": given["keep"], "polygon": corners})


def _degrees(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("多边形的每个点是经度、纬度两个数（度，WGS-84）。") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("阈值、回差和时间都要是数字。") from None


def _numbers(line: RuleLine, wanted: Tuning) -> RuleNumbers:
    severities = [severity for _, severity in line.now.thresholds]
    return RuleNumbers(
        thresholds=tuple(zip(wanted.thresholds, severities, strict=True)),
        hysteresis=wanted.hysteresis,
        raise_delay_s=wanted.raise_delay_s,
        raise_count=wanted.raise_count,
        clear_delay_s=wanted.clear_delay_s,
    )


def _asked(search: str | None) -> tuple[dict[str, str], Words]:
    query = dict(parse_qsl((search or "").removeprefix("?")))
    return query, words(query.get("lang"))


def _may() -> bool:
    return may(viewer(), Action.CHANGE_SETTINGS)

"""告警设置 where neither device nor model is named: what can be chosen, with its thresholds in short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dash import dcc, html

from components import format as fmt
from components import labels
from components.i18n import Words
from components.navigation import address
from components.parts import Child, icon, panel, table
from components.rule_words import waiting
from data_access.viewmodels.alarm_analysis import Source
from data_access.viewmodels.device_rules import DeviceChoice, ModelChoice, RuleChoices, RuleLine

PATH = "/alarms/rules"


def build(found: RuleChoices, looked_for: str, query: Mapping[str, str], w: Words) -> list[Child]:
    """Everything under the header: what alarms most first, as that is what mostly brings one here."""
    left: list[Child] = [_search(looked_for, query, w)]
    models = [model for model in found.models if _named(model, looked_for, w)]
    if models:
        left.append(_models(models, query, w))
    if found.devices:
        left.append(_devices(found, query, w))
    if not models and not found.devices:
        why = (
            w("没有叫「{what}」的型号、终端或楼栋", what=looked_for)
            if looked_for
            else w("这里还没有终端。请先导入：yiping import devices 文件")
        )
        left.append(html.P(why, className="missing", role="status"))
    return [html.Div(left), html.Div(_sources(found, query, w))]


def _named(model: ModelChoice, looked_for: str, w: Words) -> bool:
    """Whether the model is called so, in code or in either language."""
    said = (model.code, model.name, w(model.name), labels.of(labels.DEVICE, model.kind, w))
    return looked_for.lower() in " ".join(said).lower()


def _search(looked_for: str, query: Mapping[str, str], w: Words) -> html.Form:
    kept = [dcc.Input(type="hidden", name=n, value=query[n]) for n in ("lang", "theme") if query.get(n)]
    return html.Form(
        [
            *kept,
            html.Label(
                [
                    icon("search"),
                    html.Span(w("查找型号、终端编号、楼栋"), className="sr-only"),
                    dcc.Input(
                        id="rules-search",
                        name="q",
                        type="search",
                        value=looked_for,
                        placeholder=w("查找型号、终端编号、楼栋"),
                        autoComplete="off",
                        maxLength=60,
                    ),
                ],
                className="desk-search",
            ),
            html.Button(w("查找"), type="submit", className="desk-button"),
            html.A(w("看全部型号"), href=address(PATH, query), className="rules-link") if looked_for else None,
        ],
        method="get",
        action=PATH,
        role="search",
        className="rules-search",
    )


def _models(models: Sequence[ModelChoice], query: Mapping[str, str], w: Words) -> html.Section:
    rows = [
        html.Tr(
            [
                html.Th(
                    [
                        html.A(w(model.name), href=address(PATH, query, model=model.code), className="rules-link"),
                        html.Small(f"{model.code} · {_counted(model, w)}"),
                    ],
                    scope="row",
                ),
                html.Td(_rules(model, query, w), className="rules-short"),
            ]
        )
        for model in models
    ]
    whole = table((w("型号"), w("规则")), rows, w("型号"), kind="rules")
    return panel("models", w("型号"), [whole], sub=w("点一条规则去看、去改"))


def _counted(model: ModelChoice, w: Words) -> str:
    devices = w("{n} 台", n=fmt.count(model.devices))
    return f"{devices} · {w('{n} 台另有规定', n=fmt.count(model.own))}" if model.own else devices


def _rules(model: ModelChoice, query: Mapping[str, str], w: Words) -> list[Child]:
    if not model.rules:
        return [html.Span(w("没有告警规则"), className="desk-dim")]
    return [
        html.A(
            [labels.of(labels.ALARM, rule.alarm, w), " ", html.Small(short(rule, w))],
            href=address(PATH, query, model=model.code, alarm=rule.alarm),
            className="rules-link",
        )
        for rule in model.rules
    ]


def short(rule: RuleLine, w: Words) -> str:
    """A rule in a word: `< 0.14 / 0.1 MPa`; of a state how long it must hold."""
    if rule.is_state or not rule.now.thresholds:
        return waiting(rule.now, w)
    side = "≥" if rule.side == "high" else "<"
    levels = " / ".join(f"{threshold:g}" for threshold, _ in rule.now.thresholds)
    return f"{side} {levels} {rule.unit or ''}".strip()


def _devices(found: RuleChoices, query: Mapping[str, str], w: Words) -> html.Section:
    rows = [_device(one, query, w) for one in found.devices]
    whole = table((w("终端"), w("种类"), w("地点")), rows, w("终端"), kind="rules")
    sub = w("只列前 {n} 台，写得更细一些", n=len(found.devices)) if found.more else w("{n} 台", n=len(found.devices))
    return panel("rule-devices", w("终端"), [whole], sub=sub)


def _device(one: DeviceChoice, query: Mapping[str, str], w: Words) -> html.Tr:
    link = html.A(one.code, href=address(PATH, query, device=one.code), className="rules-link")
    own = html.Span(w("另有规定"), className="tag") if one.own else None
    return html.Tr(
        [html.Th([link, own], scope="row"), html.Td(labels.of(labels.DEVICE, one.kind, w)), html.Td(one.place)]
    )


def _sources(found: RuleChoices, query: Mapping[str, str], w: Words) -> html.Section:
    title, sub = w("报警最多"), w("近 {n} 天", n=found.days)
    if not found.sources:
        return panel(
            "rule-sources", title, [html.P(w("近 {n} 天没有告警", n=found.days), className="missing")], sub=sub
        )
    rows = [_source(source, query, w) for source in found.sources]
    heads = (w("告警"), w("地点"), w("条数"))
    note = html.A(w("告警分析"), href=address("/alarms/analysis", query), className="rules-link")
    return panel("rule-sources", title, [table(heads, rows, title, kind="rules")], sub=sub, note=note)


def _source(source: Source, query: Mapping[str, str], w: Words) -> html.Tr:
    name = labels.of(labels.ALARM, source.kind, w)
    if source.device:
        href = address(PATH, query, device=source.device, alarm=source.kind)
        shown: Child = html.A(name, href=href, className="rules-link")
    else:
        shown = name
    return html.Tr([html.Th(shown, scope="row"), html.Td(source.place), html.Td(html.B(fmt.count(source.count)))])

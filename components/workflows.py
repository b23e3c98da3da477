"""流程: the workflows that cases go through, one of them open: its steps, their limits by urgency, who may do each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dash import html

from components import accounts, forms, labels
from components import format as fmt
from components.case_lines import URGENCY
from components.catalogue import TIMES, hours
from components.i18n import Words
from components.markup import Input, Select
from components.parts import Child, attributes, panel, table
from data_access.domain.accounts import Role
from data_access.domain.incidents import Stage
from data_access.domain.workflows import BETWEEN, DESK, Limits, Step, Urgency
from data_access.viewmodels.catalogue import WorkflowLine

PATH: Final = "/workflows"
DONE: Final = "流程已保存。之后收到的案卷按它办，在办的案卷不变。"
NEW: Final = "new"
"""Stands for the step that is being added in the names of its fields."""
ROLES: Final = (Role.OFFICER, Role.GRID_WORKER, Role.ORGANISATION, Role.LEADER, Role.ADMINISTRATOR)
"""Who can be given a step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that the page shows. Workflows are of the whole deployment: who looks after a part of it only reads them."""

    lines: tuple[WorkflowLine, ...]
    whole: bool
    open: WorkflowLine
    told: str = ""
    done: str = ""
    form: str = ""
    given: Mapping[str, str]


def build(shown: Shown, query: Mapping[str, str], w: Words) -> list[Child]:
    """Everything under the header."""
    said: list[Child] = [forms.refused(shown.told)] if shown.told else []
    said += [forms.done(shown.done)] if shown.done else []
    line = shown.open
    sub = w("出厂流程，时限为示例")
    if line.at is not None:
        sub = w("第 {n} 版 · {time} {who}", n=line.workflow.version, time=fmt.stamp(line.at), who=line.by or "")
    opened = panel(
        "open",
        w(line.workflow.name),
        [*said, _form(shown, query, w)],
        sub=sub,
        note=w("改动记入审计"),
    )
    return [html.Div([html.Div([_list(shown, query, w)]), html.Div([opened])], className="rules-grid is-stacked")]


def _list(shown: Shown, query: Mapping[str, str], w: Words) -> html.Section:
    rows = [
        html.Tr(
            [
                html.Th(
                    [
                        html.A(
                            w(line.workflow.name),
                            href=PATH + accounts.kept(query, code=line.workflow.code),
                            className="rules-link",
                            **(attributes(aria_current="true") if line is shown.open else {}),
                        ),
                        html.Small(" › ".join(w(step.name) for step in line.workflow.steps)),
                    ],
                    scope="row",
                ),
                html.Td(w("{h} 小时", h=hours(line.workflow.limits[Urgency.NORMAL]))),
                html.Td(w("{n} 项", n=fmt.count(line.items))),
            ],
            className="is-chosen" if line is shown.open else "",
        )
        for line in shown.lines
    ]
    heads = (w("流程"), w("全案时限"), w("用它的事项"))
    return panel("workflows", w("工作流程"), [table(heads, rows, w("流程"), kind="rules")])


def _form(shown: Shown, query: Mapping[str, str], w: Words) -> Child:
    workflow, given = shown.open.workflow, shown.given
    working = given.get("time", "working" if workflow.working else "calendar")
    urgencies = [w(URGENCY[u]) if u in URGENCY else w("一般") for u in Urgency]
    heads = (w("次序"), w("步骤"), w("阶段"), *urgencies, w("由谁办"), w("去掉"))
    rows = [html.Tr([html.Td(), html.Th(w("全案"), scope="row"), html.Td(),
                     *_limits(w("全案"), "case", workflow.limits, given, w), html.Td(), html.Td()])]  # fmt: skip
    last = len(workflow.steps) - 1
    for place, step in enumerate(workflow.steps):
        rows.append(_step_row(step, place, given, w, end=place in (0, last)))
        if place == last - 1 and shown.whole:
            rows.append(_step_row(None, place, given, w))
    fields: list[Child] = [
        html.Div(
            [
                forms.field(w("名称"), "name", value=given.get("name", workflow.name), maxlength="40",
                            required="required"),
                forms.select(w("计时"), "time", {key: w(word) for key, word in TIMES.items()}, working,
                             w("加急和特急总按自然时间")),
            ],
            className="form-pair",
        ),
        table(heads, rows, w("步骤、每一步的时限（小时）和由谁办"), kind="steps"),
        html.P(w("时限以小时计。步骤可以增减、改次序和阶段；在办的案卷按收到时的那一版走完。"), className="rules-said"),
    ]  # fmt: skip
    if not shown.whole:
        fields.append(html.P(w("流程是全部区域共用的，请由上级管理员修改。"), className="rules-said"))
        return html.Div(fields, className="form")
    fields.append(html.Div(forms.button(w("保存为新版"), primary=True), className="rules-acts"))
    address = PATH + accounts.kept(query, code=workflow.code)
    return forms.form(shown.form, "publish", fields, address, code=workflow.code, version=str(workflow.version))


def _step_row(step: Step | None, place: int, given: Mapping[str, str], w: Words, *, end: bool = False) -> html.Tr:
    """A step, or the fields for a new one. The first and the last (`end`) stay where they are."""
    key, called = (step.key, step.name) if step else (NEW, "")
    said = w("步骤名称 {name}", name=w(called)) if step else w("新步骤的名称")
    name = Input(
        type="text",
        name=f"{key}-name",
        value=given.get(f"{key}-name", called),
        maxlength="20",
        **({"required": "required"} if step else {"placeholder": w("新增一步")}),
        **attributes(aria_label=said),
    )
    short = w(called) if step else w("新步骤")
    first = step is not None and end and place == 0
    limits = [html.Td()] * len(Urgency) if first else _limits(short, key, step.limits if step else None, given, w)
    return html.Tr(
        [
            html.Td(None if end else _order(key, place if step else place + 0.5, short, given, w)),
            html.Th(name, scope="row"),
            html.Td(labels.of(labels.STAGE, step.stage, w) if step and end else _stage(key, step, short, given, w)),
            *limits,
            html.Td(_roles(step, key, given, w)),
            html.Td(None if end or step is None else _gone(key, short, given, w)),
        ]
    )


def _order(key: str, place: float, short: str, given: Mapping[str, str], w: Words) -> Child:
    return Input(
        type="text",
        name=f"{key}-order",
        value=given.get(f"{key}-order", f"{place:g}"),
        inputmode="decimal",
        autocomplete="off",
        **attributes(aria_label=f"{short} {w('次序')}"),
    )


def _stage(key: str, step: Step | None, short: str, given: Mapping[str, str], w: Words) -> Child:
    chosen = given.get(f"{key}-stage", step.stage if step else Stage.HANDLE)
    offered = [html.Option(labels.of(labels.STAGE, s, w), value=s.value, selected=s == chosen) for s in BETWEEN]
    return Select(name=f"{key}-stage", children=offered, **attributes(aria_label=f"{short} {w('阶段')}"))


def _gone(key: str, short: str, given: Mapping[str, str], w: Words) -> Child:
    box = Input(
        type="checkbox",
        name=f"{key}-gone",
        value="1",
        checked=f"{key}-gone" in given,
        **attributes(aria_label=f"{w('去掉')} {short}"),
    )
    return html.Label([box], className="form-check")


def _limits(name: str, key: str, limits: Limits | None, given: Mapping[str, str], w: Words) -> list[html.Td]:
    return [
        html.Td(
            Input(
                type="text",
                name=f"{key}-{int(urgency)}",
                value=given.get(f"{key}-{int(urgency)}", hours(limits[urgency]) if limits else ""),
                inputmode="decimal",
                **({"required": "required"} if limits else {}),
                autocomplete="off",
                **attributes(
                    aria_label=f"{name} {w(URGENCY[urgency]) if urgency in URGENCY else w('一般')} {w('小时')}"
                ),
            )
        )
        for urgency in Urgency
    ]


def _roles(step: Step | None, key: str, given: Mapping[str, str], w: Words) -> html.Div:
    by = step.by if step else DESK
    boxes = [
        html.Label(
            [
                Input(
                    type="checkbox",
                    name=f"{key}-by-{role}",
                    value="1",
                    checked=(f"{key}-by-{role}" in given) if given else role in by,
                ),
                html.Span(labels.of(labels.ACCOUNT_ROLE, role, w)),
            ],
            className="form-check",
        )
        for role in ROLES
    ]
    return html.Div(boxes, className="form-checks")

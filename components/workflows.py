"""流程: the workflows that cases go through, one of them open: names, limits by urgency, who may do which step."""

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
from components.markup import Input
from components.parts import Child, attributes, panel, table
from data_access.domain.accounts import Role
from data_access.domain.workflows import Limits, Step, Urgency
from data_access.viewmodels.catalogue import WorkflowLine

PATH: Final = "/workflows"
DONE: Final = "流程已保存。之后收到的案卷按它办，在办的案卷不变。"
ROLES: Final = (Role.OFFICER, Role.GRID_WORKER, Role.LEADER, Role.ADMINISTRATOR)
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
    return [html.Div([html.Div([_list(shown, query, w)]), html.Div([opened])], className="rules-grid is-wide-right")]


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
    heads = (w("步骤"), *urgencies, w("由谁办"))
    rows = [_limit_row(w("全案"), "case", workflow.limits, given, w)]
    rows += [_step_row(step, workflow.steps[0] is step, given, w) for step in workflow.steps]
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
        table(heads, rows, w("每一步的时限（小时）和由谁办"), kind="steps"),
    ]  # fmt: skip
    if not shown.whole:
        fields.append(html.P(w("流程是全部区域共用的，请由上级管理员修改。"), className="rules-said"))
        return html.Div(fields, className="form")
    fields.append(html.Div(forms.button(w("保存为新版"), primary=True), className="rules-acts"))
    address = PATH + accounts.kept(query, code=workflow.code)
    return forms.form(shown.form, "publish", fields, address, code=workflow.code, version=str(workflow.version))


def _limit_row(name: str, key: str, limits: Limits, given: Mapping[str, str], w: Words) -> html.Tr:
    return html.Tr([html.Th(name, scope="row"), *_limits(name, key, limits, given, w), html.Td()])


def _step_row(step: Step, first: bool, given: Mapping[str, str], w: Words) -> html.Tr:  # noqa: FBT001  # one of two rows
    name = Input(
        type="text",
        name=f"{step.key}-name",
        value=given.get(f"{step.key}-name", step.name),
        maxlength="20",
        required="required",
        **attributes(aria_label=w("步骤名称 {name}", name=w(step.name))),
    )
    limits = [html.Td()] * len(Urgency) if first else _limits(w(step.name), step.key, step.limits, given, w)
    return html.Tr([html.Th(name, scope="row"), *limits, html.Td(_roles(step, given, w))])


def _limits(name: str, key: str, limits: Limits, given: Mapping[str, str], w: Words) -> list[html.Td]:
    return [
        html.Td(
            Input(
                type="text",
                name=f"{key}-{int(urgency)}",
                value=given.get(f"{key}-{int(urgency)}", hours(limits[urgency])),
                inputmode="decimal",
                required="required",
                autocomplete="off",
                **attributes(
                    aria_label=f"{name} {w(URGENCY[urgency]) if urgency in URGENCY else w('一般')} {w('小时')}"
                ),
            )
        )
        for urgency in Urgency
    ]


def _roles(step: Step, given: Mapping[str, str], w: Words) -> html.Div:
    boxes = [
        html.Label(
            [
                Input(
                    type="checkbox",
                    name=f"{step.key}-by-{role}",
                    value="1",
                    checked=(f"{step.key}-by-{role}" in given) if given else role in step.by,
                ),
                html.Span(labels.of(labels.ACCOUNT_ROLE, role, w)),
            ],
            className="form-check",
        )
        for role in ROLES
    ]
    return html.Div(boxes, className="form-checks")

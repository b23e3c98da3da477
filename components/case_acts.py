"""What the viewer could do to a case: a button each, a lock with its reason where he may not, and the forms behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dash import html

from components import format as fmt
from components.case_board import options
from components.case_lines import RATINGS
from components.desk_dialogs import choices, dialog, text_field
from components.i18n import Words
from components.markup import Input
from components.parts import Child, attributes, icon, panel
from data_access.domain.case_choices import ActChoice
from data_access.domain.cases import CaseAction
from data_access.domain.periods import SHANGHAI
from data_access.viewmodels.case_page import Assignment, CasePage
from data_access.viewmodels.incidents import IncidentLine

A = CaseAction
NAMES: Final[Mapping[str, str]] = {
    A.ADVANCE: "办理",
    A.ACCEPT: "接单",
    A.ARRIVE: "到场",
    A.RETURN: "退回",
    A.ASK: "申请延期",
    A.GRANT: "同意延期",
    A.REFUSE: "不同意延期",
    A.SUSPEND: "挂起",
    A.RESUME: "恢复",
    A.REWORK: "返工",
    A.URGE: "督办",
    A.ESCALATE: "交上一级",
    A.MERGE: "并案",
    A.VOID: "作废",
    A.RATE: "评价",
    A.COMMENT: "备注",
}
SAYS: Final[Mapping[str, str]] = {
    A.ADVANCE: "这一步已办完",
    A.ACCEPT: "由我来办",
    A.ARRIVE: "我已到现场",
    A.RETURN: "派错了单位，要重新派遣",
    A.ASK: "请求更晚的期限",
    A.GRANT: "期限改到申请的时间",
    A.REFUSE: "期限不变",
    A.SUSPEND: "时限停走",
    A.RESUME: "时限接着走",
    A.REWORK: "退给承办单位再办",
    A.URGE: "请尽快办",
    A.ESCALATE: "本级办不了",
    A.MERGE: "与另一案卷是同一件事",
    A.VOID: "不成案",
    A.RATE: "报告人是否满意",
    A.COMMENT: "写进时间线",
}
_AT_ONCE: Final = frozenset({A.ACCEPT, A.ARRIVE, A.GRANT, A.RESUME})
"""They ask nothing more."""
_REASONED: Final = frozenset({A.RETURN, A.ASK, A.REFUSE, A.SUSPEND, A.REWORK, A.ESCALATE, A.VOID})
_FIRST: Final = (A.GRANT, A.REFUSE, A.RESUME, A.ADVANCE, A.ACCEPT, A.RETURN)


def build(page: CasePage, w: Words, *, guest: bool) -> html.Section:
    """能做什么: what can be done now, then what the case does not allow just now."""
    if guest:
        body: list[Child] = [html.P([icon("lock"), html.Span(w("登录后可以处置"))], className="missing")]
        return panel("acts", w("能做什么"), body)
    order = {action: n for n, action in enumerate(_FIRST)}
    acts = sorted(page.acts, key=lambda act: order.get(act.action, len(order)))
    can = [act for act in acts if act.refused is None]
    locked = [act for act in acts if act.refused is not None and not act.allowed]
    later = [act for act in acts if act.refused is not None and act.allowed]
    primary = next((act.action for act in can if act.action in _FIRST), None)
    return panel(
        "acts",
        w("能做什么"),
        [
            html.Ul([_can(act, page, w, primary=act.action is primary) for act in can], className="case-acts"),
            _cannot(w("现在不能"), later, page, w),
            _cannot(w("不由您办"), locked, page, w),
        ],
    )


def dialogs(page: CasePage, w: Words) -> list[Child]:
    """The forms of what can be done and needs more than a click."""
    return [_dialog(act.action, page, w) for act in page.acts if act.refused is None and act.action not in _AT_ONCE]


def name_of(action: CaseAction, page: CasePage, w: Words) -> str:
    """The action's word; the next step of the workflow by its own name."""
    step = page.detail.incident.next_step_name
    return w(step) if action is A.ADVANCE and step else w(NAMES[action])


def _can(act: ActChoice, page: CasePage, w: Words, *, primary: bool) -> html.Li:
    opens = "" if act.action in _AT_ONCE else act.action.value
    return html.Li(
        [
            html.Button(
                name_of(act.action, page, w),
                type="button",
                className=f"desk-button{' is-primary' if primary else ''}",
                **attributes(data_act=act.action.value, data_opens=opens),
            ),
            html.Span(_said(act.action, page, w)),
        ]
    )


def _said(action: CaseAction, page: CasePage, w: Words) -> str:
    line = page.detail.incident
    if action in {A.GRANT, A.REFUSE} and line.asked_until:
        return w("申请延到 {time}", time=fmt.stamp(line.asked_until))
    if action is A.ADVANCE and page.assignment and page.assignment.suggestions:
        return w("建议 {unit}", unit=page.assignment.suggestions[0][0])
    return w(SAYS[action])


def _cannot(title: str, acts: Sequence[ActChoice], page: CasePage, w: Words) -> Child:
    if not acts:
        return None
    rows = [
        html.Li(
            [
                html.B([icon("lock"), name_of(act.action, page, w)]),
                html.Span(_why(act, w)),
            ]
        )
        for act in acts
    ]
    return html.Details([html.Summary(f"{title} {len(acts)}"), html.Ul(rows)], className="case-locked")


def _why(act: ActChoice, w: Words) -> str:
    if act.refused is None:
        return ""
    return w(act.refused.source, **{name: w(value) for name, value in act.refused.named.items()})


def _dialog(action: CaseAction, page: CasePage, w: Words) -> html.Dialog:
    name = name_of(action, page, w)
    fields: list[Child] = []
    if action is A.ADVANCE:
        fields.append(Input(type="hidden", name="step", value=page.detail.incident.next_step or ""))
        fields += _units(page.assignment, w) if page.assignment else []
    if action is A.ASK:
        fields.append(_until(page, w))
    if action is A.MERGE:
        fields += _targets(page.near, w)
    if action is A.RATE:
        fields.append(
            choices("rating", [(str(n), w(word)) for n, word in sorted(RATINGS.items(), reverse=True)], "5", w("评价"))
        )
    if action in _REASONED:
        fields.append(text_field("reason", w("理由")))
    else:
        fields.append(text_field("note", w("说明"), "" if action is A.COMMENT else w("可不填")))
    return dialog(f"case-{action.value}", name, fields, name, w)


def _units(assignment: Assignment, w: Words) -> list[Child]:
    """The suggested units with what speaks for them, and all others."""
    why: Child = None
    offered: list[Child] = []
    if assignment.suggestions:
        of = assignment.suggestions[0][1].of
        why = html.P(
            w(
                "依据：近半年 {area} “{kind}” {n} 件由谁承办",
                area=assignment.area,
                kind=assignment.kind,
                n=fmt.count(of),
            ),
            className="desk-dim",
        )
        pairs = [
            (
                str(one.unit_id),
                w(
                    "{unit} · 承办 {n} 件 · 在办 {m} 超期 {k}",
                    unit=unit,
                    n=fmt.count(one.handled),
                    m=fmt.count(one.open),
                    k=fmt.count(one.overdue),
                ),
            )
            for unit, one in assignment.suggestions
        ]
        offered = [why, choices("unit_id", pairs, pairs[0][0], w("建议单位"))]
    every = [(str(unit.id), unit.name) for unit in assignment.units]
    first = w("用上面的建议") if offered else w("请选择")
    other = html.Label(
        [
            html.Span(w("其他单位") if offered else w("处置单位")),
            html.Select(options(every, "", first), name="other_unit", className="desk-select"),
        ],
        className="desk-field",
    )
    return [*offered, other]


def _until(page: CasePage, w: Words) -> html.Label:
    due = page.detail.incident.due_at
    value = f"{due.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}" if due else ""
    return html.Label(
        [html.Span(w("延到")), Input(type="datetime-local", name="until", value=value, min=value)],
        className="desk-field",
    )


def _targets(near: Sequence[IncidentLine], w: Words) -> list[Child]:
    pairs = [(str(line.id), f"{line.title} · {line.code} · {fmt.stamp(line.created_at)}") for line in near]
    code = html.Label(
        [html.Span(w("或案卷编号")), Input(type="text", name="into_code", maxlength="64")], className="desk-field"
    )
    offered = [choices("into", pairs, "", w("附近的同类案卷"))] if pairs else []
    return [*offered, code]

"""The homes and legal entities that a case is about: said on its page, on its timeline and in a building's drawer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dash import html

from components import labels
from components.desk_dialogs import choices, dialog, text_field
from components.i18n import Words
from components.markup import Input
from components.navigation import address
from components.parts import Child, attributes
from data_access.domain.case_links import LinkKind
from data_access.domain.incidents import FINAL_STAGES
from data_access.viewmodels.case_page import CasePage
from data_access.viewmodels.incidents import Linkable

KINDS: Final = {LinkKind.DWELLING: "房屋", LinkKind.ENTITY: "法人单位"}
_LIST: Final = "/incidents"


def name(thing: Linkable, w: Words, *, building: bool = True) -> str:
    """What people call it: a home by its building (unless that is said already), unit, floor and room."""
    if thing.kind != LinkKind.DWELLING:
        return thing.name
    inside = w("{unit} 单元 {floor} 层 {room}", unit=thing.unit or 1, floor=thing.floor or 1, room=thing.room or "")
    return f"{thing.name} {inside}" if building else inside


def listed(page: CasePage, query: Mapping[str, str], w: Words, *, may_link: bool) -> list[Child]:
    """A line for each, with the way to its building and to its other open cases."""
    own = page.detail.incident.stage not in FINAL_STAGES  # it counts itself
    lines = [_line(thing, thing.open - own, query, w, may_link=may_link) for thing in page.detail.links]
    return [html.H3(w("房屋与法人")), html.Ul(lines, className="case-things")] if lines else []


def button(w: Words) -> html.Button:
    """Opens the form that links."""
    return html.Button(
        w("关联房屋、法人"),
        type="button",
        className="desk-button is-small",
        **attributes(data_act="link", data_opens="link"),
    )


def dialogs(page: CasePage, w: Words) -> list[Child]:
    """The forms: to look for what it is about, and to take that back; none where the viewer may do neither."""
    if not page.may_link:
        return []
    kinds = [(kind.value, w(word)) for kind, word in KINDS.items()]
    search = html.Label(
        [
            html.Span(w("查找")),
            Input(type="text", name="q", maxlength="60", autocomplete="off", placeholder=w("房号、楼栋或名称")),
        ],
        className="desk-field",
    )
    nothing = w("这栋楼没有登记房屋") if page.building else w("先输入楼栋和房号")
    offered = attributes(data_offered="", data_no_dwelling=nothing, data_no_entity=w("这里没有登记法人，请输入名称"))
    found = html.Fieldset(
        [html.Legend(w("选一项")), html.Div(className="desk-options", role="status", **offered)],
        className="desk-choices",
    )
    note = text_field("note", w("说明"), w("可不填"))
    gone: list[Child] = [
        Input(type="hidden", name="linked", value=""),
        html.P("", **attributes(data_f="thing")),
        text_field("note", w("说明"), w("可不填")),
    ]
    return [
        dialog(
            "case-link",
            w("关联房屋、法人"),
            [choices("kind", kinds, LinkKind.DWELLING.value, w("种类")), search, found, note],
            w("关联"),
            w,
        ),
        dialog("case-unlink", w("解除关联"), gone, w("解除关联"), w),
    ]


def narrowing(thing: Linkable | None, w: Words) -> str:
    """What a list of the cases of a home or an entity is narrowed to."""
    return name(thing, w) if thing else w("没有这套房屋或这个法人")


def _line(thing: Linkable, others: int, query: Mapping[str, str], w: Words, *, may_link: bool) -> html.Li:
    kept = {n: query[n] for n in ("lang", "theme") if query.get(n)}
    place: Child = None
    if thing.building is not None:
        code, called = thing.building
        href = address("/", kept, area=thing.area, building=code)
        place = html.A(called, href=href, className="rules-link")
    column = {LinkKind.DWELLING: "dwelling", LinkKind.ENTITY: "entity"}[LinkKind(thing.kind)]
    cases: Child = None
    if others > 0:
        href = address(_LIST, kept, view="list", **{column: str(thing.id)})
        cases = html.A(w("另有在办 {n} 件", n=others), href=href, className="rules-link")
    away = (
        html.Button(
            w("解除"),
            type="button",
            className="desk-button is-small",
            **attributes(
                data_act="unlink",
                data_opens="unlink",
                data_linked=f"{thing.kind}:{thing.id}",
                data_name=name(thing, w),
                aria_label=w("解除关联 {name}", name=name(thing, w)),
            ),
        )
        if may_link
        else None
    )
    said = labels.of(labels.USE, thing.sort, w) if thing.kind == LinkKind.DWELLING and thing.sort else w("法人单位")
    return html.Li(
        [
            html.Span([html.B(name(thing, w, building=False)), html.Small(said)]),
            html.Span([place, cases], className="case-thing-ways"),
            away,
        ]
    )

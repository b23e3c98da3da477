"""The frame of the overview: where one is, pinned strip, alarm list, footer. Their live content is panels.js's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from dash import html

from components import format as fmt
from components import labels
from components.i18n import Words
from components.parts import Child, area_link, attributes, counter, icon, mark
from components.walls import marks as wall_marks
from data_access.viewmodels.areas import Place
from data_access.viewmodels.overview import OnDuty, Overview, SourceLine

PROOF_KINDS = ("smoke", "gas", "watch")
"""Life-safety kinds whose devices the calm strip names as proof that silence means calm."""


SIDES = (("compare", "对比"), ("alarms", "告警"), ("rank", "排名"))


class Ids(StrEnum):
    """Anchors that the scripts know."""

    HEAD = "overview-head"
    STRIP = "pinned-strip"
    PROOF = "strip-proof"
    ALARMS = "live-alarms"
    ALARMS_MORE = "live-alarms-more"
    SOURCES = "live-sources"
    ANNOUNCE = "live-announce"
    STALE = "stale-banner"
    BESIDE = "beside"


def where(place: Place, duty: OnDuty | None, w: Words) -> list[Child]:
    """Mark, title and the way up; on a wall who watches."""
    trail: list[Child] = []
    for up in place.trail:
        trail += [area_link(up.code, w.name(up.name, up.name_en)), icon("chev")]
    name = w.name(place.area.name, place.area.name_en)
    return [
        html.Div(
            [
                html.Nav(
                    [*trail, html.Span(name, **attributes(aria_current="page"))],
                    className="crumbs",
                    **attributes(aria_label=w("区域路径")),
                ),
                _on_duty(duty, w) if duty else None,
            ],
            className="where-way",
        ),
        html.H1(
            [
                html.Span(className="brand", **attributes(aria_hidden="true")),
                html.Span(name),
                html.Span(w("一屏"), className="product"),
            ]
        ),
    ]


def _on_duty(duty: OnDuty, w: Words) -> html.Div:
    """值班 林* · 坐席 3 在岗 · 排班 10 / 10 区域有人: what nobody keeps is not said.

    A seat is taken by whoever begins a shift at the desk, a rota names people beforehand: each in its own word, for
    both may be true, a full rota and a desk that nobody has taken over.
    """
    said: list[Child] = [
        html.Span([w("值班"), " ", html.B(duty.chief)]) if duty.chief else None,
        html.Span(
            [w("坐席"), " ", html.B(w("{n} 在岗", n=duty.seats) if duty.seats else w("无人接班"))],
            className="" if duty.seats else "is-short",
        ),
        html.Span(
            [w("排班"), " ", html.B(w("{n} / {all} 区域有人", n=duty.manned, all=duty.rotas))],
            className="is-short" if duty.manned < duty.rotas else "",
        )
        if duty.rotas
        else None,
    ]
    return html.Div(said, className="on-duty")


def below(place: Place, demo: bool, w: Words) -> list[Child]:  # noqa: FBT001  # a label, not a mode
    """The area's name with what lies below it, above the map: `10 街道 · 109 社区`, demo data where it is."""
    counts = [f"{fmt.count(n)} {labels.of(labels.AREA, kind, w, n)}" for kind, n in place.below[:2]]
    return [
        html.B(w.name(place.area.name, place.area.name_en)),
        html.Span(" · ".join(counts)),
        html.Span(w("演示数据"), className="tag") if demo else None,
        html.Span(className="panel-flag"),
    ]


def strip(w: Words) -> html.Div:
    """The pinned strip in its first-load state: it never says "none" before it knows."""
    return html.Div(
        [
            html.Div([icon("shield"), html.Div(html.B(w("生命安全 读取中")))], className="strip-lead"),
            html.Div(
                [
                    html.Span(w("首次加载"), className="strip-k"),
                    html.Span(w("尚未取得告警，不代表没有告警"), className="strip-v"),
                ],
                className="strip-what",
            ),
            html.Div(id="strip-facts", className="strip-facts"),
        ],
        id=Ids.STRIP,
        className="strip is-loading",
    )


def proof(view: Overview, w: Words) -> list[Child]:
    """Life-safety devices online, of how many."""
    by_kind = {k.kind: k for k in view.sensors.kinds}
    return [
        html.Div(
            [
                html.Span(labels.of(labels.DEVICE, kind, w), className="strip-k"),
                html.Span(
                    w("{n} / {total} 在线", n=fmt.count(k.devices - k.offline), total=fmt.count(k.devices)),
                    className="strip-v",
                ),
            ]
        )
        for kind in PROOF_KINDS
        if (k := by_kind.get(kind)) and k.devices
    ]


def alarms(w: Words, by_severity: Mapping[int, int]) -> html.Section:
    """The live alarm list; its body belongs to panels.js. `by_severity` are the standing ones as far as known."""
    keys = ((4, "alarms.critical"), (3, "alarms.major"), (2, "alarms.minor"), (1, "alarms.warning"))
    tally = html.Span(
        [
            html.Span(
                [mark(level, w), counter(key, fmt.count(by_severity.get(level)))],
                className="" if by_severity.get(level) else "is-zero",
            )
            for level, key in keys
        ],
        className="tally",
    )
    sums = html.Div(
        [html.Span(className="alarms-sums"), html.Span(className="panel-flag")],
        className="alarms-line",
    )
    return html.Section(
        [
            html.Header([html.H2(w("当前告警")), tally, sums], className="panel-head"),
            html.Div(id=Ids.ALARMS, className="alarms is-loading", role="list", **attributes(aria_label=w("当前告警"))),
            html.Div(id=Ids.ALARMS_MORE, className="alarms-more"),
        ],
        className="panel panel-alarms",
        **attributes(aria_label=w("当前告警"), data_sources="sensors"),
    )


def details_switch(w: Words) -> html.Button:
    """On a tablet the figures are compact cards; this opens all of them."""
    return html.Button(
        [html.Span(w("展开明细"), className="when-closed"), html.Span(w("收起明细"), className="when-open")],
        type="button",
        className="details-switch",
        **attributes(data_details="", aria_expanded="false"),
    )


def side_tabs(w: Words) -> html.Div:
    """On a tablet: what stands beside the map. `side.js` presses them; walls and desks show alarms and ranking both."""
    tabs = [
        html.Button(
            w(word), type="button", className="side-tab", **attributes(data_side_tab=side, aria_pressed="false")
        )
        for side, word in SIDES
    ]
    return html.Div(tabs, className="side-tabs", role="group", **attributes(aria_label=w("地图旁显示")))


def beside(w: Words) -> html.Section:
    """On a tablet the comparison of two areas below; `side.js` fetches it when it is asked for."""
    body = html.Div(html.P(w("读取中"), className="missing"), id=Ids.BESIDE, className="panel-body")
    flag = html.Span(className="beside-flag", role="status")
    return html.Section([flag, body], className="panel panel-beside", **attributes(aria_label=w("对比")))


def footer(sources: Sequence[SourceLine], demo: bool, w: Words) -> html.Footer:  # noqa: FBT001  # a label, not a mode
    """Each source and when it last delivered."""
    items: list[Child] = [
        html.Li(
            [
                html.Span(className="source-dot"),
                html.Span(w.name(s.name, s.name_en), className="source-name"),
                html.B(className="source-time"),
            ],
            className="source",
            **attributes(
                data_source=s.code,
                data_interval=str(s.interval_s),
                data_last=s.last_seen.isoformat() if s.last_seen else "",
            ),
        )
        for s in sources
    ]
    return html.Footer(
        [
            html.Span(w("数据截至"), className="foot-title"),
            html.Ul(items, id=Ids.SOURCES, className="sources is-loading"),
            *wall_marks(w),
            html.Span(w("演示数据"), className="foot-note") if demo else None,
        ],
        className="foot",
    )

"""The drawer of one building: who answers for it, homes, people in numbers, devices, cameras, cases, alarms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from dash import html

from components import case_links, labels
from components import format as fmt
from components.i18n import Lang, Words
from components.navigation import address
from components.parts import Child, area_link, attributes, icon, labelled, mark, split
from data_access.domain.devices import DeviceStatus
from data_access.viewmodels.areas import BuildingView, DeviceLine
from data_access.viewmodels.incidents import Linkable

SHOWN_LINKS: Final = 2

_USE_INK = {
    "rented": "var(--data-1)",
    "owner": "var(--data-2)",
    "vacant": "var(--data-3)",
    "other": "var(--text-3)",
}


class Ids(StrEnum):
    """The drawer's place in the page; empty when no building is open."""

    DRAWER = "building-drawer"


def build(view: BuildingView, now: datetime, w: Words) -> html.Div:
    """The open drawer."""
    facts = [w("{n} 层", n=view.floors), w("{n} 单元", n=view.units)]
    if view.built_year:
        facts.append(w("{n} 年建", n=view.built_year))
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H2(view.name),
                            html.P(
                                [
                                    area_link(view.area.code, w.name(view.area.name, view.area.name_en)),
                                    " · ",
                                    labels.of(labels.BUILDING, view.kind, w),
                                    " · ",
                                    " · ".join(facts),
                                ]
                            ),
                            html.P(view.address) if view.address else None,
                        ]
                    ),
                    _close(w),
                ],
                className="drawer-head",
            ),
            _section(w("责任人"), _people(view, w)),
            _section(w("房屋与人口"), _homes(view, w)),
            _section(f"{w('终端')} {fmt.count(view.devices_total)}", _devices(view, w)),
            _section(f"{w('告警记录')} {fmt.count(view.alarms_total)}", _alarms(view, now, w)),
            _section(w("最近的视频"), _cameras(view, w)),
            _section(w("在办事件"), _incidents(view, now, w)),
        ],
        className="drawer",
        role="dialog",
        **attributes(aria_label=view.name, data_lng=str(view.lng), data_lat=str(view.lat)),
    )


def absent(why: str, w: Words) -> html.Div:
    """The drawer of a building that is not there, or not for this viewer; the page behind it is whole."""
    return html.Div(
        html.Div([html.H2(w(why)), _close(w)], className="drawer-head"),
        className="drawer",
        role="dialog",
        **attributes(aria_label=w(why)),
    )


def _close(w: Words) -> html.Button:
    return html.Button(icon("close"), type="button", **attributes(aria_label=w("关闭"), data_close_building=""))


def _section(title: str, rows: list[Child]) -> html.Section:
    return html.Section([html.H3(title), *rows], className="drawer-part")


def _people(view: BuildingView, w: Words) -> list[Child]:
    return [
        html.Div(
            [
                html.Span(labels.of(labels.ROLE, p.role, w), className="person-role"),
                html.B(p.name),
                html.Span([icon("phone"), p.phone or fmt.DASH], className="person-phone"),
            ],
            className="person",
        )
        for p in view.people
    ] or [_none(w("责任人未导入"))]


def _homes(view: BuildingView, w: Words) -> list[Child]:
    if not view.dwellings:
        return [_none(w("房屋数据未导入"))]
    residents = "<5" if view.few else fmt.count(view.residents)
    elderly = "<5" if view.elderly is None else fmt.count(view.elderly)
    return [
        split([(n, _USE_INK.get(use, "var(--text-3)")) for use, n in view.uses]),
        labelled([(labels.of(labels.USE, use, w), fmt.count(n)) for use, n in view.uses]),
        labelled([(w("房屋"), fmt.count(view.dwellings)), (w("人口"), residents), (w("独居"), elderly)]),
    ]


def _devices(view: BuildingView, w: Words) -> list[Child]:
    return [_device(d, w) for d in view.devices] or [_none(w("未接入终端"))]


def _device(device: DeviceLine, w: Words) -> html.Div:
    status = device.status if device.status is not None else int(DeviceStatus.NEVER_SEEN)
    severity = status & DeviceStatus.SEVERITY_MASK
    state: Child
    if severity:
        state = html.Span([mark(min(severity, 4), w), w(labels.SEVERITY[min(severity, 4)])])
    elif status & DeviceStatus.OFFLINE:
        state = html.Span(w("离线"), className="is-bad")
    elif status & DeviceStatus.NEVER_SEEN:
        state = html.Span(w("未上报"), className="is-bad")
    else:
        state = html.Span(w("正常"))
    return html.Div(
        [html.Span(labels.of(labels.DEVICE, device.kind, w)), html.Span(_floor(device.floor, w)), state],
        className="drawer-row",
        **attributes(data_device=str(device.id)),
    )


def _cameras(view: BuildingView, w: Words) -> list[Child]:
    return [
        html.Button(
            [
                icon("cam" if c.delivering else "cam-off"),
                html.Span(c.name),
                html.Span(w("{n} 米", n=fmt.count(c.metres))),
                html.Span(w("有画面") if c.delivering else w("无画面"), className="" if c.delivering else "is-bad"),
            ],
            type="button",
            className="drawer-row is-camera",
            **attributes(data_camera=str(c.id), data_camera_code=c.code),
        )
        for c in view.cameras
    ] or [_none(w("附近没有视频点位"))]


def _incidents(view: BuildingView, now: datetime, w: Words) -> list[Child]:
    kept = {"lang": w.lang.value} if w.lang is Lang.EN else {}
    return [
        html.A(
            [
                html.Span([i.title, _about(i.links, w)]),
                html.Span(fmt.moment(i.created_at, now, w)),
                html.Span(
                    [
                        html.Span(className="sv sv-minor", role="img", **attributes(aria_label=w("超期")))
                        if i.due_at and i.due_at < now
                        else None,
                        labels.of(labels.STAGE, i.stage, w),
                    ]
                ),
            ],
            href=address("/incidents/case", kept, code=i.code),
            className="drawer-row is-case",
        )
        for i in view.incidents
    ] or [_none(w("没有在办事件"))]


def _about(links: Sequence[Linkable], w: Words) -> Child:
    """The homes and companies of the building that a case is about."""
    said = [case_links.name(one, w, building=False) for one in links[:SHOWN_LINKS]]
    more = len(links) - len(said)
    return html.I(" · ".join([*said, f"+{more}"] if more else said)) if said else None


def _alarms(view: BuildingView, now: datetime, w: Words) -> list[Child]:
    """The newest ones, standing or over."""
    return [
        html.Div(
            [
                html.Span([mark(a.severity, w), labels.of(labels.ALARM, a.kind, w), _floor(a.floor, w)]),
                html.Span(fmt.moment(a.raised_at, now, w)),
                html.Span(w(labels.ALARM_STATE[a.state])),
            ],
            className="drawer-row is-alarm",
        )
        for a in view.alarms
    ] or [_none(w("没有告警记录"))]


def _floor(floor: int | None, w: Words) -> Child:
    return html.I(w("第 {n} 层", n=floor)) if floor is not None else None


def _none(text: str) -> html.P:
    return html.P(text, className="drawer-none")

"""CAP 1.2 out: `/api/v1/cap/feed.atom` lists the newest messages, `/api/v1/cap/{identifier}.xml` is one of them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api.context import context, principal
from data_access.api.parameters import an_integer
from data_access.domain import cap
from data_access.domain.alarm_kinds import Guidance
from data_access.domain.cap import MsgType, Step
from data_access.domain.errors import NotFound
from data_access.domain.notices import SEVERITY_WORDS, title
from data_access.domain.periods import SHANGHAI
from data_access.queries import areas
from data_access.queries import cap as queries
from data_access.viewmodels.cap import CapAlert

CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM: Final = "http://www.w3.org/2005/Atom"
CAP_TYPE: Final = "application/cap+xml"
_EXPIRES: Final = timedelta(hours=24)
_IDENTIFIER: Final = re.compile(r"yiping-(\d{1,18})-(\d{1,18})")
_RADIUS_KM: Final = 0.05
_REASONS: Final = {
    "real": "属实，已处置",
    "false": "误报",
    "test": "测试",
    "maintenance": "检修",
    "device_fault": "设备故障",
    None: "已恢复",
}


def routes() -> list[Route]:
    """The routes of this subject."""
    return [Route("/api/v1/cap/feed.atom", get_feed), Route("/api/v1/cap/{identifier}.xml", get_message)]


async def get_feed(request: Request) -> Response:
    """The newest messages of the area, as an Atom feed."""
    ctx, who, asked = context(request), principal(request), request.query_params
    limit = an_integer(asked, "limit", 1, queries.MOST) or 100

    def read(session: Session) -> tuple[CapAlert, ...]:
        area = areas.find(session, asked.get("area") or None, who.scope)
        return queries.newest(session, area.path if area else who.scope, limit)

    found = await ctx.read(read)
    body = feed(found, str(request.url), ctx.services.settings.cap_sender, ctx.services.clock())
    return _xml(body, "application/atom+xml")


async def get_message(request: Request) -> Response:
    """One message."""
    ctx, who = context(request), principal(request)
    named = _IDENTIFIER.fullmatch(request.path_params["identifier"])
    if named is None:
        raise NotFound("没有这条消息，或者不在您的权限范围内。")
    alarm, number = int(named[1]), int(named[2])
    alert = await ctx.read(lambda session: queries.one(session, alarm, number, who.scope))
    return _xml(message(alert, ctx.services.settings.cap_sender), CAP_TYPE)


def identifier(alert: CapAlert, step: Step) -> str:
    """The name of the message of `step`, unique with the sender."""
    return f"yiping-{alert.alarm_id}-{step.number}"


def message(alert: CapAlert, sender: str) -> Element:
    """The message as CAP's XML; its elements stand in the order of the schema."""
    told, step = alert.message, alert.message.step
    root = Element("alert", {"xmlns": CAP})
    _put(root, "identifier", identifier(alert, step))
    _put(root, "sender", sender)
    _put(root, "sent", _moment(step.at))
    _put(root, "status", cap.status(alert.window, demo=alert.demo))
    _put(root, "msgType", told.type)
    _put(root, "scope", "Restricted")
    _put(root, "restriction", "仅供授权的处置单位")
    if told.type is MsgType.CANCEL:
        _put(root, "note", _REASONS.get(alert.close_reason, "已关闭"))
    if told.earlier:
        references = (f"{sender},{identifier(alert, s)},{_moment(s.at)}" for s in told.earlier)
        _put(root, "references", " ".join(references))
    if alert.event_id is not None:
        _put(root, "incidents", f"yiping-event-{alert.event_id}")
    for language in _LANGUAGES:
        _info(root, alert, language)
    return root


def feed(alerts: tuple[CapAlert, ...], address: str, sender: str, now: datetime) -> Element:
    """An Atom feed of `alerts`."""
    root = Element("feed", {"xmlns": ATOM})
    _put(root, "id", f"urn:yiping:cap:{sender}")
    _put(root, "title", "一屏 CAP 1.2")
    _put(root, "updated", _moment(max((a.message.step.at for a in alerts), default=now)))
    _put(_put(root, "author"), "name", "一屏 Yiping")
    _put(root, "link", rel="self", href=address)
    for alert in alerts:
        _entry(root, alert, sender)
    return root


def _entry(root: Element, alert: CapAlert, sender: str) -> None:
    step, name = alert.message.step, identifier(alert, alert.message.step)
    entry = _put(root, "entry")
    _put(entry, "id", f"urn:yiping:cap:{sender}:{name}")
    _put(entry, "title", f"{_CHINESE.headline(alert)} ({alert.message.type})")
    _put(entry, "updated", _moment(step.at))
    _put(entry, "link", rel="alternate", type=CAP_TYPE, href=f"/api/v1/cap/{name}.xml")
    _put(entry, "category", term=cap.CATEGORY.get(alert.kind.code, "Infra"))
    _put(entry, "summary", _CHINESE.description(alert))


def _info(root: Element, alert: CapAlert, w: _Language) -> None:
    told, step, kind = alert.message, alert.message.step, alert.kind.code
    info = _put(root, "info")
    _put(info, "language", w.code)
    _put(info, "category", cap.CATEGORY.get(kind, "Infra"))
    _put(info, "event", w.event(alert))
    _put(info, "responseType", "AllClear" if told.over else "Assess")
    _put(info, "urgency", cap.urgency(told))
    _put(info, "severity", cap.SEVERITY[step.severity])
    _put(info, "certainty", "Observed" if alert.event_id is not None else "Likely")
    _put(info, "onset", _moment(alert.raised_at))
    _put(info, "expires", _moment(step.at + _EXPIRES))
    _put(info, "senderName", "一屏 Yiping")
    _put(info, "headline", w.headline(alert))
    _put(info, "description", w.description(alert))
    if alert.guidance is not None and not told.over:
        _put(info, "instruction", w.instruction(alert.guidance))
    for name, value in (("yiping:alarm", alert.alarm_id), ("yiping:state", step.state), ("yiping:kind", kind)):
        _pair(info, "parameter", name, str(value))
    area, where = _put(info, "area"), w.area(alert)
    _put(area, "areaDesc", f"{where} {alert.place}" if alert.place != alert.area_name else where)
    if alert.lng is not None and alert.lat is not None:
        _put(area, "circle", f"{alert.lat:.6f},{alert.lng:.6f} {_RADIUS_KM}")
    _pair(area, "geocode", "yiping:area", alert.area)


class _Language:
    """What a message says in words. Places keep the names they have."""

    code = "zh-CN"

    def event(self, alert: CapAlert) -> str:
        return alert.kind.name

    def area(self, alert: CapAlert) -> str:
        return alert.area_name

    def headline(self, alert: CapAlert) -> str:
        return title(alert.message.step.severity, alert.kind.name, alert.area_name)

    def description(self, alert: CapAlert) -> str:
        now = "已恢复" if alert.message.over else "持续"
        confirmed = "，多个终端相互印证" if alert.event_id is not None else ""
        grade = SEVERITY_WORDS[alert.message.step.severity]
        return f"{alert.place}，{_local(alert.raised_at)} 发生，{now}，级别{grade}{confirmed}。"

    def instruction(self, guidance: Guidance) -> str:
        return guidance.what_to_do


class _English(_Language):
    code = "en"

    def event(self, alert: CapAlert) -> str:
        return alert.kind.name_en

    def area(self, alert: CapAlert) -> str:
        return alert.area_name_en or alert.area_name

    def headline(self, alert: CapAlert) -> str:
        return f"[{alert.message.step.severity.name.capitalize()}] {alert.kind.name_en} · {self.area(alert)}"

    def description(self, alert: CapAlert) -> str:
        now = "cleared" if alert.message.over else "still there"
        confirmed = ", confirmed by several devices" if alert.event_id is not None else ""
        grade = alert.message.step.severity.name.lower()
        return f"{alert.place}: began {_local(alert.raised_at)}, {now}, grade {grade}{confirmed}."

    def instruction(self, guidance: Guidance) -> str:
        return guidance.what_to_do_en


_CHINESE: Final = _Language()
_LANGUAGES: Final = (_CHINESE, _English())
"""Those of the blocks of a message, in their order. A feed has one language."""


def _local(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _put(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    made = SubElement(parent, tag, attributes)
    made.text = text
    return made


def _pair(parent: Element, tag: str, name: str, value: str) -> None:
    made = _put(parent, tag)
    _put(made, "valueName", name)
    _put(made, "value", value)


def _moment(at: datetime) -> str:
    """Local time with its offset and without fractions, as the schema wants it."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def _xml(root: Element, media: str) -> Response:
    body = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, media_type=f"{media}; charset=utf-8", headers={"Cache-Control": "no-store"})

"""One case: the loop drawn as a line with its clocks, what it is, where, who answers, its links and its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dash import html

from components import case_acts, case_links, labels, near_map, report
from components import format as fmt
from components.alarm_context import duty_of, phone_of
from components.alarm_detail import LEVELS as WHO
from components.case_lines import CATEGORIES, LEVELS, RATINGS, URGENCY, card, case_address, clock, span
from components.i18n import Words
from components.markup import Picture
from components.navigation import address
from components.parts import Child, attributes, icon, mark, panel
from data_access.domain.cases import CaseAction
from data_access.domain.catalogue import Category
from data_access.domain.incidents import FINAL_STAGES
from data_access.domain.periods import SHANGHAI
from data_access.domain.reports import CITIZEN
from data_access.viewmodels.case_page import CasePage, StepClock
from data_access.viewmodels.incidents import Attachment, IncidentStep

TOLD: Final[Mapping[str, str]] = {
    **case_acts.NAMES,
    "create": "上报",
    CaseAction.OVERDUE: "全案超期",
    CaseAction.ATTACH: "附件",
    CaseAction.CALL: "拨打报告人",
    CaseAction.LINK: "已关联",
    CaseAction.UNLINK: "已解除关联",
    CaseAction.ESCALATE: "升级",
    CaseAction.FOLLOW: "随主案卷结案",
    **labels.STAGE,
    "close": "结案",
}
SHOWN: Final = 200
MACHINES: Final = {"clock": "系统", "replay": "回放", "intake": "公众上报"}


def head(page: CasePage, w: Words) -> list[Child]:
    """What it is, what is special about it, and how much time is left."""
    line = page.detail.incident
    tags = [w(CATEGORIES[Category(line.category)])] if line.category is not None else []
    tags += [w(URGENCY[line.urgency])] if line.urgency in URGENCY else []
    tags += [w("督办 {n}", n=line.urged)] if line.urged else []
    tags += [w("返工 {n}", n=line.reworks)] if line.reworks else []
    tags += [w("延期 {n} 次", n=line.extensions)] if line.extensions else []
    tags += [w("并入 {n} 件", n=len(page.merged))] if page.merged else []
    tags += [w("回放 {run}", run=line.run), w("时间为推定")] if line.run else []
    if line.level in {1, 2, 3} and line.stage not in FINAL_STAGES:
        tags.append(w("轮到{level}", level=w(LEVELS[line.level])))
    return [
        html.Div(
            [
                html.H2([line.title, html.Small(line.place or "")], className="case-name"),
                html.Span([html.Span(tag, className="case-tag") for tag in tags], className="case-tags"),
                html.Span(
                    [
                        html.Span(line.code),
                        html.Span(
                            w("{channel} {time}", channel=w(line.channel or "上报"), time=fmt.stamp(line.created_at))
                        ),
                    ],
                    className="case-code",
                ),
            ],
            className="case-what",
        ),
        html.Div([_step_left(page, w), _case_left(page, w)], className="case-clocks"),
        html.Div(id="case-version", hidden=True, **attributes(data_version=str(line.version), data_id=str(line.id))),
    ]


def _case_left(page: CasePage, w: Words) -> html.Div:
    line = page.detail.incident
    until = w("全案时限 {time}", time=fmt.stamp(line.due_at)) if line.due_at else w("全案时限")
    return html.Div(
        [html.Small(until), clock(line, page.at, w)], className=f"case-left{' is-over' if line.overdue else ''}"
    )


def _step_left(page: CasePage, w: Words) -> Child:
    line, due = page.detail.incident, page.detail.incident.step_due_at
    if due is None or line.next_step_name is None or line.suspended_at is not None:
        return None
    over = due <= page.at
    said = w("超期 {age}", age=fmt.age(page.at - due, w)) if over else w("剩 {age}", age=fmt.age(due - page.at, w))
    shape = html.Span(className="sv sv-minor", **attributes(aria_hidden="true")) if over else None
    text = html.Span(said, **attributes(data_due=str(round(due.timestamp() * 1000))))
    return html.Div(
        [
            html.Small(w("{step}时限 {time}", step=w(line.next_step_name), time=fmt.stamp(due))),
            html.B([shape, text], className="case-clock"),
        ],
        className=f"case-left{' is-over' if over else ''}",
    )


def loop(page: CasePage, w: Words) -> html.Ol:
    """The steps in their order: done, now, ahead; under each what it took of its limit, and who did it."""
    now = next((step.key for step in page.steps if not step.done), None)
    running = page.detail.incident.stage not in FINAL_STAGES
    items = [_step(step, page, w, here=running and step.key == now) for step in page.steps]
    rated = page.detail.satisfaction
    items.append(
        html.Li(
            [html.B(w("评价")), html.Span(w(RATINGS[rated]) if rated in RATINGS else w("结案以后"))],
            className="is-done" if rated else "",
        )
    )
    return html.Ol(items, className="case-loop", **attributes(aria_label=w("流程")))


def _step(step: StepClock, page: CasePage, w: Words, *, here: bool) -> html.Li:
    over = step.due_at is not None and step.due_at <= page.at if here else _late(step)
    used = min(1.0, step.used / step.limit) if step.used is not None and step.limit else None
    shape = html.Span(className="sv sv-minor", role="img", **attributes(aria_label=w("超期"))) if over else None
    state = "is-done" if step.done else "is-now" if here else ""
    return html.Li(
        [
            html.B(w(step.name)),
            html.Span([shape, _took(step, w)]),
            html.Span(html.I(style={"width": f"{100 * (used or 0):.0f}%"}), className="case-life")
            if step.limit
            else None,
            html.Span(_who(step, page, w, here=here), className="case-who"),
            html.Em(w("退回 {n} 次", n=page.returned)) if here and page.returned else None,
        ],
        className=f"{state}{' is-late' if over else ''}".strip(),
        **(attributes(aria_current="step") if here else {}),
    )


def _late(step: StepClock) -> bool:
    return step.done and step.used is not None and step.limit is not None and step.used > step.limit


def _took(step: StepClock, w: Words) -> str:
    limit = span(step.limit, w) if step.limit else ""
    if step.used is None:
        return w("时限 {limit}", limit=limit) if limit else ""
    used = span(step.used, w)
    return w("用 {used} / {limit}", used=used, limit=limit) if limit else w("用 {used}", used=used)


def _who(step: StepClock, page: CasePage, w: Words, *, here: bool) -> str:
    line = page.detail.incident
    if step.done:
        if step.estimated:
            return w("推定 {time}", time=f"{step.estimated.astimezone(SHANGHAI):%Y-%m-%d %H:%M}")
        when = f"{step.at.astimezone(SHANGHAI):%m-%d %H:%M}" if step.at else ""
        return f"{when} {_actor(step.who, w) if step.who else ''}".strip()
    if not here:
        return ""
    return line.owner or line.unit or (w(WHO[line.level]) if line.level in WHO else "")


def facts(page: CasePage, query: Mapping[str, str], w: Words) -> html.Section:
    """案情: what is known of it."""
    line, detail = page.detail.incident, page.detail
    areas = " › ".join(w.name(area.name, area.name_en) for area in page.trail[-3:])
    building: Child = None
    if page.building:
        building = html.A(
            page.building[1],
            href=address("/", query, area=line.area, building=page.building[0]),
            className="rules-link",
        )
    rows: list[tuple[str, Child]] = [
        (w("类别"), " › ".join(page.classes)),
        (w("性质"), detail.nature),
        (w("地点"), areas),
        (w("楼栋"), building),
        (w("描述"), detail.description),
        (w("承办"), line.unit),
        (w("经办"), line.owner),
        (w("来源"), line.channel and w(line.channel)),
    ]
    shown = [child for name, value in rows if value for child in (html.Dt(name), html.Dd(value))]
    return panel("facts", w("案情"), [html.Dl(shown, className="case-facts")])


def place(page: CasePage, w: Words) -> html.Section:
    """Where it is, with the cameras around."""
    detail = page.detail
    if detail.lng is None or detail.lat is None:
        return panel("place", w("位置"), [html.P(w("位置未知"), className="missing")])
    name = detail.incident.place or detail.incident.area_name
    around = zip(page.cameras, page.camera_points, strict=True)
    cameras = [
        html.Button(
            [icon("cam" if c.delivering else "cam-off"), c.name, html.Small(w("{n} 米", n=fmt.count(c.metres)))],
            type="button",
            className="desk-button is-small",
            **attributes(data_camera=c.code, data_camera_name=c.name),
        )
        for c in page.cameras
        if c.delivering
    ]
    return panel(
        "place",
        w("位置"),
        [
            near_map.build(
                f"case {detail.incident.id}", (detail.lng, detail.lat), name, w, cameras=around, people=page.people
            ),
            html.Div(cameras, className="case-cameras") if cameras else None,
        ],
        sub=w("视频 {n} 路", n=len(page.cameras)) if page.cameras else None,
    )


def people(page: CasePage, w: Words) -> html.Section:
    """相关的人: who answers for the place, with a number to call where the viewer may see it."""
    rows = [
        html.Li(
            [
                html.Span(labels.of(labels.ROLE, person.role, w)),
                html.B(person.name),
                html.Small(duty_of(person, w)),
                phone_of(person, w),
            ]
        )
        for person in page.people
    ]
    if page.reporter is not None:
        rows.insert(0, _reporter(*page.reporter, w))
    body: Child = html.Ul(rows, className="case-people") if rows else html.P(w("责任人未导入"), className="missing")
    return panel("people", w("相关的人"), [body])


def _reporter(number: str, whole: bool, w: Words) -> html.Li:  # noqa: FBT001  # as the view-model has it
    """Whoever reported it: to be called by whoever handles it, which the timeline keeps; masked for others."""
    call = html.A([icon("phone"), number], href=f"tel:{number}", className="desk-phone", **attributes(data_act="call"))
    masked = html.Span([icon("phone"), number], className="desk-phone", title=w("接单后可以拨打"))
    return html.Li([html.Span(w("报告人")), html.B(""), html.Small(""), call if whole else masked])


def links(page: CasePage, query: Mapping[str, str], w: Words, *, may_link: bool) -> html.Section:
    """关联: what it is about, the alarms it was made of, what was merged, and what may be the same."""
    body: list[Child] = case_links.listed(page, query, w, may_link=may_link)
    for alarm in page.alarms:
        href = address("/alarms", {k: query[k] for k in ("lang", "theme") if query.get(k)}, id=str(alarm.id))
        said = f"{alarm.place} · {fmt.stamp(alarm.raised_at)} · {labels.of(labels.ALARM_STATE, alarm.state, w)}"
        body.append(
            html.A(
                [mark(alarm.severity, w), html.B(labels.of(labels.ALARM, alarm.kind, w)), html.Small(said)],
                href=href,
                className="case-alarm",
            )
        )
    if page.seen_on is not None:
        code, name = page.seen_on
        play = html.Button(
            [icon("cam"), name],
            type="button",
            className="desk-button is-small",
            **attributes(data_camera=code, data_camera_name=name),
        )
        body.append(html.P([w("由视频点位发现"), " ", play]))
    if page.into is not None:
        body.append(
            html.P(
                [
                    w("已并入"),
                    " ",
                    html.A(page.into.code, href=case_address(page.into.code, query), className="rules-link"),
                ]
            )
        )
    for title, lines in ((w("并入的案卷"), page.merged), (w("附近的同类案卷"), page.near)):
        if lines:
            body += [html.H3(title), html.Ol([card(line, page.at, query, w) for line in lines], className="case-near")]
    if not body:
        body = [html.P(w("没有关联的告警与案卷"), className="missing")]
    return panel("links", w("关联"), body, note=case_links.button(w) if may_link else None)


def citizen(page: CasePage, w: Words) -> Child:
    """市民看到的: what the receipt says, word for word; nothing of a case that no citizen reported."""
    found = page.receipt
    if found is None:
        return None
    said = report.limit_text(found, page.at, w)
    lines = [html.Li([html.Time(at), html.Span(text)]) for at, text in report.line_texts(found, page.at, w)]
    body: list[Child] = [html.P([html.B(report.state_text(found, w)), f" {said}" if said else None])]
    body += [html.Ol(lines, className="case-steps")] if lines else []
    return panel("citizen", w("市民看到的"), body, sub=w("就是回执上的原文"))


def photos(page: CasePage, w: Words) -> Child:
    """现场照片: pictures, clips and voice, before and after; nothing where there are none."""
    shown = [
        html.Figure(
            [
                _shown(one, w),
                html.Figcaption(
                    [html.B(labels.of(labels.PHASE, one.phase, w)), f" {fmt.stamp(one.at)} {_actor(one.actor, w)}"]
                ),
            ]
        )
        for one in page.detail.attachments
    ]
    return panel("photos", w("现场照片"), [html.Div(shown, className="case-photos")]) if shown else None


def _shown(one: Attachment, w: Words) -> Child:
    """A picture to open; a clip or a recording to play here, fetched when somebody does."""
    there, what = f"/api/v1/attachments/{one.id}", labels.of(labels.PHASE, one.phase, w)
    if one.media_type.startswith("image/"):
        return html.A(Picture(src=there, alt=what, loading="lazy"), href=there, target="_blank")
    if one.media_type.startswith("video/"):
        return html.Video(src=there, controls=True, preload="metadata", title=f"{w('录像')} {what}")
    return html.Audio(src=there, controls=True, preload="none", title=f"{w('录音')} {what}")


def timeline(page: CasePage, w: Words, *, may_write: bool) -> html.Section:
    """Everything that happened, newest first; nothing of it can be taken away."""
    history = page.detail.history
    rows: list[Child] = [
        html.Li(
            [html.Time(_time(step)), html.Span(_told(step, page, w))],
            className="is-machine" if step.actor in MACHINES else "",
        )
        for step in history[: -SHOWN - 1 : -1]
    ]
    note = (
        html.Button(
            [w("备注"), html.Kbd("N")],
            type="button",
            className="desk-button is-small",
            **attributes(data_act="comment", data_opens="comment"),
        )
        if may_write
        else None
    )
    return panel(
        "timeline",
        w("时间线"),
        [html.Ol(rows, className="case-steps", tabIndex="0", **attributes(aria_label=w("时间线")))],
        sub=w("全部 {n} 条", n=fmt.count(len(history))),
        note=note,
    )


def _told(step: IncidentStep, page: CasePage, w: Words) -> list[Child]:
    kept = step.detail or {}
    what = w(TOLD[step.action]) if step.action in TOLD else step.action
    names = {one.key: one.name for one in page.detail.steps}
    if step.action == CaseAction.ADVANCE and kept.get("step") in names:
        what = w(names[kept["step"]])
    said = [str(kept["reason"])] if kept.get("reason") else []
    said += [w("延到 {time}", time=str(kept["until"])[:16].replace("T", " "))] if kept.get("until") else []
    said += [w(LEVELS[kept["post"][0]])] if step.action == CaseAction.ESCALATE and kept.get("post") else []
    said += [w(RATINGS[kept["rating"]])] if kept.get("rating") in RATINGS else []
    said += [w("时间为推定")] if kept.get("estimated") else []
    said += [case_links.name(kept["thing"], w)] if kept.get("thing") else []
    said += [step.note] if step.note else []
    return [f"{_actor(step.actor, w)} ", html.B(what), f"：{' · '.join(said)}" if said else ""]


def _actor(actor: str, w: Words) -> str:
    return w("市民") if actor == CITIZEN else w(MACHINES[actor]) if actor in MACHINES else actor


def _time(step: IncidentStep) -> str:
    return f"{step.at.astimezone(SHANGHAI):%m-%d %H:%M}"


def parts(page: CasePage, query: Mapping[str, str], w: Words, *, guest: bool) -> dict[str, Child | list[Child]]:
    """Everything by its part of the page."""
    may_write = not guest and any(a.action is CaseAction.COMMENT and a.refused is None for a in page.acts)
    return {
        "head": head(page, w),
        "loop": loop(page, w),
        "facts": [facts(page, query, w), place(page, w)],
        "story": [photos(page, w), citizen(page, w), timeline(page, w, may_write=may_write)],
        "acts": [case_acts.build(page, w, guest=guest), people(page, w), links(page, query, w, may_link=page.may_link)],
        "forms": [] if guest else [*case_acts.dialogs(page, w), *case_links.dialogs(page, w)],
    }

"""The right side of the desk: where it is, nearest cameras, who answers, help within reach, people in numbers."""

from __future__ import annotations

from typing import Final

from dash import html

from components import format as fmt
from components import labels, near_map
from components.i18n import Words
from components.parts import Child, attributes, icon
from data_access.viewmodels.desk import Around, AtRisk, DeskAlarm, Help, Reachable

PLAYING: Final = 2
"""Cameras that play beside the alarm; the others open by a click."""
HELP: Final = {"team": "队伍", "hydrant": "消防栓"}


def build(view: DeskAlarm, w: Words, *, plays: bool = True, may_reveal: bool = False) -> list[Child]:
    """The column from top to bottom. `may_reveal`: masked names and numbers can be asked for, with a reason."""
    around = view.around
    return [
        _map(view, w),
        *_cameras(around, w, plays=plays),
        *_people(around.people, w, may_reveal=may_reveal),
        *_at_risk(around.at_risk, w),
        *_helps(around.helps, w),
    ]


def choices(view: DeskAlarm, w: Words) -> list[tuple[str, str, str]]:
    """Whom the alarm can be sent to: what the form sends, the words, and what helps to choose. On duty comes first."""
    people = sorted(view.around.people, key=lambda person: person.on_duty is False)
    found = [(f"responsible:{p.id}", f"{labels.of(labels.ROLE, p.role, w)} {p.name}", duty_of(p, w)) for p in people]
    teams = (h for h in view.around.helps if h.kind == "team")
    return found + [(f"team:{team.id}", team.name, w("{n} 米", n=fmt.count(team.metres))) for team in teams]


def window_places(view: DeskAlarm, w: Words) -> list[tuple[str, str, str]]:
    """What of the alarm's place a drill or maintenance window may be of, the narrowest first."""
    record, around = view.detail.alarm, view.around
    found = [(f"device:{record.device_code}", w("终端"), record.device_code)] if record.device_code else []
    if around.building_code:
        found.append((f"building:{around.building_code}", w("楼栋"), record.place))
    return found + [(f"area:{a.code}", w(labels.AREA[a.kind]), w.name(a.name, a.name_en)) for a in around.trail[::-1]]


def _map(view: DeskAlarm, w: Words) -> Child:
    record, around = view.detail.alarm, view.around
    if record.lng is None or record.lat is None:
        return html.P(w("位置未知"), className="desk-dim desk-nowhere")
    return near_map.build(
        f"alarm {record.id}",
        (record.lng, record.lat),
        record.place,
        w,
        severity=record.severity,
        cameras=zip(around.cameras, around.camera_points, strict=True),
        helps=around.helps,
        people=around.people,
    )


def _cameras(around: Around, w: Words, *, plays: bool) -> list[Child]:
    if not around.cameras:
        return [html.H2(w("最近视频")), html.P(w("附近没有视频点位"), className="desk-dim")]
    figures: list[Child] = []
    for i, camera in enumerate(around.cameras):
        playing = plays and camera.delivering and i < PLAYING
        data = {"data_camera": camera.code, "data_camera_name": camera.name}
        if playing:
            data["data_plays"] = ""
        figures.append(
            html.Button(
                [
                    html.Span([icon("cam" if camera.delivering else "cam-off")], className="desk-picture"),
                    html.Span(camera.name, className="desk-camera-name"),
                    html.Span(
                        near_map.distance(camera.metres, w) if camera.delivering else w("无画面"),
                        className="desk-dim" if camera.delivering else "is-bad",
                    ),
                ],
                type="button",
                className="desk-camera" if playing else "desk-camera is-line",
                **attributes(**data),
            )
        )
    return [
        html.H2([w("最近视频"), html.Small(w("按距离 {n} 路", n=len(figures))), html.Kbd("V")]),
        html.Div(figures, className="desk-cameras"),
    ]


def _people(people: tuple[Reachable, ...], w: Words, *, may_reveal: bool) -> list[Child]:
    rows: list[Child] = [
        html.Li(
            [
                html.Kbd(str(i)),
                html.Span(labels.of(labels.ROLE, person.role, w), className="desk-dim"),
                _name(person, w, may_reveal=may_reveal),
                html.Span(
                    [html.Span(near_map.away(person, w)), html.Span(duty_of(person, w), className="desk-dim")],
                    className="desk-where-from",
                    title=None if person.of_building else w("到所在网格或社区中心的距离"),
                ),
                phone_of(person, w),
            ]
        )
        for i, person in enumerate(people, 1)
    ]
    if not rows:
        return [html.H2(w("谁负责这里")), html.P(w("责任人未导入"), className="desk-dim")]
    return [
        html.H2([w("谁负责这里"), html.Kbd(f"1–{len(rows)}"), html.Small(w("拨号"))]),
        html.Ul(rows, className="desk-people"),
    ]


def _name(person: Reachable, w: Words, *, may_reveal: bool) -> Child:
    """The masked name; who may ask for more finds it behind the name itself."""
    if not may_reveal:
        return html.B(person.name)
    said = f"{labels.of(labels.ROLE, person.role, w)} {person.name}"
    data = {
        "data_reveal": str(person.id),
        "data_reveal_name": said,
        "aria_label": w("查看 {who} 的姓名和电话", who=said),
    }
    title = w("查看姓名和电话")
    return html.Button(html.B(person.name), type="button", className="desk-reveal", title=title, **attributes(**data))


def duty_of(person: Reachable, w: Words) -> str:
    """Whether the person is on duty; nothing where nobody keeps a rota."""
    if person.on_duty is None:
        return ""
    return w("在岗") if person.on_duty else w("不在岗")


def phone_of(person: Reachable, w: Words) -> Child:
    """The number: to call where it is whole, to read where it is masked."""
    if not person.phone:
        return html.Span(fmt.DASH)
    if "*" in person.phone:
        return html.Span(person.phone, className="desk-phone")
    return html.A(
        [icon("phone"), person.phone],
        href=f"tel:{person.phone}",
        className="desk-phone",
        **attributes(
            data_call=str(person.id),
            data_call_name=f"{labels.of(labels.ROLE, person.role, w)} {person.name}",
            aria_label=f"{w('拨打')} {person.name} {person.phone}",
        ),
    )


def _helps(helps: tuple[Help, ...], w: Words) -> list[Child]:
    if not helps:
        return []
    rows: list[Child] = [
        html.Li(
            [
                html.Span(
                    w(HELP[h.kind]) if h.kind in HELP else labels.of(labels.RESOURCE, h.kind, w), className="desk-dim"
                ),
                html.B(h.name.removeprefix(f"{labels.DEVICE.get(h.kind, '')} ")),
                html.Span(h.value or ""),
                html.Span(near_map.distance(h.metres, w)),
            ]
        )
        for h in helps
    ]
    return [html.H2(w("就近资源")), html.Ul(rows, className="desk-helps")]


def _at_risk(people: AtRisk | None, w: Words) -> list[Child]:
    if people is None or not people.residents:
        return []
    flagged = (
        (w("独居老人"), people.elderly_alone),
        (w("3 岁以下"), people.infants),
        (w("残疾人"), people.disabled),
    )
    rows = [
        html.Li([html.Span(name), html.B(fmt.people(n))], className="is-flagged" if n else "") for name, n in flagged
    ]
    total = w("{n} 人 · {m} 户 · 只显示人数", n=fmt.people(people.residents), m=fmt.people(people.households))
    return [html.H2([w("楼内需帮助的人"), html.Small(total)]), html.Ul(rows, className="desk-risk")]

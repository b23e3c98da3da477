"""What is happening (under the map): incidents by stage or channel, sensors and their alarms, video points."""

from __future__ import annotations

from dash import html

from components import format as fmt
from components import labels, periods, sparkline, wide
from components.i18n import Words
from components.navigation import address
from components.parts import INKS, Child, attributes, counter, hero, line, mark, missing, panel, split
from data_access.domain.facts import Daily
from data_access.domain.incidents import Stage, percent
from data_access.viewmodels.overview import Flow, GroupLine, KindLine, Overview, Sensors, StageLine

SHOWN_CHANNELS = 6
SHOWN_KINDS = 1
LOW_LIMIT = 20
FEW = 10
"""From this pace on the flood limit lies so low in its chart that its words stand above the line."""
_SEVERITY_KEYS = {4: "alarms.critical", 3: "alarms.major", 2: "alarms.minor", 1: "alarms.warning"}


def incidents(view: Overview, w: Words) -> html.Section:
    """事件: today's and the open ones by stage; for a period of the past its cases by channel."""
    title = w("事件")
    if not view.has_incidents:
        return panel("incidents", title, missing(w, "事件未导入"), sources="incidents")
    if not view.running:
        created = view.closing.now.created
        return panel(
            "incidents",
            title,
            [
                hero(fmt.count(created), w("件"), [(w("应结案"), fmt.count(view.closing.now.due))]),
                _channels(view.channels, w),
            ],
            sub=w("受理 · 按来源渠道"),
            sources="incidents",
            more="/trends",
        )
    flow = view.flow
    days = view.past.days
    open_: list[Child] = [
        sparkline.build([line.open for line in days], w("近 30 天日终在办"), w),
        w("在办"),
        " ",
        counter("incidents.open", fmt.count(flow.open)),
        html.Span(w("件"), className="unit"),
    ]
    return panel(
        "incidents",
        title,
        [
            _taken_in(view, sparkline.build([line.created for line in days], w("近 30 天每日受理"), w), w),
            _stages(flow, w),
            wide.sources(view.channels, w(periods.said(view).sources), w),
            wide.hot(view.hot, w),
            html.Div(
                line([w("超期"), " ", html.B(counter("incidents.overdue", fmt.count(flow.overdue)))], open_[1:]),
                className="compact-only",
            ),
        ],
        sub=w(periods.said(view).created if view.given else "今日受理"),
        note=html.Span(open_),
        sources="incidents",
        more="/incidents",
    )


def _taken_in(view: Overview, trend: Child, w: Words) -> html.Div:
    """Cases taken in: today's, or those of the running period that the address asks for."""
    if not view.given:
        flow = view.flow
        compared = [_yesterday(flow.today, flow.yesterday, w)]
        return hero(fmt.count(flow.today), w("件"), compared, key="incidents.today", trend=trend)
    created, so_far = view.closing.now.created, view.so_far
    change = fmt.change(created, so_far.created_before if so_far else None)
    return hero(fmt.count(created), w("件"), [(w(periods.said(view).compared), change)], trend=trend)


def _raised(view: Overview, w: Words) -> html.Div:
    """Alarms: today's, or those of the running period that the address asks for."""
    seen, so_far = view.sensors, view.so_far
    if not view.given or so_far is None:
        compared = [_yesterday(seen.today, seen.yesterday, w)]
        return hero(fmt.count(seen.today), w("条"), compared, key="alarms.today")
    change = fmt.change(so_far.alarms, so_far.alarms_before)
    return hero(fmt.count(so_far.alarms), w("条"), [(w(periods.said(view).compared), change)])


def _yesterday(now: int, before: int, w: Words) -> tuple[str, str]:
    """Today beside yesterday at this time; of a few, as after midnight, a percentage would say +1900 %."""
    if before < FEW:
        return w("昨日同时"), fmt.count(before)
    return w("较昨日同时"), fmt.change(now, before)


def _stages(flow: Flow, w: Words) -> html.Div:
    highest = max([1, flow.closed_today, *(s.open for s in flow.stages)])
    columns = [_stage(s, highest, w) for s in flow.stages]
    done = html.Div(
        [
            _bar(flow.closed_today, highest),
            html.Span(w(labels.STAGE[Stage.CLOSED]), className="stage-name"),
            html.Em(w("今日")),
        ],
        className="stage is-done",
    )
    return html.Div([*columns, done], className="stages")


def _stage(stage: StageLine, highest: int, w: Words) -> html.A:
    """A stage with its open cases; a link to exactly them, whose place the script keeps that of the page."""
    name, open_, overdue = w(labels.STAGE[stage.stage]), stage.open, stage.overdue
    late: list[Child] = [
        html.Span(className="sv sv-minor", role="img", **attributes(aria_label=w("超期"))),
        fmt.count(overdue),
    ]
    return html.A(
        [
            _bar(open_, highest),
            html.Span(name, className="stage-name"),
            html.Em(late, className="is-late") if overdue else html.Em("0"),
        ],
        href=address("/incidents", {}, view="list", stage=stage.stage),
        className="stage",
        **attributes(data_to=f"/incidents?view=list&stage={stage.stage}"),
    )


def _bar(n: int, highest: int) -> html.Span:
    return html.Span(
        [
            html.B(fmt.count(n)),
            html.I(style={"height": f"{100 * n / highest:.1f}%", "--w": f"{100 * n / highest:.1f}%"}),
        ],
        className="stage-bar",
    )


def _channels(channels: tuple[GroupLine, ...], w: Words) -> html.Div:
    shown = channels[:SHOWN_CHANNELS]
    highest = max([1, *(c.counts.created for c in shown)])
    rows = [
        html.Div(
            [
                html.Span(w(c.name), className="channel-name", title=w(c.name)),
                html.Span(html.I(style={"width": f"{100 * c.counts.created / highest:.1f}%"}), className="channel-bar"),
                html.B(fmt.count(c.counts.created)),
                html.Span(
                    f"{fmt.rate(c.counts.on_time_rate)}%" if c.counts.due else fmt.DASH,
                    title=f"{w('按期结案率')} {fmt.count(c.counts.closed_on_time)} / {fmt.count(c.counts.due)}",
                    className="channel-rate",
                ),
            ],
            className="channel",
        )
        for c in shown
    ]
    return html.Div(rows, className="channels")


def sensors(view: Overview, w: Words) -> html.Section:
    """传感告警: today's alarms, the standing ones by severity and kind, the pace, devices offline."""
    seen = view.sensors
    if not seen.devices:
        return panel("sensors", w("传感告警"), _without_devices(seen, w), sources="sensors")
    standing = html.Span(
        [
            html.Span([mark(level, w), counter(_SEVERITY_KEYS[level], fmt.count(n))], className="" if n else "is-zero")
            for level, n in seen.by_severity.items()
        ],
        className="tally",
    )
    online = percent(seen.devices - seen.offline, seen.devices)
    return panel(
        "sensors",
        w("传感告警"),
        [
            _raised(view, w),
            _pace(seen, w),
            html.Div([standing, _kinds(seen.kinds, w)], className="standing"),
            wide.kinds(seen.kinds, w),
            line(
                [
                    w("离线"),
                    " ",
                    html.B(counter("devices.offline", fmt.count(seen.offline))),
                    " / ",
                    counter("devices.total", fmt.count(seen.devices)),
                    html.Span(w("台"), className="unit"),
                ],
                [w("在线"), " ", html.B(f"{fmt.rate(online, 1)}%")],
                sparkline.build(view.past.daily.get(Daily.DEVICES_ONLINE, ()), w("近 30 天在线"), w),
            ),
        ],
        sub=w(periods.said(view).name if view.given and view.running else "今日"),
        note=w("含视频识别"),
        sources="sensors",
    )


def _without_devices(seen: Sensors, w: Words) -> list[Child]:
    """No device of its own; those that only play recordings are said, and what they raise is no alarm of today."""
    if not seen.replaying:
        return missing(w, "未接入终端")
    return [
        *missing(w, "只有回放终端"),
        line(
            [
                w("回放在告"),
                " ",
                html.B(counter("alarms.replay", fmt.count(seen.replay))),
                html.Span(w("条"), className="unit"),
            ],
            [html.B(fmt.count(seen.replaying)), html.Span(w("台"), className="unit")],
        ),
    ]


def _pace(seen: Sensors, w: Words) -> html.Div:
    """New alarms per ten minutes over four hours, against the flood threshold of ten."""
    highest = max(10, *seen.recent) * 1.15
    bars = [
        html.I(
            style={"height": f"{100 * n / highest:.1f}%"},
            className="is-now" if i == len(seen.recent) - 1 else "",
        )
        for i, n in enumerate(seen.recent)
    ]
    before, after = w("近 10 分 {n} 条", n="\n").split("\n")
    return html.Div(
        [
            html.Div(
                [
                    html.Span(
                        w("洪泛阈值 10 条/10 分"),
                        className="pace-limit is-low" if highest > LOW_LIMIT else "pace-limit",
                        style={"bottom": f"{1000 / highest:.1f}%"},
                    ),
                    *bars,
                ],
                className="pace-bars",
            ),
            html.Div(
                [
                    html.Span(w("4 小时前")),
                    html.Span([before, counter("alarms.new", fmt.count(seen.recent[-1])), after], className="pace-now"),
                ],
                className="pace-axis",
            ),
        ],
        className="pace",
    )


def _kinds(kinds: tuple[KindLine, ...], w: Words) -> html.Div:
    alarmed = [k for k in kinds if k.alarms]
    shown = alarmed[:SHOWN_KINDS]
    rest = len(alarmed) - len(shown)
    items: list[Child] = [
        html.Span([mark(k.worst, w), labels.of(labels.DEVICE, k.kind, w), " ", html.B(fmt.count(k.alarms))])
        for k in shown
    ]
    if rest:
        items.append(html.Span(w("另 {n} 类", n=rest)))
    return html.Div(items, className="kinds")


def video(view: Overview, w: Words) -> html.Section:
    """视频点位: cameras, and how many really delivered a picture lately."""
    seen = view.video
    if not seen.total:
        return panel("video", w("视频点位"), missing(w, "未接入视频"), sources="video")
    silent = seen.total - seen.delivering
    return panel(
        "video",
        w("视频点位"),
        [
            hero(fmt.count(seen.total), w("路"), key="cameras.total"),
            split([(seen.delivering, INKS[0]), (silent, INKS[2])]),
            line(
                [w("有画面"), " ", html.B(counter("cameras.delivering", fmt.count(seen.delivering)))],
                [html.B(fmt.share(seen.delivering, seen.total))],
                sparkline.build(view.past.daily.get(Daily.CAMERAS_DELIVERING, ()), w("近 30 天有画面"), w),
            ),
            line([w("无画面"), " ", html.B(fmt.count(silent))], [html.B(fmt.share(silent, seen.total))]),
            line([w("最近一次画面")], [html.B(fmt.moment(seen.last_frame_at, view.at, w))]),
            wide.owners(seen.owners, w),
        ],
        note=w("目标 ≥ 98%"),
        sources="video",
    )

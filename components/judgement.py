"""研判: what rises, new words, when cases come, where and from whom again and again; each line leads to its cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

from dash import html

from components import format as fmt
from components import hot_topics
from components.i18n import Lang, Words
from components.navigation import address
from components.parts import Child, attributes, explained, icon, panel, table
from data_access.domain import new_words
from data_access.domain.hot_topics import FALSE_ALARMS, WEEKS_BEFORE
from data_access.domain.periods import week_named
from data_access.viewmodels.judgement import Calendar, Judgement, Reporters
from data_access.viewmodels.weekly import Issue

PATH: Final = "/trends/judgement"
STEPS: Final = 6
"""Neutral steps of a calendar: none, then five."""
WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_LANGUAGES: Final = {"zh": "中文版", "en": "英文版"}
_ROWS: Final = "/incidents"
_PLACE_DAYS: Final = 28
_REPORTER_DAYS: Final = 90


def tabs(active: str, query: Mapping[str, str], w: Words) -> html.Nav:
    """趋势 and 研判 are two looks at one thing."""
    return html.Nav(
        [
            html.A(
                w(name),
                href=address(path, query),
                className="analysis-choice",
                **(attributes(aria_current="page") if path == active else {}),
            )
            for path, name in (("/trends", "走势"), (PATH, "研判"))
        ],
        className="trends-tabs",
        **attributes(aria_label=w("视图")),
    )


def reading(w: Words) -> html.P:
    """While it is counted."""
    return html.P(w("读取中"), className="missing analysis-reading", role="status")


def build(found: Judgement, code: str, issues: Sequence[Issue], query: Mapping[str, str], w: Words) -> html.Div:
    """Everything below the bar."""
    return html.Div(
        [
            hot(found, query, w),
            words_(found, w),
            hours(found.calendar, w),
            year(found.calendar, w),
            places(found, query, w),
            reporters(found.reporters, w),
            weekly(code, issues, w),
        ],
        className="judgement-grid",
    )


def hot(found: Judgement, query: Mapping[str, str], w: Words) -> html.Section:
    """热点诉求, with the rule in full: here it is read, not looked up."""
    return panel(
        "hot",
        w("热点诉求"),
        [
            hot_topics.build(found.hot, query, w, wide=True),
            html.P(hot_topics.rule(found.hot, w), className="trends-rule"),
        ],
        sub=w("细类 × 区域 · {days}", days=_days(found.end, 7)),
        note=hot_topics.note(found.hot, w),
        sources="incidents",
        told=hot_topics.told(found.hot, w),
    )


def words_(found: Judgement, w: Words) -> html.Section:
    """新词."""
    of = found.words
    rule = w(
        "规则：2 至 6 个汉字的字串，在近 7 天的诉求正文中出现的篇数与前 {weeks} 周相比，二项分布上尾，"
        "不少于 {least} 篇且达 {factor} 倍；每周误报平均不超过 {budget} 个。数字、人名不入词。",
        weeks=WEEKS_BEFORE,
        least=new_words.LEAST,
        factor=f"{new_words.FACTOR:g}",
        budget=f"{FALSE_ALARMS:g}",
    )
    if not of.texts:
        body: Child = html.P(w("近 7 天的事件没有正文"), className="missing")
    elif not of.words:
        body = html.P([icon("check"), html.Span(w("没有新词"))], className="missing")
    else:
        rows = [
            html.Tr(
                [
                    html.Th(word.text, scope="row"),
                    html.Td(html.B(fmt.count(word.last))),
                    html.Td(f"{word.expected:.1f}"),
                    html.Td(hot_topics.by_chance(word.probability, w)),
                ]
            )
            for word in of.words
        ]
        body = table([w("新词"), w("近 7 天"), w("预期"), w("偶然率")], rows, w("新词"), kind="words")
    return panel(
        "words",
        w("新词"),
        [body],
        sub=w("篇 · 读 {n} 篇，与前 8 周 {before} 篇相比", n=fmt.count(of.texts), before=fmt.count(of.before)),
        sources="incidents",
        told=explained(w("新词怎么算"), [rule]),
    )


def hours(of: Calendar, w: Words) -> html.Section:
    """Weekday by hour, over a year."""
    most = max(max(line) for line in of.hours)
    rows = [
        html.Tr(
            [
                html.Th(w(WEEKDAYS[day]), scope="row"),
                *(
                    html.Td(
                        html.Span(fmt.count(n), className="sr-only"),
                        className=f"heat-{step(n, most)}",
                        title=w("{day} {hour} 时 · {n} 件", day=w(WEEKDAYS[day]), hour=hour, n=fmt.count(n)),
                    )
                    for hour, n in enumerate(line)
                ),
            ]
        )
        for day, line in enumerate(of.hours)
    ]
    head = html.Thead(html.Tr([html.Td(), *(_hour(h) for h in range(24))]))
    grid = html.Table(
        [html.Caption(w("按星期与时段"), className="sr-only"), head, html.Tbody(rows)], className="heat-hours"
    )
    busy = max(((n, d, h) for d, line in enumerate(of.hours) for h, n in enumerate(line)), default=(0, 0, 0))
    said = (
        w(
            "最忙：{day} {hour} 至 {next} 时，占 {share}。",
            day=w(WEEKDAYS[busy[1]]),
            hour=busy[2],
            next=busy[2] + 1,
            share=fmt.share(busy[0], of.total),
        )
        if of.total
        else w("近一年没有事件")
    )
    return panel(
        "hours",
        w("时段"),
        [grid, html.P(said, className="analysis-said")],
        sub=w("件 · 近 52 周 · 星期 × 时"),
        note=_scale(w),
        sources="incidents",
    )


def year(of: Calendar, w: Words) -> html.Section:
    """Every day of a year, a column a week."""
    first = of.end - timedelta(days=len(of.days))
    known = sorted(n for n in of.days if n)
    cells: list[Child] = [html.I(className="is-none")] * first.weekday()
    busiest = max(range(len(of.days)), key=lambda i: of.days[i])
    for i, n in enumerate(of.days):
        day = first + timedelta(days=i)
        classes = f"heat-{rank(n, known)}" + (" is-most" if n and i == busiest else "")
        cells.append(html.I(className=classes, title=w("{day} {n} 件", day=f"{day:%Y-%m-%d}", n=fmt.count(n))))
    most, when = of.days[busiest], first + timedelta(days=busiest)
    said = (
        w("最多 {day} {n} 件 · 共 {total} 件", day=f"{when:%Y-%m-%d}", n=fmt.count(most), total=fmt.count(of.total))
        if of.total
        else w("近一年没有事件")
    )
    grid = html.Div(cells, className="heat-days", role="img", **attributes(aria_label=f"{w('每日受理')} {said}"))
    names = html.Div(
        [html.Span(w(day)) for day in WEEKDAYS[::2]], className="heat-names", **attributes(aria_hidden="true")
    )
    return panel(
        "year",
        w("每日受理"),
        [html.Div([names, html.Div([grid, _months(of, first, w)], className="heat-all")], className="heat-year")],
        sub=w("件 · 近 52 周 · {said}", said=said),
        note=_scale(w),
        sources="incidents",
    )


def places(found: Judgement, query: Mapping[str, str], w: Words) -> html.Section:
    """重复点位."""
    sub = w("同一楼栋同一小类 · 近 {n} 天 · 3 件及以上", n=_PLACE_DAYS)
    if not found.places:
        why = w("没有重复点位") if found.placed else w("近 {n} 天的事件都没有写明楼栋", n=_PLACE_DAYS)
        return panel("places", w("重复点位"), [html.P(why, className="missing")], sub=sub, sources="incidents")
    plain = {name: query[name] for name in ("lang", "theme") if query.get(name)}
    days = {"from": (found.end - timedelta(days=_PLACE_DAYS)).isoformat(), "to": found.end.isoformat()}
    rows = []
    for line in found.places:
        href = address(
            _ROWS, plain, area=line.area, view="list", state="all", q=line.name, type=str(line.type_id or ""), **days
        )
        where = w.name(line.area_name, line.area_name_en)
        rows.append(
            html.Tr(
                [
                    html.Th(html.A(line.name, href=href, className="rules-link"), scope="row", title=line.name),
                    html.Td(where, className="trends-where", title=where),
                    html.Td(line.type_name, className="trends-where", title=line.type_name),
                    html.Td(html.B(fmt.count(line.last))),
                    html.Td(fmt.count(line.all)),
                    html.Td(f"{line.newest:%m-%d}"),
                ]
            )
        )
    heads = [w(head) for head in ("点位", "网格", "小类", "件", "该点共", "最近")]
    return panel(
        "places", w("重复点位"), [table(heads, rows, w("重复点位"), kind="places")], sub=sub, sources="incidents"
    )


def reporters(of: Reporters, w: Words) -> html.Section:
    """重复反映人: how many, and to those who may see numbers, masked, who."""
    sub = w("同一手机号 · 近 {n} 天 · 3 件及以上", n=_REPORTER_DAYS)
    if not of.people:
        why = w("没有重复反映人") if of.reports else w("近 {n} 天没有留手机号的上报", n=_REPORTER_DAYS)
        return panel("reporters", w("重复反映人"), [html.P(why, className="missing")], sub=sub, sources="incidents")
    said = w(
        "{people} 人 {cases} 件，占留号上报的 {share}。",
        people=fmt.count(of.people),
        cases=fmt.count(of.cases),
        share=fmt.share(of.cases, of.reports),
    )
    body: list[Child] = [html.P(said, className="analysis-said")]
    if of.lines:
        rows = [
            html.Tr(
                [
                    html.Th(line.phone, scope="row"),
                    html.Td(html.B(fmt.count(line.cases))),
                    html.Td(fmt.count(line.classes)),
                    html.Td(f"{line.newest:%m-%d}"),
                ]
            )
            for line in of.lines
        ]
        body.append(table([w("手机号"), w("件"), w("小类"), w("最近")], rows, w("重复反映人"), kind="reporters"))
    else:
        body.append(html.P(w("掩码号码只给值班与网格人员看。"), className="missing"))
    return panel("reporters", w("重复反映人"), body, sub=sub, sources="incidents")


def weekly(code: str, issues: Sequence[Issue], w: Words) -> html.Section:
    """周报: those that were made, each to be downloaded."""
    sub = w("每周一生成 · PDF")
    if not issues:
        why = w("这个区域还没有周报：yiping brief --area {code}", code=code)
        return panel("weekly", w("周报"), [html.P(why, className="missing")], sub=sub)
    lines = []
    for one in issues:
        week = week_named(one.week)
        span = f"{week.first:%Y-%m-%d} – {week.end - timedelta(days=1):%m-%d}"
        href = f"/api/v1/briefs/{quote(code)}/{one.week}.pdf?lang={one.lang}"
        name = [icon("page"), html.B(one.week), html.Span(span), html.Span(w(_LANGUAGES[one.lang]))]
        lines.append(html.Li(html.A(name, href=href, download="", className="weekly-issue")))
    return panel("weekly", w("周报"), [html.Ul(lines, className="weekly-issues")], sub=sub)


def step(n: int, most: int) -> int:
    """Which of the neutral steps `n` has beside the `most`; none has the first."""
    return 0 if not n else 1 + min(STEPS - 2, (STEPS - 1) * (n - 1) // max(1, most))


def rank(n: int, known: Sequence[int]) -> int:
    """The step of `n` by its place among the days with cases (`known`, sorted): a storm does not bleach the rest."""
    if not n:
        return 0
    below = sum(1 for other in known if other < n)
    return 1 + min(STEPS - 2, (STEPS - 1) * below // len(known))


def _months(of: Calendar, first: date, w: Words) -> html.Div:
    """The totals of the months below their columns."""
    sums: dict[date, int] = {}
    for i, n in enumerate(of.days):
        day = first + timedelta(days=i)
        sums[day.replace(day=1)] = sums.get(day.replace(day=1), 0) + n
    weeks = (len(of.days) + first.weekday() + 6) // 7
    marks: list[Child] = []
    for month, n in sums.items():
        column = ((max(month, first) - first).days + first.weekday()) // 7
        if column + 3 > weeks:
            continue  # no room for a figure
        name = f"{month:%b}" if w.lang is Lang.EN else w("{n} 月", n=month.month)
        marks.append(
            html.Span([html.Small(name), html.B(fmt.count(n))], style={"gridColumn": f"{column + 1} / span 4"})
        )
    return html.Div(marks[1:] if first.day > 20 else marks, className="heat-months", style={"--weeks": str(weeks)})


def _scale(w: Words) -> html.Span:
    steps = [html.I(className=f"heat-{n}") for n in range(STEPS)]
    return html.Span([w("少"), *steps, w("多")], className="heat-scale", **attributes(aria_hidden="true"))


def _days(end: date, count: int) -> str:
    return f"{end - timedelta(days=count):%m-%d} – {end - timedelta(days=1):%m-%d}"


def _hour(hour: int) -> html.Th:
    """Every third hour is written; the others are heard."""
    said = str(hour)
    return html.Th(said if hour % 3 == 0 else html.Span(said, className="sr-only"), scope="col")

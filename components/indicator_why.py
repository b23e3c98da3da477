"""为什么: the change of a figure taken apart by class, unit, channel or place, in a sentence and line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dash import html

from components import format as fmt
from components import indicator_words as words
from components.i18n import Words
from components.indicator_address import fixed, to, to_why
from components.indicator_table import missed_rows
from components.parts import Child, attributes, explained, icon, panel
from components.ranking import short
from data_access.domain.case_indicators import FORMULAS, Counts, Rate
from data_access.viewmodels.indicator_page import Cause, Indicators, Why
from data_access.viewmodels.indicators import By

FIRST: Final = 7
LAST: Final = 2
"""Lines drawn: those that pull hardest with the whole, and hardest against it; the rest is one line."""
_NOTHING: Final = 0.005
"""Points that are written as nothing."""
_INTO: Final = frozenset({By.TYPE, By.MAIN_TYPE})
_AREAS: Final = frozenset({By.STREET, By.COMMUNITY, By.GRID})


@dataclass(frozen=True, slots=True)
class _Page:
    """What every line needs."""

    view: Indicators
    why: Why
    query: Mapping[str, str]
    w: Words


def build(view: Indicators, query: Mapping[str, str], w: Words) -> html.Section | None:
    """The panel; without anything to compare to it says so."""
    why = view.why
    if why is None:
        return None
    page = _Page(view, why, fixed(view, query), w)
    change = _change(why)
    name = _short(why, w)
    title = w(_title(change), name=name)
    if change is None:
        none = html.P([icon("off"), html.Span(w("往期没有可比的案卷。"))], className="missing")
        return panel("ind-why", title, [none])
    shown = _shown(why.causes)
    widest = max([_NOTHING, *(abs(cause.total) for cause in why.causes)])
    rows = [_line(cause, widest, page) if isinstance(cause, Cause) else _rest(cause, widest, w) for cause in shown]
    against = w("同比") if view.against == "year" else w("环比")
    unit = w("分") if why.measure.rate is None else w("百分点")
    points = fmt.points(why.measure.of(why.now), why.measure.of(why.before))
    said = f"{words.name_of(why.measure.name, w)} {against} {points} {unit}"
    body: list[Child] = [
        html.P(sentence(view, w), className="ind-sentence"),
        _tabs(page),
        html.Ol(rows, className="ind-causes", tabIndex="0", **attributes(aria_label=title)),
        _foot(page),
    ]
    return panel("ind-why", title, body, sub=said, told=_told(why, w))


def sentence(view: Indicators, w: Words) -> str:
    """Why, in one sentence: by how much, how much of it is the first line's, and what that line did."""
    why = view.why
    if why is None or why.before is None:
        return w("往期没有可比的案卷。")
    now, before = why.measure.of(why.now), why.measure.of(why.before)
    if now is None or before is None:
        return w("往期没有可比的案卷。")
    change = now - before
    unit = "%" if why.measure.rate else ""
    moved = w("下降") if change < 0 else w("上升")
    start = (
        w("{name}{rate}{moved} {points}（由 {before} 到 {now}）")
        if abs(change) >= _NOTHING
        else w("{name}{rate}没有变化（{before} → {now}）")
    ).format(
        name=_name(why, w),
        rate=words.name_of(why.measure.name, w),
        moved=moved,
        points=f"{abs(change):.2f} {w('百分点') if unit else w('分')}",
        before=f"{before:.2f}{unit}",
        now=f"{now:.2f}{unit}",
    )
    first = next((cause for cause in why.causes if cause.total * change > 0), None)
    if abs(change) < _NOTHING or first is None or abs(first.total) < _NOTHING:
        return start + words.sentence_end(w)
    return start + _because(first, why, w) + words.sentence_end(w)


def _because(cause: Cause, why: Why, w: Words) -> str:
    points, name = f"{abs(cause.total):.2f}", _named(cause, w)
    if cause.rate is not None or why.measure.rate is None:
        return w("，其中 {points} 来自{cause}", points=points, cause=name)
    if abs(cause.by_mix) > abs(cause.by_rate):
        now, before = _weight(cause, why)
        return w(
            "，其中 {points} 来自{cause}：占比由 {before} 变为 {now}", points=points, cause=name, before=before, now=now
        )
    rate, whole = why.measure.rate, FORMULAS[why.measure.rate][1]
    said = w(
        "，其中 {points} 来自{cause}：{whole} 件{due}中 {missed}",
        points=points,
        cause=name,
        whole=fmt.count(getattr(cause.line.cases, whole)),
        due=w(words.COUNTS[whole]),
        missed=_missed(rate, cause.line.cases, why, w),
    )
    before_whole = getattr(cause.before, whole)
    if not before_whole:
        return said + w("（往期没有）")
    return said + w(
        "（往期 {whole} 件中 {missed}）", whole=fmt.count(before_whole), missed=_missed(rate, cause.before, why, w)
    )


def _missed(rate: Rate, counts: Counts, why: Why, w: Words) -> str:
    found = missed_rows(why.measure, counts)
    return w(words.MISSED[rate], n=fmt.count(found[2] if found else 0))


def _weight(cause: Cause, why: Why) -> tuple[str, str]:
    """The line's share of the cases, now and before."""
    whole = FORMULAS[why.measure.rate or Rate.HANDLING][1]
    before = getattr(why.before, whole) if why.before else 0
    return fmt.share(getattr(cause.line.cases, whole), getattr(why.now, whole)), fmt.share(
        getattr(cause.before, whole), before
    )


def _change(why: Why) -> float | None:
    now, before = why.measure.of(why.now), why.measure.of(why.before)
    return None if now is None or before is None else now - before


def _title(change: float | None) -> str:
    if change is None:
        return "{name}为什么变化"
    if abs(change) < _NOTHING:
        return "{name}没有变化"
    return "{name}为什么下降" if change < 0 else "{name}为什么上升"


def _name(why: Why, w: Words) -> str:
    name = w.name(why.area.name, why.area.name_en)
    return f"{name} · {_named(why.within, w)}" if why.within else name


def _short(why: Why, w: Words) -> str:
    name = short(w.name(why.area.name, why.area.name_en))
    return f"{name} · {_named(why.within, w)}" if why.within else name


def _named(cause: Cause, w: Words) -> str:
    return w(words.RATES[cause.rate]) if cause.rate else words.named(cause.line, w)


def _told(why: Why, w: Words) -> html.Details:
    lines: list[Child] = (
        [w("各项率的变化乘以它的分值，相加等于综合得分的变化。")]
        if why.measure.rate is None
        else [
            w("每一行的贡献：本期占比 ×（本期率 − 往期总体率）−（往期占比 ×（往期率 − 往期总体率））。"),
            w("各行相加正好等于总变化。每行又分为率的贡献（自己变好变坏）与占比的贡献（变多变少）。"),
        ]
    )
    return explained(w("贡献怎么算"), lines)


def _tabs(page: _Page) -> html.Nav | None:
    why, w = page.why, page.w
    if not why.choices:
        return None
    back = (
        html.A(
            [icon("chev"), html.Span(w("全部大类"))],
            href=to_why(page.query, within=""),
            className="analysis-choice ind-up",
        )
        if why.within
        else None
    )
    at = By.TYPE if why.within else why.by
    links = [
        html.A(
            w(words.BY[by]),
            href=to_why(page.query, cause=by.value, within=""),
            className="analysis-choice",
            **(attributes(aria_current="true") if by is at else {}),
        )
        for by in why.choices
    ]
    return html.Nav([back, *links], className="case-tabs", **attributes(aria_label=w("按什么分解")))


def _shown(causes: Sequence[Cause]) -> list[Cause | tuple[int, float]]:
    """The first and the last of them; what lies between is one line: how many, and their sum."""
    if len(causes) <= FIRST + LAST + 1:
        return list(causes)
    between = causes[FIRST:-LAST]
    return [*causes[:FIRST], (len(between), sum(cause.total for cause in between)), *causes[-LAST:]]


def _line(cause: Cause, widest: float, page: _Page) -> html.Li:
    w = page.w
    name = _named(cause, w)
    into = _into(cause, page)
    title: Child = (
        html.A([html.Span(name), icon("chev")], href=into, className="ind-cause")
        if into
        else html.Span(name, className="ind-cause")
    )
    return html.Li(
        [
            title,
            _bar(cause.total, widest),
            html.B(_points(cause.total), className="ind-points"),
            html.Span(_cases(cause, page), className="ind-cases"),
            html.Small(_how(cause, page), className="ind-how"),
        ],
        title=name,
    )


def _rest(rest: tuple[int, float], widest: float, w: Words) -> html.Li:
    n, total = rest
    return html.Li(
        [
            html.Span(w("其余 {n} 项", n=n), className="ind-cause"),
            _bar(total, widest),
            html.B(_points(total), className="ind-points"),
            html.Span("", className="ind-cases"),
            html.Small("", className="ind-how"),
        ],
        className="is-rest",
    )


def _into(cause: Cause, page: _Page) -> str | None:
    """Where a line leads: into the class, to the area's own why, to the rate of the score."""
    why = page.why
    if cause.rate is not None:
        return to_why(page.query, rate=cause.rate.value, why=why.area.code, within="")
    if why.by in _INTO and cause.line.key is not None:
        return to_why(page.query, within=str(cause.line.key), cause="", why=why.area.code)
    if why.by in _AREAS and cause.line.code:
        return to(page.query, why=cause.line.code, area=why.area.code, by=why.by.value, cause="", within="")
    return None


def _cases(cause: Cause, page: _Page) -> Child:
    """The cases behind a line that keep the rate from being perfect, as a link to exactly them."""
    found = missed_rows(page.why.measure, cause.line.cases)
    if cause.rate is not None or found is None or page.why.measure.rate is None:
        return (
            f"{fmt.rate(cause.before.rate(cause.rate))} → {fmt.rate(cause.line.cases.rate(cause.rate))}%"
            if cause.rate
            else None
        )
    counted, less, n = found
    said = page.w(words.MISSED[page.why.measure.rate], n=fmt.count(n))
    if not n:
        return said
    query = {**page.query, "area": page.why.area.code}
    return html.A(said, href=words.rows(query, counted, less, **words.narrowing(cause.line, page.why.by)))


def _how(cause: Cause, page: _Page) -> str:
    """Its rate then and now, and what its own rate and its share did."""
    rate = page.why.measure.rate
    if rate is None or cause.rate is not None:
        return ""
    then, now = (fmt.rate(counts.rate(rate), 1) for counts in (cause.before, cause.line.cases))
    w = page.w
    return w(
        "{then} → {now}% · 率 {a} · 占比 {b}", then=then, now=now, a=_points(cause.by_rate), b=_points(cause.by_mix)
    )


def _bar(total: float, widest: float) -> html.Span:
    width = 50 * abs(total) / widest
    left = 50 - width if total < 0 else 50
    style = {"left": f"{left:.1f}%", "width": f"{width:.1f}%"}
    return html.Span(
        html.I(style=style), className=f"ind-pull{' is-down' if total < 0 else ''}", **attributes(aria_hidden="true")
    )


def _foot(page: _Page) -> html.Div:
    """The way to all the cases behind the figure, and back to the whole."""
    view, why, w = page.view, page.why, page.w
    found = missed_rows(why.measure, why.within.line.cases if why.within else why.now)
    links: list[Child] = []
    if found and why.measure.rate and found[2]:
        counted, less, n = found
        of = words.narrowing(why.within.line, By.TYPE) if why.within else {}
        query = {**page.query, "area": why.area.code}
        said = w("看 {what}", what=w(words.MISSED[why.measure.rate], n=fmt.count(n)))
        links.append(html.A(said, href=words.rows(query, counted, less, **of), className="desk-button is-small"))
    if why.area.code != view.place.area.code:
        whole = w("看{name}全部", name=w.name(view.place.area.name, view.place.area.name_en))
        links.append(html.A(whole, href=to(page.query, why="", within=""), className="desk-button is-small"))
    return html.Div(links, className="ind-foot")


def _points(value: float) -> str:
    return fmt.points(value, 0.0) or fmt.DASH

"""The headline figures: every rate with numerator and denominator, changes, and its formula on demand; the score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from dash import html

from components import format as fmt
from components import indicator_words as words
from components.i18n import Words
from components.indicator_address import fixed, to
from components.parts import Child, attributes, explained
from data_access.domain.case_indicators import FORMULAS, WEIGHTS, Counts, Rate
from data_access.viewmodels.indicator_page import Indicators


def build(view: Indicators, query: Mapping[str, str], w: Words) -> list[Child]:
    """A cell for each rate, the score, and how many cases came in; then of which moment all of it is."""
    query = fixed(view, query)
    cells = [_rate(rate, view, query, w) for rate in words.RATES]
    cells.insert(7, _score(view, query, w))
    return [
        html.Div(
            [*cells, _created(view, query, w)],
            className="ind-figures panel",
            role="group",
            **attributes(aria_label=w("指标")),
        ),
        html.P(_basis(view, w), className="ind-basis-line"),
    ]


def _rate(rate: Rate, view: Indicators, query: Mapping[str, str], w: Words) -> html.Div:
    part, whole = FORMULAS[rate]
    name, target = w(words.RATES[rate]), view.measure.target if view.measure.rate is rate else None
    told: list[Child] = [html.B(words.formula(rate, w)), w(words.MEANS[rate])]
    if target is not None:
        told.append(w("目标 {n}%。", n=f"{target:g}"))
    return _cell(
        rate.value,
        name,
        fmt.rate(view.whole.rate(rate)),
        "%",
        [_count(part, view.whole, query, w), " / ", _count(whole, view.whole, query, w)],
        _changes(view, lambda counts: counts.rate(rate), w, w("百分点")),
        told,
        view,
        query,
        w,
    )


def _score(view: Indicators, query: Mapping[str, str], w: Words) -> html.Div:
    told: list[Child] = [html.B(words.score_formula(w)), w("满分 100；没有应处置或应结案的案卷时不计分。")]
    basis: list[Child] = ["+".join(str(points) for points, _ in WEIGHTS.values())]
    changes = _changes(view, lambda counts: counts.score, w, w("分"))
    score = fmt.rate(view.whole.score)
    return _cell(words.SCORE, w("综合得分"), score, w("分"), basis, changes, told, view, query, w)


def _created(view: Indicators, query: Mapping[str, str], w: Words) -> html.Div:
    """Counts are compared in percent; those of a running period with as much of the earlier ones."""
    changes = [
        (w(word), fmt.change(view.whole.reported, count))
        for word, count in zip(("环比", "同比"), view.so_far, strict=True)
        if count
    ]
    return html.Div(
        [
            html.Div(html.Span(w("上报"), className="ind-name"), className="ind-k"),
            html.A(
                [fmt.count(view.whole.reported), html.Span(w("件"), className="unit")],
                href=words.rows(query, "reported"),
                className="ind-n",
            ),
            html.Div([w("应结案"), " ", _count("due_closing", view.whole, query, w)], className="ind-of"),
            _said(changes, "", w),
        ],
        className="ind-figure",
    )


def _cell(  # noqa: PLR0913, PLR0917  # the words of one figure
    key: str,
    name: str,
    value: str,
    unit: str,
    basis: list[Child],
    changes: Child,
    told: list[Child],
    view: Indicators,
    query: Mapping[str, str],
    w: Words,
) -> html.Div:
    chosen = view.measure.name == key
    current = attributes(aria_current="true") if chosen else {}
    figure: list[Child] = [value, html.Span(unit, className="unit") if value != fmt.DASH else None]
    return html.Div(
        [
            html.Div(
                [html.Span(name, className="ind-name"), explained(w("{name}怎么算", name=name), told)],
                className="ind-k",
            ),
            html.A(
                figure,
                href=to(query, rate=key, within="", sort=""),
                className="ind-n",
                **attributes(aria_label=f"{name} {value}{unit}"),
                **current,
            ),
            html.Div(basis, className="ind-of"),
            changes,
        ],
        className=f"ind-figure{' is-on' if chosen else ''}",
    )


def _count(name: str, counts: Counts, query: Mapping[str, str], w: Words) -> Child:
    """A count as a link to exactly its rows; of none there is nothing to open."""
    n = getattr(counts, name)
    if not n:
        return "0"
    said = f"{w(words.COUNTS[name])} {w('{n} 件', n=fmt.count(n))}"
    return html.A(
        fmt.count(n), href=words.rows(query, name), title=said, className="ind-rows", **attributes(aria_label=said)
    )


def _changes(view: Indicators, of: Callable[[Counts], float | None], w: Words, unit: str) -> Child:
    found = [
        (w(word), fmt.points(of(view.whole), of(counts)))
        for word, counts in (("环比", view.before), ("同比", view.year))
        if counts is not None
    ]
    return _said([(word, text) for word, text in found if text is not None], unit, w)


def _said(changes: list[tuple[str, str]], unit: str, w: Words) -> html.Div:
    shown: list[Child] = [html.Span([f"{word} ", html.B(text)]) for word, text in changes]
    if shown and unit:
        shown.append(html.Span(unit, className="unit"))
    return html.Div(shown or w("无往期可比"), className="ind-d")


def _basis(view: Indicators, w: Words) -> str:
    """Of which days, as at which moment; a running period is said to be one."""
    last = view.period.end - timedelta(days=1)
    span = f"{view.period.first:%Y-%m-%d} – {last:%Y-%m-%d}"
    said = w("{span} 上报的案卷，截至 {time}", span=span, time=fmt.stamp(view.at))
    place = w.name(view.place.area.name, view.place.area.name_en)
    return f"{place} · {said} · {w('本期未完，率与往期整期相比')}" if view.running else f"{place} · {said}"

"""A line for each street, unit, class …: standing, figure, change, the other rates, red and black list.

Every number is a link to exactly its rows; the figure that the table is ranked by leads to why it changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from dash import html

from components import format as fmt
from components import indicator_words as words
from components.i18n import Words
from components.indicator_address import fixed, to, to_why
from components.parts import Child, attributes, icon, panel, table
from components.ranking import short
from data_access.domain.case_indicators import FORMULAS, WEIGHTS, Counts, Rate, behind
from data_access.domain.standings import BLACKS, LEAST, REDS, Listed
from data_access.viewmodels.indicator_page import Indicators, Measure, PageLine
from data_access.viewmodels.indicators import By, IndicatorLine

SHOWN: Final = 120
"""So many lines are drawn; the file has all of them, and the order can be turned round."""
LISTS: Final = {Listed.RED: "红榜", Listed.BLACK: "黑榜"}
_OTHERS: Final = (*WEIGHTS, Rate.CLOSING_ON_TIME)
_AREAS: Final = frozenset({By.STREET, By.COMMUNITY, By.GRID})
_LAST: Final = float("inf")


def build(view: Indicators, query: Mapping[str, str], w: Words) -> html.Section:
    """The table of the page's kind of line, and the choice of another."""
    query, by = fixed(view, query), view.by
    tabs = [_tab(kind, view, query, w) for kind in view.choices]
    if not view.whole.reported:
        nothing = html.P([icon("check"), html.Span(w("这一时段没有上报的案卷。"))], className="missing")
        body: list[Child] = [nothing]
    else:
        lines = ordered(view, query.get("sort", ""))
        rows = [_row(line, view, query, w) for line in lines[:SHOWN]]
        rows.append(_total(view, query, w))
        name = w("{kind}指标", kind=w(words.BY[by]) if by else "")
        body = [table(_heads(view, query, w), rows, name, kind="ind")]
        if len(lines) > SHOWN:
            body.append(
                html.P(w("另有 {n} 行，表格文件里有全部。", n=fmt.count(len(lines) - SHOWN)), className="ind-note")
            )
        body.append(html.P(rule(view, w), className="ind-note"))
    tabs_row = html.Nav(tabs, className="case-tabs ind-by", **attributes(aria_label=w("按什么分")))
    title = w("按{kind}", kind=w(words.BY[by])) if by else w("指标")
    return panel("ind-table", title, [tabs_row, *body], sub=w("率 % · 点数字看案卷"))


def rule(view: Indicators, w: Words) -> str:
    """By which rule lines are ranked and listed."""
    said = w("不足 {n} 件不排名。", n=LEAST)
    if view.by not in {*_AREAS, By.UNIT}:
        return said
    target = view.measure.target
    rule_ = (
        w(
            "红榜：前 {a} 名中达到目标 {t}% 且优于总体的；黑榜：末 {b} 名中未达目标且劣于总体的。",
            a=REDS,
            b=BLACKS,
            t=f"{target:g}",
        )
        if target is not None
        else w("红榜：前 {a} 名中优于总体的；黑榜：末 {b} 名中劣于总体的。", a=REDS, b=BLACKS)
    )
    return f"{rule_} {said}"


def ordered(view: Indicators, sort: str) -> Sequence[PageLine]:
    """The lines as the address wants them (`-` turns the order round), by standing else; 未归属 always comes last."""
    turned, key = sort.startswith("-"), _keys(view).get(sort.removeprefix("-"))
    own = [line for line in view.lines if not _is_rest(line.line)]
    rest = [line for line in view.lines if _is_rest(line.line)]
    standing = sorted(
        own, key=lambda x: (x.standing.place if x.standing else _LAST, -x.line.cases.reported, x.line.name)
    )
    if key is None:
        return [*standing, *rest]
    known = [line for line in standing if key(line) is not None]
    unknown = [line for line in standing if key(line) is None]
    return [*sorted(known, key=lambda x: key(x) or 0, reverse=not turned), *unknown, *rest]


def _keys(view: Indicators) -> dict[str, Callable[[PageLine], float | None]]:
    measure = view.measure
    found: dict[str, Callable[[PageLine], float | None]] = {
        "cases": lambda x: _cases(x.line.cases, measure),
        "figure": lambda x: measure.of(x.line.cases),
        "change": lambda x: _change(measure, x.line.cases, x.before),
        words.SCORE: lambda x: x.line.cases.score,
    }
    return found | {rate.value: _by_rate(rate) for rate in _OTHERS}


def _by_rate(rate: Rate) -> Callable[[PageLine], float | None]:
    return lambda x: x.line.cases.rate(rate)


def _tab(kind: By, view: Indicators, query: Mapping[str, str], w: Words) -> html.A:
    current = attributes(aria_current="true") if kind is view.by else {}
    href = to(query, by=kind.value, sort="")
    return html.A(w(words.BY[kind]), href=href, className="analysis-choice", **current)


def _heads(view: Indicators, query: Mapping[str, str], w: Words) -> list[Child]:
    against = w("同比") if view.against == "year" else w("环比")
    whole = w("应处置") if view.measure.rate is None else w(words.COUNTS[FORMULAS[view.measure.rate][1]])
    sorts: list[tuple[str, str]] = [
        ("cases", whole),
        ("figure", words.name_of(view.measure.name, w)),
        ("change", f"{against} {w('分') if view.measure.rate is None else w('百分点')}"),
        *((rate.value, w(words.SHORT.get(rate, words.RATES[rate]))) for rate in _others(view)),
        *([(words.SCORE, w("综合得分"))] if _scored(view) else []),
    ]
    heads = [_head(key, name, query, w) for key, name in sorts]
    heads.insert(
        2, html.Th(w("目标 {n}", n=f"{view.measure.target:g}") if view.measure.target else w("位置"), scope="col")
    )
    return [
        html.Th(w("名次"), scope="col"),
        html.Th(w(words.BY[view.by]) if view.by else "", scope="col"),
        *heads,
        html.Th(w("榜单"), scope="col"),
    ]


def _head(key: str, name: str, query: Mapping[str, str], w: Words) -> html.Th:
    sort = query.get("sort", "")
    current = sort.removeprefix("-") == key
    now = ("ascending" if sort.startswith("-") else "descending") if current else "none"
    turned = f"-{key}" if sort == key else key
    link = html.A(name, href=to(query, sort=turned), title=w("按{name}排序", name=name), className=f"ind-sort is-{now}")
    return html.Th(link, scope="col", **attributes(aria_sort=now))


def _others(view: Indicators) -> list[Rate]:
    """The rates beside the chosen one of which anything is known: a source of flags alone says nothing of handling."""
    known = [rate for rate in _OTHERS if any(c and c.rate(rate) is not None for c in (view.whole, view.compared))]
    return [rate for rate in known if rate is not view.measure.rate]


def _scored(view: Indicators) -> bool:
    return view.measure.rate is not None and view.whole.score is not None


def _row(line: PageLine, view: Indicators, query: Mapping[str, str], w: Words) -> html.Tr:
    chosen = view.why is not None and line.line.code is not None and line.line.code == view.why.area.code
    listed = line.standing.listed if line.standing else None
    name = words.named(line.line, w)
    return html.Tr(
        [
            html.Td(_place(line, w), className="ind-place"),
            html.Th(_name(line.line, view, name, query), scope="row", title=name),
            *_figures(line.line, line.before, view, query, w),
            html.Td(
                html.Span(w(LISTS[listed]), className=f"tag ind-{listed.value}") if listed else _missed(line, view, w)
            ),
        ],
        className="is-cur" if chosen else "",
    )


def _total(view: Indicators, query: Mapping[str, str], w: Words) -> html.Tr:
    area = view.place.area
    line = IndicatorLine(code=area.code, name=area.name, name_en=area.name_en, cases=view.whole)
    cells = _figures(line, view.compared, view, query, w, whole=True)
    name = w.name(area.name, area.name_en)
    return html.Tr([html.Td(""), html.Th(name, scope="row"), *cells, html.Td("")], className="ind-total")


def _name(line: IndicatorLine, view: Indicators, name: str, query: Mapping[str, str]) -> Child:
    """An area's name leads to its own page."""
    said = short(name)
    return (
        html.A(said, href=to(query, area=line.code, by="", why="", sort=""))
        if view.by in _AREAS and line.code
        else said
    )


def _figures(
    line: IndicatorLine,
    before: Counts | None,
    view: Indicators,
    query: Mapping[str, str],
    w: Words,
    *,
    whole: bool = False,
) -> list[html.Td]:
    measure, by = view.measure, None if whole else view.by
    counts = line.cases
    narrowed = words.narrowing(line, by)
    found = [html.Td(_rows_of(_whole_of(measure), counts, narrowed, query, w))]
    area = line.code if (whole or view.by in _AREAS) else None
    found.append(html.Td(_figure(counts, measure, area, narrowed, query, w), className="ind-main"))
    found.append(html.Td(_scale(counts, view), className="ind-scale-cell"))
    found.append(html.Td(_changed(counts, before, measure, area, query, w), className="ind-change"))
    for rate in _others(view):
        part, of = FORMULAS[rate]
        basis = f"{fmt.count(getattr(counts, part))} / {fmt.count(getattr(counts, of))}"
        found.append(html.Td(_link(fmt.rate(counts.rate(rate), 1), part, counts, narrowed, query, basis)))
    if _scored(view):
        found.append(html.Td(fmt.rate(counts.score, 1), className="ind-score"))
    return found


def _figure(
    counts: Counts, measure: Measure, area: str | None, narrowed: Mapping[str, str], query: Mapping[str, str], w: Words
) -> Child:
    text = fmt.rate(measure.of(counts))
    if text == fmt.DASH:
        return text
    if area:
        return html.A(text, href=to_why(query, why=area, within=""), title=w("看为什么"))
    if measure.rate is None:
        return text
    part, of = FORMULAS[measure.rate]
    return _link(
        text, part, counts, narrowed, query, f"{fmt.count(getattr(counts, part))} / {fmt.count(getattr(counts, of))}"
    )


def _changed(
    counts: Counts, before: Counts | None, measure: Measure, area: str | None, query: Mapping[str, str], w: Words
) -> Child:
    change = fmt.points(measure.of(counts), measure.of(before))
    if change is None:
        return fmt.DASH
    return html.A(change, href=to_why(query, why=area, within=""), title=w("看为什么")) if area else change


def _rows_of(name: str, counts: Counts, narrowed: Mapping[str, str], query: Mapping[str, str], w: Words) -> Child:
    n: int = getattr(counts, name)
    return _link(fmt.count(n), name, counts, narrowed, query, f"{w(words.COUNTS[name])} {w('{n} 件', n=fmt.count(n))}")


def _link(
    text: str, name: str, counts: Counts, narrowed: Mapping[str, str], query: Mapping[str, str], said: str
) -> Child:
    if text == fmt.DASH or not getattr(counts, name):
        return html.Span(text, title=said)
    return html.A(text, href=words.rows(query, name, **narrowed), title=said)


def _scale(counts: Counts, view: Indicators) -> Child:
    """A dot on the scale of all lines; the target, where there is one, is dashed; what misses it is hollow."""
    value, target = view.measure.of(counts), view.measure.target
    ranked = [x for x in view.lines if x.standing is not None]
    known = [v for x in ranked or view.lines if (v := view.measure.of(x.line.cases)) is not None]
    if value is None or not known:
        return None
    low, high = min([*known, target or known[0]]), max([*known, target or known[0]])
    low, high = max(0.0, low - 0.1 * (high - low) - 0.5), min(100.0, high + 0.1 * (high - low) + 0.5)
    dot = html.I(style={"left": f"{min(100.0, max(0.0, 100 * (value - low) / (high - low))):.1f}%"})
    style = {"--target": f"{100 * (target - low) / (high - low):.1f}%"} if target is not None else {}
    missed = target is not None and value < target
    marks = f"ind-scale{' is-low' if missed else ''}{' has-target' if target is not None else ''}"
    return html.Span(dot, className=marks, style=style, **attributes(aria_hidden="true"))


def _place(line: PageLine, w: Words) -> list[Child]:
    if line.standing is None:
        return [html.Span(fmt.DASH, title=w("不足 {n} 件不排名。", n=LEAST))]
    now, before = line.standing.place, line.place_before
    moved = (
        "" if before is None else "—" if before == now else f"↑{before - now}" if before > now else f"↓{now - before}"
    )
    return [str(now), html.Small(moved, title=w("上期第 {n} 名", n=before) if before else None) if moved else None]


def _missed(line: PageLine, view: Indicators, w: Words) -> Child:
    value, target = view.measure.of(line.line.cases), view.measure.target
    ranked = line.standing is not None and view.by in {*_AREAS, By.UNIT}
    return (
        html.Span(w("未达标"), className="ind-short")
        if ranked and target and value is not None and value < target
        else ""
    )


def _change(measure: Measure, counts: Counts, before: Counts | None) -> float | None:
    now, then = measure.of(counts), measure.of(before)
    return None if now is None or then is None else now - then


def _whole_of(measure: Measure) -> str:
    return FORMULAS[measure.rate or Rate.HANDLING][1]


def _cases(counts: Counts, measure: Measure) -> float:
    return float(getattr(counts, _whole_of(measure)))


def _is_rest(line: IndicatorLine) -> bool:
    return line.code is None and line.key is None


def missed_rows(measure: Measure, counts: Counts) -> tuple[str, str | None, int] | None:
    """What the list is narrowed to for the cases that keep a rate from being perfect, and how many they are."""
    if measure.rate is None:
        return None
    counted, less = behind(measure.rate)
    return counted, less, getattr(counts, counted) - (getattr(counts, less) if less else 0)

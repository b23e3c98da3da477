"""What narrows the cases: a form of the address, which works without a script as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dash import html

from components import format as fmt
from components import indicator_words, labels
from components.case_board import FILTERS, WAITS, narrowed, options
from components.case_lines import CATEGORIES, LEVELS, LIST, URGENCY
from components.case_new import PATH as NEW
from components.i18n import Words
from components.markup import Input
from components.navigation import address
from components.parts import Child, attributes, icon
from data_access.viewmodels.incidents import Choice, Choices

VIEWS: Final = {"": "看板", "list": "清单"}
STATES: Final = {"": "在办", "overdue": "超期", "suspended": "挂起", "closed": "已结", "all": "全部"}
_KEPT: Final = ("area", "lang", "theme", "view", "from", "to", "state", "dwelling", "entity")


def build(choices: Choices, query: Mapping[str, str], w: Words, *, about: str = "", may_file: bool = False) -> html.Div:
    """The bar above the cases; `about`: the home or the legal entity whose cases they are."""
    listing = query.get("view") == "list"
    return html.Div(
        [
            _tabs(VIEWS, "view", query, w, w("视图")),
            _tabs(STATES, "state", query, w, w("状态"), stage="") if listing else None,
            html.Form(
                [
                    *(Input(type="hidden", name=name, value=query[name]) for name in _KEPT if query.get(name)),
                    _select("stage", w("阶段"), [(stage.value, labels.STAGE[stage]) for stage in WAITS], query, w)
                    if listing
                    else None,
                    _select("category", w("分级"), list(CATEGORIES.items()), query, w),
                    _select("level", w("轮到"), [(str(n), word) for n, word in LEVELS.items()], query, w)
                    if query.get("level")
                    else None,
                    _select("type", w("大类"), _pairs(choices.types, w), query, w),
                    _select("channel", w("渠道"), _pairs(choices.channels, w), query, w),
                    _select("unit", w("单位"), _pairs(choices.units, w), query, w),
                    _select("urgency", w("紧急程度"), [(str(n), word) for n, word in URGENCY.items()], query, w),
                    html.Label(
                        [
                            icon("search"),
                            Input(
                                type="search",
                                name="q",
                                value=query.get("q", ""),
                                id="case-search",
                                maxlength="60",
                                placeholder=w("标题、地点、编号"),
                                **attributes(aria_label=w("标题、地点、编号")),
                            ),
                            html.Kbd("/"),
                        ],
                        className="case-search",
                    ),
                    html.Button(w("筛选"), type="submit", className="desk-button case-submit"),
                ],
                action=LIST,
                method="get",
                className="case-form",
                id="case-form",
            ),
            _clear(query, about, w),
            _file(query, w) if may_file else None,
        ],
        className="case-bar",
    )


def behind(query: Mapping[str, str], total: int, w: Words, *, more: bool) -> html.P:
    """Of which figure the rows of the list are, how many they are, and the way back to it."""
    counted, less = query.get("count", ""), query.get("less", "")
    named = w(indicator_words.COUNTS[counted]) if counted in indicator_words.COUNTS else counted
    if less in indicator_words.COUNTS:
        named = w("{whole}中不计入{part}的", whole=named, part=w(indicator_words.COUNTS[less]))
    kept = {name: query[name] for name in ("area", "lang", "theme", "from", "to") if query.get(name)}
    return html.P(
        [
            html.B(w("{n} 件", n=f"{fmt.count(total)}{'+' if more else ''}")),
            html.Span(named),
            html.A(w("看指标"), href=address(indicator_words.PATH, kept), className="desk-button is-small"),
        ],
        className="case-behind",
        role="status",
    )


def _file(query: Mapping[str, str], w: Words) -> html.A:
    """The way to a new case, here."""
    kept = {name: query[name] for name in ("area", "lang", "theme") if query.get(name)}
    return html.A(w("建案"), href=address(NEW, kept), className="desk-button case-file")


def _clear(query: Mapping[str, str], about: str, w: Words) -> Child:
    """What narrows the list without a field of its own is said, and taken away with the rest."""
    days = {name: query[name] for name in ("from", "to") if query.get(name)}
    rest = (*FILTERS[1:], "cursor")
    if not days and not any(query.get(name) for name in rest):
        return None
    plain = {name: value for name, value in query.items() if name not in days}
    said = " · ".join(part for part in (about, " – ".join(days.values())) if part)
    away = html.A(w("清除条件"), href=narrowed(plain, **dict.fromkeys(rest, "")), className="desk-button is-small")
    return html.Span([html.Span(said, className="case-days") if said else None, away], className="case-clear")


def _tabs(pairs: Mapping[str, str], name: str, query: Mapping[str, str], w: Words, label: str, **more: str) -> html.Nav:
    links = [
        html.A(
            w(word),
            href=narrowed(query, **{**more, name: value}),
            className="analysis-choice",
            **(attributes(aria_current="true") if query.get(name, "") == value else {}),
        )
        for value, word in pairs.items()
    ]
    return html.Nav(links, className="case-tabs", **attributes(aria_label=label))


def _select(name: str, label: str, pairs: Sequence[tuple[str, str]], query: Mapping[str, str], w: Words) -> html.Select:
    chosen = query.get(name, "")
    return html.Select(
        options([(value, w(word)) for value, word in pairs], chosen, w("{what} 全部", what=label)),
        name=name,
        className=f"desk-select{' is-chosen' if chosen else ''}",
        **attributes(aria_label=label),
    )


def _pairs(choices: Sequence[Choice], w: Words) -> list[tuple[str, str]]:
    return [(str(choice.id), w(choice.name)) for choice in choices]

"""The words of the indicators: every count and rate by its name, what a rate says in a sentence, its links to rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.case_lines import LIST
from components.i18n import Lang, Words
from components.navigation import address
from data_access.domain.case_indicators import FORMULAS, WEIGHTS, Rate
from data_access.viewmodels.indicators import By, IndicatorLine

PATH: Final = "/indicators"
SCORE: Final = "score"
"""The composite score, where a rate could be named."""
COUNTS: Final[Mapping[str, str]] = {
    "reported": "上报",
    "registered": "立案",
    "registered_on_time": "按时立案",
    "due_dispatch": "应派遣",
    "dispatched": "派遣",
    "dispatched_on_time": "按期派遣",
    "dispatched_right": "准确派遣",
    "due_handling": "应处置",
    "handled": "处置",
    "handled_on_time": "按期处置",
    "overdue_unhandled": "超期待处置",
    "extended": "延期",
    "due_closing": "应结案",
    "closed": "结案",
    "closed_on_time": "按期结案",
    "reworked": "返工",
}
RATES: Final[Mapping[Rate, str]] = {
    Rate.CLOSING_ON_TIME: "按期结案率",
    Rate.CLOSING: "结案率",
    Rate.HANDLING: "处置率",
    Rate.HANDLING_ON_TIME: "按期处置率",
    Rate.OVERDUE_UNHANDLED: "超期待处置率",
    Rate.REWORK: "返工率",
    Rate.EXTENSION: "延期率",
    Rate.DISPATCHING: "派遣率",
    Rate.DISPATCHING_ON_TIME: "按期派遣率",
    Rate.DISPATCHING_RIGHT: "准确派遣率",
    Rate.REGISTERING: "立案率",
    Rate.REGISTERING_ON_TIME: "按时立案率",
}
"""In the order in which they are shown."""
SHORT: Final[Mapping[Rate, str]] = {
    Rate.HANDLING_ON_TIME: "按期处置",
    Rate.OVERDUE_UNHANDLED: "超期待处置",
    Rate.CLOSING_ON_TIME: "按期结案",
}
"""At the head of a column."""
MEANS: Final[Mapping[Rate, str]] = {
    Rate.CLOSING_ON_TIME: "整案时限已到或已经结案的案卷（应结案）中，在时限内结案的。时限过后怎么处理都不再改变。",
    Rate.CLOSING: "应结案的案卷中已经结案的，不论早晚。",
    Rate.HANDLING: "处置时限或整案时限已到、或已经处置的案卷（应处置）中，已经处置的。",
    Rate.HANDLING_ON_TIME: "应处置的案卷中，在处置时限和整案时限内处置的。",
    Rate.OVERDUE_UNHANDLED: "应处置的案卷中，时限已过仍没有处置的。越低越好。",
    Rate.REWORK: "应结案的案卷中，被要求重新处置过的。越低越好。",
    Rate.EXTENSION: "应处置的案卷中，批准过延期的。越低越好。",
    Rate.DISPATCHING: "派遣时限或整案时限已到、或已经派遣的案卷（应派遣）中，已经派遣的。",
    Rate.DISPATCHING_ON_TIME: "应派遣的案卷中，在时限内派遣的。",
    Rate.DISPATCHING_RIGHT: "应派遣的案卷中，派遣后没有被单位退回的。",
    Rate.REGISTERING: "上报的案卷中已经立案的。",
    Rate.REGISTERING_ON_TIME: "立案的案卷中，在立案时限内立案的。",
}
MISSED: Final[Mapping[Rate, str]] = {
    Rate.CLOSING_ON_TIME: "{n} 件未按期结案",
    Rate.CLOSING: "{n} 件未结案",
    Rate.HANDLING: "{n} 件未处置",
    Rate.HANDLING_ON_TIME: "{n} 件未按期处置",
    Rate.OVERDUE_UNHANDLED: "{n} 件超期待处置",
    Rate.REWORK: "{n} 件返工",
    Rate.EXTENSION: "{n} 件延期",
    Rate.DISPATCHING: "{n} 件未派遣",
    Rate.DISPATCHING_ON_TIME: "{n} 件未按期派遣",
    Rate.DISPATCHING_RIGHT: "{n} 件未准确派遣",
    Rate.REGISTERING: "{n} 件未立案",
    Rate.REGISTERING_ON_TIME: "{n} 件未按时立案",
}
"""The cases that keep a rate from being perfect."""
BY: Final[Mapping[By, str]] = {
    By.STREET: "街道",
    By.COMMUNITY: "社区",
    By.GRID: "网格",
    By.UNIT: "单位",
    By.TYPE: "大类",
    By.MAIN_TYPE: "小类",
    By.SUB_TYPE: "细类",
    By.CHANNEL: "渠道",
}
"""What the lines of a table are, in the order of the choice."""
LABELLED: Final = {By.UNIT: "unit", By.TYPE: "type", By.MAIN_TYPE: "type", By.SUB_TYPE: "type", By.CHANNEL: "channel"}
"""The list's own filter for a line that is not an area."""


def name_of(rate: str, w: Words) -> str:
    """The rate, or the score."""
    return w("综合得分") if rate == SCORE else w(RATES[Rate(rate)])


def formula(rate: Rate, w: Words) -> str:
    """`按期结案 ÷ 应结案`."""
    part, whole = FORMULAS[rate]
    return f"{w(COUNTS[part])} ÷ {w(COUNTS[whole])}"


def score_formula(w: Words) -> str:
    """As domain.case_indicators has it: 处置率×30 + …."""
    terms = [
        f"{w(RATES[rate])}×{points}" if good else f"(1−{w(RATES[rate])})×{points}"
        for rate, (points, good) in WEIGHTS.items()
    ]
    return " + ".join(terms)


def rows(query: Mapping[str, str], counted: str, less: str | None = None, **more: str) -> str:
    """The list of exactly the rows behind a figure of the page's area and days; `more` narrows it further."""
    asked = {"view": "list", "state": "all", "count": counted, "less": less or "", **more}
    return address(LIST, query, **asked)


def narrowing(line: IndicatorLine, by: By | None) -> dict[str, str]:
    """What of the list's address stands for a line of a table: its area, its class …, or that it names none."""
    if by is None:
        return {}
    if by not in LABELLED:
        return {"area": line.code} if line.code else {"without": by.value}
    return {LABELLED[by]: str(line.key)} if line.key is not None else {"without": by.value}


def named(line: IndicatorLine, w: Words) -> str:
    """The line's name; what names none is 未归属."""
    if line.code is None and line.key is None:
        return w("未归属")
    return w.name(line.name, line.name_en)


def sentence_end(w: Words) -> str:
    """What ends a sentence."""
    return "。" if w.lang is Lang.ZH else "."

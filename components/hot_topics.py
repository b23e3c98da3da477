"""Hot topics as a table: what rises where, against what was to be expected, with the rule and its false alarms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from dash import html

from components import format as fmt
from components import sparkline
from components.i18n import Words
from components.navigation import address
from components.parts import Child, explained, icon, table
from components.ranking import short
from data_access.domain import hot_topics
from data_access.viewmodels.trends import HotTopic, HotTopics

ROWS: Final = "/incidents"
_HEADS: Final = ("问题", "地点", "近 7 天", "预期", "倍数", "偶然率")


def build(found: HotTopics, query: Mapping[str, str], w: Words, *, wide: bool = False) -> html.Div | html.P:
    """The lines; where `wide`, with the nine weeks and the ways to the cases and to the map."""
    if not found.lines:
        why = w("近 9 周没有哪一类够 {n} 件可比", n=hot_topics.LEAST) if not found.tested else w("近 7 天没有事件")
        return html.P(why, className="missing")
    heads = [w(head) for head in _HEADS] + ([w("近 9 周"), w("查看")] if wide else [])
    rows = [_row(line, found, query, w, wide=wide) for line in found.lines]
    return table(heads, rows, w("热点诉求"), kind="hot")


def note(found: HotTopics, w: Words) -> str:
    """How many rise."""
    n = len(found.hot)
    return w("突增 {n} 项", n=n) if n else w("没有突增")


def told(found: HotTopics, w: Words) -> html.Details:
    """The rule, behind a mark."""
    return explained(
        w("热点怎么算"),
        [w("偶然率：若诉求没有变多，仅凭偶然也会有这么多件的可能有多大。越小越不像巧合。"), rule(found, w)],
    )


def rule(found: HotTopics, w: Words) -> str:
    """The rule in one paragraph, with this week's numbers."""
    return w(
        "规则：同一细类在同一区域（本区域及以下各级）的近 7 天，与自身前 {weeks} 周相比；"
        "其余诉求整体上涨时预期随之调高。"
        "按各周离散程度取贝塔二项分布上尾，p < {budget} ÷ 检验格数、不少于 {least} 件且达 {factor} 倍记为突增。"
        "本周检验 {n} 格，p < {level}；若无突增，每周误报平均不超过 {budget} 项，即约十周一次。",
        weeks=hot_topics.WEEKS_BEFORE,
        budget=f"{hot_topics.FALSE_ALARMS:g}",
        least=hot_topics.LEAST,
        factor=f"{hot_topics.FACTOR:g}",
        n=fmt.count(found.tested),
        level=f"{found.level:.2g}",
    )


def _row(line: HotTopic, found: HotTopics, query: Mapping[str, str], w: Words, *, wide: bool) -> html.Tr:
    ratio = line.last / line.expected if line.expected else None
    flag = html.Span(w("突增"), className="tag tag-hot") if line.hot else None
    cells = [
        html.Th([line.name, " ", flag], scope="row", title=line.name),
        html.Td(short(w.name(*line.where)) if line.where else fmt.DASH, className="trends-where"),
        html.Td(html.B(fmt.count(line.last))),
        html.Td(f"{line.expected:.1f}"),
        html.Td(f"×{ratio:.1f}" if ratio is not None else w("新")),
        html.Td(by_chance(line.probability, w)),
    ]
    if wide:
        cells += [
            html.Td(sparkline.build(line.weeks, w("近 9 周"), w), className="trends-spark"),
            html.Td(_ways(line, found, query, w), className="hot-ways"),
        ]
    return html.Tr(cells, className="is-hot" if line.hot else "")


def _ways(line: HotTopic, found: HotTopics, query: Mapping[str, str], w: Words) -> list[Child]:
    """To the cases behind the figure, and to the place on the map with its heat."""
    first = found.end - timedelta(days=7)
    days = {"from": first.isoformat(), "to": found.end.isoformat()}
    plain = {name: query[name] for name in ("lang", "theme") if query.get(name)}
    rows = address(ROWS, plain, area=line.code or "", view="list", state="all", type=str(line.type_id or ""), **days)
    to_map = address("/", plain, area=line.code or "", metric="incidents", layers="heat")
    return [
        html.A(w("事件"), href=rows, className="rules-link", title=w("这 {n} 件事件", n=fmt.count(line.last))),
        html.A([icon("pin"), html.Span(w("地图"))], href=to_map, className="rules-link"),
    ]


def by_chance(probability: float, w: Words) -> str:
    """How likely chance alone would bring as many: `不到万分之一`, `万分之 3`, `1.2%`."""
    if probability < 0.0001:
        return w("不到万分之一")
    return w("万分之 {n}", n=round(10_000 * probability)) if probability < 0.01 else f"{100 * probability:.0f}%"

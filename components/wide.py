"""What a very wide wall shows besides: ages, rentals by grade, resources, sources of cases, devices, cameras."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from components import format as fmt
from components import labels
from components.i18n import Words
from components.parts import Child, labelled, mark
from data_access.domain.facts import Fact
from data_access.domain.incidents import percent
from data_access.viewmodels.overview import GroupLine, KindLine, Ledger, OwnerLine
from data_access.viewmodels.trends import HotTopics

CHANNELS = 6
HOT = 2
KINDS = 9
OWNERS = 3
_AGES = (
    ("0–14 岁", Fact.AGE_0_14),
    ("15–59", Fact.AGE_15_59),
    ("60+", Fact.AGE_60_UP),
    ("80+", Fact.AGE_80_UP),
)
_GRADES = (Fact.RENTAL_LIGHT, Fact.RENTAL_WATCHED, Fact.RENTAL_STRICT, Fact.RENTAL_BANNED)


def ages(ledger: Ledger, w: Words) -> html.Div:
    """年龄结构: people of each age, their share of the residents, the change in a year."""
    total = ledger.now.get(Fact.RESIDENTS)
    bands = [(w(name), fact) for name, fact in (*_AGES, ("残疾人", Fact.DISABLED))]
    rows = [
        (
            name,
            fmt.people(ledger.now.get(fact)),
            fmt.share(ledger.now.get(fact), total),
            fmt.change(ledger.now.get(fact), ledger.last_year.get(fact)),
        )
        for name, fact in bands
    ]
    return _table((w("年龄结构"), w("人"), w("占比"), w("同比")), rows, w("年龄结构"))


def rentals(ledger: Ledger, w: Words) -> html.Div:
    """出租分类: dwellings of each grade, their share of what is let, the change in a month."""
    let = ledger.now.get(Fact.RENTED)
    rows: list[Sequence[Child]] = [
        (
            html.Span([html.Abbr(w(short), className=f"grade grade-{i}"), " ", w(full)]),
            fmt.count(ledger.now.get(fact)),
            fmt.share(ledger.now.get(fact), let),
            fmt.change(ledger.now.get(fact), ledger.last_month.get(fact)),
        )
        for i, ((short, full), fact) in enumerate(zip(labels.RENTAL, _GRADES, strict=True))
    ]
    return _table((w("出租分类"), w("套"), w("占出租"), w("较上月")), rows, w("出租分类"))


def places(ledger: Ledger, w: Words) -> html.Div:
    """楼栋, 三小场所 and 终端 of the area."""
    facts = (("楼栋", Fact.BUILDINGS), ("三小场所", Fact.SMALL_PLACES), ("户", Fact.HOUSEHOLDS))
    pairs: list[tuple[Child, str]] = [(w(name), fmt.count(ledger.now.get(fact))) for name, fact in facts]
    return labelled(pairs, "labels uw")


def sources(channels: Sequence[GroupLine], title: str, w: Words) -> html.Div:
    """来源: the channels that brought most cases of the period; `title` says of which."""
    shown = [html.Span([html.Span(w(c.name)), html.B(fmt.count(c.counts.created))]) for c in channels[:CHANNELS]]
    return html.Div([html.P(title), html.Div(shown, className="wide-sources-list")], className="uw wide-sources")


def hot(found: HotTopics | None, w: Words) -> html.Div | None:
    """热点诉求: what rises against its own past, or that nothing does, of how many classes."""
    if found is None:
        return None
    said = [
        html.Span([html.Span(line.name), html.B(fmt.count(line.last)), f" / {line.expected:.1f}"])
        for line in found.hot[:HOT]
    ] or [html.Span(w("没有突增"))]
    title = w("热点诉求 近 7 天 / 往常（比较 {n} 类）", n=fmt.count(found.tested))
    return html.Div([html.P(title), html.Div(said, className="wide-sources-list")], className="uw wide-sources")


def kinds(found: Sequence[KindLine], w: Words) -> html.Div:
    """终端: devices of each kind, how many are online, standing alarms with their worst severity."""
    rows: list[Sequence[Child]] = [
        (
            labels.of(labels.DEVICE, k.kind, w),
            fmt.count(k.devices),
            f"{fmt.rate(percent(k.devices - k.offline, k.devices), 1)}%",
            html.Span([mark(k.worst, w), " ", fmt.count(k.alarms)]) if k.alarms else "0",
        )
        for k in found[:KINDS]
    ]
    return _table((w("类型"), w("台"), w("在线"), w("告警")), rows, w("终端"))


def owners(found: Sequence[OwnerLine], w: Words) -> html.Div | None:
    """归属: whose the cameras are, how many deliver no picture; what nobody is named for is not listed."""
    rows = [
        (w(line.owner), fmt.count(line.total), fmt.count(line.total - line.delivering)) for line in found if line.owner
    ][:OWNERS]
    return _table((w("归属"), w("路"), w("无画面")), rows, w("归属")) if rows else None


def _table(heads: Sequence[str], rows: Sequence[Sequence[Child]], name: str) -> html.Div:
    table = html.Table(
        [
            html.Caption(name, className="sr-only"),
            html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
            html.Tbody([html.Tr([html.Th(row[0], scope="row"), *(html.Td(cell) for cell in row[1:])]) for row in rows]),
        ],
        className="wide-table",
    )
    return html.Div(table, className="uw wide")

"""事件: the board by stage and the list by clock, with what narrows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dash import html

from components import format as fmt
from components import labels
from components.case_lines import LIST, card, row, span
from components.i18n import Words
from components.navigation import address
from components.parts import Child, attributes, icon, table
from data_access.domain.incidents import Stage
from data_access.viewmodels.case_panels import StageLimit
from data_access.viewmodels.incidents import BoardColumn, IncidentBoard, IncidentPage

FILTERS: Final = (
    *("state", "stage", "category", "level", "type", "channel", "unit", "urgency", "q", "dwelling", "entity"),
    *("count", "less", "without"),
)
"""What the address narrows the cases by, beside area and days."""
WAITS: Final = {
    Stage.REPORT: "待立案",
    Stage.REGISTER: "待派遣",
    Stage.DISPATCH: "待处置",
    Stage.HANDLE: "待反馈",
    Stage.FEEDBACK: "待核查",
    Stage.VERIFY: "待结案",
}


def narrowed(query: Mapping[str, str], **more: str) -> str:
    """The page with its filters as they are, changed by `more`; an empty value takes one away."""
    kept = {name: query[name] for name in ("view", *FILTERS) if query.get(name)}
    return address(LIST, query, **{**kept, **more})


def figures(board: IncidentBoard, query: Mapping[str, str], w: Words) -> list[Child]:
    """Open, overdue, closed today: each leads to its rows."""
    open_, late = (sum(getattr(column, name) for column in board.columns) for name in ("total", "overdue"))
    closed = board.closed
    more = "+" if board.more else ""
    return [
        _figure(w("在办"), f"{fmt.count(open_)}{more}", "", narrowed(query, view="list", state="", stage=""), w),
        _figure(
            w("超期"),
            f"{fmt.count(late)}{more}",
            fmt.share(late, open_),
            narrowed(query, view="list", state="overdue", stage=""),
            w,
        ),
        _figure(
            w("今日结案"),
            fmt.count(closed.total),
            w("按期 {n}", n=fmt.count(closed.total - closed.overdue)),
            narrowed(query, view="list", state="closed", stage=""),
            w,
        ),
        html.Span(w("截至 {time}", time=fmt.clock(board.at)), className="case-at"),
    ]


def board(
    found: IncidentBoard, query: Mapping[str, str], w: Words, *, limits: Sequence[StageLimit] = ()
) -> list[Child]:
    """A column for each stage, the most pressing on top, and what was closed today; `limits` stand in the heads."""
    known = {str(limit.stage): limit for limit in limits}
    columns = [_column(column, found, query, w, limit=known.get(column.stage)) for column in found.columns]
    return [*columns, _column(found.closed, found, query, w)]


def listed(page: IncidentPage, found: IncidentBoard, query: Mapping[str, str], w: Words) -> list[Child]:
    """The list: what is due first on top; the next page by a link."""
    if not page.incidents:
        return [html.P([icon("check"), html.Span(w("没有符合条件的事件"))], className="missing")]
    heads = [w(head) for head in ("事件", "时限", "阶段", "地点", "类别 · 渠道", "承办", "上报时间")]
    rows = [row(line, found.at, query, w) for line in page.incidents]
    links: list[Child] = []
    if query.get("cursor"):
        links.append(html.A(w("回到第一页"), href=narrowed(query), className="desk-button"))
    if page.next:
        links.append(html.A(w("下一页"), href=narrowed(query, cursor=page.next), className="desk-button", rel="next"))
    return [
        table(heads, rows, w("事件列表"), kind="case"),
        html.Nav(links, className="case-pages", **attributes(aria_label=w("翻页"))),
    ]


def _figure(name: str, value: str, note: str, href: str, w: Words) -> html.A:
    return html.A(
        [html.Span(name), html.B(value), html.Span(w("件"), className="unit"), html.Small(note) if note else None],
        href=href,
        className="case-figure",
    )


def _column(
    column: BoardColumn, found: IncidentBoard, query: Mapping[str, str], w: Words, *, limit: StageLimit | None = None
) -> html.Section:
    closed = column.stage == Stage.CLOSED
    state = {"state": "closed"} if closed else {"state": "", "stage": column.stage}
    href = narrowed(query, **{"view": "list", "stage": "", **state})
    cards = [card(line, found.at, query, w) for line in column.incidents]
    rest = column.total - len(cards)
    name = w(labels.STAGE[column.stage])
    return html.Section(
        [
            html.Header(
                [
                    html.H2(name),
                    html.A(
                        fmt.count(column.total),
                        href=href,
                        className="case-total",
                        **attributes(aria_label=f"{name} {w('{n} 件', n=column.total)}"),
                    ),
                    html.Small(w("今日") if closed else w(WAITS[Stage(column.stage)])),
                    _late(column, w, closed=closed),
                    _limit(column, limit, w, closed=closed),
                ],
                className="case-head",
            ),
            html.Ol(cards, className="case-cards", tabIndex="0", **attributes(aria_label=name))
            if cards
            else html.P(w("没有"), className="case-none"),
            html.A(w("另有 {n} 件", n=fmt.count(rest)), href=href, className="case-rest") if rest > 0 else None,
        ],
        className=f"case-column{' is-closed' if closed else ''}",
        **attributes(aria_label=name),
    )


def _late(column: BoardColumn, w: Words, *, closed: bool) -> Child:
    if closed:
        return html.Span(w("按期 {n}", n=fmt.count(column.total - column.overdue)), className="case-late")
    if not column.overdue:
        return None
    shape = html.Span(className="sv sv-minor", **attributes(aria_hidden="true"))
    return html.Span([shape, w("超期 {n}", n=fmt.count(column.overdue))], className="case-late is-late")


def _limit(column: BoardColumn, limit: StageLimit | None, w: Words, *, closed: bool) -> Child:
    """How long the step that comes next may take, by item; of closed ones how long they took."""
    if closed:
        said = w("平均用时 {time}", time=span(column.took, w)) if column.took is not None else ""
        return html.Small(said, className="case-limit")
    if limit is None:
        return html.Small("", className="case-limit")
    least, most = span(limit.least, w), span(limit.most, w)
    said = w("时限 {limit}", limit=least if least == most else f"{least}–{most}")
    return html.Small(said, className="case-limit", title=w("按事项的下一步时限，从最短到最长"))


def options(pairs: Sequence[tuple[str, str]], chosen: str, every: str) -> list[html.Option]:
    """The options of a list of choices, the first of which narrows nothing."""
    return [html.Option(name, value=value, selected=value == chosen) for value, name in [("", every), *pairs]]

"""/brief: one page (A4) about an area, to be read on paper. The URL is the state: `area`, the period, the language."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html, register_page

from components import brief, sheet
from components.i18n import Words, words
from data_access.auth.principal import viewer
from data_access.domain.errors import DomainError
from data_access.queries import areas, overview, trends
from data_access.queries.session import reading
from pages.address import day
from pages.person import shown

register_page(__name__, path="/brief", title="简报 · 一屏", name="简报")

MONTHS = 9


def layout(**query: str) -> html.Div:
    """The brief of the URL's `area` for `from` and `to`, as the overview would show them."""
    w = words(query.get("lang"))
    try:
        body = _brief(query, w)
    except DomainError as refused:
        body = html.P(w(str(refused)), className="missing")
    return sheet.build("/brief", w("简报"), [body], query, w, person=shown("/brief", query, w))


def _brief(query: Mapping[str, str], w: Words) -> html.Article | html.P:
    scope = viewer().scope
    with reading() as session:
        area = areas.find(session, query.get("area") or None, scope)
        version = areas.data_version(session)
    if area is None:
        return html.P(w("还没有数据。请先导入区域：yiping import areas 文件"), className="missing")
    view = overview.overview(area, scope, day(query.get("from")), day(query.get("to")))
    return brief.build(view, trends.months(area.path, view.period.end, MONTHS, version), w)

"""`GET /api/v1/indicators`: the published indicators; the same query as the page and the export."""

from __future__ import annotations

from dataclasses import asdict
from io import BytesIO
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from data_access.api import sheets
from data_access.api.answers import answer_json
from data_access.api.context import context, principal
from data_access.api.downloads import download
from data_access.api.parameters import a_day
from data_access.domain.case_indicators import NAMES, Rate
from data_access.domain.errors import InvalidInput, NotFound
from data_access.queries import areas
from data_access.queries.exports import indicator_rows
from data_access.queries.indicators import indicators
from data_access.viewmodels.indicators import By, IndicatorLine


async def get_indicators(request: Request) -> Response:
    """Indicators of an area for the days [from, to), by area kind, channel, type or unit; as JSON or as a file."""
    ctx, scope, asked = context(request), principal(request).scope, request.query_params
    form = asked.get("format", "json")
    if form not in sheets.WRITERS:
        raise InvalidInput(f"format is one of {', '.join(sheets.WRITERS)}.")
    first, end = a_day(asked, "from"), a_day(asked, "to")
    by = asked.get("by") or None
    if by is not None and by not in set(By):
        raise InvalidInput(f"by is one of {', '.join(By)}.")
    now = ctx.services.clock()

    def read(session: Session) -> dict[str, Any]:
        area = areas.find(session, asked.get("area") or None, scope)
        lines = indicators(session, area.path, first, end, by, now=now, names=NAMES) if area else ()
        return {
            "area": area.code if area else None,
            "from": first,
            "to": end,
            "by": by,
            "lines": [_line(line) for line in lines],
        }

    def rows(session: Session) -> tuple[str, bytes]:
        area = areas.find(session, asked.get("area") or None, scope)
        if area is None:
            raise NotFound("没有这个区域，或者不在您的权限范围内。")
        out = BytesIO()
        kind = By(by) if by else None
        sheets.WRITERS[form](list(indicator_rows(session, area.path, first, end, kind, now=now)), out)
        return area.code, out.getvalue()

    if form == "json":
        return answer_json(await ctx.read(read))
    code, body = await ctx.read(rows)
    name = f"indicators-{code}-{by or 'area'}-{first:%Y%m%d}-{end:%Y%m%d}.{form}"
    return await download(request, "indicators", body, name, area=code)


def _line(line: IndicatorLine) -> dict[str, Any]:
    counts = line.counts
    return {
        "code": line.code,
        "name": line.name,
        "created": counts.created,
        "due": counts.due,
        "closed": counts.closed,
        "closed_on_time": counts.closed_on_time,
        "closing_rate": counts.closing_rate,
        "on_time_rate": counts.on_time_rate,
        "key": line.key,
        "counts": asdict(line.cases),
        "rates": {rate.value: line.cases.rate(rate) for rate in Rate},
        "score": line.cases.score,
    }

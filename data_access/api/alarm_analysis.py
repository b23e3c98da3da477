"""`GET /api/v1/alarms/analysis`: how the alarms of an area went, as JSON or as a file of its tables."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from data_access.api import sheets
from data_access.api.answers import answer_json
from data_access.api.context import context, principal
from data_access.api.downloads import download
from data_access.api.parameters import a_day
from data_access.domain.errors import InvalidInput, NotFound
from data_access.domain.periods import local_day
from data_access.queries import areas
from data_access.queries.alarm_analysis import analysis
from data_access.queries.alarm_analysis_rows import rows
from data_access.viewmodels.alarm_analysis import Analysis

DAYS = 7


async def get_analysis(request: Request) -> Response:
    """The analysis of the local days [from, to), by default the last seven."""
    ctx, who, asked, now = context(request), principal(request), request.query_params, context(request).services.clock()
    end = a_day(asked, "to") if asked.get("to") else local_day(now) + timedelta(days=1)
    first = a_day(asked, "from") if asked.get("from") else end - timedelta(days=DAYS)
    form = asked.get("format", "json")
    if form not in sheets.WRITERS:
        raise InvalidInput(f"format is one of {', '.join(sheets.WRITERS)}.")

    def read(session: Session) -> tuple[str, Analysis]:
        area = areas.find(session, asked.get("area") or None, who.scope)
        if area is None:
            raise NotFound("没有这个区域，或者不在您的权限范围内。")
        return area.code, analysis(session, area.path, first, end, now=now)

    code, found = await ctx.read(read)
    if form == "json":
        return answer_json(found)
    out = BytesIO()
    await ctx.run(lambda: sheets.WRITERS[form](rows(found), out))
    name = f"alarm-analysis-{code}-{first:%Y%m%d}-{end:%Y%m%d}.{form}"
    return await download(request, "alarm-analysis", out.getvalue(), name, area=code)

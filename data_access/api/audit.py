"""`GET /api/v1/audit`: who did what and when, as a page of JSON or as a file."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from data_access.api import sheets
from data_access.api.answers import answer_json
from data_access.api.context import context, principal
from data_access.api.downloads import download
from data_access.api.parameters import a_day, an_integer
from data_access.auth.principal import require
from data_access.domain.accounts import Action, AuditSubject
from data_access.domain.errors import InvalidInput
from data_access.domain.periods import Period
from data_access.queries import audit as queries
from data_access.viewmodels.audit import AuditFilter

MOST: Final = 1_000


async def get_audit(request: Request) -> Response:
    """Acts of the days [from, to), newest first; `format=csv` or `xlsx` is the whole list as a file."""
    ctx, who, asked = context(request), principal(request), request.query_params
    require(who, Action.MANAGE_USERS)
    days = Period(a_day(asked, "from"), a_day(asked, "to"))
    about, form = asked.get("about") or None, asked.get("format") or "json"
    if about is not None and about not in set(AuditSubject):
        raise InvalidInput(f"about is one of {', '.join(AuditSubject)}.")
    wanted = AuditFilter(
        since=days.first, until=days.end, subject=AuditSubject(about) if about else None, who=asked.get("who") or None
    )
    if form == "json":
        limit = an_integer(asked, "limit", 1, MOST) or queries.PAGE
        before = asked.get("before", "")
        return answer_json(await ctx.read(lambda s: queries.page(s, wanted, who.scope, before=before, limit=limit)))
    if form not in sheets.WRITERS:
        raise InvalidInput(f"format is one of {', '.join(sheets.WRITERS)}.")

    def read(session: Session) -> bytes:
        out = BytesIO()
        sheets.WRITERS[form](queries.rows(session, wanted, who.scope), out)
        return out.getvalue()

    name = f"audit-{days.first:%Y%m%d}-{days.end:%Y%m%d}.{form}"
    return await download(request, "audit", await ctx.read(read), name, about=about, who=wanted.who)

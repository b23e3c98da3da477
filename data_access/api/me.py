"""`/api/v1/me`: who is signed in here and what he may do; `/api/v1/me/active`: somebody still sits in front of it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import context, principal
from data_access.auth.principal import may
from data_access.db.tables import AreaRow
from data_access.domain.accounts import Action


async def get_me(request: Request) -> Response:
    """Name, role, area and permissions of whoever asks."""
    ctx, who = context(request), principal(request)

    def area(session: Session) -> str | None:
        return session.scalar(select(AreaRow.code).where(AreaRow.path == who.scope))

    return answer_json(
        {
            "name": who.name,
            "display": who.display,
            "role": who.role,
            "kind": who.kind,
            "demo": who.demo,
            "area": await ctx.read(area) if who.scope else None,
            "may": sorted(action for action in Action if may(who, action)),
            "idle_min": ctx.services.settings.session_idle_min,
        }
    )


async def post_active(_request: Request) -> Response:
    """The middleware has noted it: the time until the browser counts as idle starts anew."""
    return Response(status_code=204)

"""`GET /api/v1/search`: areas, buildings, responsible people, cameras and devices by a part of their name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from data_access.api.answers import answer_json
from data_access.api.context import context, principal
from data_access.api.parameters import an_integer
from data_access.queries import areas
from data_access.queries.search import MAX_HITS

LONGEST: Final = 60
"""Characters of a question that are looked at."""

_LIMIT: Final = 20


async def get_search(request: Request) -> Response:
    """What is called `q` in what the viewer may see, in `area` where given: `{"hits": […]}`, best first."""
    ctx, asked, scope = context(request), request.query_params, principal(request).scope
    text, code = asked.get("q", "")[:LONGEST], asked.get("area")
    limit = an_integer(asked, "limit", 1, MAX_HITS) or _LIMIT
    area = await ctx.read(lambda session: areas.find(session, code, scope)) if code else None
    path = area.path if area else scope
    found = await ctx.run(lambda: ctx.search.find(text, path, limit))
    return answer_json({"hits": [asdict(hit) for hit in found]})

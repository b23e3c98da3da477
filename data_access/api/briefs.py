"""`GET /api/v1/briefs`: the weekly briefs that were made of an area, and each as PDF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api.answers import answer_json
from data_access.api.context import context, principal
from data_access.api.downloads import download
from data_access.db.briefs import LANGUAGES, Briefs
from data_access.domain.errors import InvalidInput, NotFound
from data_access.queries import areas

Spec = dict[str, Any]


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/api/v1/briefs", get_briefs), Route("/api/v1/briefs/{area}/{week}.pdf", get_brief)]


def described(get: Callable[..., Spec], area: Spec) -> Spec:
    """These routes as OpenAPI has them; `get` describes one."""
    text = {"type": "string"}
    parts = [{"name": name, "in": "path", "required": True, "schema": text} for name in ("area", "week")]
    lang = {"name": "lang", "in": "query", "required": False, "schema": {**text, "enum": list(LANGUAGES)}}
    whole = "A weekly brief as PDF; the week is written 2018-W43."
    return {
        "/api/v1/briefs": {
            "get": get("The weekly briefs that were made of an area, newest first.", {"type": "object"}, area)
        },
        "/api/v1/briefs/{area}/{week}.pdf": {
            "get": get(whole, {**text, "format": "binary"}, *parts, lang, media="application/pdf")
        },
    }


async def get_briefs(request: Request) -> Response:
    """The briefs of an area within what the viewer may see, newest first."""
    code = await _area(request, request.query_params.get("area") or None)
    ctx = context(request)
    kept = await ctx.run(lambda: Briefs(ctx.services.settings.data_dir).of(code) if code else ())
    lines = [
        {
            "week": one.week,
            "lang": one.lang,
            "bytes": one.size,
            "url": f"/api/v1/briefs/{code}/{one.week}.pdf?lang={one.lang}",
        }
        for one in kept
    ]
    return answer_json({"area": code, "briefs": lines})


async def get_brief(request: Request) -> Response:
    """One brief as PDF."""
    code = await _area(request, request.path_params["area"])
    week, lang = request.path_params["week"], request.query_params.get("lang") or LANGUAGES[0]
    if lang not in LANGUAGES:
        raise InvalidInput(f"lang is one of {', '.join(LANGUAGES)}.")
    ctx = context(request)
    body = await ctx.run(lambda: Briefs(ctx.services.settings.data_dir).read(code or "", week, lang))
    if body is None:
        raise NotFound("没有这一期周报。")
    return await download(request, "brief", body, f"yiping-{code}-{week}-{lang}.pdf", area=code)


async def _area(request: Request, code: str | None) -> str | None:
    """The code of the area that is asked for. Raises `NotFound` for one outside the viewer's scope."""
    scope = principal(request).scope

    def read(session: Session) -> str | None:
        found = areas.find(session, code, scope)
        return found.code if found else None

    return await context(request).read(read)

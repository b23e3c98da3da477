"""Open311 GeoReport v2 under `/api/v1/open311/v2`: services, requests, in JSON and XML, without `jurisdiction_id`.

The key (`api_key`, or a token in the Authorization header) is an account's or a program's token; its area bounds what
it may see and send. What a program sends comes in on a channel of its own name, with that as the owner, and the source
`open311` has the freshness. `media_url` is kept as it is told and never fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api.answers import answer_json
from data_access.api.attachments import bounded
from data_access.api.context import context
from data_access.api.parameters import a_number, an_instant
from data_access.auth.principal import Kind, Principal, require
from data_access.commands import open311 as commands
from data_access.domain.accounts import Action
from data_access.domain.errors import InvalidInput, NotFound, NotSignedIn
from data_access.queries import open311

BASE: Final = "/api/v1/open311/v2"
_MOST: Final = 64 * 1024
_DAYS: Final = 90
_FORMS: Final = ("json", "xml")


def routes() -> list[Route]:
    """The interface; each address ends in .json or .xml."""
    return [
        Route(f"{BASE}/services.{{form}}", get_services),
        Route(f"{BASE}/services/{{service_code}}.{{form}}", get_service),
        Route(f"{BASE}/requests.{{form}}", get_requests),
        Route(f"{BASE}/requests.{{form}}", post_request, methods=["POST"]),
        Route(f"{BASE}/requests/{{request_id}}.{{form}}", get_request),
    ]


async def get_services(request: Request) -> Response:
    """What can be reported: the classes of the catalogue that stand above no other."""
    return _answer(request, await context(request).read(open311.services), "services", "service")


async def get_service(request: Request) -> Response:
    """One of them; none asks for anything beside the request itself."""
    code = a_number(request.path_params["service_code"])
    found = await context(request).read(lambda session: open311.service(session, code))
    return _answer(request, found, "service_definition", None)


async def get_requests(request: Request) -> Response:
    """Requests of at most 90 days, newest first."""
    ctx, who = context(request), await _who(request)
    asked, now = request.query_params, ctx.services.clock()
    start, end = an_instant(asked, "start_date"), an_instant(asked, "end_date") or now
    start = start or end - timedelta(days=_DAYS)
    if not timedelta() <= end - start <= timedelta(days=_DAYS):
        raise InvalidInput(f"start_date and end_date are at most {_DAYS} days apart.")
    status = asked.get("status")
    if status not in (None, "open", "closed"):
        raise InvalidInput("status is open or closed.")
    code = asked.get("service_code")
    wanted = open311.Wanted(start, end, status, a_number(code) if code else None, _numbers(asked))
    found = await ctx.read(lambda session: open311.requests(session, who.scope, wanted))
    return _answer(request, found, "service_requests", "request")


async def get_request(request: Request) -> Response:
    """One request."""
    ctx, who = context(request), await _who(request)
    number = a_number(request.path_params["request_id"])

    def read(session: Session) -> Sequence[Mapping[str, Any]]:
        if found := open311.one(session, who.scope, number):
            return [found]
        raise NotFound("There is no such request within what the key may see.")

    return _answer(request, await ctx.read(read), "service_requests", "request")


async def post_request(request: Request) -> Response:
    """Take a request in: a service, a place, and what there is to say."""
    ctx = context(request)
    body = await bounded(request, _MOST)
    try:
        sent = dict(parse_qsl(body.decode(), max_num_fields=50))
    except (UnicodeDecodeError, ValueError):
        raise InvalidInput("The body is a form, application/x-www-form-urlencoded.") from None
    who = await _who(request, sent.get("api_key"))
    require(who, Action.COMMENT)
    now = ctx.services.clock()
    number = await ctx.run(lambda: commands.take_in(ctx.services, sent, who, now=now))
    answer = [{"service_request_id": str(number), "service_notice": "已受理", "account_id": ""}]
    return _answer(request, answer, "service_requests", "request", 201)


async def _who(request: Request, key: str | None = None) -> Principal:
    """Whose key it is: in the form, in the query, or as a token of the Authorization header."""
    ctx, key = context(request), key or request.query_params.get("api_key")
    who = request.scope.get("principal")
    if key:
        who = await ctx.run(lambda: ctx.door.program(key, ctx.services.clock()))
    if not isinstance(who, Principal) or (request.method == "POST" and who.kind is not Kind.TOKEN and not key):
        raise NotSignedIn("A key is needed: api_key, or a token in the Authorization header.")
    if who.kind is Kind.GUEST:
        raise NotSignedIn("A key is needed: api_key, or a token in the Authorization header.")
    require(who, Action.SEE_ROWS)
    return who


def _answer(request: Request, found: Any, root: str, each: str | None, status: int = 200) -> Response:
    form = request.path_params["form"]
    if form not in _FORMS:
        raise NotFound("The address ends in .json or .xml.")
    if form == "json":
        return answer_json(found, status)
    top = ET.Element(root)
    if each is None:
        _fill(top, found)
    else:
        for one in found:
            _fill(ET.SubElement(top, each), one)
    body = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return Response(body, status, media_type="text/xml; charset=utf-8", headers={"Cache-Control": "no-store"})


def _fill(element: ET.Element, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        child = ET.SubElement(element, name)
        if isinstance(value, bool):
            child.text = str(value).lower()
        elif isinstance(value, datetime):
            child.text = value.isoformat()
        elif value is not None and not isinstance(value, list):
            child.text = "".join(c for c in str(value) if c in "\n\t" or c >= " ")


def _numbers(asked: Mapping[str, str]) -> tuple[int, ...]:
    text = asked.get("service_request_id")
    return tuple(a_number(part.strip()) for part in text.split(",")[:200]) if text else ()


def described() -> dict[str, Any]:
    """These routes as OpenAPI has them."""

    def spec(summary: str, *names: str, body: bool = False) -> dict[str, Any]:
        parameters = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
        shape = {"type": "object" if "service_code" in names else "array"}
        content = {"application/json": {"schema": shape}, "text/xml": {"schema": {"type": "string"}}}
        error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        text = {"type": "string"}
        fields = ("api_key", "service_code", "lat", "long", "address_string", "address_id", "description", "media_url")
        form = {"type": "object", "required": ["service_code"], "properties": dict.fromkeys(fields, text)}
        more = {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}}}
        return {
            "summary": summary,
            "parameters": parameters,
            **(more if body else {}),
            "responses": {
                "201" if body else "200": {"description": "As Open311 GeoReport v2 has it.", "content": content},
                "400": {"description": "A parameter is not what it must be.", "content": error},
                "401": {"description": "A key is needed.", "content": error},
            },
        }

    return {
        f"{BASE}/services.{{form}}": {"get": spec("Open311: what can be reported.", "form")},
        f"{BASE}/services/{{service_code}}.{{form}}": {"get": spec("Open311: one of them.", "service_code", "form")},
        f"{BASE}/requests.{{form}}": {
            "get": spec("Open311: requests of at most 90 days: start_date, end_date, status, service_code.", "form"),
            "post": spec("Open311: send a request.", "form", body=True),
        },
        f"{BASE}/requests/{{request_id}}.{{form}}": {"get": spec("Open311: one request.", "request_id", "form")},
    }

"""Who asks: one middleware resolves cookie or token, and two gates say what needs whom.

`Identify` puts the principal (or None) into the scope and refuses changes that another site's page sends with the
viewer's cookie. `guarded` stands in front of every route of ours, `PageGate` in front of Dash.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, urlsplit

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from data_access.api.trouble import is_look
from data_access.auth.credentials import form_token
from data_access.auth.door import Door, is_loopback
from data_access.auth.principal import Kind, Principal, require
from data_access.domain.accounts import Action, Role
from data_access.domain.errors import NotAllowed, NotSignedIn

SESSION_COOKIE: Final = "yiping_session"
FORM_COOKIE: Final = "yiping_form"
"""Readable by our scripts, which send it back as `FORM_HEADER`; worthless without the other cookie."""
FORM_HEADER: Final = "x-yiping-form"
SIGN_IN: Final = "/sign-in"

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_BY_ITSELF: Final = frozenset({"/_dash-update-component", "/api/v1/walls"})
"""What a page posts without anybody having touched it."""

OPEN: Final = frozenset(
    {
        "/healthz",
        "/readyz",
        "/metrics",  # asks by itself for this machine or an account
        "/sw.js",
        "/api/v1/openapi.json",
        "/api/v1/{token}/telemetry",  # the device's token is in the address
        "/api/v1/sources/{code}/alive",
        # Open311: what can be reported is public, and the rest asks for a key by itself.
        "/api/v1/open311/v2/services.{form}",
        "/api/v1/open311/v2/services/{service_code}.{form}",
        "/api/v1/open311/v2/requests.{form}",
        "/api/v1/open311/v2/requests/{request_id}.{form}",
    }
)
"""Routes for which nobody need be known."""
OPEN_TO_POST: Final = frozenset({"/api/v1/incidents"})
"""People's reports: nobody need be known to send one; an account's scope is kept. Reading is another route."""

AGGREGATES: Final = frozenset(
    {
        "/live",
        "/api/v1/me",
        "/api/v1/snapshot",
        "/api/v1/indicators",
        "/api/v1/overview.xlsx",
        "/api/v1/map/devices",
        "/api/v1/map/incidents",
        "/api/v1/map/workers",
        "/api/v1/map/cameras",
        "/api/v1/map/resources",
        "/api/v1/map/areas.geojson",
        "/api/v1/map/around.geojson",
        "/api/v1/map/heat",
        "/api/v1/map/basemap",
        "/tiles/{z:int}/{x:int}/{y:int}",
        "/api/v1/walls",
    }
)
"""Routes that every role may ask; a wall gets aggregates from them. Any other route shows rows."""

ORGANISATIONS: Final = frozenset(
    {
        ("GET", "/api/v1/me"),
        ("GET", "/api/v1/field"),
        ("POST", "/api/v1/field/acts"),
        ("POST", "/api/v1/incidents/{incident_id}/attachments"),
        ("GET", "/api/v1/attachments/{attachment_id}"),
    }
)
"""All that an organisation may ask, each bounded to its unit's orders and those that nobody has."""

_GUESTS_POST: Final = frozenset({"/api/v1/walls"})
REPORT: Final = "/report"
RECEIPT: Final = "/r/"
_PUBLIC_PAGES: Final = ("/assets/", "/_dash-component-suites/", "/_favicon.ico", SIGN_IN, RECEIPT)
FIELD: Final = "/field"
"""The page of organisations, the only one beside those for everybody."""
_THEIRS: Final = frozenset({FIELD, "/sign-out"})
_FORMS: Final = (SIGN_IN, "/sign-out", "/account", "/users", "/catalogue", "/workflows", "/incidents/new", RECEIPT)
"""Pages whose forms carry a token of their own as a hidden field; they look at it themselves."""


class Identify:
    """Finds out who asks; knows nothing of what is asked."""

    def __init__(self, app: ASGIApp, door: Door, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._door = door
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        key = _cookies(headers).get(SESSION_COOKIE, "")
        who = scope["principal"] = await self._who(headers, scope["method"], path, key)
        by_cookie = who is not None and who.kind in {Kind.SESSION, Kind.LINK}
        scope["session_key"] = key if by_cookie else None
        if by_cookie and scope["method"] not in _READS and (why := _foreign(headers, path, key)):
            await JSONResponse({"error": why}, 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _who(self, headers: Headers, method: str, path: str, key: str) -> Principal | None:
        now = self._clock()
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            told = self._door.recall(token)
            return told.who if told else await run_sync(self._door.program, token, now)
        if key:
            active = _is_act(headers, method, path)
            told = self._door.recall(key)
            if told is None or (active and self._door.needs_touch(told)):
                who = await run_sync(lambda: self._door.browser(key, now, active=active))
            else:
                who = told.who
            if who is not None:
                return who
        if not _from_here(headers) and not self._door.guests_from_anywhere:
            return None
        open_ = self._door.recall_guests()
        return self._door.guest() if (await run_sync(self._door.guests) if open_ is None else open_) else None


class PageGate:
    """In front of Dash: who is not known is sent to sign in, an organisation to its page, programs are told."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_public(scope["path"]) or _may_open(scope.get("principal"), scope["path"]):
            await self._app(scope, receive, send)
            return
        answer: Response
        looks = is_look(scope["method"], Headers(scope=scope).get("accept", ""))
        if scope.get("principal"):
            refused = JSONResponse({"error": "您的账号没有这项权限。"}, 403)
            answer = RedirectResponse(FIELD, 303, {"Cache-Control": "no-store"}) if looks else refused
        elif looks:
            query = scope["query_string"].decode("latin-1")
            there = scope["path"] + (f"?{query}" if query else "")
            answer = RedirectResponse(f"{SIGN_IN}?next={quote(there, safe='')}", 303, {"Cache-Control": "no-store"})
        else:
            answer = JSONResponse({"error": "请先登录。"}, 401)
        await answer(scope, receive, send)


def is_public(path: str) -> bool:
    """Whether a page or file is for everybody: what the sign-in page needs, and itself."""
    return path == REPORT or path.startswith(_PUBLIC_PAGES)


def _may_open(who: Principal | None, path: str) -> bool:
    return who is not None and (who.role is not Role.ORGANISATION or path in _THEIRS)


def guarded(route: Route, needs: Mapping[str, Action | None]) -> Route:
    """`route` behind its gate.

    Unless a table above says otherwise it is for roles that may see rows, and a change needs an account and what
    `needs` says of its path. Raises `KeyError` for one that is not named there.
    """
    path, endpoint = route.path, route.endpoint
    posts = path in OPEN_TO_POST and route.methods == {"POST"}
    if path in OPEN or posts or not callable(endpoint) or path.endswith("{rest:path}"):
        return route
    needed = None if route.methods is None or route.methods <= _READS else needs[path]

    async def admit(request: Request) -> Response:
        who = request.scope.get("principal")
        if not isinstance(who, Principal):
            raise NotSignedIn("请先登录。")
        if who.role is Role.ORGANISATION:
            if (request.method, path) not in ORGANISATIONS:
                raise NotAllowed("您的账号没有这项权限。")
        elif path not in AGGREGATES:
            require(who, Action.SEE_ROWS)
        if request.method not in _READS and path not in _GUESTS_POST and who.kind is Kind.GUEST:
            raise NotSignedIn("登录后可以处置。")
        if request.method not in _READS and needed is not None:
            require(who, needed)
        return await _called(endpoint, request)

    return Route(path, admit, methods=sorted(route.methods or {"GET"}), name=route.name)


async def _called(endpoint: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    return await endpoint(request)


def for_this_machine_or_an_account(request: Request) -> None:
    """Raise unless the client is on this machine or signed in with an account."""
    who = request.scope.get("principal")
    here = request.client is not None and is_loopback(request.client.host) and _from_here(request.headers)
    if not here and (who is None or who.kind is Kind.GUEST or who.role is Role.ORGANISATION):
        raise NotAllowed("只对本机和已登录的账号开放。")


def _cookies(headers: Headers) -> Mapping[str, str]:
    jar = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _from_here(headers: Headers) -> bool:
    """Whether the request was meant for this machine by name and passed no proxy."""
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    return is_loopback(host) and not any(name in headers for name in ("forwarded", "x-forwarded-for"))


def _is_act(headers: Headers, method: str, path: str) -> bool:
    """Whether a person did this: opened a page or changed something, not a page that refreshes itself."""
    if method in _READS:
        return "text/html" in headers.get("accept", "")
    return path not in _BY_ITSELF


def _foreign(headers: Headers, path: str, key: str) -> str | None:
    """Why a change sent with a cookie is not believed to come from our own page; None when it is."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return "This request comes from another site."
    if path == REPORT or path.startswith(_FORMS) or headers.get(FORM_HEADER) == form_token(key):
        return None
    return f"A change needs the value of the cookie {FORM_COOKIE} in the header {FORM_HEADER.title()}."

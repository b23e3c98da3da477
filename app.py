"""The composition root: `create_app(settings)` builds what the web process needs and joins it; nothing else does.

Started by `uvicorn app:create_app --factory` (which is what `yiping serve` does). Starlette answers the live stream,
the map feed and the JSON interface itself; everything else is Dash on Flask, in worker threads.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from a2wsgi import WSGIMiddleware
from anyio import create_task_group, to_thread
from dash import Dash, page_registry
from flask import Flask, Request, Response, after_this_request, request
from flask_login import LoginManager
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.routing import Mount
from werkzeug.exceptions import InternalServerError

from components import document, page_parts
from data_access.api import (
    Context,
    api_middleware,
    api_routes,
    bundle,
    content_policy,
    error_handlers,
    joined,
    mask_access_log,
)
from data_access.api.bodies import WholeBodies
from data_access.api.identity import REPORT, PageGate
from data_access.api.tiles import source_of
from data_access.api.trouble import AWAY, is_look, trouble
from data_access.auth.door import Door
from data_access.auth.principal import Principal
from data_access.build_version import build
from data_access.db.engine import Database
from data_access.live import bus
from data_access.live.hub import END_STREAMS, Hub
from data_access.live.outbox import Relay
from data_access.queries.ahead import Ahead
from data_access.queries.map_feed import DeviceFeed
from data_access.queries.search import SearchIndex
from data_access.queries.session import cache
from data_access.services import Services
from data_access.settings import Settings
from pages import audit, catalogue, field, gate, incident_new, report, sign_in, users, workflows

log = logging.getLogger(__name__)

DASH_THREADS = 16
FORM_ROOM = 256 * 1024  # bytes of a form or a callback
REPORT_ROOM = 16_000_000  # bytes of a report that are waited for outside of a thread: nine photos as phones send them
_ASSETS = Path(__file__).parent / "assets"
_PHONE = tuple(_ASSETS / name for name in ("css/00-tokens.css", "css/10-base.css", "alone/phone.css"))
_REPORT = tuple(_ASSETS / "alone" / name for name in ("photo.js", "voice.js", "report.js"))
_FIELD = tuple(
    _ASSETS / "alone" / name
    for name in ("photo.js", "voice.js", "field_queue.js", "field_kept.js", "field_picture.js", "field.js")
)
_DOCUMENTS = tuple(_ASSETS.glob("*.html"))  # whole pages of ours, with scripts inside
INTAKE_PATIENCE_S = 8.0  # longer than the HTTP intake waits for the commit of what it handed over


def create_app(settings: Settings | None = None) -> Starlette:
    """The whole web process for `settings` (by default those of the environment)."""
    settings = settings or Settings()
    mask_access_log()
    redis = bus.connect(settings.redis)
    patient = bus.connect(settings.redis, patience_s=INTAKE_PATIENCE_S)
    services = Services(settings, Database(settings.database), redis, _now)
    door = Door(settings, services.database, redis)
    relay = Relay(services.database, redis, maxlen=settings.stream_maxlen)
    feed, search = DeviceFeed(services.database), SearchIndex(services.database)
    hub = Hub(settings.redis, clock=_now, is_worn=feed.is_worn, heartbeat_s=settings.heartbeat_s, build=build())
    hub.watch(feed.changed)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Callable[[], None]]]:
        async with hub.running(), create_task_group() as tasks:
            ahead.start()
            tasks.start_soon(_warm, feed, search, ahead)
            try:
                yield {END_STREAMS: hub.end_streams}
            finally:
                await to_thread.run_sync(ahead.stop)
        redis.close()
        patient.close()
        services.database.dispose()

    styles, scripts = bundle(_ASSETS / "css", "/assets/all.css"), bundle(_ASSETS / "js", "/assets/all.js")
    phone = joined(_PHONE, "/assets/phone.css")
    report_script, field_script = joined(_REPORT, "/assets/report.js"), joined(_FIELD, "/assets/field.js")
    own = document.Own(styles.url, scripts.url, phone.url, report_script.url, field_script.url)
    server = _dash(services, door, own).server
    ahead = server.extensions["yiping.ahead"] = Ahead(server)
    dash: Any = WSGIMiddleware(server, workers=DASH_THREADS)
    app = Starlette(
        routes=[
            *api_routes(),
            *(part.route() for part in (styles, scripts, phone, report_script, field_script)),
            Mount("/", PageGate(WholeBodies(dash, room={REPORT: REPORT_ROOM}, others=FORM_ROOM))),
        ],
        middleware=api_middleware(
            {f"/assets/{file.name}": content_policy(file.read_text("utf-8")) for file in _DOCUMENTS}, door, _now
        ),
        exception_handlers=error_handlers(),
        lifespan=lifespan,
    )
    intake = replace(services, redis=patient)
    app.state.context = Context(services, intake, hub, relay, feed, search, source_of(settings), door)
    return app


def _dash(services: Services, door: Door, own: document.Own) -> Dash:
    """The Dash application, with the pages of `pages/` and the services they reach through Flask."""
    dash = _Product(
        own,
        __name__,
        use_pages=True,
        serve_locally=True,
        include_assets_files=False,  # joined in two bundles
        title="一屏",
        update_title="",
        # Else every page is laid out for whoever asks first, a citizen who may see none, and written into each document
        # (120 kB) to check ids that the tests have checked.
        suppress_callback_exceptions=True,
        on_error=_report,
    )
    dash.enable_dev_tools(debug=False, dev_tools_disable_version_check=True)
    dash.layout = page_parts.container()
    dash.server.config["MAX_CONTENT_LENGTH"] = FORM_ROOM  # who takes files says so (/report)
    dash.server.extensions["yiping"] = services
    dash.server.extensions["yiping.door"] = door
    _know_who_asks(dash.server)
    _fail_as_a_page(dash.server)
    gate.add_to(dash.server)
    for page in (sign_in, users, catalogue, workflows, audit, incident_new, report, field):
        page.add_to(dash.server)
    cache.init_app(
        dash.server,
        {
            "CACHE_TYPE": "RedisCache",
            "CACHE_REDIS_HOST": services.redis,  # a client that gives up soon: without Redis slower, never stuck
            "CACHE_DEFAULT_TIMEOUT": 60,
            "CACHE_KEY_PREFIX": f"yiping:cache:{build()}:",  # an upgrade does not read what the old version kept
        },
    )
    return dash


def _know_who_asks(server: Flask) -> None:
    """Let Flask-Login take the person from the ASGI middleware, which has resolved cookie or token."""
    logins = LoginManager(server)
    logins.session_protection = None  # the middleware keeps the sessions; Flask has none of its own

    @logins.request_loader  # type: ignore[untyped-decorator]  # published without types
    def load(asked: Request) -> Principal | None:
        scope: Any = asked.environ.get("asgi.scope", {})
        found = scope.get("principal")
        return found if isinstance(found, Principal) else None


def _fail_as_a_page(server: Flask) -> None:
    """Whoever opens a page that cannot be made sees why, in our words; a script of ours is told in JSON."""

    def failed(error: Exception) -> Response:
        cause = error.original_exception if isinstance(error, InternalServerError) else error
        found = trouble(cause or error, request.endpoint)
        if is_look(request.method, request.headers.get("Accept", "")):
            return Response(found.page, found.status, found.headers, mimetype="text/html")
        return Response(json.dumps(found.said), found.status, found.headers, mimetype="application/json")

    for kind in (*AWAY, InternalServerError):
        server.register_error_handler(kind, failed)


class _Product(Dash):
    """Dash whose pages may bring what is painted before its scripts have run: `first_paint` of their registration."""

    def __init__(self, own: document.Own, name: str, **options: Any) -> None:
        self._own = own
        super().__init__(name, **options)
        self.server.extensions["yiping.own"] = self._own

    def interpolate_index(self, *_: Any, **parts: Any) -> str:
        page: dict[str, Any] = next((p for p in page_registry.values() if p["path"] == request.path), {})
        query = request.args.to_dict()
        first = page["first_paint"](query) if "first_paint" in page else None
        built = document.build(parts, self._own, query, first, core=page.get("core", True))
        head = built.partition("</head>")[0]  # what is painted from data comes after it
        policy = content_policy(head, parts["scripts"], parts["renderer"], evaluate=query.get("probe") == "1")
        after_this_request(lambda answer: _with_policy(answer, policy))
        return built


def _with_policy(answer: Response, policy: str) -> Response:
    answer.headers["Content-Security-Policy"] = policy
    return answer


async def _warm(feed: DeviceFeed, search: SearchIndex, ahead: Ahead) -> None:
    """Have ready what is asked for first; a database that is not there yet is said by /readyz."""
    try:
        await to_thread.run_sync(feed.warm)
        await to_thread.run_sync(search.warm)
        await to_thread.run_sync(ahead.home)
    except SQLAlchemyError as error:
        log.warning("what is asked for first waits for the database (%s)", type(error).__name__)


def _report(error: Exception) -> None:
    """Log what no callback expected, under a number that the person in front of the screen can quote."""
    reference = secrets.token_hex(4)
    log.error("callback failed, reference %s", reference, exc_info=error)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the one clock of the web process

"""What every answer passes: compression, caching of fingerprinted files, security headers; and masked access logs."""

from __future__ import annotations

import gzip
import logging
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data_access.api.errors import database_away
from data_access.api.identity import Identify
from data_access.auth.door import Door

_TOKEN_PATH: Final = re.compile(
    r"(/api/v1/)[^/?#\s]+(/telemetry)|(/sign-in/token/|(?<![\w/])/r/|[?&]api_key=)[^/?#&\s]+"
)
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_LIBRARY: Final = re.compile(r"/_dash-component-suites/.+\.v[\w-]+m\d+\.[\w.]*js")
"""A script of Dash or of a component library, with its version and time in its name."""
_CONDITIONAL: Final = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"})
_MAX_KEPT: Final = 64  # files; all that pages ask for are a third of it
_INLINE: Final = re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)[^>]*>(.*?)</script>", re.DOTALL)


def content_policy(*trusted: str, evaluate: bool = False) -> str:
    """The Content-Security-Policy of a page: scripts from here, and those written into the `trusted` parts of its HTML.

    `trusted` must hold nothing that came from data. `evaluate` lets scripts compile strings, which nothing of ours
    needs: browser tests do, to look into a page. Dash and Leaflet set inline styles; hls.js works in a blob worker.
    """
    bodies = (body for part in trusted for body in _INLINE.findall(part))
    scripts = [f"'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" for body in bodies]
    allowed = " ".join(["'self'", *scripts, *(["'unsafe-eval'"] if evaluate else [])])
    return (
        f"default-src 'self'; script-src {allowed}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'self'"
    )


MAY_RECORD: Final = "camera=(), microphone=(self), payment=()"
"""The Permissions-Policy of pages on which people record what they say."""

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=()",
    "Content-Security-Policy": content_policy(),  # pages of ours bring their own
}


def api_middleware(policies: Mapping[str, str], door: Door, clock: Callable[[], datetime]) -> list[Middleware]:
    """The middleware of the application, outermost first. `policies`: content policies of single paths."""
    return [
        Middleware(AnswerHeaders, policies=policies),
        Middleware(KeptLibraries),
        Middleware(ExceptionMiddleware, handlers=database_away()),  # who asks is looked up there
        Middleware(Identify, door=door, clock=clock),
        Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5),
    ]


class AnswerHeaders:
    """Puts the security headers on every answer, and far-future caching on assets asked for by fingerprint."""

    def __init__(self, app: ASGIApp, policies: Mapping[str, str]) -> None:
        self._app = app
        self._policies = policies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = scope["path"].startswith("/assets/") and b"m=" in scope["query_string"]
        fingerprinted = own or _LIBRARY.fullmatch(scope["path"])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"] in self._policies:
                    headers["Content-Security-Policy"] = self._policies[scope["path"]]
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if fingerprinted and message["status"] in {200, 304}:
                    headers["Cache-Control"] = _FOR_GOOD
            await send(message)

        await self._app(scope, receive, send_with_headers)


class KeptLibraries:
    """Compresses each library's script once, as well as it can be, and answers it from memory afterwards."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, tuple[bytes, bytes]] = {}  # path → type and compressed body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _LIBRARY.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        accepted = Headers(scope=scope).get("accept-encoding", "")
        found = self._kept.get(scope["path"]) if "gzip" in accepted else None
        if found is None and "gzip" in accepted:
            found = await self._fetched(scope, receive)
        if found is None:
            await self._app(scope, receive, send)
            return
        kind, body = found
        headers = [(b"content-type", kind), (b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _fetched(self, scope: Scope, receive: Receive) -> tuple[bytes, bytes] | None:
        """The file as the application answers it, compressed and kept; None unless it answers with the file."""
        plain = {**scope, "headers": [h for h in scope["headers"] if h[0] not in _CONDITIONAL]}
        start: Message = {}
        body = bytearray()

        async def take(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(plain, receive, take)
        if start["status"] != 200 or len(self._kept) >= _MAX_KEPT:
            return None
        packed = await to_thread.run_sync(gzip.compress, bytes(body))
        kind = dict(start["headers"]).get(b"content-type", b"text/javascript")
        self._kept[scope["path"]] = found = (kind, packed)
        return found


def masked(path: str) -> str:
    """`path` without the token of a device or of a sign-in link that an address holds; nor that of a receipt."""
    return _TOKEN_PATH.sub(r"\1\3***\2", path)


class _MaskTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(masked(a) if isinstance(a, str) else a for a in record.args)
        return True


def mask_access_log() -> None:
    """Make uvicorn's loggers hide device tokens, however the server was started."""
    for name in ("uvicorn.access", "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(f, _MaskTokens) for f in logger.filters):
            logger.addFilter(_MaskTokens())

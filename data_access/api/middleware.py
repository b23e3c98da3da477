"""What every answer passes: compression, caching of fingerprinted files, security headers; and masked access logs."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TOKEN_PATH: Final = re.compile(r"(/api/v1/)[^/?#\s]+(/telemetry)")
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


_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=()",
    "Content-Security-Policy": content_policy(),  # pages of ours bring their own
}


def api_middleware(policies: Mapping[str, str]) -> list[Middleware]:
    """The middleware of the application, outermost first. `policies`: content policies of single paths."""
    return [
        Middleware(AnswerHeaders, policies=policies),
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
        fingerprinted = scope["path"].startswith("/assets/") and b"m=" in scope["query_string"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"] in self._policies:
                    headers["Content-Security-Policy"] = self._policies[scope["path"]]
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if fingerprinted and message["status"] in {200, 304}:
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        await self._app(scope, receive, send_with_headers)


def masked(path: str) -> str:
    """`path` without the device token that a telemetry address holds."""
    return _TOKEN_PATH.sub(r"\1***\2", path)


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

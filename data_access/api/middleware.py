"""What every answer passes: compression, caching of fingerprinted files, security headers; and masked access logs."""

from __future__ import annotations

import logging
import re
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TOKEN_PATH: Final = re.compile(r"(/api/v1/)[^/?#\s]+(/telemetry)")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=()",
    # Dash writes its start-up script and styles into the page; Plotly and AG Grid compile functions; hls.js runs its
    # demuxer in a blob worker. Everything else comes from here alone.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob: https:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ),
}


def api_middleware() -> list[Middleware]:
    """The middleware of the application, outermost first."""
    return [Middleware(AnswerHeaders), Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)]


class AnswerHeaders:
    """Puts the security headers on every answer, and far-future caching on assets asked for by fingerprint."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fingerprinted = scope["path"].startswith("/assets/") and b"m=" in scope["query_string"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
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

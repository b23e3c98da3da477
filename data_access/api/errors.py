"""How errors leave: `{"error": sentence}` with the status that fits; as a page for whoever wanted to see one."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ExceptionHandler

from data_access.api.trouble import AWAY, is_look, trouble
from data_access.domain.errors import (
    Conflict,
    DomainError,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Unavailable,
)
from data_access.ingest.http import Away, Busy

STATUS: Final[dict[type[DomainError], int]] = {
    InvalidInput: 400,
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    IllegalTransition: 409,
    Busy: 429,
    Away: 503,
    Unavailable: 503,
}


def error_handlers() -> dict[int | type[Exception], ExceptionHandler]:
    """Handlers for the application: rules, refusals, a database that is away, and what nobody expected."""
    return {
        DomainError: _refused,
        HTTPException: _http,
        **database_away(),
        ClientDisconnect: _gone,
        Exception: _failed,
    }


def database_away() -> dict[int | type[Exception], ExceptionHandler]:
    """The handlers for a database that does not answer."""
    return dict.fromkeys(AWAY, _failed)


def sentence(text: str, status: int) -> JSONResponse:
    """An error answer that a person can act on."""
    return JSONResponse({"error": text}, status)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101  # registered for it alone
    status = next((s for kind, s in STATUS.items() if isinstance(error, kind)), 400)
    if not error.named:
        return sentence(str(error), status)
    return JSONResponse({"error": str(error), "source": error.source, "named": error.named}, status)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for it alone
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)


async def _gone(_request: Request, _error: Exception) -> Response:
    """A page was closed, or a connection lost, in the middle of what it sent: nobody reads this."""
    return Response(status_code=499)


async def _failed(request: Request, error: Exception) -> Response:
    found = trouble(error, request.scope.get("route"))
    if is_look(request.method, request.headers.get("accept", "")):
        return HTMLResponse(found.page, found.status, found.headers)
    return JSONResponse(found.said, found.status, found.headers)

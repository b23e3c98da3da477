"""How errors leave the JSON interface: `{"error": sentence}` with the status that fits."""

from __future__ import annotations

import logging
import secrets
from typing import Final

from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ExceptionHandler

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

log = logging.getLogger(__name__)

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
        OperationalError: _database_away,
        ClientDisconnect: _gone,
        Exception: _unexpected,
    }


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


async def _database_away(_request: Request, error: Exception) -> Response:
    log.warning("a request failed because the database is away: %s", type(error).__name__)
    return sentence("The database does not answer just now; try again in a moment.", 503)


async def _gone(_request: Request, _error: Exception) -> Response:
    """A page was closed, or a connection lost, in the middle of what it sent: nobody reads this."""
    return Response(status_code=499)


async def _unexpected(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error("request failed, reference %s, route %s", reference, request.scope.get("route"), exc_info=error)
    return sentence(f"Something unexpected happened; the log has it under {reference}.", 500)

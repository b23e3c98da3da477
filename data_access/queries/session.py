"""How pages reach the database, the clock and the cache: through the Flask application that serves them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

from flask import current_app
from flask_caching import Cache
from sqlalchemy.orm import Session

from data_access.services import Services

cache = Cache()
"""Memoises module-level queries. Keys carry scope and role, values no language; invalidated after commits."""


def services() -> Services:
    """The services of the application that handles this request."""
    found = current_app.extensions["yiping"]
    assert isinstance(found, Services)  # noqa: S101  # the composition root put it there
    return found


def reading() -> AbstractContextManager[Session]:
    """A session for reads."""
    return services().database.reading()


def now() -> datetime:
    """The present moment by the application's clock."""
    return services().clock()

"""How pages reach the database, the clock and the cache: through the Flask application that serves them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import current_app
from flask_caching import Cache
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from data_access.live.bus import LEFT_ALONE
from data_access.services import Services

P = ParamSpec("P")
T = TypeVar("T")

NEVER = datetime.min.replace(tzinfo=UTC)
_ALONE = "yiping.cache.alone"
"""Of the application: until when its cache is left alone."""

cache = Cache()
"""What several web processes know together. Keys carry scope and role, values no language."""


def remembered(*, seconds: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep what a module-level query answered for `seconds`; its arguments, by their representation, are the key.

    One question to Redis where Flask-Caching's own `memoize` asks two: a page is made of fifteen such parts. Whoever
    must not see an old answer after an import has the data version among the arguments. Without Redis the query runs;
    one that hangs is asked again after a while only, or each part would wait for its patience.
    """

    def decorate(query: Callable[P, T]) -> Callable[P, T]:
        name = f"{query.__module__}.{query.__qualname__}"

        @wraps(query)
        def answer(*args: P.args, **kwargs: P.kwargs) -> T:
            told = f"{name}{args!r}{kwargs!r}"
            key = f"{name}:{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"
            held: tuple[T] | None = _asked(lambda: cache.get(key))
            if held is not None:
                return held[0]
            found = query(*args, **kwargs)
            _asked(lambda: cache.set(key, (found,), timeout=seconds))
            return found

        return answer

    return decorate


def _asked(ask: Callable[[], T]) -> T | None:
    """What the cache says, or nothing while it is left alone after a failure."""
    known = current_app.extensions
    if now() < known.get(_ALONE, NEVER):
        return None
    try:
        return ask()
    except (RedisError, OSError):
        known[_ALONE] = now() + LEFT_ALONE
        return None


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

"""What the routes share: the services and the hub of the process, and calls of synchronous queries in a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from data_access.api.tiles import Source
from data_access.auth.door import Door
from data_access.auth.principal import Principal
from data_access.domain.errors import NotSignedIn
from data_access.live.hub import Hub
from data_access.live.outbox import Relay
from data_access.queries.map_feed import DeviceFeed
from data_access.queries.search import SearchIndex
from data_access.services import Services

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """What a process has for its routes, found in the application's state; `basemap` is None without a base map.

    `intake` are the services of whoever hands readings over: its Redis is given as long as a commit may take.
    """

    services: Services
    intake: Services
    hub: Hub
    relay: Relay
    feed: DeviceFeed
    search: SearchIndex
    basemap: Source | None
    door: Door

    async def read(self, query: Callable[[Session], T]) -> T:
        """Run `query` on a reading session in a worker thread."""

        def run() -> T:
            with self.services.database.reading() as session:
                return query(session)

        return await run_sync(run)

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work`, which waits for the database or Redis, in a worker thread."""
        return await run_sync(work)


def context(request: Request) -> Context:
    """The context of the application that handles `request`."""
    found = request.app.state.context
    assert isinstance(found, Context)  # noqa: S101  # the composition root put it there
    return found


def principal(request: Request) -> Principal:
    """Who asks, as the middleware has resolved it. Raises `NotSignedIn` when nobody is known."""
    found = request.scope.get("principal")
    if isinstance(found, Principal):
        return found
    raise NotSignedIn("请先登录。")


def same_origin(request: Request) -> None:
    """Refuse a write that another site's page sends with the viewer's cookie; programs send no Origin."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "This request comes from another site.")

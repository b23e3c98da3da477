"""Every route beside Dash, in one list."""

from __future__ import annotations

from starlette.routing import Route

from data_access.api.health import healthz, readyz
from data_access.api.live import live
from data_access.api.state import get_snapshot


def api_routes() -> list[Route]:
    """The routes of the application."""
    return [
        Route("/live", live),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/api/v1/snapshot", get_snapshot),
    ]

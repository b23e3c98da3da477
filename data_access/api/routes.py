"""Every route beside Dash, in one list."""

from __future__ import annotations

from starlette.routing import Route

from data_access.api.health import healthz, readyz
from data_access.api.live import live
from data_access.api.map import get_areas, get_building, get_cameras, get_device, get_devices, get_incidents
from data_access.api.state import get_snapshot


def api_routes() -> list[Route]:
    """The routes of the application."""
    return [
        Route("/live", live),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/api/v1/snapshot", get_snapshot),
        Route("/api/v1/map/devices", get_devices),
        Route("/api/v1/map/cameras", get_cameras),
        Route("/api/v1/map/incidents", get_incidents),
        Route("/api/v1/map/areas.geojson", get_areas),
        Route("/api/v1/devices/{device_id}", get_device),
        Route("/api/v1/buildings/{code}", get_building),
    ]

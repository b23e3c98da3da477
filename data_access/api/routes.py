"""Every route beside Dash, in one list."""

from __future__ import annotations

from starlette.routing import Route

from data_access.api import (
    alarm_acts,
    alarm_analysis,
    alarms,
    attachments,
    audit,
    basemap,
    briefs,
    cap,
    device_rules,
    duty,
    exports,
    field,
    floods,
    health,
    incident_acts,
    installed,
    live,
    map_points,
    me,
    media,
    mentions,
    metrics,
    open311,
    openapi,
    search,
    state,
    telemetry,
    walls,
)
from data_access.api.identity import guarded
from data_access.api.incidents import Intake
from data_access.api.indicators import get_indicators
from data_access.api.permissions import NEEDS
from data_access.api.unmask import post_unmask


def api_routes() -> list[Route]:
    """The routes of the application, each behind its gate."""
    return [guarded(route, NEEDS) for route in _routes()]


def _routes() -> list[Route]:
    intake = Intake()
    return [
        Route("/live", live.live),
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", metrics.get_metrics),
        Route("/sw.js", installed.get_worker),
        Route("/api/v1/openapi.json", openapi.get_openapi),
        Route("/api/v1/me", me.get_me),
        Route("/api/v1/me/active", me.post_active, methods=["POST"]),
        Route("/api/v1/snapshot", state.get_snapshot),
        Route("/api/v1/map/devices", map_points.get_devices),
        Route("/api/v1/map/cameras", map_points.get_cameras),
        Route("/api/v1/map/incidents", map_points.get_incidents),
        Route("/api/v1/map/resources", map_points.get_resources),
        Route("/api/v1/map/workers", map_points.get_workers),
        Route("/api/v1/map/areas.geojson", map_points.get_areas),
        Route("/api/v1/map/around.geojson", map_points.get_around),
        Route("/api/v1/map/heat", map_points.get_heat),
        Route("/api/v1/map/basemap", basemap.get_basemap),
        Route("/api/v1/search", search.get_search),
        Route("/tiles/{z:int}/{x:int}/{y:int}", basemap.get_tile),
        *device_rules.routes(),
        Route("/api/v1/devices/{device_id}", map_points.get_device),
        Route("/api/v1/buildings/{code}", map_points.get_building),
        *duty.routes(),
        *floods.routes(),
        *mentions.routes(),
        *cap.routes(),
        Route("/api/v1/alarms", alarms.get_alarms),
        Route("/api/v1/alarms/queue", alarms.get_queue),
        Route("/api/v1/alarms/analysis", alarm_analysis.get_analysis),
        *alarm_acts.routes(),
        Route("/api/v1/alarms/{alarm_id}", alarms.get_alarm),
        Route("/api/v1/incidents", intake.post_incident, methods=["POST"]),
        *attachments.routes(),
        *field.routes(),
        *open311.routes(),
        *incident_acts.routes(),
        Route("/api/v1/sources/{code}/alive", intake.post_alive, methods=["POST"]),
        Route("/api/v1/audit", audit.get_audit),
        Route("/api/v1/unmask", post_unmask, methods=["POST"]),
        Route("/api/v1/indicators", get_indicators),
        *briefs.routes(),
        Route("/api/v1/overview.xlsx", exports.get_workbook),
        Route("/api/v1/walls", walls.walls_route, methods=["GET", "POST"]),
        Route("/api/v1/{token}/telemetry", telemetry.post_telemetry, methods=["POST"]),
        Route("/api/{rest:path}", health.Unknown()),
        Route("/media/cameras/{code}/index.m3u8", media.get_playlist),
        Route("/media/cameras/{code}/{name}", media.get_piece),
        Route("/media/{rest:path}", health.Unknown()),
    ]

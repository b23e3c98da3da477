"""ASGI routes beside Dash: live stream, map feed, JSON interface, health, metrics."""

from data_access.api.bundles import Bundle, bundle, joined
from data_access.api.context import Context
from data_access.api.errors import error_handlers
from data_access.api.middleware import MAY_RECORD, api_middleware, content_policy, mask_access_log
from data_access.api.routes import api_routes

__all__ = [
    "MAY_RECORD",
    "Bundle",
    "Context",
    "api_middleware",
    "api_routes",
    "bundle",
    "content_policy",
    "error_handlers",
    "joined",
    "mask_access_log",
]

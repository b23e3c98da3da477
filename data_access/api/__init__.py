"""ASGI routes beside Dash: live stream, map feed, JSON interface, health, metrics."""

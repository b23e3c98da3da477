"""JSON answers: datetimes as ISO 8601, never stored by a cache."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response


def answer_json(value: Any, status: int = 200) -> Response:
    """`value` (plain data, dataclasses, datetimes) as JSON."""
    return Response(
        msgspec.json.encode(value), status, media_type="application/json", headers={"Cache-Control": "no-store"}
    )

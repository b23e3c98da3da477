"""`GET /sw.js`: the service worker of the installed page, served from the root so that its scope is every page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

_WORKER: Final = Path(__file__).parents[2] / "assets" / "js" / "sw.worker.js"


async def get_worker(_request: Request) -> Response:
    """The script; asked for anew each time, so that an upgrade reaches every tablet."""
    return FileResponse(_WORKER, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

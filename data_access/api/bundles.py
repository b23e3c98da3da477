"""The page's own style sheets and scripts: the files of a folder joined in the order of their names, as one answer.

Fifty small files are fifty requests, of which a browser makes six at a time. Joined and compressed once at start, they
cost the server nothing; their address holds a digest of their content, so a browser keeps them for good.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}
_APART: Final = ".worker.js"
"""A worker is a world of its own: served by its own name."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Files joined: under which path, of which type, plain and compressed."""

    path: str
    media_type: str
    body: bytes
    packed: bytes

    @property
    def url(self) -> str:
        """The address, which changes with the content."""
        return f"{self.path}?m={sha256(self.body).hexdigest()[:12]}"

    def route(self) -> Route:
        """The route that answers it."""
        return Route(self.path, self._answer)

    async def _answer(self, request: Request) -> Response:
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.body, media_type=self.media_type, headers=_VARIES)
        return Response(self.packed, media_type=self.media_type, headers={**_VARIES, "Content-Encoding": "gzip"})


_VARIES: Final[Mapping[str, str]] = {"Vary": "Accept-Encoding", "Cache-Control": "no-cache"}


def bundle(folder: Path, path: str) -> Bundle:
    """The files of `folder` whose names end like `path`, but for workers."""
    suffix = path[path.rindex(".") :]
    return joined(sorted(file for file in folder.glob(f"*{suffix}") if not file.name.endswith(_APART)), path)


def joined(files: Sequence[Path], path: str) -> Bundle:
    """These files as one answer."""
    suffix = path[path.rindex(".") :]
    body = b"\n".join(b"/* %s */\n%s" % (file.name.encode(), file.read_bytes()) for file in files)
    return Bundle(path, _TYPES[suffix], body, gzip.compress(body, 9, mtime=0))

"""Where base map tiles come from: a local PMTiles file, or a tile server that only this process talks to.

A tile server's address may hold the operator's key, so it never reaches a browser or a log. What it sends is kept on
disk up to a bound; when it is away, tiles already here serve on and nobody waits for the others.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, MagicNumberNotFound, SpecVersionUnsupported, TileType

from data_access.domain.errors import DomainError
from data_access.settings import Settings

log = logging.getLogger(__name__)

TIANDITU: Final = (
    "https://t{s}.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk="
)
TIMEOUT_S: Final = 5.0
MAX_TILE: Final = 2 * 1024 * 1024
FRESH_S: Final = 30 * 24 * 3600
REST_S: Final = 10.0
"""After a failure the tile server is left alone this long: a page asks for dozens of tiles at once."""

PRUNE_EVERY: Final = 200
_MAX_ZOOM: Final = 18
_READER: Final[Any] = Reader  # the package marks itself typed and is not
_MAPPED: Final[Any] = MmapSource
_MIB: Final = 1024 * 1024
_MAGIC: Final = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))


class Away(DomainError):  # noqa: N818  # reads as the fact it states
    """The base map's source does not deliver (502)."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile as it goes out; an empty body is a place the base map has nothing of."""

    body: bytes
    kind: str
    gzipped: bool = False


@dataclass(frozen=True, slots=True)
class BaseMap:
    """What the page must know to draw a base map: nothing of where it comes from."""

    kind: str  # none, raster or vector
    min_zoom: int = 0
    max_zoom: int = _MAX_ZOOM
    credit: str = ""


class Source(Protocol):
    """A place tiles come from."""

    about: BaseMap

    def tile(self, z: int, x: int, y: int) -> Tile:
        """One tile. Raises `Away` when it cannot be had now."""


def source_of(settings: Settings) -> Source | None:
    """The base map that the settings choose: a file, else an address, else Tianditu, else none."""
    if settings.basemap_pmtiles:
        try:
            return LocalFile(settings.basemap_pmtiles)
        except (OSError, ValueError, MagicNumberNotFound, SpecVersionUnsupported) as error:
            name = type(error).__name__
            log.warning("base map: %s is not a PMTiles file that can be read (%s)", settings.basemap_pmtiles, name)
            return None
    bound = settings.basemap_cache_mb * _MIB
    if settings.basemap_xyz:
        return Remote(settings.basemap_xyz.get_secret_value(), settings.data_dir / "tiles", bound, BaseMap("raster"))
    if settings.basemap_tianditu_key:
        template = TIANDITU + settings.basemap_tianditu_key.get_secret_value()
        return Remote(template, settings.data_dir / "tiles", bound, BaseMap("raster", 1, credit="天地图"))
    return None


class LocalFile:
    """Tiles of a PMTiles file, raster or vector, read through a memory map."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._reader: Any = _READER(_MAPPED(file))
        header = self._reader.header()
        vector = header["tile_type"] == TileType.MVT
        self._gzipped = header["tile_compression"] == Compression.GZIP
        self._vector = vector
        credit = str(self._reader.metadata().get("attribution", ""))
        kind = "vector" if vector else "raster"
        self.about = BaseMap(kind, header["min_zoom"], header["max_zoom"], _plain(credit))

    def tile(self, z: int, x: int, y: int) -> Tile:
        """One tile of the file; empty where it has none."""
        body = self._reader.get(z, x, y) or b""
        if self._vector:
            return Tile(body, "application/vnd.mapbox-vector-tile", self._gzipped and bool(body))
        return Tile(body, _image(body) or "image/png")


class Remote:
    """Tiles of a server, fetched by us and kept on disk up to `bound` bytes, oldest thrown away first."""

    def __init__(self, template: str, folder: Path, bound: int, about: BaseMap) -> None:
        self.about = about
        self._template = template
        self._folder = folder / hashlib.sha256(template.encode()).hexdigest()[:12]
        self._bound = bound
        self._written = 0
        self._rest_until = 0.0
        self._lock = threading.Lock()

    def tile(self, z: int, x: int, y: int) -> Tile:
        """One tile, from disk while it is fresh; an old one where the server is away. Raises `Away`."""
        path = self._folder / str(z) / str(x) / str(y)
        kept = _read(path)
        if kept is not None and time.time() - path.stat().st_mtime < FRESH_S:
            return Tile(kept, _image(kept) or "image/png")
        try:
            body = self._fetch(z, x, y)
        except Away:
            if kept is None:
                raise
            return Tile(kept, _image(kept) or "image/png")
        self._keep(path, body)
        return Tile(body, _image(body) or "image/png")

    def _fetch(self, z: int, x: int, y: int) -> bytes:
        if time.monotonic() < self._rest_until:
            raise Away("底图服务没有响应。")
        try:
            return _download(self._template.format(z=z, x=x, y=y, s=(x + y) % 8))
        except (OSError, HTTPException, ValueError, KeyError, IndexError) as error:
            self._rest_until = time.monotonic() + REST_S
            log.warning("base map: the tile server does not deliver (%s)", type(error).__name__)
            raise Away("底图服务没有响应。") from None

    def _keep(self, path: Path, body: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(body)
            Path(file.name).replace(path)
        except OSError as error:
            log.warning("base map: a tile could not be kept (%s)", type(error).__name__)
            return
        with self._lock:
            self._written += 1
            if self._written % PRUNE_EVERY == 1:
                prune(self._folder, self._bound)


def prune(folder: Path, bound: int) -> None:
    """Throw away the oldest files below `folder` until nine tenths of `bound` bytes are left, if it is exceeded."""
    files = [(entry.stat().st_mtime, entry.stat().st_size, entry) for entry in folder.rglob("*") if entry.is_file()]
    total = sum(size for _, size, _ in files)
    if total <= bound:
        return
    for _, size, path in sorted(files, key=lambda f: f[0]):
        path.unlink(missing_ok=True)
        total -= size
        if total <= bound * 0.9:
            return


def _download(url: str) -> bytes:
    """The picture at `url`; empty where the server has none. Redirects are not followed."""
    parts = urlsplit(url)
    connect = {"https": HTTPSConnection, "http": HTTPConnection}[parts.scheme]
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"User-Agent": "Yiping"})
        with connection.getresponse() as answer:
            if answer.status in {204, 404}:
                return b""
            body: bytes = answer.read(MAX_TILE + 1)
        if answer.status != 200 or len(body) > MAX_TILE or not _image(body):
            raise ValueError(f"answer {answer.status}")
        return body
    finally:
        connection.close()


def _image(body: bytes) -> str | None:
    return next((kind for magic, kind in _MAGIC if body.startswith(magic)), None)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _plain(markup: str) -> str:
    """Words of a credit line without its markup."""
    out, inside = [], False
    for char in markup:
        inside = char == "<" or (inside and char != ">")
        if not inside and char != ">":
            out.append(char)
    return "".join(out).strip()[:120]

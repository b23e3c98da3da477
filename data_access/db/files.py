"""Attachments in a folder beside the database. Machines that share a database share this folder."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from data_access.db.stores import AT_ONCE, GONE, Blob, Named, Store, by_the

FOLDER: Final = "attachments"
_NEW: Final = ".new"
_PIECE: Final = 256 * 1024


class Files(Store):
    """The files of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def path(self, digest: str, suffix: str) -> Path:
        """Where the file is, if it is."""
        return self._folder / digest[:2] / f"{digest}.{suffix}"

    def keep(self, blob: Blob) -> bool:
        path = self.path(blob.digest, blob.suffix)
        with suppress(FileNotFoundError):
            os.utime(path)  # young again, so that no sweep looks at it
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{blob.digest}.{secrets.token_hex(4)}{_NEW}")
        with fresh.open("wb") as file:
            file.write(blob.data)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        return True

    def see_to(self, blob: Blob) -> None:
        self.keep(blob)

    def read(self, digest: str, suffix: str, start: int, end: int) -> Iterator[bytes]:
        file = self.path(digest, suffix).open("rb")
        file.seek(start)
        return _pieces(file, end - start)

    def sweep(self, named: Named, *, before: float) -> int:
        """As every store.

        A file is put aside first and asked about then, so that a row committed meanwhile either finds it gone
        (`holding` writes it again) or is seen here.
        """
        old = (path for path in self._folder.glob("??/*") if _age(path) < before)
        return sum(self._sweep(some, named) for some in by_the(AT_ONCE, old))

    def check(self) -> str:
        there = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        if not os.access(there, os.W_OK):
            raise PermissionError(f"{there} cannot be written to")
        return str(self._folder)

    def _sweep(self, old: list[Path], named: Named) -> int:
        for path in old:
            if path.suffix == _NEW:
                path.unlink(missing_ok=True)  # a writer died over it
        candidates = {path: path.name.partition(".")[0] for path in old if path.suffix != _NEW}
        kept = set(named(set(candidates.values())))
        gone = 0
        for path, digest in candidates.items():
            if digest in kept:
                if path.suffix == GONE:
                    _back(path)
                continue
            aside = path if path.suffix == GONE else path.with_name(path.name + GONE)
            with suppress(FileNotFoundError):
                path.rename(aside)
                if named({digest}):
                    _back(aside)
                else:
                    aside.unlink()
                    gone += 1
        return gone


def _pieces(file: BinaryIO, left: int) -> Iterator[bytes]:
    with file:
        while left > 0 and (piece := file.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece


def _back(path: Path) -> None:
    there = path.with_name(path.name.removesuffix(GONE))
    if there.exists():
        path.unlink(missing_ok=True)
    else:
        path.rename(there)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")

"""Files beside the database, under the hash of what is in them: written before the row that names them is committed.

A crash between the two leaves a file that no row names; `sweep` takes it away later. Machines that share a database
share this folder.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final

FOLDER: Final = "attachments"
_GONE: Final = ".gone"
_NEW: Final = ".new"


@dataclass(frozen=True)
class Blob:
    """What a file holds, and what it is called."""

    data: bytes
    suffix: str

    @cached_property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()


class Files:
    """The files of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def path(self, digest: str, suffix: str) -> Path:
        """Where the file is, if it is."""
        return self._folder / digest[:2] / f"{digest}.{suffix}"

    @contextmanager
    def holding(self, *blobs: Blob) -> Iterator[None]:
        """Write the files, let the block commit the rows that name them, and see that they are still there.

        The sweep may have taken one away that was there before and that nobody had named until now.
        """
        for blob in blobs:
            self._keep(blob)
        yield
        for blob in blobs:
            if not self.path(blob.digest, blob.suffix).exists():
                self._keep(blob)

    def sweep(self, named: Callable[[Collection[str]], Collection[str]], *, before: float, most: int = 1_000) -> int:
        """Take away files older than `before` (seconds since 1970) that nobody names; return how many.

        `named` tells which of some digests rows name. A file is put aside first and asked about then, so that a row
        committed meanwhile either finds it gone (`holding` writes it again) or is seen here.
        """
        old = [path for path in self._folder.glob("??/*") if _age(path) < before][:most]
        for path in old:
            if path.suffix == _NEW:
                path.unlink(missing_ok=True)  # a writer died over it
        candidates = {path: path.name.partition(".")[0] for path in old if path.suffix != _NEW}
        kept = set(named(set(candidates.values())))
        gone = 0
        for path, digest in candidates.items():
            if digest in kept:
                if path.suffix == _GONE:
                    _back(path)
                continue
            aside = path if path.suffix == _GONE else path.with_name(path.name + _GONE)
            with suppress(FileNotFoundError):
                path.rename(aside)
                if named({digest}):
                    _back(aside)
                else:
                    aside.unlink()
                    gone += 1
        return gone

    def _keep(self, blob: Blob) -> None:
        path = self.path(blob.digest, blob.suffix)
        with suppress(FileNotFoundError):
            os.utime(path)  # young again, so that no sweep looks at it
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{blob.digest}.{secrets.token_hex(4)}{_NEW}")
        with fresh.open("wb") as file:
            file.write(blob.data)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)


def _back(path: Path) -> None:
    there = path.with_name(path.name.removesuffix(_GONE))
    if there.exists():
        path.unlink(missing_ok=True)
    else:
        path.rename(there)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")

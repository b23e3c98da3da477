"""Where attachments are kept, under the hash of what is in them: what folder (`files`) and bucket (`objects`) share.

A file is there before the row that names it is committed. A crash between the two leaves a file that no row names;
`sweep` takes it away later.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

GONE: Final = ".gone"
"""What stands behind the name of a file that the sweep is about to take away."""
AT_ONCE: Final = 500
Named = Callable[[Collection[str]], Collection[str]]
"""Tells which of some digests rows name."""
T = TypeVar("T")


@dataclass(frozen=True)
class Blob:
    """What a file holds, and what it is called."""

    data: bytes
    suffix: str

    @cached_property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()


class Store(ABC):
    """Files by digest and suffix."""

    @contextmanager
    def holding(self, *blobs: Blob) -> Iterator[None]:
        """Keep the files, let the block commit the rows that name them, and see that they are still there.

        The sweep may have taken one away that was there before and that nobody had named until now.
        """
        old = [blob for blob in blobs if not self.keep(blob)]
        yield
        for blob in old:
            self.see_to(blob)

    @abstractmethod
    def keep(self, blob: Blob) -> bool:
        """See that the file is there; tell whether it was not."""

    @abstractmethod
    def see_to(self, blob: Blob) -> None:
        """See that a file that was there still is, whatever a sweep is about to do."""

    @abstractmethod
    def read(self, digest: str, suffix: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, piece by piece. Raises `FileNotFoundError` at once."""

    @abstractmethod
    def sweep(self, named: Named, *, before: float) -> int:
        """Take away files older than `before` (seconds since 1970) that no row names; return how many."""

    @abstractmethod
    def check(self) -> str:
        """Say where it is and that it takes files. Raises what stands in the way."""


def by_the(count: int, things: Iterable[T]) -> Iterator[list[T]]:
    """`things`, at most `count` at a time."""
    left = iter(things)
    while some := list(islice(left, count)):
        yield some


@lru_cache(maxsize=8)
def store_at(url: str | None, data_dir: Path) -> Store:
    """The bucket at `url`, else the folder in `data_dir`. One for all of a process: a bucket keeps its connections."""
    if url is None:
        from data_access.db.files import Files  # noqa: PLC0415  # each knows this module

        return Files(data_dir)
    from data_access.db.objects import Objects  # noqa: PLC0415  # the client is large, and needed by few

    return Objects(url)

"""Attachments in an S3-compatible bucket, under the names they would have in the folder. Keys come from AWS_*."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from obstore.exceptions import BaseError
from obstore.store import S3Store

from data_access.db.stores import AT_ONCE, GONE, Blob, Named, Store, by_the
from data_access.domain.buckets import Bucket
from data_access.domain.errors import Unavailable

log = logging.getLogger(__name__)

_ANSWER_S: Final = 20
_GIVES_UP: Final = timedelta(seconds=20)
_SWEEP_ENDS_S: Final = 45.0
"""Longer than a sweep needs between marking a file and taking it away."""
_LOOK_S: Final = 0.2
_PIECE: Final = 256 * 1024


class Objects(Store):
    """The objects of a bucket below its prefix."""

    def __init__(self, url: str) -> None:
        self._bucket = bucket = Bucket.from_url(url)
        plain = (bucket.endpoint or "").startswith("http://")
        config: Any = {"region": bucket.region, "virtual_hosted_style_request": not bucket.by_path}
        if bucket.endpoint:
            config["endpoint"] = bucket.endpoint
        self._store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=config,
            client_options={"timeout": f"{_ANSWER_S}s", "connect_timeout": "5s", "allow_http": plain},
            retry_config={"max_retries": 2, "retry_timeout": _GIVES_UP},
        )

    def keep(self, blob: Blob) -> bool:
        key = _key(blob.digest, blob.suffix)
        if self._is_there(key):
            return False
        self._put(key, blob.data)
        return True

    def see_to(self, blob: Blob) -> None:
        key, until = _key(blob.digest, blob.suffix), time.monotonic() + _SWEEP_ENDS_S
        while self._is_there(key + GONE) and time.monotonic() < until:
            time.sleep(_LOOK_S)
        self.keep(blob)

    def read(self, digest: str, suffix: str, start: int, end: int) -> Iterator[bytes]:
        with _away():
            found = self._store.get(_key(digest, suffix), options={"range": (start, end)})
        return (bytes(piece) for piece in found.stream(min_chunk_size=_PIECE))

    def sweep(self, named: Named, *, before: float) -> int:
        """As every store.

        A file is marked first and asked about then, so that whoever names it meanwhile either is seen here or sees the
        mark, waits until it has gone and writes the file again.
        """
        with _away():
            return sum(self._sweep(some, named) for some in by_the(AT_ONCE, self._older(before)))

    def check(self) -> str:
        key, said = f"probe/{secrets.token_hex(8)}", secrets.token_bytes(16)
        self._put(key, said)
        with _away():
            back = bytes(self._store.get(key).bytes())
            self._store.delete(key)
        if back != said:
            raise OSError("what was read is not what was written")
        return str(self._bucket)

    def _sweep(self, old: list[str], named: Named) -> int:
        digests = {key: key.rpartition("/")[2].partition(".")[0] for key in old}
        kept, gone = set(named(set(digests.values()))), 0
        for key, digest in digests.items():
            if key.endswith(GONE):
                self._store.delete(key)  # a sweep died over it
            elif digest not in kept:
                self._store.put(key + GONE, b"")
                if not named({digest}):
                    self._store.delete(key)
                    gone += 1
                self._store.delete(key + GONE)
        return gone

    def _older(self, before: float) -> Iterator[str]:
        for page in self._store.list():
            yield from (found["path"] for found in page if found["last_modified"].timestamp() < before)

    def _is_there(self, key: str) -> bool:
        with _away():
            try:
                self._store.head(key)
            except FileNotFoundError:
                return False
            return True

    def _put(self, key: str, data: bytes) -> None:
        with _away():
            try:
                self._store.put(key, data)
            except FileNotFoundError as error:
                raise Unavailable("没有存放附件的桶，请告诉管理员。") from error


def _key(digest: str, suffix: str) -> str:
    return f"{digest[:2]}/{digest}.{suffix}"


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except BaseError as error:
        said = next(iter(str(error).strip().splitlines()), "")[:300]
        log.warning("attachments: the bucket does not answer as it must (%s: %s)", type(error).__name__, said)
        raise Unavailable("存放附件的地方现在不应答，请过一会儿再试。") from error

"""Readings as PostgreSQL's COPY takes them in its binary form: put together as arrays, without a look at each row."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TAIL: Final = b"\xff\xff"
_NULL: Final = -1


def _record(**columns: str) -> np.dtype[np.void]:
    """How a row lies in memory: the number of its columns, then each with its length before it."""
    parts = [("columns", ">i2")]
    for name, form in columns.items():
        parts += [(f"{name}_length", ">i4"), (name, form)]
    return np.dtype(parts)


_REPLAYED: Final = _record(device=">i8", metric=">i4", ts=">i8", value=">f8", quality=">i2", received=">i8", own=">i8")
_LIVE: Final = np.dtype(_REPLAYED.descr[:-1])  # without an original time: the length that says so ends the row


def packed(columns: tuple[NDArray[Any], ...], *, received: int) -> bytes:
    """The rows of `device, metric, time, value, original time` (0 for none) for `COPY … (FORMAT BINARY)`."""
    replayed = columns[4] > 0
    if not replayed.any():
        return _HEAD + _rows(_LIVE, columns, received) + _TAIL
    parts = ((_LIVE, ~replayed), (_REPLAYED, replayed))
    return _HEAD + b"".join(_rows(form, _of(columns, some), received) for form, some in parts) + _TAIL


def _of(columns: tuple[NDArray[Any], ...], some: NDArray[np.bool_]) -> tuple[NDArray[Any], ...]:
    return tuple(column[some] for column in columns)


def _rows(form: np.dtype[np.void], columns: tuple[NDArray[Any], ...], received: int) -> bytes:
    device, metric, ts, value, original = columns
    rows = np.zeros(len(ts), dtype=form)
    rows["columns"] = 7
    given = {"device": device, "metric": metric, "ts": ts, "value": value, "quality": 0, "received": received}
    for name, column in given.items():
        rows[f"{name}_length"] = form[name].itemsize
        rows[name] = column
    if "own" in (form.names or ()):
        rows["own_length"], rows["own"] = form["own"].itemsize, original
    else:
        rows["own_length"] = _NULL
    return rows.tobytes()

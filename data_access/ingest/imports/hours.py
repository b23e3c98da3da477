"""Readings older than raw ones are kept: what remains of them is their hour's minimum, mean and maximum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from sqlalchemy import text

from data_access.commands.clocks import HOUR_MS
from data_access.commands.imports import by_slices
from data_access.db.engine import Database

_PAGE: Final = 5_000
_UPSERT: Final = text(
    "INSERT INTO readings_hourly (device_id, metric_id, hour, count, minimum, mean, maximum) "
    "VALUES (:device, :metric, :hour, :count, :minimum, :mean, :maximum) "
    "ON CONFLICT (device_id, metric_id, hour) DO UPDATE SET count = excluded.count, minimum = excluded.minimum, "
    "mean = excluded.mean, maximum = excluded.maximum WHERE excluded.count >= readings_hourly.count"
)


def keep(database: Database, readings: Sequence[tuple[int, int, int, float]]) -> int:
    """Store the hours of `readings` (device id, metric id, ms, value); return how many hours that were.

    An hour that is there already is replaced unless it was made of more readings: the single readings are gone, so
    a file with part of an hour must not count out a fuller one, and the same file twice changes nothing.
    """
    table = pd.DataFrame(readings, columns=["device", "metric", "ts", "value"])
    table = table.drop_duplicates(["device", "metric", "ts"])
    table["hour"] = table["ts"] // HOUR_MS * HOUR_MS
    hours = (
        table.groupby(["device", "metric", "hour"])["value"]
        .agg(count="count", minimum="min", mean="mean", maximum="max")
        .reset_index()
    )
    rows: list[dict[str, Any]] = [{str(key): value for key, value in row.items()} for row in hours.to_dict("records")]
    for session, page in by_slices(database, rows, _PAGE):
        session.connection().execute(_UPSERT, page)
    return len(rows)

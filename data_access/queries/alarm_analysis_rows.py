"""The tables of an analysis of alarms as rows of one shape, for a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from data_access.domain.periods import SHANGHAI
from data_access.viewmodels.alarm_analysis import Analysis, Times, Totals


def rows(found: Analysis) -> Iterable[dict[str, Any]]:
    """Every table of `found`, one after the other; what a table does not have is empty."""
    blank: dict[str, Any] = dict.fromkeys(
        (
            *("table", "key", "name", "kind", "device", "place", "severity", "count", "count_before", "share_pct"),
            *("acknowledge_median_s", "acknowledge_p95_s", "close_median_s", "close_p95_s"),
            *("judged", "false", "false_pct", "from", "to", "per_seat_10min"),
        )
    )
    whole = max(1, found.now.alarms)
    for name, totals, since, until in (
        ("period", found.now, found.start, found.end),
        ("period before", found.before, found.before_start, found.start),
    ):
        yield (
            blank
            | _told(totals)
            | {
                "table": name,
                "count": totals.alarms,
                "judged": totals.judged,
                "false": totals.false,
                "from": _local(since),
                "to": _local(until),
                "per_seat_10min": round(totals.per_seat10, 3),
                "false_pct": _percent(totals.false, totals.judged),
            }
        )
    for slot in found.load:
        yield blank | {"table": "load", "from": _local(slot.at), "per_seat_10min": slot.worst}
    heard = max(1, found.now.announced)
    for one in found.mix:
        share = {"share_pct": _percent(one.now, heard), "count_before": one.before}
        yield blank | {"table": "severity", "severity": one.severity, "count": one.now} | share
    for source in found.sources:
        line: dict[str, Any] = {"table": "source", "kind": source.kind, "device": source.device, "place": source.place}
        yield blank | line | {"count": source.count, "share_pct": _percent(source.count, whole)}
    for worst in found.chatterers:
        line = {"table": "chattering", "kind": worst.kind, "device": worst.device, "place": worst.place}
        yield blank | line | {"count": worst.cycles, "from": _local(worst.at)}
    for stayer in found.stayers:
        line = {"table": "stale", "kind": stayer.kind, "device": stayer.device, "place": stayer.place}
        yield blank | line | {"from": _local(stayer.since), "to": _local(stayer.until)}
    for table, lines in (("kind", found.by_kind), ("area", found.by_area)):
        for times in lines:
            yield blank | _told(times) | {"table": table, "key": times.key, "name": times.name, "count": times.count}
    for model in found.models:
        line = {"table": "model", "key": model.model, "name": model.name, "judged": model.judged, "false": model.false}
        enough = model.judged >= found.least_judged
        yield blank | line | {"false_pct": _percent(model.false, model.judged) if enough else None}


def _told(times: Totals | Times) -> dict[str, Any]:
    names = ("acknowledge_median_s", "acknowledge_p95_s", "close_median_s", "close_p95_s")
    return {name: None if (value := getattr(times, name)) is None else round(value, 1) for name in names}


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def _local(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(SHANGHAI).isoformat(timespec="minutes")

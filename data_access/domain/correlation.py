"""Correlation (关联): alarms that are one thing. A confirmed fire, a silent gateway, a contact that chatters.

Rules only: given what stands, they say what belongs together. `commands.correlation` applies them in the transaction
that raises the alarm.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from data_access.domain.alarms import Severity

CHATTERING_CYCLES: Final = 3
CHATTERING_WITHIN: Final = timedelta(minutes=1)
CALM_AFTER: Final = timedelta(minutes=10)
"""So long without another cycle, and a chattering alarm is an ordinary one again (judgement)."""
STALE_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A life-safety alarm as far as it can confirm another of its building: last seen to begin at `at`."""

    alarm_id: int
    device_id: int
    building_id: int
    severity: Severity
    at: datetime
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An event that several devices bear witness to; its id is that of its first alarm."""

    event_id: int
    members: tuple[int, ...]
    severity: Severity


def confirm(sightings: Iterable[Sighting], *, within: timedelta) -> tuple[Confirmed, ...]:
    """The events among open life-safety alarms: one building, each no later than `within` after the one before.

    Two kinds of alarm of one device confirm nothing. An event that exists keeps its number and takes up what is new.
    """
    buildings: dict[int, list[Sighting]] = {}
    for sighting in sightings:
        buildings.setdefault(sighting.building_id, []).append(sighting)
    return tuple(
        _confirmed(cluster)
        for _, found in sorted(buildings.items())
        for cluster in _clusters(sorted(found, key=lambda s: (s.at, s.alarm_id)), within)
        if len({s.device_id for s in cluster}) > 1
    )


def _clusters(ordered: Sequence[Sighting], within: timedelta) -> list[list[Sighting]]:
    clusters: list[list[Sighting]] = []
    for sighting in ordered:
        if clusters and sighting.at - clusters[-1][-1].at <= within:
            clusters[-1].append(sighting)
        else:
            clusters.append([sighting])
    return clusters


def _confirmed(cluster: Sequence[Sighting]) -> Confirmed:
    known = [s.event_id for s in cluster if s.event_id is not None]
    return Confirmed(
        event_id=min(known) if known else cluster[0].alarm_id,
        members=tuple(s.alarm_id for s in cluster),
        severity=max(s.severity for s in cluster),
    )


def parents(silent: Mapping[int, int], behind: Mapping[int, int | None]) -> dict[int, int]:
    """Which silence explains which: alarm → alarm of the gateway it speaks through, where that is silent too.

    `silent` is device → its alarm of silence, `behind` device → its gateway. A gateway may itself be behind another
    one (a network segment); then its own alarm has a parent, and one alarm stands for all.
    """
    found: dict[int, int] = {}
    for device, alarm in silent.items():
        gateway = behind.get(device)
        if gateway is not None and gateway != device and gateway in silent:
            found[alarm] = silent[gateway]
    return found


def chatters(stood: Iterable[datetime], *, now: datetime) -> bool:
    """Tell whether the condition that began to stand at the times `stood` goes to and fro."""
    return sum(now - CHATTERING_WITHIN < at <= now for at in stood) >= CHATTERING_CYCLES


def worst_minute(stood: Sequence[int]) -> tuple[int, int]:
    """The most of the ascending times `stood` (ms) that lie within a minute, and the last of these."""
    width = int(CHATTERING_WITHIN.total_seconds() * 1000)
    counted = [(n + 1 - bisect_left(stood, at - width + 1), at) for n, at in enumerate(stood)]
    return max(counted, key=lambda one: one[0], default=(0, 0))


def is_stale(raised_at: datetime, *, now: datetime) -> bool:
    """Tell whether an alarm has been standing for so long that nobody looks at it any more (长存)."""
    return now - raised_at >= STALE_AFTER

"""Flood (洪泛): when alarms come faster than one officer can take them, and how they are then grouped.

ISA-18.2 as cited in docs/alarms.md: a flood begins above 10 new alarms in 10 minutes for one officer and ends below 5.
Nothing is shelved by it: life-safety alarms stay on top one by one, the others are held in counts by cause and area.
Pure functions of times; whoever asks again later, however often, is told the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from data_access.domain.areas import PATH_STEP

WINDOW: Final = timedelta(minutes=10)
BEGINS_ABOVE: Final = 10
ENDS_BELOW: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """How things are for one officer at `at`: new alarms in the last ten minutes, and since when it is a flood."""

    at: datetime
    per10: int = 0
    since: datetime | None = None

    @property
    def on(self) -> bool:
        """Tell whether it is a flood."""
        return self.since is not None


def follow(before: Flood, times: Sequence[datetime], *, now: datetime) -> Flood:
    """How things are at `now`, given how they were and the ascending `times` of alarms from `WINDOW` before then on.

    Looks at every moment between at which the count changed, so that how often it is called does not matter.
    """
    begin = bisect_right(times, before.at - WINDOW)
    changes = {t for arrived in times[begin:] for t in (arrived, arrived + WINDOW) if before.at < t < now}
    for moment in (*sorted(changes), now):
        before = _at(before, times, moment)
    return before


def minutes_on(per_minute: Sequence[int], officers: Sequence[int], *, after: int) -> int:
    """In how many of the minutes from number `after` on it was a flood for each of the `officers` who were there.

    Looks at the ten minutes up to the end of each; where nobody was there, at what one would have had.
    """
    long = int(WINDOW.total_seconds() // 60)
    on, recent, found = False, 0, 0
    for minute, n in enumerate(per_minute):
        recent += n - (per_minute[minute - long] if minute >= long else 0)
        each = recent / max(1, officers[minute])
        on = each >= ENDS_BELOW if on else each > BEGINS_ABOVE
        found += on and minute >= after
    return found


def _at(before: Flood, times: Sequence[datetime], moment: datetime) -> Flood:
    count = bisect_right(times, moment) - bisect_right(times, moment - WINDOW)
    floods = count >= ENDS_BELOW if before.on else count > BEGINS_ABOVE
    return Flood(at=moment, per10=count, since=(before.since or moment) if floods else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Open alarms of one cause, area and severity, counted. `oldest` is when the first of them was raised."""

    cause: str  # the kind, or the kind of the parent that suppresses them
    area: str  # path
    severity: int
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What an officer sees in a flood instead of single alarms: one line a cause and area."""

    cause: str
    area: str
    count: int
    worst: int
    by_severity: dict[int, int]
    oldest: datetime


def grouped(piles: Iterable[Pile], depth: int) -> tuple[Group, ...]:
    """`piles` by cause and by the area `depth` path characters deep; worst first, then most, then oldest."""
    found: dict[tuple[str, str], list[Pile]] = {}
    for pile in piles:
        found.setdefault((pile.cause, pile.area[:depth]), []).append(pile)
    groups = (_group(cause, area, members) for (cause, area), members in found.items())
    return tuple(sorted(groups, key=lambda g: (-g.worst, -g.count, g.oldest, g.cause, g.area)))


def _group(cause: str, area: str, members: Sequence[Pile]) -> Group:
    by_severity: dict[int, int] = {}
    for pile in members:
        by_severity[pile.severity] = by_severity.get(pile.severity, 0) + pile.count
    return Group(
        cause=cause,
        area=area,
        count=sum(by_severity.values()),
        worst=max(by_severity),
        by_severity=by_severity,
        oldest=min(pile.oldest for pile in members),
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """Who takes the alarms of an area: a shift of an officer, or (0) nobody in particular."""

    shift_id: int
    user: str
    area: str


def taken_by(path: str, owner: str | None, desks: Sequence[Desk]) -> tuple[Desk, ...]:
    """Whose new alarms are those of the area at `path`: its owner's, else all who are nearest above them.

    With nobody on shift above they are the root's, so that a flood is seen although no officer is.
    """
    if owner is not None and (own := tuple(d for d in desks if d.user == owner)):
        return own
    above = [d for d in desks if path.startswith(d.area)]
    nearest = max((len(d.area) for d in above), default=0)
    return tuple(d for d in above if len(d.area) == nearest) or (Desk(0, "", path[:PATH_STEP]),)

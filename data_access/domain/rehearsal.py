"""How a rule would have gone over what is stored: readings through the very `Condition` that live ones go through.

Where only hourly extremes are left, each hour is held against the rule as two readings, its worst and then its best.
What lasts less than an hour cannot be seen in them: a shorter wait counts as none, so that such an hour counts as an
alarm whenever its worst value is one. Pure; times are milliseconds of source time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from data_access.domain.alarm_rules import Above, AlarmRule
from data_access.domain.alarms import REOPEN_WITHIN, Severity
from data_access.domain.conditions import Condition, Event, Turn

HOUR_MS: Final = 3_600_000
_NEVER: Final = 10**9
_REOPEN_MS: Final = int(REOPEN_WITHIN.total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Episode:
    """One alarm as it would have been; `cleared_at` is None where it would still stand. `raw`: told by raw readings."""

    raised_at: int
    cleared_at: int | None
    severity: Severity
    value: float | None
    occurrences: int
    raw: bool

    def meets(self, other: Episode) -> bool:
        """Tell whether both stood at the same moment."""
        ends = _NEVER * HOUR_MS
        return self.raised_at <= (other.cleared_at or ends) and other.raised_at <= (self.cleared_at or ends)


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of which only the extremes are left."""

    at: int
    lowest: float
    highest: float


def rehearse(
    rule: AlarmRule, hours: Iterable[Hour], readings: Iterable[tuple[int, float]], *, period_s: int, until: int
) -> list[Episode]:
    """The alarms that `rule` would have raised: over `hours` first, then over the later raw `readings`, both in order.

    `period_s` is how often the device speaks: it says how long a number of readings in a row takes.
    """
    condition = Condition()
    found: list[Episode] = []
    coarse = by_the_hour(rule, period_s)
    for at, value in _extremes(coarse, hours):
        _take(found, condition, coarse, at, value, raw=False)
    for at, value in readings:
        _take(found, condition, rule, at, value, raw=True)
    _note(found, condition.expire(rule, until), raw=True)
    return found


def by_the_hour(rule: AlarmRule, period_s: int) -> AlarmRule:
    """`rule` as hourly extremes can be held against it: it waits whole hours or not at all."""
    waits = float((rule.raise_count - 1) * period_s)
    if rule.raise_delay_s:
        waits = min(waits, rule.raise_delay_s)
    if waits * 1000 < HOUR_MS:
        return replace(rule, raise_delay_s=0.0, raise_count=1)
    return replace(rule, raise_delay_s=waits, raise_count=_NEVER)


def unmatched(these: Sequence[Episode], others: Sequence[Episode]) -> list[Episode]:
    """Those of `these` at whose time none of `others` stood. Both in the order of time."""
    return [one for one in these if not any(one.meets(other) for other in others)]


def _extremes(rule: AlarmRule, hours: Iterable[Hour]) -> Iterator[tuple[int, float]]:
    for hour in hours:
        worst, best = hour.highest, hour.lowest
        if rule.side is Above.LOW:
            worst, best = best, worst
        yield hour.at, worst
        yield hour.at + HOUR_MS - 1, best


def _take(found: list[Episode], condition: Condition, rule: AlarmRule, at: int, value: float, *, raw: bool) -> None:
    severity = rule.severity_of(value)
    if severity is Severity.NORMAL and condition.quiet:
        return
    _note(found, condition.read(rule, at, value, severity), raw=raw)


def _note(found: list[Episode], events: Iterable[Event], *, raw: bool) -> None:
    for event in events:
        last = found[-1] if found else None
        if event.turn is Turn.STANDS:
            returned = last is not None and last.cleared_at is not None and event.at - last.cleared_at <= _REOPEN_MS
            if last is not None and returned:
                worst = max(last.severity, event.severity)
                found[-1] = replace(last, cleared_at=None, severity=worst, occurrences=last.occurrences + 1)
            else:
                found.append(Episode(event.at, None, event.severity, event.value, 1, raw))
        elif last is not None and event.turn is Turn.AGAIN:
            if event.severity > last.severity:
                last = replace(last, severity=event.severity, value=event.value)
            found[-1] = replace(last, occurrences=last.occurrences + 1)
        elif last is not None:
            found[-1] = replace(last, cleared_at=event.at)

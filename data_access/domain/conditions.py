"""The condition (工况) behind an alarm: one rule of one device, followed reading by reading.

It knows delays, counts and hysteresis and says when the condition begins to stand, is reported again and is gone;
what that means for the alarm is `domain.alarms`' business. Times are milliseconds of source time and passed in. A
delay ends at its own moment whether the clock or a later reading notices it, so that the outcome does not depend on
how readings were batched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from data_access.domain.alarm_rules import AlarmRule
from data_access.domain.alarms import Severity


class Turn(StrEnum):
    """What happened to a condition."""

    STANDS = "stands"  # it begins to stand
    AGAIN = "again"  # it is reported again while it stands
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Event:
    """A turn at source time `at`. `severity` and `value` are those that count; `reading` is False for the clock's."""

    turn: Turn
    at: int
    severity: Severity
    value: float | None
    reading: bool = True


@dataclass(slots=True, kw_only=True)
class Condition:
    """Memory of one rule of one device; nothing in it means that all is well."""

    standing: bool = False
    severity: Severity = Severity.NORMAL  # worst since it stands, or since it is pending
    value: float | None = None  # that went with it
    since: int | None = None  # pending: first abnormal reading in a row
    count: int = 0
    back_since: int | None = None  # standing: first reading in a row that was back
    dipped: bool = False  # standing: below the mildest level since the last abnormal reading

    @property
    def quiet(self) -> bool:
        """Tell whether nothing is remembered, so that a normal reading changes nothing."""
        return not self.standing and self.since is None

    def deadline(self, rule: AlarmRule) -> int | None:
        """When a delay ends by itself; None when none runs."""
        if self.standing:
            return None if self.back_since is None else self.back_since + _ms(rule.clear_delay_s)
        return None if self.since is None or not rule.raise_delay_s else self.since + _ms(rule.raise_delay_s)

    def expire(self, rule: AlarmRule, at: int) -> Iterator[Event]:
        """Let delays that end at or before `at` end."""
        due = self.deadline(rule)
        if due is None or due > at:
            return
        if self.standing:
            yield self._clear(due, self.value, reading=False)
        else:
            yield self._stand(due, reading=False)

    def read(self, rule: AlarmRule, at: int, value: float, severity: Severity) -> Iterator[Event]:
        """Take a reading of `severity` (what `rule` makes of `value`); readings come in the order of their times."""
        yield from self.expire(rule, at)
        if self.standing:
            yield from self._read_standing(rule, at, value, severity)
        elif severity is Severity.NORMAL:
            self.since, self.count, self.severity, self.value = None, 0, Severity.NORMAL, None
        else:
            self.since = at if self.since is None else self.since
            self.count += 1
            if severity > self.severity:
                self.severity, self.value = severity, value
            if self.count >= rule.raise_count:
                yield self._stand(at, reading=True)

    def _read_standing(self, rule: AlarmRule, at: int, value: float, severity: Severity) -> Iterator[Event]:
        if severity is not Severity.NORMAL:
            again = severity > self.severity or self.dipped or rule.is_state
            if severity >= self.severity:
                self.severity, self.value = severity, value
            self.back_since, self.dipped = None, False
            if again:
                yield Event(Turn.AGAIN, at, severity, value)
        elif not rule.is_back(value):
            self.back_since, self.dipped = None, True
        elif not rule.clear_delay_s:
            yield self._clear(at, value, reading=True)
        elif self.back_since is None:
            self.back_since, self.dipped = at, True

    def to_json(self) -> list[Any]:
        """As it is kept across a restart."""
        return [int(self.severity), self.value, self.since, self.count, self.back_since, int(self.dipped)]

    @classmethod
    def from_json(cls, kept: list[Any], *, standing: bool) -> Condition:
        """As it was kept; whether it stands is told by the alarm itself."""
        severity, value, since, count, back_since, dipped = kept
        return cls(
            standing=standing,
            severity=Severity(severity),
            value=value,
            since=None if standing else since,
            count=0 if standing else count,
            back_since=back_since if standing else None,
            dipped=bool(dipped) and standing,
        )

    def _stand(self, at: int, *, reading: bool) -> Event:
        self.standing, self.since, self.count, self.back_since, self.dipped = True, None, 0, None, False
        return Event(Turn.STANDS, at, self.severity, self.value, reading)

    def _clear(self, at: int, value: float | None, *, reading: bool) -> Event:
        event = Event(Turn.GONE, at, self.severity, value, reading)
        self.standing, self.severity, self.value = False, Severity.NORMAL, None
        self.since, self.count, self.back_since, self.dipped = None, 0, None, False
        return event


def _ms(seconds: float) -> int:
    return round(seconds * 1000)

"""The alarms of one batch as plain rows: read at once, changed in memory, written at once.

A storm is thousands of alarms in a minute. The ORM's objects cost ten times what the database does, so that ingest
does without: a `PlainAlarm` has the columns of `AlarmRow` by the same names and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import Boolean, select
from sqlalchemy.orm import Session

from data_access.db.bulk import among, insert_plain, reserve_ids, update_plain
from data_access.db.tables import AlarmHistoryRow, AlarmRow, Instant, to_ms

_COLUMNS: Final = tuple(AlarmRow.__table__.columns)
_NAMES: Final = tuple(column.name for column in _COLUMNS)
_INSTANTS: Final = tuple(i for i, column in enumerate(_COLUMNS) if isinstance(column.type, Instant))
_WORDS: Final = frozenset({"state", "severity", "seen_severity", "close_reason", "escalation"})
"""Columns in which the rules put members of an enum; drivers are slow to find out that these are words and numbers."""
_ENUMS: Final = tuple(i for i, name in enumerate(_NAMES) if name in _WORDS)
_VALUES: Final = itemgetter(*_NAMES)
_BLANK: Final[Mapping[str, Any]] = {
    column.name: False if isinstance(column.type, Boolean) else None for column in _COLUMNS
} | {"escalation": 0}
_HISTORY: Final = ("alarm_id", "at", "actor", "action", "state", "severity", "note", "detail")
_ENCODE: Final = msgspec.json.Encoder().encode

if TYPE_CHECKING:
    PlainAlarm = AlarmRow
else:

    class PlainAlarm:
        """The columns of an alarm, by the names they have in `AlarmRow`."""

        def __init__(self, **columns: Any) -> None:
            self.__dict__ = {**_BLANK, **columns}


class AlarmBatch:
    """The alarms that one transaction deals with, each once. What `find` gives is as it was changed here."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.connection = session.connection()
        self._known: dict[int, PlainAlarm] = {}
        self._stored: dict[int, tuple[Any, ...]] = {}
        self._new: list[PlainAlarm] = []
        self._history: list[tuple[Any, ...]] = []

    def reserve(self, count: int) -> Iterator[int]:
        """Numbers for at most so many new alarms."""
        return iter(reserve_ids(self.connection, AlarmRow.__tablename__, count))

    def add(self, alarm: PlainAlarm) -> None:
        """Take up a new alarm, which has its number."""
        self._known[alarm.id] = alarm
        self._new.append(alarm)

    def find(self, *conditions: Any) -> list[PlainAlarm]:
        """The alarms for which all `conditions` hold, locked: who acts on one waits for the batch, and vice versa."""
        self.write()
        found = self.connection.execute(select(*_COLUMNS).where(*conditions).with_for_update())
        return [self._take_up(tuple(row)) for row in found]

    def find_among(self, column: Any, numbers: Collection[int], *conditions: Any) -> list[PlainAlarm]:
        """The same for those whose `column` is one of `numbers`, however many."""
        return self.find(among(self.connection, column, numbers), *conditions) if numbers else []

    def note(self, alarm: PlainAlarm, action: str, at: datetime, actor: str, detail: Mapping[str, Any]) -> None:
        """Write into the alarm's history what has just been done to it, which made its version."""
        told = _ENCODE(detail).decode()
        line = (alarm.id, to_ms(at), actor, str(action), str(alarm.state), int(alarm.severity), None, told)
        self._history.append(line)

    def write(self) -> None:
        """Write what was changed and added since the last time, then the history. Raises the driver's errors."""
        changed = [(number, *_change(before, self._known[number])) for number, before in self._stored.items()]
        changed = sorted((entry for entry in changed if entry[1]), key=itemgetter(1))
        for places, group in groupby(changed, key=itemgetter(1)):
            names = [_NAMES[place] for place in places]
            rows = [(*(values[place] for place in places), number) for number, _, values in group]
            update_plain(self.connection, AlarmRow.__tablename__, names, rows)
        for number, _, values in changed:
            self._stored[number] = values
        if self._new:  # after what was cleared has made room
            rows = [_stored(alarm) for alarm in self._new]
            told = [i for i, column in enumerate(zip(*rows, strict=True)) if column.count(None) < len(rows)]
            wanted = itemgetter(*told)  # half of the columns are empty when an alarm is raised
            insert_plain(self.connection, AlarmRow.__tablename__, wanted(_NAMES), [wanted(row) for row in rows])
            self._stored.update((alarm.id, row) for alarm, row in zip(self._new, rows, strict=True))
            self._new = []
        if self._history:
            insert_plain(self.connection, AlarmHistoryRow.__tablename__, _HISTORY, self._history)
            self._history = []

    def _take_up(self, row: tuple[Any, ...]) -> PlainAlarm:
        number = row[0]
        alarm = self._known.get(number)
        if alarm is None:
            alarm = self._known[number] = PlainAlarm(**dict(zip(_NAMES, row, strict=True)))
            self._stored[number] = _stored(alarm)
        return alarm


def _stored(alarm: PlainAlarm) -> tuple[Any, ...]:
    """The alarm as the database keeps it: instants in milliseconds, enums as their words and numbers."""
    values = list(_VALUES(alarm.__dict__))
    for place in _INSTANTS:
        if (at := values[place]) is not None:
            values[place] = to_ms(at)
    for place in _ENUMS:
        if isinstance(member := values[place], Enum):
            values[place] = member.value
    return tuple(values)


def _change(before: tuple[Any, ...], alarm: PlainAlarm) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """The places in which the alarm differs from what is stored, and all its values."""
    now = _stored(alarm)
    return tuple(i for i, value in enumerate(now) if value != before[i]), now

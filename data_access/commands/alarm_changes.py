"""Changes of many alarms in one transaction: rows, then all history, then all events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from data_access.commands.alarms import body_of, device_facts, save
from data_access.db.tables import AlarmHistoryRow, AlarmRow, to_ms
from data_access.domain.alarms import Alarm
from data_access.live import outbox


@dataclass(slots=True)
class Changes:
    """What `actor` changes at `now`; nothing but the rows is written before `write`."""

    now: datetime
    actor: str
    history: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[int, AlarmRow] = field(default_factory=dict)

    def move(
        self,
        row: AlarmRow,
        after: Alarm,
        action: str,
        *,
        note: str | None = None,
        actor: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Save what the rules made of the alarm, and why."""
        save(row, after)
        self.note(row, action, note=note, actor=actor, detail=detail)

    def note(
        self,
        row: AlarmRow,
        action: str,
        *,
        note: str | None = None,
        actor: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Write down what was done to the row, which has its new version already."""
        self.rows[row.id] = row
        self.history.append(
            {
                "alarm_id": row.id,
                "at": self.now,
                "actor": actor or self.actor,
                "action": action,
                "state": row.state,
                "severity": row.severity,
                "note": note,
                "detail": detail,
            }
        )

    def write(self, session: Session) -> None:
        """Flush the rows and add their history and events."""
        session.flush()
        if not self.rows:
            return
        session.execute(insert(AlarmHistoryRow), self.history)
        rows = self.rows.values()
        facts = device_facts(session, {row.device_id for row in rows if row.device_id is not None})
        at = to_ms(self.now)
        bodies = [(at, body_of(row, facts.get(row.device_id or 0), None, self.now)) for row in rows]
        outbox.add_bodies(session, bodies)

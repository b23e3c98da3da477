"""Cases that come in again and go through the loop at speed: by the rules, without clocks, to the end that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.cases import save_case, to_case
from data_access.db.tables import ChannelRow, IncidentHistoryRow, IncidentRow
from data_access.domain.cases import CaseAction
from data_access.domain.incident_moves import Details, transition
from data_access.domain.reconstruction import WORKFLOW
from data_access.domain.worktime import WorkCalendar
from data_access.live import outbox
from data_access.live.telling import incident_changed

ACTOR: Final = "replay"
_NO_CLOCKS: Final[dict[str, Any]] = dict.fromkeys(
    ("step_due_at", "turn_until", "clock_at", "register_due_at", "dispatch_due_at", "handle_due_at")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step of a replayed case, on the running clock; `original` is when it may have been done then (推定)."""

    incident_id: int
    step: str
    at: datetime
    original: datetime
    unit_id: int | None = None
    outcome: str | None = None  # what the source said, with the step that ends it


def go_on(session: Session, steps: Sequence[Done], calendar: WorkCalendar) -> None:
    """Do `steps`, in order of time; rows, history and events in the caller's transaction."""
    wanted = {done.incident_id for done in steps}
    rows = {row.id: row for row in session.scalars(select(IncidentRow).where(IncidentRow.id.in_(wanted)))}
    channels = {row.id: row.name for row in session.execute(select(ChannelRow.id, ChannelRow.name))}
    told = []
    for done in steps:
        row = rows[done.incident_id]
        after = transition(
            to_case(row),
            CaseAction.ADVANCE,
            workflow=WORKFLOW,
            calendar=calendar,
            now=done.at,
            actor=ACTOR,
            details=Details(step=done.step, unit_id=done.unit_id or 0),
        )
        # No clock of ours runs over times that were made up; nobody is handed what is over.
        save_case(row, replace(after, unit_id=done.unit_id or row.unit_id, **_NO_CLOCKS))
        row.outcome = done.outcome or row.outcome
        session.add(
            IncidentHistoryRow(
                incident_id=row.id,
                at=done.at,
                actor=ACTOR,
                action=CaseAction.ADVANCE.value,
                stage=row.stage,
                detail={"step": done.step, "estimated": done.original.astimezone(UTC).isoformat()},
            )
        )
        told.append(incident_changed(row, channel=channels.get(row.channel_id or 0), at=done.at))
    session.flush()
    outbox.add(session, *told)

"""How a case may have gone whose source tells only when it came in and how it ended (推定).

For the show of a replay alone: the outcome is a fact, the times between are not. Always the same for the same case, so
that two replays agree; in time or late as its flag says, by the limit of the workflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from data_access.domain.incidents import Outcome
from data_access.domain.workflows import SEVEN, Urgency, Workflow
from data_access.domain.worktime import WorkCalendar

_SHARES: Final = (0.02, 0.06, 0.74, 0.82, 0.92, 1.0)
"""When of its life each step of the seven is done, the report aside."""
_UNTIL: Final = {Outcome.OPEN: 2, None: 1}
"""How many steps a case has done that was never closed: an open one is in the hands of a unit."""
WORKFLOW: Final[Workflow] = SEVEN


@dataclass(frozen=True, slots=True)
class Life:
    """A limit, and when each step that was done was done; no limit where the source says that none was due."""

    due_at: datetime | None
    steps: tuple[tuple[str, datetime], ...]


def life_of(reference: str, created_at: datetime, outcome: Outcome | None, calendar: WorkCalendar) -> Life:
    """What may have become of the case that its source calls `reference`."""
    chance = int.from_bytes(sha256(reference.encode()).digest()[:4]) / 2**32
    limit = calendar.after(created_at, WORKFLOW.limits[Urgency.NORMAL], working=True) - created_at
    life = limit * (1.05 + 1.5 * chance**2 if outcome is Outcome.OVERDUE else 0.1 + 0.85 * chance)
    keys = [step.key for step in WORKFLOW.steps[1:]]
    done = list(zip(keys, _SHARES, strict=True))
    if outcome in _UNTIL:
        done = done[: _UNTIL[outcome]]
    due_at = created_at + limit if outcome is not None else None
    return Life(due_at, tuple((key, created_at + life * share) for key, share in done))

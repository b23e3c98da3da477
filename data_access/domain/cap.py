"""An alarm's history as messages of the Common Alerting Protocol (CAP 1.2): what is worth telling, and in its words.

Messages follow from the append-only history alone, so that asking again gives the same: an Alert when the alarm is
raised, an Update when it gets worse or better, is confirmed, clears or comes back or outlasts a drill, a Cancel when it
is closed. Rules only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from data_access.domain.alarms import STANDING_STATES, AlarmState, Severity
from data_access.domain.windows import WINDOW_OVER


class MsgType(StrEnum):
    """What a message does to those before it."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of an alarm's history."""

    number: int
    at: datetime
    action: str
    state: AlarmState
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one step is told as; `earlier` are the steps of the messages it refers to."""

    type: MsgType
    step: Step
    earlier: tuple[Step, ...]

    @property
    def over(self) -> bool:
        """Tell whether the condition is gone."""
        return self.step.state not in STANDING_STATES


_TELLING: Final = frozenset({"return", "clear", "confirm", WINDOW_OVER})


def messages(history: Iterable[Step]) -> tuple[Message, ...]:
    """The messages of one alarm's `history`, oldest first. One that returns after its closing is a new Alert."""
    found: list[Message] = []
    told: list[Step] = []
    for step in history:
        if step.state is AlarmState.CLOSED:
            if told:
                found.append(Message(type=MsgType.CANCEL, step=step, earlier=tuple(told)))
            told = []
        elif not told:
            found.append(Message(type=MsgType.ALERT, step=step, earlier=()))
            told = [step]
        elif step.action in _TELLING or step.severity != told[-1].severity:
            found.append(Message(type=MsgType.UPDATE, step=step, earlier=tuple(told)))
            told.append(step)
    return tuple(found)


CATEGORY: Final[Mapping[str, str]] = {
    "smoke": "Fire",
    "overheat": "Fire",
    "residual_current": "Fire",
    "fire_lane_occupied": "Fire",
    "fire_lane_blocked": "Fire",
    "gas": "Safety",
    "thrown_object": "Safety",
    "crowd": "Safety",
    "ebike_in_lift": "Safety",
    "sos": "Rescue",
    "fall": "Rescue",
    "geofence": "Rescue",
    "no_movement": "Rescue",
    "lift_trapped": "Rescue",
    "heart_rate_high": "Health",
    "heart_rate_low": "Health",
    "spo2_low": "Health",
    "intrusion": "Security",
    "waterlogging": "Met",
    "illegal_parking": "Transport",
    "illegal_parking_long": "Transport",
    "parking_overstay": "Transport",
}
"""CAP's category by kind; whatever is not listed is a matter of the infrastructure."""
SEVERITY: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "Extreme",
    Severity.MAJOR: "Severe",
    Severity.MINOR: "Moderate",
    Severity.WARNING: "Minor",
    Severity.NORMAL: "Unknown",
}


def urgency(message: Message) -> str:
    """How soon something should be done."""
    if message.over:
        return "Past"
    return "Immediate" if message.step.severity is Severity.CRITICAL else "Expected"


def status(window: str | None, *, demo: bool) -> str:
    """Whether it is meant: a drill is an exercise, maintenance and a demo are tests."""
    if window == "drill":
        return "Exercise"
    return "Test" if demo or window == "maintenance" else "Actual"

"""What the settings page of a device or a model shows: its rules with where they come from, changes, a preview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data_access.domain.fences import Fence
from data_access.viewmodels.alarm_analysis import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNumbers:
    """The numbers of a rule; `thresholds` with the severity of each, mildest first."""

    thresholds: tuple[tuple[float, int], ...]
    hysteresis: float
    raise_delay_s: float
    raise_count: int
    clear_delay_s: float
    fence: Fence | None = None  # of a rule that looks at the distance from one


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One rule as it is in force. `model`: what its model says (None: nothing); `own`: the device differs from that."""

    alarm: str
    metric: str
    unit: str | None
    side: str
    life_safety: bool
    is_state: bool
    own: bool
    now: RuleNumbers
    model: RuleNumbers | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """Who changed what and when."""

    at: datetime
    by: str
    of: str  # code of the device or the model
    alarm: str
    metric: str
    before: RuleNumbers
    after: RuleNumbers


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesView:
    """The rules of a device (`device_id`) or of a model (None). `version` names them as they were read."""

    device_id: int | None
    code: str
    name: str
    kind: str
    place: str
    area: str | None  # code
    model: str  # code
    model_name: str
    devices: int  # of the model, within what the viewer may see
    others: bool  # of the model, outside of it
    own_devices: int  # of those, with rules of their own
    period_s: int
    version: str
    rules: tuple[RuleLine, ...]
    changes: tuple[RuleChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAlarm:
    """One alarm of the replay; `raw`: told by raw readings, else by hourly extremes."""

    device_id: int
    device_code: str
    place: str
    raised_at: datetime
    cleared_at: datetime | None
    severity: int
    value: float | None
    raw: bool
    judged: str | None  # what somebody said of the alarm that was recorded then


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """How it went with one set of numbers."""

    alarms: int
    devices: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How [since, until) would have gone: hourly extremes up to `raw_since`, raw readings after it.

    `looked` of the model's `devices` were looked at, `replayed` of these had gone past a threshold and were replayed.
    `real` alarms somebody called real; `missed` of those would not have been raised any more. `late_s` is how much
    later the latest of the remaining ones would have been raised.
    """

    since: datetime
    until: datetime
    raw_since: datetime | None
    moved: bool  # another fence: the distances were worked out anew from the positions of raw readings
    hours: int
    readings: int
    devices: int
    looked: int
    replayed: int
    before: Side
    after: Side
    gone: tuple[PreviewAlarm, ...]
    gone_total: int
    new: tuple[PreviewAlarm, ...]
    new_total: int
    recorded: int
    real: int
    missed: int
    late_s: int
    trace: tuple[tuple[datetime, float], ...]  # of a single device: the worst of each hour


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """A model that rules can be looked up of: its devices within the viewer's areas, those with rules of their own."""

    code: str
    name: str
    kind: str
    devices: int
    own: int
    rules: tuple[RuleLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChoice:
    """A device that was looked for."""

    code: str
    name: str
    kind: str
    place: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChoices:
    """What can be chosen where neither device nor model is named. `more`: not all devices that match are listed."""

    models: tuple[ModelChoice, ...]
    devices: tuple[DeviceChoice, ...]
    more: bool
    sources: tuple[Source, ...]  # what alarmed most in the last `days`
    days: int

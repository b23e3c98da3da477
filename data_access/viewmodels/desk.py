"""What the duty officer's desk shows: the queue's first page, the shift's figures, and one alarm with all around it.

Frozen, scoped, people counted or masked. A phone number is whole only where the viewer may act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from data_access.events import AlarmChanged
from data_access.viewmodels.alarms import AlarmDetail
from data_access.viewmodels.areas import AreaLabel, CameraLine


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLine:
    """A line of the queue: an alarm, or a confirmed event as its worst and oldest alarm."""

    alarm: AlarmChanged
    n: int = 1  # alarms of it
    unacked: int = 0  # of these, those nobody has looked at
    since: datetime  # when the first of them was raised
    floors: tuple[int, ...] = ()  # lowest and highest, where they are known

    @property
    def severity(self) -> int:
        """How grave it is: as its worst."""
        return self.alarm.severity


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskQueue:
    """The lines that are painted before any script has run, worst and then oldest first, and how many there are."""

    lines: tuple[DeskLine, ...]
    by_severity: Mapping[int, int]  # what the queue lists: neither shelved nor suppressed
    last_at: datetime | None  # when the newest alarm was raised, open or closed


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFigures:
    """The strip on top. A figure that has no data is None and is not shown."""

    per_minute: tuple[int, ...]  # new alarms of the last ten minutes, oldest first
    since: datetime  # when the shift began, else the day
    on_shift: bool
    acknowledged: int
    mean_acknowledge_s: float | None
    closed: int
    false_alarms: int | None
    undelivered: Mapping[str, int]  # notices given up in a day, by way out
    retried: int  # notices that failed and are tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """Somebody responsible: whom to call, and whether he is on duty now."""

    id: int
    role: str
    name: str
    phone: str | None
    on_duty: bool | None  # None where nobody keeps a rota
    of_building: bool = False  # answers for the building itself, else for the area around it
    lng: float | None = None  # the building, else the middle of that area: nobody's own position is known
    lat: float | None = None
    metres: int | None = None  # from there to the alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """A team, a resource or a hydrant within reach."""

    id: int
    kind: str
    name: str
    metres: int
    lng: float
    lat: float
    phone: str | None = None
    value: str | None = None  # a hydrant's pressure


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk:
    """People of the building, counted. What is below five is shown as "<5"."""

    residents: int
    households: int
    elderly_alone: int
    infants: int
    disabled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The last hour of the metric behind the alarm, against the levels of its rule."""

    metric: str
    unit: str
    since: datetime
    until: datetime
    points: tuple[tuple[int, float], ...]  # (ms, value), oldest first
    levels: tuple[tuple[float, int], ...]  # (threshold, severity), mildest first
    is_state: bool  # 0 or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What lies around the alarm."""

    trail: tuple[AreaLabel, ...]
    building_code: str | None
    facts: tuple[str, ...]  # address of the building
    floor: int | None  # where the device hangs; of `floors`
    floors: int | None
    cameras: tuple[CameraLine, ...]
    camera_points: tuple[tuple[float, float], ...]  # where they stand, in the same order
    people: tuple[Reachable, ...]
    helps: tuple[Help, ...]  # nearest first
    at_risk: AtRisk | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAlarm:
    """One alarm with everything beside it."""

    detail: AlarmDetail
    around: Around
    siblings: tuple[AlarmChanged, ...]
    chart: Chart | None
    at: datetime
    case: str | None = None  # code of the case it became, where the viewer may see that
    names: Mapping[str, str] = field(default_factory=dict)  # what people call the accounts that acted

    def called(self, account: str) -> str:
        """Whoever acted as people call him."""
        return self.names.get(account, account)

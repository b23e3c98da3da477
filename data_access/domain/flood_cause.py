"""What the alarms of a flood may have in common (疑似同源). A guess by counting, and said as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from data_access.domain.areas import PATH_STEP

LEAST: Final = 3
"""Alarms that must share something before it is worth saying."""
PART: Final = 3
"""And it must be this part of the flood: a third."""
COMMUNITY: Final = 3 * PATH_STEP
HELP_AGAIN: Final = timedelta(minutes=10)
"""Help is asked for once in this time."""
HELP_UNDO: Final = timedelta(seconds=10)
"""So long it can be taken back, and nothing leaves the product."""


class By(StrEnum):
    """What is shared."""

    PARENT = "parent"  # a cause that explains them: a silent gateway
    BUILDING = "building"
    KIND = "kind"  # one kind in one community
    ANYWHERE = "anywhere"  # one kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """An alarm of the flood, as far as it may share something with others."""

    alarm_id: int
    kind: str
    area: str  # path
    raised_at: datetime
    building_id: int | None = None
    parent_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """What `count` of `total` alarms share; `alarm_id` is the first of them, or what explains them."""

    by: By
    alarm_id: int
    kind: str
    count: int
    total: int
    since: datetime


def _explained(sign: Sign) -> Hashable:
    return sign.parent_id


def _house(sign: Sign) -> Hashable:
    return sign.building_id


def _kind_here(sign: Sign) -> Hashable:
    return sign.kind, sign.area[:COMMUNITY]


def _kind(sign: Sign) -> Hashable:
    return sign.kind


_SHARED: Final[tuple[tuple[By, Callable[[Sign], Hashable]], ...]] = (
    (By.PARENT, _explained),
    (By.BUILDING, _house),
    (By.KIND, _kind_here),
    (By.ANYWHERE, _kind),
)


def suspected(signs: Sequence[Sign]) -> Suspect | None:
    """What many of the alarms share; the more telling before the commoner. None where nothing stands out."""
    for by, trait in _SHARED:
        found = Counter(shared for sign in signs if (shared := trait(sign)) is not None)
        if not found:
            continue
        shared, count = max(found.items(), key=lambda item: item[1])
        if count < LEAST or count * PART < len(signs):
            continue
        first = min((s for s in signs if trait(s) == shared), key=lambda s: (s.raised_at, s.alarm_id))
        cause = next((s for s in signs if s.alarm_id == first.parent_id), None) if by is By.PARENT else first
        return Suspect(
            by=by,
            alarm_id=first.parent_id or first.alarm_id if by is By.PARENT else first.alarm_id,
            kind=(cause or first).kind,
            count=count,
            total=len(signs),
            since=(cause or first).raised_at,
        )
    return None

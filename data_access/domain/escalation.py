"""Escalation (升级): whose turn it is to look at an alarm, and whose it is next when nobody does.

An alarm climbs grid worker → community → street → district. A level on which nobody is on shift is passed over at
once. How long each level has is a matter of the alarm (`alarm_terms`). Rules only: who is on shift is passed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from data_access.domain.areas import AreaKind


class Level(IntEnum):
    """Whose turn it is."""

    GRID_WORKER = 0  # 网格员
    COMMUNITY = 1  # 社区
    STREET = 2  # 街道
    DISTRICT = 3  # 区


_LEVELS: Final = {
    AreaKind.GRID: Level.GRID_WORKER,
    AreaKind.INDUSTRY_GRID: Level.GRID_WORKER,
    AreaKind.COMMUNITY: Level.COMMUNITY,
    AreaKind.STREET: Level.STREET,
    AreaKind.FUNCTIONAL: Level.STREET,
    AreaKind.DISTRICT: Level.DISTRICT,
    AreaKind.CITY: Level.DISTRICT,
}


@dataclass(frozen=True, slots=True)
class Post:
    """One step of a chain: a level, and the path of the area that answers there."""

    level: Level
    area: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is now. `passed` are the posts below on which nobody was on shift; `manned`: somebody is here."""

    post: Post
    passed: tuple[Post, ...] = ()
    manned: bool = True


def chain_of(lineage: Iterable[tuple[str, str]]) -> tuple[Post, ...]:
    """The posts of an alarm, lowest first, from its areas as (kind, path), root first. Kinds unknown here do not count.

    Of two areas on one level (a functional area above a street) the smaller one answers.
    """
    found: dict[Level, str] = {}
    for kind, path in lineage:
        if kind in _LEVELS:
            found[_LEVELS[AreaKind(kind)]] = path
    return tuple(Post(level, found[level]) for level in sorted(found))


def turn(chain: Sequence[Post], on_shift: Collection[str], *, above: int | None = None) -> Turn | None:
    """Whose turn it is: the lowest post (`above` a level, when it was that level's turn) with somebody on shift.

    With nobody on shift anywhere above it is the turn of the highest post; None when there is no post left.
    """
    left = [post for post in chain if above is None or post.level > above]
    for place, post in enumerate(left):
        if post.area in on_shift:
            return Turn(post, tuple(left[:place]))
    return Turn(left[-1], tuple(left[:-1]), manned=False) if left else None

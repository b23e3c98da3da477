"""The catalogue (事项目录): classes A–D, who begins, how long a case of it may take. Rules and the lists that ship.

An item hangs on a class of any level. It names the workflow and the limits of a case: of the whole, and of single
steps. Steps it does not name have the same share of its whole limit as they have of the workflow's. An item is never
changed: another version takes its place, so that a case keeps the one it came in under.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from data_access.domain.errors import InvalidInput
from data_access.domain.escalation import Level, Post
from data_access.domain.workflows import SEVEN, Limits, Step, Urgency, Workflow, check_limits, of_hours
from data_access.domain.worktime import LONGEST

_LISTS: Final = Path(__file__).parent / "catalogue_lists"
SOURCE: Final = "appeals"
"""`source` of the default catalogue: the appeals of Shenzhen's districts, whose ids its classes have."""


class Category(StrEnum):
    """四类事件, by how grave they are."""

    A = "A"  # 重大
    B = "B"  # 较大
    C = "C"  # 一般
    D = "D"  # 小事


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """事项. `level` is whose turn it is first (小事不出社区); `limits` are of steps, by key; `sample`: 示例."""

    number: str
    name: str
    category: Category
    level: Level = Level.GRID_WORKER
    urgency: Urgency = Urgency.NORMAL
    working: bool = True
    workflow: str = SEVEN.code
    limit: timedelta
    limits: Mapping[str, timedelta] = field(default_factory=dict)
    sample: bool = False


def check(item: Item, workflow: Workflow) -> None:
    """Raise `InvalidInput` where `item` cannot be: of a case in `workflow`."""
    if not item.number.strip() or not item.name.strip():
        raise InvalidInput("事项要有编号和名称。")
    if item.working and item.urgency is not Urgency.NORMAL:
        raise InvalidInput("紧急和特急的事项按自然时间计时，不等上班。")
    if not timedelta(0) < item.limit <= LONGEST:
        raise InvalidInput("全案时限要大于零，最长一年。")
    unknown = [key for key in item.limits if all(key != step.key for step in workflow.steps[1:])]
    if unknown:
        raise InvalidInput("流程“{name}”没有“{step}”这一步。", name=workflow.name, step=unknown[0])
    check_limits(under(workflow, item))


def under(workflow: Workflow, item: Item) -> Workflow:
    """`workflow` with the limits of `item`: for its own urgency as they are, for a greater one never longer."""
    limits = [_limit(workflow.limits, item.limit, urgency, item) for urgency in Urgency]
    return replace(
        workflow,
        limits=_three(limits),
        working=item.working,
        steps=tuple(_step(step, workflow, item) for step in workflow.steps),
    )


def _step(step: Step, workflow: Workflow, item: Item) -> Step:
    own = item.limits.get(step.key)
    if own is None:
        own = of_hours(step.limits[item.urgency] / workflow.limits[item.urgency] * (item.limit / timedelta(hours=1)))
    return replace(step, limits=_three([_limit(step.limits, own, urgency, item) for urgency in Urgency]))


def _limit(usual: Limits, own: timedelta, urgency: Urgency, item: Item) -> timedelta:
    return min(own, usual[urgency]) if urgency > item.urgency else own


def _three(limits: list[timedelta]) -> Limits:
    normal, urgent, very_urgent = limits
    return normal, urgent, very_urgent


def first_post(posts: tuple[Post, ...], level: int | None) -> Post | None:
    """Who begins: the lowest of `posts` that is of `level` or above it, else the highest there is."""
    fit = [post for post in posts if level is None or post.level >= level]
    if fit:
        return fit[0]
    return posts[-1] if posts else None


@dataclass(frozen=True, slots=True)
class ListedClass:
    """A class of the default catalogue: level 1 top, 2 main, 3 sub."""

    level: int
    ref: str
    parent: str | None
    name: str


@cache
def default_classes() -> tuple[ListedClass, ...]:
    """The default catalogue, tops first."""
    return tuple(
        ListedClass(int(row["level"]), row["id"], row["parent_id"] or None, row["name"]) for row in _rows("classes")
    )


@cache
def sample_items() -> tuple[tuple[str, Item], ...]:
    """The sample (示例), each with the id of its sub class."""
    return tuple(
        (
            row["class_id"],
            Item(
                number=row["item"],
                name=row["name"],
                category=Category(row["category"]),
                level=LEVELS[row["handler"]],
                urgency=Urgency[row["urgency"].upper()],
                working=row["time"] == WORKING,
                workflow=row["workflow"],
                limit=of_hours(float(row["case_hours"])),
                sample=True,
            ),
        )
        for row in _rows("items")
    )


LEVELS: Final[Mapping[str, Level]] = {
    "grid": Level.GRID_WORKER,
    "community": Level.COMMUNITY,
    "street": Level.STREET,
    "district": Level.DISTRICT,
}
"""The levels as files and forms call them."""
WORKING: Final = "working"
CALENDAR: Final = "calendar"


def _rows(name: str) -> list[dict[str, str]]:
    with (_LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

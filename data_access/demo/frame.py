"""Where everything of one community hangs: its areas with their ids, paths and polygons, and running numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from shapely import Polygon

from data_access.demo.chance import Ints
from data_access.demo.plan import CommunityPlan

Columns = Mapping[str, Sequence[Any]]
"""One table's rows by column, as the database stores them: instants in ms, dates and JSON as text, truth as 0/1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An area of the deployment with its keys in the database."""

    id: int
    code: str
    path: str
    name: str
    kind: str
    parent: str | None
    polygon: Polygon


@dataclass(slots=True)
class Numbers:
    """The next free id of each table: seeding numbers its rows itself, so that they can point at each other."""

    used: dict[str, int] = field(default_factory=dict)

    def take(self, table: str, count: int) -> Ints:
        """`count` new ids for `table`, ascending."""
        first = self.used.get(table, 0) + 1
        self.used[table] = first + count - 1
        return np.arange(first, first + count, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """What the builders of a community's rows need to know."""

    plan: CommunityPlan
    seed: int
    epoch: datetime
    area: Area
    street: Area
    grids: tuple[Area, ...]
    numbers: Numbers
    device_factor: float = 1.0  # how many times the usual number of devices


def texts(values: Any, missing: Any = None) -> list[Any]:
    """An array as a list; None where `missing` says so."""
    if missing is None:
        return list(values.tolist())
    kept = values.astype(object)
    kept[missing] = None
    return list(kept.tolist())


def flags(values: Any) -> list[int]:
    """Truth values as the database takes them in bulk."""
    return list(np.asarray(values).astype(np.int64).tolist())

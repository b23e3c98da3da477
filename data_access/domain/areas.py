"""Areas (区域): a tree of any depth, from the district down to the grid, and the paths that make subtrees cheap.

An area has two names for machines. Its **code** is what people, files and URLs use: the official one (district 6
digits, street 9, community 12, grid 15) or a local one where there is none. Its **path** is ours: three base-36
digits a level, so that a subtree is one half-open range of strings whatever the codes look like (a 功能区 between
city and street, a community that is not in the official list).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from data_access.domain.errors import InvalidInput

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
PATH_STEP: Final = 3
MAX_CHILDREN: Final = 36**PATH_STEP
MAX_DEPTH: Final = 10

SCHEMATIC_SOURCE: Final = "schematic, drawn by Yiping inside the district's outline"
"""Source of the outlines we draw where none is published: they show where an area is, and prove nothing."""


class AreaKind(StrEnum):
    """The usual levels. A deployment may have others between them; the tree does not care."""

    CITY = "city"  # 市
    DISTRICT = "district"  # 区
    FUNCTIONAL = "functional"  # 功能区
    STREET = "street"  # 街道
    COMMUNITY = "community"  # 社区
    GRID = "grid"  # 网格
    INDUSTRY_GRID = "industry_grid"  # 行业网格 (专属网格)


def child_path(parent: str, ordinal: int) -> str:
    """Return the path of the child number `ordinal` (from 0) of the area at `parent` ("" for a root)."""
    if not 0 <= ordinal < MAX_CHILDREN:
        raise InvalidInput(f"an area cannot have more than {MAX_CHILDREN} children")
    if len(parent) >= MAX_DEPTH * PATH_STEP:
        raise InvalidInput(f"areas can be at most {MAX_DEPTH} levels deep")
    digits = ""
    for _ in range(PATH_STEP):
        ordinal, rest = divmod(ordinal, 36)
        digits = _DIGITS[rest] + digits
    return parent + digits


def subtree_bounds(path: str) -> tuple[str, str]:
    """Return `(low, high)` so that `low <= p < high` holds exactly for the paths in the subtree of `path`."""
    return path, path + "~"  # "~" sorts after every base-36 digit in bytes


def within(path: str, scope: str) -> bool:
    """Tell whether the area at `path` lies in the subtree of `scope` (the whole tree is "")."""
    return path.startswith(scope)


def lineage(path: str) -> tuple[str, ...]:
    """Return the paths from the root down to `path` itself."""
    return tuple(path[:end] for end in range(PATH_STEP, len(path) + 1, PATH_STEP))

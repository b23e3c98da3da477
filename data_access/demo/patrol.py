"""Points of patrol: the doors of some buildings of every grid, each with a QR code of its own."""

from __future__ import annotations

from typing import Final

import numpy as np

from data_access.demo.buildings import Buildings
from data_access.demo.chance import choose
from data_access.demo.frame import Columns, Community, texts

_A_GRID: Final = 6


def point_rows(community: Community, within: Buildings) -> Columns:
    """The first buildings of each grid, in path order."""
    first = np.flatnonzero(np.concatenate([[True], within.grid[1:] != within.grid[:-1]]))
    place = np.arange(len(within.grid)) - np.repeat(first, np.diff(np.append(first, len(within.grid))))
    chosen = np.flatnonzero(place < _A_GRID)
    grid = within.grid[chosen]
    count = len(chosen)
    return {
        "id": community.numbers.take("patrol_points", count).tolist(),
        "code": [f"P{community.plan.code}{n:03d}" for n in range(1, count + 1)],
        "name": [f"{within.names[b]}门口" for b in chosen.tolist()],
        "area_id": texts(choose([a.id for a in community.grids], grid)),
        "area_path": texts(choose([a.path for a in community.grids], grid)),
        "building_id": within.ids[chosen].tolist(),
        "lng": within.lng[chosen].tolist(),
        "lat": within.lat[chosen].tolist(),
    }

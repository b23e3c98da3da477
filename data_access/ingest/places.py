"""How far from its place or fence a device is that tells its position: a reading worked out of two others."""

from __future__ import annotations

import numpy as np

from data_access.commands.readings import Floats, Ints
from data_access.domain.fences import DEGREE_M, beyond
from data_access.ingest.registry import Registry


def with_distances(
    registry: Registry, device: Ints, metric: Ints, ts: Ints, value: Floats, original: Ints
) -> tuple[Ints, Ints, Ints, Floats, Ints]:
    """Add to these columns of readings the distance (`away_m`) of each device whose rules ask for it.

    Both coordinates must be of one moment; 0, 0 is what a watch says that has found no position.
    """
    lng, lat, away = registry.position
    asked = registry.fenced[device]
    here, there = np.flatnonzero(asked & (metric == lng)), np.flatnonzero(asked & (metric == lat))
    moments = [list(zip(device[at].tolist(), ts[at].tolist(), strict=True)) for at in (here, there)]
    others = dict(zip(moments[1], there.tolist(), strict=True))
    pairs = [(i, others[moment]) for i, moment in zip(here.tolist(), moments[0], strict=True) if moment in others]
    pairs = [(i, j) for i, j in pairs if value[i] or value[j]]
    if not pairs:
        return device, metric, ts, value, original
    first, second = np.array(pairs, dtype=np.int64).T
    home = registry.home[device[first]]
    east = (value[first] - home[:, 0]) * np.cos(np.radians(home[:, 1]))
    metres = np.hypot(east, value[second] - home[:, 1]) * DEGREE_M
    for n, i in enumerate(device[first].tolist()):
        if (fence := registry.fences.get(i)) is not None:
            keep, rings = fence
            metres[n] = beyond(rings, keep, (float(value[first[n]]), float(value[second[n]])))
    metres = np.round(metres)
    return (
        np.concatenate((device, device[first])),
        np.concatenate((metric, np.full(len(first), away))),
        np.concatenate((ts, ts[first])),
        np.concatenate((value, metres)),
        np.concatenate((original, original[first])),
    )

"""Every kind of import by the name people type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from redis import Redis

from data_access.domain.errors import InvalidInput
from data_access.ingest.imports import areas, boundaries, catalogue, runner, telemetry
from data_access.ingest.imports.appeals import Appeals
from data_access.ingest.imports.calendar import Calendar
from data_access.ingest.imports.cases import Incidents
from data_access.ingest.imports.columns import Column
from data_access.ingest.imports.equipment import Cameras, Devices
from data_access.ingest.imports.housing import Buildings, LegalEntities, Resources, Responsibles
from data_access.ingest.imports.kind import Context, Kind
from data_access.ingest.imports.patrol import PatrolPoints
from data_access.ingest.imports.points import Points
from data_access.ingest.imports.residents import Residents
from data_access.ingest.imports.runner import Progress, Report


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind: its name, what it is for, its columns, and how to run it."""

    name: str
    about: str
    columns: tuple[Column, ...]
    run: Callable[..., Report]


def _row_kind(kind: type[Kind]) -> Entry:
    return Entry(kind.name, kind.about, kind.columns, partial(_run_rows, kind))


def _run_rows(
    kind: type[Kind],
    context: Context,
    path: Path,
    *,
    redis: Redis,
    mapping: dict[str, str] | None = None,
    skip_bad: bool = False,
    progress: Progress = lambda *_: None,
) -> Report:
    return runner.run(kind(context), path, redis=redis, mapping=mapping, skip_bad=skip_bad, progress=progress)


KINDS: Final[dict[str, Entry]] = {
    entry.name: entry
    for entry in (
        Entry(areas.NAME, areas.ABOUT, areas.COLUMNS, areas.run),
        Entry(boundaries.NAME, boundaries.ABOUT, boundaries.COLUMNS, boundaries.run),
        *(
            _row_kind(kind)
            for kind in (
                Points,
                Buildings,
                Residents,
                LegalEntities,
                Resources,
                Responsibles,
                PatrolPoints,
                Devices,
                Cameras,
                Incidents,
                Appeals,
                Calendar,
            )
        ),
        Entry(catalogue.NAME, catalogue.ABOUT, catalogue.COLUMNS, catalogue.run),
        Entry(telemetry.NAME, telemetry.ABOUT, telemetry.COLUMNS, telemetry.run),
    )
}


def find(name: str) -> Entry:
    """The kind called `name`; raises `InvalidInput` listing those there are."""
    try:
        return KINDS[name]
    except KeyError:
        raise InvalidInput(f"There is no kind {name!r}; there are {', '.join(KINDS)}.") from None

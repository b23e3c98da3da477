"""What every kind of import has: a template, and rows that become records of one table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Session

from data_access.commands.facts import Group
from data_access.commands.imports import Record, Target
from data_access.db.engine import Database
from data_access.domain.errors import InvalidInput
from data_access.ingest.crs import Crs, to_wgs84
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.places import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an import is told: the database, the clock's moment, and the options of the command."""

    database: Database
    now: datetime
    crs: Crs = Crs.WGS84
    area: str | None = None  # code: where the rows belong, for kinds whose files do not say
    source: str | None = None  # name of the system the file comes from, for kinds identified by (source, ref)
    keep_days: int = 3  # YIPING_READINGS_KEEP_DAYS, for readings
    hourly_keep_days: int = 40  # YIPING_HOURLY_KEEP_DAYS, for their hourly figures
    options: dict[str, str] = field(default_factory=dict)


class Kind(ABC):
    """One kind of file. A subclass says its columns, its target, and how a row reads."""

    name: ClassVar[str]
    about: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    delivers: ClassVar[tuple[str, str, str] | None] = None
    """(code, name, English name) of the data source this kind feeds; None when it feeds none."""
    facts: ClassVar[tuple[Group, ...]] = ()
    """The aggregates its rows are counted in."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.notes: list[str] = []
        self.touched: set[str] = set()
        """Paths of the areas whose aggregates this import changes."""
        with context.database.reading() as session:
            self.places = Places(session)
            self.scope = self.places.by_code(context.area) if context.area else None
            if context.area and self.scope is None:
                raise InvalidInput(f"There is no area with the code {context.area}; import the areas first.")
            self.prepare(session)

    @property
    @abstractmethod
    def target(self) -> Target:
        """Where the records go."""

    def prepare(self, session: Session) -> None:  # noqa: B027  # most kinds need none
        """Load what rows are checked against; nothing by default."""

    @abstractmethod
    def record(self, cells: Cells) -> Record | None:
        """Read one row; None when it belongs to another deployment's part of the file. Raises `Refused`."""

    def before_writing(self, records: Iterable[Record]) -> None:  # noqa: B027  # most kinds need none
        """Write what the records lean on (catalogue entries, dwellings), once the whole file has been accepted."""

    def resolve(self, records: Sequence[Record]) -> list[Record]:
        """Replace references by ids, after `before_writing`."""
        return list(records)

    def for_insert(self, record: Record) -> Record:
        """Complete a record that turned out to be new (a generated token, a starting state)."""
        return record

    def after_writing(self) -> None:  # noqa: B027  # most kinds need none
        """Write what follows from the records (sizes, versions), in short transactions."""

    def identity(self, record: Record) -> object:
        """What two rows of a file must not share."""
        return record[self.target.key]

    def told(self, record: Record) -> str:
        """How a refusal names the record; no personal data."""
        return f"{self.target.key} {record[self.target.key]}"

    def point(self, cells: Cells, *, required: bool = True) -> tuple[float | None, float | None]:
        """The row's lng and lat in WGS-84."""
        lng = cells.number("lng", low=-180, high=180)
        lat = cells.number("lat", low=-90, high=90)
        if lng is None or lat is None:
            if required or lng is not lat:
                raise Refused("lng and lat must both be given")
            return None, None
        lng, lat = to_wgs84(lng, lat, self.context.crs)
        return round(lng, 7), round(lat, 7)

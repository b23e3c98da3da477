"""The working days of a year that the product does not know yet, or that it has wrong."""

from __future__ import annotations

from typing import ClassVar

from data_access.commands.imports import Record, Target
from data_access.db.tables import CalendarDayRow
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.housing import table
from data_access.ingest.imports.kind import Kind


class Calendar(Kind):
    """工作日历."""

    name: ClassVar[str] = "calendar"
    about: ClassVar[str] = "working days that differ from the year's announced calendar"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("day", "The day; identifies it", "2027-01-01", required=True, also=("日期",)),
        Column("working", "Whether it is worked: 1 or 0", "0", required=True, also=("上班",)),
        Column("name", "What it is", "元旦", also=("名称",)),
    )

    @property
    def target(self) -> Target:
        return Target(table=table(CalendarDayRow), key="day")

    def record(self, cells: Cells) -> Record | None:
        day, working = cells.day("day"), cells.flag("working")
        if day is None or working is None:
            raise Refused("day and working must both be given")
        return {"day": day, "working": working, "name": cells.text("name", longest=60)}

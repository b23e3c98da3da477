"""Points of patrol (点位): where a QR code hangs."""

from __future__ import annotations

from typing import ClassVar

from data_access.commands.imports import Record, Target
from data_access.db.tables import PatrolPointRow
from data_access.ingest.imports.columns import Cells, Column
from data_access.ingest.imports.housing import AREA, BUILDING, LAT, LNG, Placed, table


class PatrolPoints(Placed):
    """点位."""

    name: ClassVar[str] = "patrol-points"
    about: ClassVar[str] = "places with a QR code: citizens report there, grid workers check in"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("code", "Code; identifies it, and is what its QR code says", "P-017", required=True, also=("编码",)),
        Column("name", "Name", "田贝四路 12 号灯杆", required=True, also=("名称",)),
        AREA,
        BUILDING,
        LNG,
        LAT,
    )

    @property
    def target(self) -> Target:
        return Target(table=table(PatrolPointRow), key="code")

    def record(self, cells: Cells) -> Record | None:
        return (
            self.where(cells) | self.spot(cells) | {"code": cells.need("code", longest=64), "name": cells.need("name")}
        )

"""A few tasks for the demo's grid worker and an order for organisations, so that their page has something to do.

They come in and go through their first steps by the product's own commands; their texts say that they are a demo's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands.incident_acts import Act, act
from data_access.commands.incidents import take_in
from data_access.db.tables import AreaRow, BuildingRow, IncidentRow, MetaRow, ReportRow, UnitRow
from data_access.domain.accounts import Role
from data_access.domain.areas import subtree_bounds
from data_access.domain.cases import CaseAction
from data_access.domain.incident_moves import Details

MADE: Final = "demo_tasks"
"""Key in `meta`: they have been made once."""
_DESK: Final = "demo-officer"
_PHONE: Final = "00000000012"
"""As the other numbers of the demo, one that nobody has."""
_TASKS: Final = (
    ("下水井盖", "井盖松动，电动车压过会颠一下", "演示：井盖一边翘起，请复位。", "normal", _PHONE),
    ("小区内垃圾清理", "楼道口堆了旧家具", "演示：挡住半边通道，请联系清走。", "normal", None),
    ("路灯(灯光)井盖", "路灯井盖缺角", "演示：晚上看不清，请先放警示。", "urgent", None),
)
_ORDER: Final = ("演示：独居老人家水龙头漏水", "演示单：请社会组织或志愿者上门看看。")
NOTE: Final = "演示：报告人下午在家，可以先打电话。"
"""What the desk wrote about the task that somebody reported."""


def lay(session: Session, area: str, now: datetime) -> None:
    """Make them in the grid `area` where they have never been; nothing where there is no such grid."""
    if session.get(MetaRow, MADE) is not None:
        return
    grid = session.scalar(select(AreaRow).where(AreaRow.code == area))
    unit = session.scalar(select(UnitRow.id).order_by(UnitRow.id).limit(1))
    if grid is None or unit is None:
        return
    low, high = subtree_bounds(grid.path)
    inside = select(BuildingRow).where(BuildingRow.area_path >= low, BuildingRow.area_path < high)
    places = session.scalars(inside.order_by(BuildingRow.id.desc()).limit(len(_TASKS) + 1)).all()
    if not places:
        return
    for n, (kind, title, text, urgency, phone) in enumerate(_TASKS):
        said = {
            "key": f"demo-task-{n}",
            "channel": "snap" if phone else "patrol",
            "class": kind,
            "title": title,
            "description": text,
            "urgency": urgency,
        }
        row = _filed(session, grid, places[n % len(places)], now, workflow="seven", **said)
        _advance(session, row, (("register", None), ("dispatch", unit)), now)
        row.level, row.post = 0, grid.path  # a grid worker's, whatever its item begins with
        if phone:
            secret = hashlib.sha256(f"demo {row.id}".encode()).hexdigest()
            session.add(ReportRow(incident_id=row.id, secret=secret, phone=phone))
            _act(session, row, CaseAction.COMMENT, now, note=NOTE)
    _lay_order(session, grid, places, now)
    session.add(MetaRow(key=MADE, value="true"))


def _lay_order(session: Session, grid: AreaRow, places: Sequence[BuildingRow], now: datetime) -> None:
    title, text = _ORDER
    said = {"key": "demo-order", "channel": "patrol", "title": title, "description": text, "workflow": "three_lists"}
    row = _filed(session, grid, places[-1], now, **said)
    _advance(session, row, (("place", None),), now)


def _filed(session: Session, grid: AreaRow, place: BuildingRow, now: datetime, **said: str) -> IncidentRow:
    row, _ = take_in(session, {"area": grid.code, "place": place.name, **said}, actor=_DESK, now=now)
    row.building_id, row.lng, row.lat = place.id, place.lng, place.lat
    return row


def _advance(session: Session, row: IncidentRow, steps: Sequence[tuple[str, int | None]], now: datetime) -> None:
    for step, unit in steps:
        _act(session, row, CaseAction.ADVANCE, now, details=Details(step=step, unit_id=unit))


def _act(
    session: Session,
    row: IncidentRow,
    action: CaseAction,
    now: datetime,
    *,
    details: Details | None = None,
    note: str | None = None,
) -> None:
    said = Act(
        action=action,
        version=row.version,
        actor=_DESK,
        role=Role.OFFICER,
        now=now,
        details=details or Details(),
        note=note,
    )
    act(session, row.id, said)

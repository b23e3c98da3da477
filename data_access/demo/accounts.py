"""The demo's accounts: everybody may know their password, so that a server with them listens to its machine alone."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth.credentials import hash_password
from data_access.commands import users
from data_access.db.tables import AreaRow, MetaRow
from data_access.demo import tasks
from data_access.demo.plan import SHUIBEI
from data_access.demo.vendored import LUOHU
from data_access.domain.accounts import DEMO_PASSWORD, Role

MADE: Final = "demo_accounts"
"""Key in `meta`: they have been made once; who is disabled stays disabled."""

GRID: Final = f"{SHUIBEI}003"
"""Where the demo's grid worker works."""
_ACCOUNTS: Final = (
    ("demo-leader", "区领导", Role.LEADER, None),
    ("demo-officer", "值班员 王敏", Role.OFFICER, None),
    ("demo-officer-2", "值班员 李强", Role.OFFICER, None),
    ("demo-grid", "网格员 陈芳", Role.GRID_WORKER, GRID),
    ("demo-admin", "管理员", Role.ADMINISTRATOR, None),
)


def make(session: Session, now: datetime) -> None:
    """Add the demo accounts where they have never been."""
    tasks.lay(session, GRID, now)
    if session.get(MetaRow, MADE) is not None:
        return
    kept = hash_password(DEMO_PASSWORD)  # one for all: it is no secret
    there = set(session.scalars(select(AreaRow.code).where(AreaRow.code.in_([a for *_, a in _ACCOUNTS if a]))))
    whole = session.scalar(select(AreaRow.code).where(AreaRow.code == LUOHU))
    for name, display, role, area in _ACCOUNTS:
        own = area if area in there else whole if area else None
        users.add(session, name, role, actor="demo", now=now, display=display, area=own, password_hash=kept, demo=True)
    session.add(MetaRow(key=MADE, value="true"))

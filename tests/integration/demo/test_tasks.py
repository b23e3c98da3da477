"""What the demo gives its grid worker and organisations to do, on both databases: once, by the product's own rules."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from data_access.auth.principal import Principal
from data_access.commands.items import lay as lay_items
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, IncidentRow, UnitRow
from data_access.demo import tasks
from data_access.domain.accounts import Role
from data_access.queries import field
from tests.small import GRID, fill


def test_the_grid_worker_has_tasks_and_organisations_an_order_once(database: Database, noon: datetime) -> None:
    fill(database, noon)
    with database.writing() as session:
        tasks.lay(session, GRID, noon)  # nobody handles anything here yet
        assert session.scalar(select(func.count()).where(IncidentRow.source == "intake")) == 0
        session.add(UnitRow(id=1, source="t", ref="1", name="城管", aliases=[]))
        lay_items(session, noon)
    for _ in range(2):
        with database.writing() as session:
            tasks.lay(session, GRID, noon)
    with database.reading() as session:
        path = session.scalars(select(AreaRow.path).where(AreaRow.code == GRID)).one()
        mine = field.view(session, Principal("chen", Role.GRID_WORKER, path), now=noon).tasks
        assert len(mine) == 3
        assert all("演示" in (task.description or "") and task.next_stage == "handle" for task in mine)
        assert [task.reporter for task in mine if task.reporter] == ["000****0012"]
        assert sum(len(task.notes) for task in mine) == 1
        volunteer = Principal("token-1", Role.ORGANISATION, path, unit=1)
        (order,) = [task for task in field.view(session, volunteer, now=noon).tasks if task.open]
        assert order.title.startswith("演示")

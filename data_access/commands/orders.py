"""An organisation takes an order that nobody has (三单: 组织接单): dispatched to its unit and accepted, at once."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from data_access.commands.incident_acts import NOT_THERE, Act, act
from data_access.db.cases import to_case
from data_access.db.tables import IncidentRow
from data_access.db.workflows import workflow_of
from data_access.domain.areas import within
from data_access.domain.cases import CaseAction
from data_access.domain.errors import Conflict, NotFound
from data_access.domain.orders import is_offered


def taken(session: Session, incident_id: int, said: Act) -> Act:
    """What is left to be done of `said`, which an organisation says of a case: where it takes an order, to accept it.

    Raises `NotFound` for a case that is neither its unit's nor open to it, `Conflict` where another was faster.
    """
    row = session.get(IncidentRow, incident_id, with_for_update=True, populate_existing=True)
    if row is None or not within(row.area_path, said.scope):
        raise NotFound(NOT_THERE)
    case, workflow, accepts = to_case(row), workflow_of(session, row), said.action is CaseAction.ACCEPT
    if row.unit_id == said.unit:
        if accepts and row.owner not in (None, said.actor):
            raise Conflict("您单位已经有人接了这个单子。")
        return said
    if not accepts or (step := workflow.offers) is None:
        raise NotFound(NOT_THERE)
    if not is_offered(case, workflow):
        raise Conflict("这个单子现在不能接了。" if row.unit_id is None else "这个单子刚刚被别的组织接走了。")
    details = replace(said.details, step=step.key, unit_id=said.unit)
    act(session, incident_id, replace(said, action=CaseAction.ADVANCE, details=details))
    return replace(said, version=row.version)

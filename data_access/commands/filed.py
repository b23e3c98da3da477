"""Cases that an officer files by hand: somebody telephoned, or stood at the counter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth.credentials import digest
from data_access.auth.principal import Principal, require
from data_access.commands import freshness, incidents
from data_access.commands.once import once
from data_access.db.tables import AreaRow, IncidentRow, IncidentTypeRow
from data_access.db.workflows import newest
from data_access.domain.accounts import Action
from data_access.domain.errors import InvalidInput
from data_access.domain.workflows import Urgency
from data_access.services import Services

SOURCE: Final = "desk"
CHANNELS: Final = ("来电", "来访", "巡查发现", "上级交办")
LONGEST: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What he wrote down. `key` is the form's own: a second click files nothing more."""

    key: str
    title: str
    area: str
    channel: str
    type_id: int | None = None
    urgency: Urgency = Urgency.NORMAL
    workflow: str = ""  # its code; by default, that of the item of its class
    place: str = ""
    text: str = ""


def file(services: Services, filed: Filed, who: Principal) -> IncidentRow:
    """The case. Raises `NotAllowed`, or `InvalidInput` with a sentence for the form."""
    require(who, Action.ACT_ON_ALARMS)
    if not filed.title or len(filed.title) > 200:
        raise InvalidInput("请写明是什么事，最多 200 字。")
    if len(filed.place) > 200 or len(filed.text) > LONGEST:
        raise InvalidInput("写得太长了，请写短一些。")
    if filed.channel not in CHANNELS:
        raise InvalidInput("请选择从哪里来的。")
    return once(services.database, lambda session: _filed(session, services, filed, who))


def _filed(session: Session, services: Services, filed: Filed, who: Principal) -> IncidentRow:
    now, reference = services.clock(), digest(f"{who.name} {filed.key}")[:32]
    known = session.scalar(select(IncidentRow).where(IncidentRow.source == SOURCE, IncidentRow.source_ref == reference))
    if known is not None:
        return known
    area = session.scalar(select(AreaRow).where(AreaRow.code == filed.area))
    if area is None or not who.may_see(area.path):
        raise InvalidInput("没有这个区域，或者不在您的权限范围内。")
    kind = session.get(IncidentTypeRow, filed.type_id) if filed.type_id is not None else None
    if filed.type_id is not None and kind is None:
        raise InvalidInput("没有这个类别。")
    new = incidents.NewIncident(
        source=SOURCE,
        source_ref=reference,
        numbered=True,
        title=filed.title,
        area_id=area.id,
        area_path=area.path,
        created_at=now,
        channel_id=incidents.channel(session, filed.channel),
        types=incidents.classes_of(session, kind) if kind else (None, None, None),
        description=filed.text or None,
        place=filed.place or None,
        urgency=filed.urgency,
        workflow=newest(session, filed.workflow) if filed.workflow else None,
    )
    row = incidents.create(session, new, actor=who.name, now=now)
    freshness.note(session, freshness.INCIDENTS, now)
    return row

"""Requests that come in by Open311 GeoReport v2: a case on the channel of whoever's key it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth.principal import Principal
from data_access.commands import freshness, incidents
from data_access.commands.places import Spot, locate
from data_access.db.tables import AreaRow, ChannelRow, IncidentTypeRow
from data_access.domain.errors import InvalidInput
from data_access.domain.incidents import Nature
from data_access.services import Services

SOURCE: Final = "open311"
_INTERVAL_S: Final = 7 * 24 * 3600


def take_in(services: Services, sent: Mapping[str, str], who: Principal, *, now: datetime) -> int:
    """Create the case; return its number. Raises `InvalidInput` naming the parameter."""
    text, media = sent.get("description", "").strip(), sent.get("media_url", "").strip()
    if len(text) > 4000 or len(media) > 500:
        raise InvalidInput("description has at most 4,000 characters, media_url 500.")
    with services.database.writing() as session:
        kind = _service(session, sent.get("service_code", ""))
        spot, lng, lat = _where(session, sent)
        if not who.may_see(spot.path):
            raise InvalidInput("The place lies outside the area of the key.")
        owner = who.display or who.name
        new = incidents.NewIncident(
            source=SOURCE,
            source_ref=f"{who.name[:20]}-{now:%Y%m%d%H%M%S%f}",
            numbered=True,
            title=kind.name,
            area_id=spot.id,
            area_path=spot.path,
            created_at=now,
            channel_id=_channel(session, who, owner),
            types=incidents.classes_of(session, kind),
            nature=Nature.REQUEST,
            description="\n".join(part for part in (text, media) if part) or None,
            place=sent.get("address_string", "").strip()[:200] or None,
            lng=lng,
            lat=lat,
        )
        row = incidents.create(session, new, actor=who.name, now=now)
        freshness.note(session, freshness.INCIDENTS, now)
        freshness.ensure(session, SOURCE, "Open311", "Open311", owner, _INTERVAL_S)
        freshness.note(session, SOURCE, now)
        return row.id


def _channel(session: Session, who: Principal, owner: str) -> int:
    known = session.scalar(select(ChannelRow.id).where(ChannelRow.source == SOURCE, ChannelRow.ref == who.name[:40]))
    if known is not None:
        return known
    row = ChannelRow(source=SOURCE, ref=who.name[:40], name=owner[:200], owner=owner[:100])
    session.add(row)
    session.flush()
    return row.id


def _service(session: Session, code: str) -> IncidentTypeRow:
    row = session.get(IncidentTypeRow, int(code)) if code.isdecimal() and len(code) < 18 else None
    if row is None:
        raise InvalidInput("service_code is one that `services` lists.")
    return row


def _where(session: Session, sent: Mapping[str, str]) -> tuple[Spot, float | None, float | None]:
    """Where it is: `lat` and `long`, else `address_id` as the code of an area."""
    if "lat" in sent or "long" in sent:
        lat, lng = _degrees(sent.get("lat"), 90), _degrees(sent.get("long"), 180)
        spot = locate(session, lng, lat)
        if spot is None:
            raise InvalidInput("lat and long lie in none of our areas.")
        return spot, lng, lat
    area = session.execute(select(AreaRow.id, AreaRow.path).where(AreaRow.code == sent.get("address_id", ""))).first()
    if area is None:
        raise InvalidInput("lat and long must be given, or address_id with the code of an area.")
    return Spot(area.id, area.path), None, None


def _degrees(text: str | None, most: float) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        raise InvalidInput("lat and long are numbers of degrees.")
    return value

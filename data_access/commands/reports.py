"""Citizens' reports (随手拍): from a form without an account to a case, and back by the secret link of its receipt.

The form carries a key that this deployment signed. The key dates the form (too quick is a machine, too old is asked
again), makes a second tap or a retry harmless, and is what the secret of the link is made of: a retry gets the same
link, although the database knows neither.
"""

from __future__ import annotations

import base64
import hmac
import logging
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from weakref import WeakKeyDictionary

from redis import RedisError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data_access.auth.credentials import digest
from data_access.commands import freshness, incidents
from data_access.commands.attachments import Limits, Prepared, Sent, attach, prepare
from data_access.commands.incident_acts import apply
from data_access.commands.limits import take_one
from data_access.commands.once import once
from data_access.commands.places import Spot, locate
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, BuildingRow, IncidentRow, MetaRow, PatrolPointRow, ReportRow, from_ms, to_ms
from data_access.domain.attachments import AttachmentKind, Phase
from data_access.domain.cases import CaseAction
from data_access.domain.errors import IllegalTransition, InvalidInput, NotFound
from data_access.domain.incident_moves import Details
from data_access.domain.incidents import Nature
from data_access.domain.reports import CITIZEN, REWORKS, may_reply
from data_access.live import outbox
from data_access.services import Services

log = logging.getLogger(__name__)

SOURCE: Final = "report"
"""`source` of citizens' reports, and the code of their freshness."""
CHANNEL: Final = "随手拍"
QUICKEST: Final = timedelta(seconds=3)
OLDEST: Final = timedelta(hours=24)
LONGEST_TEXT: Final = 500
_SIGNED_WITH: Final = "report_key"
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{5,18}")
_INTERVAL_S: Final = 7 * 24 * 3600
_STALE: Final = "这一页放得太久了，请再提交一次。"
_OVER: Final = "没有这个回执，请核对链接。"
_BUSY: Final = "提交太频繁，请一分钟后再试。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a citizen filled in. `trap` is the field that no person sees."""

    key: str
    title: str
    class_name: str | None
    text: str = ""
    place: str = ""
    point: str | None = None
    lng: float | None = None
    lat: float | None = None
    phone: str = ""
    trap: str = ""


def new_key(services: Services) -> str:
    """A key for a form that is shown now."""
    body = f"{to_ms(services.clock()):x}.{secrets.token_urlsafe(18)}"
    return f"{body}.{_signature(services, body)}"


def report(services: Services, form: Form, files: Sequence[tuple[bytes, AttachmentKind]], *, address: str) -> str:
    """Take the report in, once; return the secret of its link. Raises `InvalidInput` with a sentence for the form."""
    now = services.clock()
    _check_form(services, form, now, Counter(kind for _, kind in files))
    allow(services, address)
    limits = Limits.of(services.settings)
    photos = [prepare(data, limits, kind) for data, kind in files]
    with services.store.holding(*(photo.blob for photo in photos)):
        once(services.database, lambda session: _take_in(session, services, form, photos, now))
    return secret_of(form.key)


def rate(services: Services, secret: str, rating: int, note: str, *, address: str) -> None:
    """How satisfied the citizen is. Raises `NotFound`, `IllegalTransition`, `InvalidInput`."""
    _reply(services, secret, CaseAction.RATE, Details(rating=rating), note, address)


def send_back(services: Services, secret: str, reason: str, *, address: str) -> None:
    """It is not done: to be handled again. Raises as `rate`."""
    _reply(services, secret, CaseAction.REWORK, Details(reason=reason), "", address)


def allow(services: Services, address: str) -> None:
    """Raise `InvalidInput` when too much comes from `address`. Without Redis nobody counts: a report is worth more."""
    try:
        allowed = take_one(services.redis, "report", address, services.settings.report_rate)
    except (RedisError, OSError):
        log.warning("reports are not counted: Redis is away")
        return
    if not allowed:
        raise InvalidInput(_BUSY)


def secret_of(key: str) -> str:
    """The secret of the receipt of what was sent with `key`."""
    return base64.urlsafe_b64encode(sha256(b"receipt " + key.encode()).digest()).decode().rstrip("=")


def find(session: Session, secret: str) -> ReportRow:
    """The report whose link this is. Raises `NotFound`."""
    found = session.scalar(select(ReportRow).where(ReportRow.secret == digest(secret)))
    if found is None:
        raise NotFound(_OVER)
    return found


def key_again(services: Services, key: str) -> str:
    """The key of a form that is shown again: its own while it holds, so that nobody waits for a second time."""
    age = _age(services, key, services.clock())
    return key if age is not None and age <= OLDEST else new_key(services)


def _age(services: Services, key: str, now: datetime) -> timedelta | None:
    """How long ago the form with `key` was shown; None where it is none of ours."""
    body, _, signature = key.rpartition(".")
    if not body or not hmac.compare_digest(signature.encode(), _signature(services, body).encode()):
        return None
    return now - from_ms(int(body.partition(".")[0], 16))


def _check_form(services: Services, form: Form, now: datetime, files: Counter[AttachmentKind]) -> None:
    age = _age(services, form.key, now)
    if age is None or age > OLDEST:
        raise InvalidInput(_STALE)
    if form.trap or age < QUICKEST:
        raise InvalidInput("提交得太快了，请再点一次提交。")
    if len(form.text) > LONGEST_TEXT or len(form.place) > 200:
        raise InvalidInput("写得太长了，请写短一些。")
    if form.phone and not _PHONE.fullmatch(form.phone):
        raise InvalidInput("手机号不对，请核对，或者不填。")
    if files[AttachmentKind.PHOTO] > services.settings.report_photos:
        raise InvalidInput("照片太多，最多 {n} 张。", n=str(services.settings.report_photos))
    if max(files[AttachmentKind.VOICE], files[AttachmentKind.VIDEO]) > 1:
        raise InvalidInput("录音和录像各一个。")


def _signature(services: Services, body: str) -> str:
    return hmac.new(_signing_key(services).encode(), body.encode(), sha256).hexdigest()[:32]


_keys: Final[WeakKeyDictionary[Database, str]] = WeakKeyDictionary()


def _signing_key(services: Services) -> str:
    """What this deployment signs forms with, made once; whoever reads it can only fill in forms more quickly."""
    known = _keys.get(services.database)
    if known is not None:
        return known
    with services.database.reading() as session:
        found = session.scalar(select(MetaRow.value).where(MetaRow.key == _SIGNED_WITH))
    if found is not None:
        _keys[services.database] = found
        return found
    try:
        with services.database.writing() as session:
            session.add(MetaRow(key=_SIGNED_WITH, value=secrets.token_hex(32)))
    except IntegrityError:
        log.debug("another process made the key")
    return _signing_key(services)


def _take_in(session: Session, services: Services, form: Form, photos: Sequence[Prepared], now: datetime) -> None:
    reference = digest(form.key)
    if session.scalar(select(ReportRow.id).where(ReportRow.secret == digest(secret_of(form.key)))) is not None:
        return
    spot, building, lng, lat, place = _where(session, form, photos)
    new = incidents.NewIncident(
        source=SOURCE,
        source_ref=reference,
        numbered=True,
        title=form.title,
        area_id=spot.id,
        area_path=spot.path,
        created_at=now,
        channel_id=incidents.channel(session, CHANNEL),
        types=incidents.classes_if_known(session, form.class_name),
        nature=Nature.REQUEST,
        description=form.text or None,
        place=place,
        lng=lng,
        lat=lat,
        building_id=building,
    )
    row = incidents.create(session, new, actor=CITIZEN, now=now, tell=False)
    session.add(
        ReportRow(
            incident_id=row.id, secret=digest(secret_of(form.key)), point=form.point, phone=form.phone.strip() or None
        )
    )
    for number, photo in enumerate(photos):
        sent = Sent(key=digest(f"{form.key} {number}"), phase=Phase.REPORT, actor=CITIZEN, now=now)
        attach(session, row, photo, sent, per_case=services.settings.attachments_per_case, tell=False)
    outbox.add(session, incidents.event_of(session, row, now))
    _note_fresh(session, services, now)


def _note_fresh(session: Session, services: Services, now: datetime) -> None:
    freshness.note_often(session, freshness.INCIDENTS, now)
    if not freshness.note_often(session, SOURCE, now):
        freshness.ensure(session, SOURCE, CHANNEL, "Citizens' reports", services.settings.report_owner, _INTERVAL_S)
        freshness.note(session, SOURCE, now)


def _where(
    session: Session, form: Form, photos: Sequence[Prepared]
) -> tuple[Spot, int | None, float | None, float | None, str | None]:
    """Where it is: what the citizen's phone says, else the point's own place, else the photo's; else only in words."""
    point = point_of(session, form.point) if form.point else None
    place = form.place.strip() or (point.name if point else None)
    building = None if point is None else point.id if isinstance(point, BuildingRow) else point.building_id
    if form.lng is not None and form.lat is not None:
        spot = locate(session, form.lng, form.lat)
        if spot is None:
            raise InvalidInput("这个位置不在服务范围内，请核对。")
        return spot, building, form.lng, form.lat, place
    if point is not None:
        return Spot(point.area_id, point.area_path), building, point.lng, point.lat, place
    for photo in photos:
        found = locate(session, photo.lng, photo.lat) if photo.lng is not None and photo.lat is not None else None
        if found is not None:
            return found, None, photo.lng, photo.lat, place
    roots = session.execute(select(AreaRow.id, AreaRow.path).where(AreaRow.parent_id.is_(None)).limit(2)).all()
    if place is None or len(roots) != 1:
        raise InvalidInput("请写明在哪里，或者用手机定位。")
    return Spot(roots[0].id, roots[0].path), None, None, None, place


def point_of(session: Session, code: str) -> PatrolPointRow | BuildingRow | None:
    """The patrol point with this code, else the building."""
    point = session.scalar(select(PatrolPointRow).where(PatrolPointRow.code == code))
    return point or session.scalar(select(BuildingRow).where(BuildingRow.code == code))


def _reply(services: Services, secret: str, action: CaseAction, details: Details, note: str, address: str) -> None:
    now = services.clock()
    allow(services, address)
    if max(len(note), len(details.reason or "")) > LONGEST_TEXT:
        raise InvalidInput("写得太长了，请写短一些。")
    with services.database.writing() as session:
        found = find(session, secret)
        row = session.get_one(IncidentRow, found.incident_id, with_for_update=True, populate_existing=True)
        if not may_reply(row.stage, row.closed_at, now, services.settings.report_reply_days):
            raise IllegalTransition("现在不能评价：还没有办结，或者已经过了评价的时间。")
        if action is CaseAction.REWORK and row.reworks >= REWORKS:
            raise IllegalTransition("已经退回过两次，请拨打 12345。")
        apply(session, row, action, actor=CITIZEN, now=now, details=details, note=note.strip() or None)

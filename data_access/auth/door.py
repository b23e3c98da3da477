"""Who a request comes from: cookie, token, guest or nobody. Asked at every request, so that it must be quick.

What was found is believed for `BELIEVED_S`; within that time a sign-out or a revocation reaches every process. While
Redis is away, browsers that were known stay known until they would have idled out; it is not asked at each request
again, for one that hangs takes its time to say nothing.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from redis import Redis, RedisError
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as Db

from data_access.auth import sessions
from data_access.auth.credentials import digest
from data_access.auth.principal import VISITOR, Kind, Principal
from data_access.db.engine import Database
from data_access.db.tables import UserRow, UserTokenRow
from data_access.domain.accounts import Purpose, Role
from data_access.live.bus import LEFT_ALONE
from data_access.settings import GuestView, Settings

BELIEVED_S: Final = 2.0
_TOUCH_S: Final = 30.0
_KNOWN: Final = 10_000
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def is_loopback(host: str) -> bool:
    """Tell whether a server bound to `host` is reached from this machine alone."""
    return host in LOOPBACK or host.startswith("127.")


@dataclass(slots=True)
class _Seen:
    """What is known of a key: who it is, when that was asked, when the person last did something."""

    who: Principal | None
    asked: float
    touched: float


class Door:
    """Resolves what a request brings. One a process; used from several threads, where a race costs one more look."""

    def __init__(self, settings: Settings, database: Database, redis: Redis) -> None:
        self._settings = settings
        self._database = database
        self._redis = redis
        self._idle = timedelta(minutes=settings.session_idle_min)
        self._known: OrderedDict[str, _Seen] = OrderedDict()
        self._guests: tuple[float, bool] | None = None

    # What is known already, without waiting for anybody; None where `…_of` must be asked.

    def recall(self, key: str) -> _Seen | None:
        """What was found for a cookie or token less than `BELIEVED_S` ago."""
        found = self._known.get(digest(key))
        return found if found and time.monotonic() - found.asked < BELIEVED_S else None

    def recall_guests(self) -> bool | None:
        """Whether guests may look, as found less than `BELIEVED_S` ago."""
        if self._guests and time.monotonic() - self._guests[0] < BELIEVED_S:
            return self._guests[1]
        return None

    # What waits for Redis and the database: call it in a thread.

    def browser(self, key: str, now: datetime, *, active: bool) -> Principal | None:
        """Who is signed in with the cookie `key`; `active` when this request is something the person did."""
        kept = digest(key)
        before = self._known.get(kept)
        if before and before.asked > time.monotonic():
            return before.who  # Redis is left alone
        try:
            session = sessions.find(self._redis, key)
            who = self._of_session(session, now) if session else None
            touched = before.touched if before else time.monotonic() - _TOUCH_S
            if session and who and active and time.monotonic() - touched >= _TOUCH_S:
                sessions.touch(self._redis, key, session, now, self._idle)
                touched = time.monotonic()
        except (RedisError, SQLAlchemyError, OSError):
            if before is None or time.monotonic() - before.touched >= self._idle.total_seconds():
                return None
            before.asked = time.monotonic() + LEFT_ALONE.total_seconds()
            return before.who
        self._remember(kept, _Seen(who, time.monotonic(), touched))
        return who

    def program(self, token: str, now: datetime) -> Principal | None:
        """Whose token this is; None for none that is good for access."""
        kept = digest(token)
        with self._database.reading() as db:
            row = db.execute(select(UserTokenRow).where(UserTokenRow.digest == kept)).scalar()
            who = principal_of_token(db, row, now, Kind.TOKEN) if row else None
        self._remember(kept, _Seen(who, time.monotonic(), time.monotonic()))
        return who

    def guests(self) -> bool:
        """Whether guests may look: only while bound to loopback and without an account of one's own, unless told."""
        match self._settings.guest_view:
            case GuestView.ON:
                found = True
            case GuestView.OFF:
                found = False
            case GuestView.AUTO:
                found = is_loopback(self._settings.host) and not self._has_accounts()
        self._guests = (time.monotonic(), found)
        return found

    def needs_touch(self, seen: _Seen) -> bool:
        """Whether an act of the person is to be told to Redis: it is, twice a minute at most."""
        return time.monotonic() - seen.touched >= _TOUCH_S

    def forget(self, key: str) -> None:
        """Believe nothing of `key` any more in this process."""
        self._known.pop(digest(key), None)

    @property
    def guests_from_anywhere(self) -> bool:
        """Whether guests are welcome from other machines too."""
        return self._settings.guest_view is GuestView.ON

    def guest(self) -> Principal:
        """Somebody unknown who may look."""
        return VISITOR

    def _has_accounts(self) -> bool:
        with self._database.reading() as db:
            return bool(db.scalar(select(exists().where(UserRow.demo.is_(False)))))

    def _of_session(self, session: sessions.Session, now: datetime) -> Principal | None:
        with self._database.reading() as db:
            if session.link:
                row = db.get(UserTokenRow, session.subject)
                return principal_of_token(db, row, now, Kind.LINK) if row else None
            if now - session.created > timedelta(hours=self._settings.session_max_h):
                return None
            user = db.get(UserRow, session.subject)
            return principal_of_user(user) if user and user.version == session.version else None

    def _remember(self, kept: str, seen: _Seen) -> None:
        self._known[kept] = seen
        self._known.move_to_end(kept)
        while len(self._known) > _KNOWN:
            self._known.popitem(last=False)


def principal_of_user(user: UserRow, kind: Kind = Kind.SESSION) -> Principal | None:
    """The principal of an account that may sign in; None of a disabled one."""
    if user.disabled_at is not None:
        return None
    return Principal(user.name, Role(user.role), user.area_path, user.display, kind, user.id, user.demo)


def principal_of_token(db: Db, row: UserTokenRow, now: datetime, kind: Kind) -> Principal | None:
    """The principal of an access token that is still good."""
    over = row.expires_at is not None and row.expires_at <= now
    if row.purpose != Purpose.ACCESS or row.revoked_at is not None or over:
        return None
    if row.user_id is not None:
        user = db.get(UserRow, row.user_id)
        return principal_of_user(user, kind) if user else None
    if row.role == Role.ORGANISATION and row.unit_id is None:
        return None
    return Principal(f"token-{row.id}", Role(row.role), row.area_path, row.label, kind, unit=row.unit_id)

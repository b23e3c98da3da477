"""Signing in and out: by name and password, by the link of a token; failures are counted, told and kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn

from redis import Redis
from sqlalchemy import select

from data_access.auth import sessions
from data_access.auth.credentials import digest, hash_password, verify_password
from data_access.auth.door import principal_of_token, principal_of_user
from data_access.auth.principal import Kind, Principal
from data_access.commands import audit, users
from data_access.commands.limits import take_one
from data_access.db.tables import UserRow, UserTokenRow
from data_access.domain.accounts import AuditAction, Purpose, Role, check_password
from data_access.domain.errors import DomainError
from data_access.services import Services
from data_access.settings import Settings

_WRONG: Final = "yiping:sign-in:wrong:"


class Refused(DomainError):  # noqa: N818  # reads as the fact it states
    """No sign-in. `text` with `values` in it is for the screen, so that it can be said in either language."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values))
        self.text, self.values = text, values


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The key for the browser's cookie, and whom it signs in."""

    key: str
    who: Principal


def sign_in(services: Services, name: str, password: str, address: str) -> SignedIn:
    """Sign `name` in with `password`. Raises `Refused`; a RedisError while Redis is away, where sessions are kept."""
    now, settings, redis = services.clock(), services.settings, services.redis
    name = name.strip().lower()[:40]
    _take_one(redis, address, settings)
    if _wrong(redis, name) >= settings.lockout_failures:
        raise _locked(redis, name)
    with services.database.reading() as db:
        user = db.execute(select(UserRow).where(UserRow.name == name)).scalar()
        who = principal_of_user(user) if user else None
        kept = user.password if user and who else None
    if not verify_password(kept, password[:1000]) or who is None:
        _fail(services, name, address, now)
    redis.delete(_WRONG + name)
    with services.database.writing() as db:
        row = db.get_one(UserRow, who.user_id)
        row.signed_in_at = now
        audit.note(db, AuditAction.SIGN_IN, actor=name, now=now, address=address)
        session = sessions.Session(row.id, row.version, link=False, created=now, seen=now, address=address)
    idle = timedelta(minutes=settings.session_idle_min)
    return SignedIn(sessions.begin(redis, session, idle), who)


def sign_in_by_link(services: Services, secret: str, address: str) -> SignedIn:
    """Sign a browser in with an access token. Raises `Refused`."""
    now = services.clock()
    _take_one(services.redis, address, services.settings)
    with services.database.writing() as db:
        row = db.execute(select(UserTokenRow).where(UserTokenRow.digest == digest(secret))).scalar()
        who = principal_of_token(db, row, now, Kind.LINK) if row else None
        if row is None or who is None:
            raise Refused("这个登录链接已经失效，请联系管理员。")
        row.used_at = now
        number = row.id
        audit.note(db, AuditAction.LINK_USED, actor=who.name, now=now, subject=row.label, address=address)
    kept = sessions.Session(number, 0, link=True, created=now, seen=now, address=address)
    return SignedIn(sessions.begin(services.redis, kept, sessions.LINKED), who)


def sign_out(services: Services, key: str, who: Principal, address: str) -> None:
    """End this browser's session."""
    sessions.end(services.redis, key)
    with services.database.writing() as db:
        audit.note(db, AuditAction.SIGN_OUT, actor=who.name, now=services.clock(), address=address)


def purpose_of_link(services: Services, secret: str) -> Purpose | None:
    """What the link of `secret` is good for; None when it is over or never was."""
    now = services.clock()
    with services.database.reading() as db:
        row = db.execute(select(UserTokenRow).where(UserTokenRow.digest == digest(secret))).scalar()
        if row is None:
            return None
        if row.purpose == Purpose.ACCESS:
            return Purpose.ACCESS if principal_of_token(db, row, now, Kind.LINK) else None
        return Purpose(row.purpose) if users.once(db, secret, now) else None


def name_of_link(services: Services, secret: str) -> str | None:
    """The account whose password the link of `secret` sets."""
    with services.database.reading() as db:
        link = users.once(db, secret, services.clock())
        return db.scalar(select(UserRow.name).where(UserRow.id == link.user_id)) if link else None


def use_link(services: Services, secret: str, name: str, password: str, address: str) -> str:
    """Set up the first administrator, or an account's new password, by a link that works once; return its name.

    Raises `Refused` when the link is over, `InvalidInput` when name or password will not do.
    """
    now, shortest = services.clock(), services.settings.password_shortest
    with services.database.writing() as db:
        link = users.once(db, secret, now)
        if link is None:
            raise Refused("这个登录链接已经失效，请联系管理员。")
        if link.purpose == Purpose.SETUP:
            check_password(password, name.strip().lower(), shortest=shortest)
            row = users.add(db, name, Role.ADMINISTRATOR, actor="setup", now=now, password_hash=hash_password(password))
        else:
            row = db.get_one(UserRow, link.user_id)
            users.set_password(db, row, password, shortest=shortest, actor=row.name, now=now, address=address)
        link.used_at = now
        found = row.name
    services.redis.delete(_WRONG + found)
    return found


def change_password(services: Services, who: Principal, old: str, new: str, address: str) -> None:
    """The person at the browser chooses a new password; his sessions are over, this one too. Raises `Refused`."""
    now, settings = services.clock(), services.settings
    _take_one(services.redis, address, settings)
    with services.database.reading() as db:
        kept = db.scalar(select(UserRow.password).where(UserRow.id == who.user_id))
    if who.user_id is None or not verify_password(kept, old[:1000]):
        raise Refused("原密码不对。")
    with services.database.writing() as db:
        row = db.get_one(UserRow, who.user_id)
        if row.demo:
            raise Refused("演示账号的密码不能改。")
        users.set_password(db, row, new, shortest=settings.password_shortest, actor=who.name, now=now, address=address)
    sessions.end_all(services.redis, f"user:{who.user_id}")


def unlock(redis: Redis, name: str) -> None:
    """Forget the wrong passwords of `name`."""
    redis.delete(_WRONG + name)


def _take_one(redis: Redis, address: str, settings: Settings) -> None:
    if not take_one(redis, "sign-in", address, settings.sign_in_rate):
        raise Refused("尝试太频繁，请一分钟后再试。")


def _wrong(redis: Redis, name: str) -> int:
    found: Any = redis.get(_WRONG + name)
    return int(found or 0)


def _locked(redis: Redis, name: str) -> Refused:
    left: Any = redis.ttl(_WRONG + name)
    return Refused("密码连续输错，账号已锁定。请 {minutes} 分后再试，或联系管理员。", minutes=max(1, -(-left // 60)))


def _fail(services: Services, name: str, address: str, now: datetime) -> NoReturn:
    """Count the failure, keep it, and say it; the same words whether the account exists or not."""
    settings, redis = services.settings, services.redis
    line = redis.pipeline()
    line.incr(_WRONG + name)
    line.expire(_WRONG + name, settings.lockout_min * 60)
    wrong: Any = line.execute()[0]
    locks = wrong >= settings.lockout_failures
    with services.database.writing() as db:
        action = AuditAction.LOCKED_OUT if locks else AuditAction.SIGN_IN_FAILED
        audit.note(db, action, actor=name or "?", now=now, done=False, address=address)
    if locks:
        raise _locked(redis, name)
    raise Refused("账号或密码不对，还可以试 {left} 次。", left=settings.lockout_failures - wrong)

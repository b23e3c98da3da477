"""What administrators do to accounts and tokens. Each change and its audit row are one transaction.

Sessions are Redis's: after the commit the caller ends those of the account (`data_access.auth.sessions.end_all`). The
raised version makes them worthless even where that failed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth.credentials import digest, hash_password, new_secret
from data_access.commands import audit
from data_access.db.tables import AreaRow, UserRow, UserTokenRow
from data_access.domain.accounts import AuditAction, Purpose, Role, account_name, check_password
from data_access.domain.errors import Conflict, InvalidInput, NotFound

ONCE_GOOD_FOR: Final = timedelta(hours=24)
"""How long a link is good that may be used once."""


def add(  # noqa: PLR0913  # the columns of a row
    session: Session,
    name: str,
    role: Role,
    *,
    actor: str,
    now: datetime,
    display: str = "",
    area: str | None = None,
    password_hash: str | None = None,
    demo: bool = False,
) -> UserRow:
    """A new account for the subtree of the area with code `area` (None: everything); without a password, no sign-in."""
    name = account_name(name)
    if session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None:
        raise Conflict(f"账号 {name} 已经有了。")
    area_id, path = scope_of(session, area)
    row = UserRow(
        name=name,
        display=display.strip()[:200] or name,
        role=role,
        area_id=area_id,
        area_path=path,
        password=password_hash,
        demo=demo,
        created_at=now,
        created_by=actor,
        password_at=now if password_hash else None,
    )
    session.add(row)
    session.flush()
    _note(session, AuditAction.USER_ADDED, row, actor, now, {"role": role, "area": area, "demo": demo})
    return row


def disable(session: Session, name: str, *, actor: str, now: datetime) -> UserRow:
    """No more sign-in, and the tokens of the account are good no longer."""
    row = find(session, name)
    if row.disabled_at is None:
        _keep_an_administrator(session, row)
        row.disabled_at = now
        row.version += 1
        _note(session, AuditAction.USER_DISABLED, row, actor, now)
    return row


def enable(session: Session, name: str, *, actor: str, now: datetime) -> UserRow:
    """The account may sign in again."""
    row = find(session, name)
    if row.disabled_at is not None:
        row.disabled_at = None
        row.version += 1
        _note(session, AuditAction.USER_ENABLED, row, actor, now)
    return row


def set_password(
    session: Session,
    row: UserRow,
    password: str,
    *,
    shortest: int,
    actor: str,
    now: datetime,
    address: str | None = None,
) -> None:
    """Give the account `password`; every session that knew the old one is over. Raises `InvalidInput`."""
    check_password(password, row.name, shortest=shortest)
    row.password = hash_password(password)
    row.password_at = now
    row.version += 1
    _note(session, AuditAction.PASSWORD_CHANGED, row, actor, now, address=address)


def reset(session: Session, name: str, *, actor: str, now: datetime) -> tuple[UserRow, str]:
    """Take the password away; return the account and the secret of a link that sets a new one, once."""
    row = find(session, name)
    row.password = None
    row.version += 1
    scope = (row.area_id, row.area_path)
    secret = _issue(session, Purpose.RESET, row.name, Role(row.role), scope, actor=actor, now=now, user_id=row.id)
    _note(session, AuditAction.PASSWORD_RESET, row, actor, now)
    return row, secret


def issue_token(
    session: Session,
    *,
    actor: str,
    now: datetime,
    role: Role,
    area: str | None = None,
    label: str = "",
    good_for: timedelta | None = None,
) -> tuple[UserTokenRow, str]:
    """A token for a wall or a program; its secret is returned here and kept nowhere."""
    scope = scope_of(session, area)
    label = label.strip()[:100] or role
    secret = _issue(session, Purpose.ACCESS, label, role, scope, actor=actor, now=now, good_for=good_for)
    row = session.execute(select(UserTokenRow).where(UserTokenRow.digest == digest(secret))).scalar_one()
    audit.note(
        session,
        AuditAction.TOKEN_ISSUED,
        actor=actor,
        now=now,
        subject=f"{row.id} {label}",
        detail={"role": role, "area": area},
    )
    return row, secret


def issue_setup(session: Session, *, actor: str, now: datetime) -> str:
    """The secret of a link by which the first administrator is named, once."""
    return _issue(session, Purpose.SETUP, "setup", Role.ADMINISTRATOR, (None, ""), actor=actor, now=now)


def revoke(session: Session, number: int, *, actor: str, now: datetime) -> UserTokenRow:
    """The token is good no longer. Raises `NotFound`."""
    row = session.get(UserTokenRow, number)
    if row is None:
        raise NotFound(f"没有编号为 {number} 的令牌。")
    if row.revoked_at is None:
        row.revoked_at = now
        audit.note(session, AuditAction.TOKEN_REVOKED, actor=actor, now=now, subject=f"{row.id} {row.label}")
    return row


def revoke_labelled(session: Session, label: str, *, actor: str, now: datetime) -> None:
    """Revoke every standing access token called `label`."""
    standing = select(UserTokenRow.id).where(UserTokenRow.label == label, UserTokenRow.revoked_at.is_(None))
    for number in session.scalars(standing).all():
        revoke(session, number, actor=actor, now=now)


def find(session: Session, name: str) -> UserRow:
    """The account called `name`. Raises `NotFound`."""
    row = session.execute(select(UserRow).where(UserRow.name == name.strip().lower())).scalar()
    if row is None:
        raise NotFound(f"没有账号 {name}。")
    return row


def once(session: Session, secret: str, now: datetime) -> UserTokenRow | None:
    """The token of a link that may be used once and has not been; None when it is over."""
    row = session.execute(select(UserTokenRow).where(UserTokenRow.digest == digest(secret))).scalar()
    if row is None or row.purpose == Purpose.ACCESS or row.used_at is not None or row.revoked_at is not None:
        return None
    return row if row.expires_at is None or row.expires_at > now else None


def scope_of(session: Session, area: str | None) -> tuple[int | None, str]:
    """Id and path of the area with code `area`; of the whole deployment without one. Raises `InvalidInput`."""
    if not area:
        return None, ""
    found = session.execute(select(AreaRow.id, AreaRow.path).where(AreaRow.code == area)).first()
    if found is None:
        raise InvalidInput(f"没有代码为 {area} 的区域。")
    return found.id, found.path


def administrators(session: Session) -> int:
    """How many accounts of one's own may sign in as administrator."""
    rows = session.scalars(
        select(UserRow.id).where(
            UserRow.role == Role.ADMINISTRATOR, UserRow.disabled_at.is_(None), UserRow.demo.is_(False)
        )
    )
    return len(rows.all())


def _keep_an_administrator(session: Session, row: UserRow) -> None:
    if row.role == Role.ADMINISTRATOR and not row.demo and administrators(session) <= 1:
        raise Conflict("这是最后一个管理员账号，不能停用。")


def _issue(  # noqa: PLR0913  # the columns of a row
    session: Session,
    purpose: Purpose,
    label: str,
    role: Role,
    scope: tuple[int | None, str],
    *,
    actor: str,
    now: datetime,
    user_id: int | None = None,
    good_for: timedelta | None = None,
) -> str:
    secret = new_secret()
    area_id, path = scope
    until = good_for or (None if purpose is Purpose.ACCESS else ONCE_GOOD_FOR)
    session.add(
        UserTokenRow(
            digest=digest(secret),
            purpose=purpose,
            label=label,
            user_id=user_id,
            role=role,
            area_id=area_id,
            area_path=path,
            created_at=now,
            created_by=actor,
            expires_at=now + until if until else None,
        )
    )
    session.flush()
    return secret


def _note(
    session: Session,
    action: AuditAction,
    row: UserRow,
    actor: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
    address: str | None = None,
) -> None:
    audit.note(session, action, actor=actor, now=now, subject=row.name, detail=detail, address=address)

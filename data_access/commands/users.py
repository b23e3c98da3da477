"""What administrators do to accounts and tokens. Each change and its audit row are one transaction.

Sessions are Redis's: after the commit the caller ends those of the account (`data_access.auth.sessions.end_all`). The
raised version makes them worthless even where that failed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from data_access.auth.credentials import digest, hash_password, new_secret
from data_access.commands import audit
from data_access.db.tables import AreaRow, UnitRow, UserRow, UserTokenRow
from data_access.domain.accounts import ACCOUNTS, AuditAction, Purpose, Role, account_name, check_password
from data_access.domain.areas import within
from data_access.domain.errors import Conflict, InvalidInput, NotFound

ONCE_GOOD_FOR: Final = timedelta(hours=24)
"""How long a link is good that may be used once."""
OWN_UNITS: Final = "organisation"
"""`source` of units that came to be with a token of theirs."""


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
    address: str | None = None,
) -> UserRow:
    """A new account for the subtree of the area with code `area` (None: everything); without a password, no sign-in."""
    name = account_name(name)
    _check_account(role)
    if session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None:
        raise Conflict("账号 {name} 已经有了。", name=name)
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
    _note(session, AuditAction.USER_ADDED, row, actor, now, {"role": role, "area": area, "demo": demo}, address)
    return row


def change(  # noqa: PLR0913  # what may be changed of a row
    session: Session,
    name: str,
    *,
    version: int,
    display: str,
    role: Role,
    area: str | None,
    actor: str,
    now: datetime,
    address: str | None = None,
) -> UserRow:
    """Another name on screens, role or area; with another role or area its sessions are over.

    Raises `Conflict` when somebody else has changed the account since `version`.
    """
    row = find(session, name)
    if row.version != version:
        raise Conflict("这个账号刚刚被别人改过，请看一眼现在的值再改。")
    _check_account(role)
    area_id, path = scope_of(session, area)
    display = display.strip()[:200] or row.name
    before, after = (row.display, row.role, row.area_path), (display, role, path)
    if before == after:
        return row
    if before[1:] != after[1:]:
        _keep_an_administrator(session, row, role, path)
        row.version += 1
    row.display, row.role, row.area_id, row.area_path = display, role, area_id, path
    names = ("display", "role", "area_path")
    was = {n: old for n, old, new in zip(names, before, after, strict=True) if old != new}
    becomes = {n: new for n, old, new in zip(names, before, after, strict=True) if old != new}
    _note(session, AuditAction.USER_CHANGED, row, actor, now, {"before": was, "after": becomes}, address)
    return row


def disable(session: Session, name: str, *, actor: str, now: datetime, address: str | None = None) -> UserRow:
    """No more sign-in, and the tokens of the account are good no longer."""
    row = find(session, name)
    if row.disabled_at is None:
        _keep_an_administrator(session, row)
        row.disabled_at = now
        row.version += 1
        _note(session, AuditAction.USER_DISABLED, row, actor, now, address=address)
    return row


def enable(session: Session, name: str, *, actor: str, now: datetime, address: str | None = None) -> UserRow:
    """The account may sign in again."""
    row = find(session, name)
    if row.disabled_at is not None:
        row.disabled_at = None
        row.version += 1
        _note(session, AuditAction.USER_ENABLED, row, actor, now, address=address)
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


def reset(session: Session, name: str, *, actor: str, now: datetime, address: str | None = None) -> tuple[UserRow, str]:
    """Take the password away; return the account and the secret of a link that sets a new one, once."""
    row = find(session, name)
    row.password = None
    row.version += 1
    scope = (row.area_id, row.area_path)
    secret = _issue(session, Purpose.RESET, row.name, Role(row.role), scope, actor=actor, now=now, user_id=row.id)
    _note(session, AuditAction.PASSWORD_RESET, row, actor, now, address=address)
    return row, secret


def issue_token(  # noqa: PLR0913  # the columns of a row
    session: Session,
    *,
    actor: str,
    now: datetime,
    role: Role,
    area: str | None = None,
    label: str = "",
    good_for: timedelta | None = None,
    unit: str | None = None,
    address: str | None = None,
) -> tuple[UserTokenRow, str]:
    """A token for a wall, a program or an organisation, which is the `unit` with that number or name.

    Its secret is returned here and kept nowhere.
    """
    scope = scope_of(session, area)
    of = unit_of(session, unit) if unit else None
    if (role is Role.ORGANISATION) is not (of is not None):
        raise InvalidInput("组织要写明单位，别的角色没有单位。")
    label = label.strip()[:100] or (of.name if of else role)
    secret = _issue(session, Purpose.ACCESS, label, role, scope, actor=actor, now=now, good_for=good_for, unit=of)
    row = session.execute(select(UserTokenRow).where(UserTokenRow.digest == digest(secret))).scalar_one()
    audit.note(
        session,
        AuditAction.TOKEN_ISSUED,
        actor=actor,
        now=now,
        subject=f"{row.id} {label}",
        address=address,
        detail={"role": role, "area": area} | ({"unit": of.id} if of else {}),
    )
    return row, secret


def unit_of(session: Session, named: str) -> UnitRow:
    """The unit with this number, or the one with this name; one that is not known yet comes to be.

    Raises `InvalidInput` where several have the name.
    """
    named = named.strip()[:200]
    if named.isdecimal() and len(named) < 16:
        if (found := session.get(UnitRow, int(named))) is None:
            raise InvalidInput("没有编号为 {number} 的单位。", number=named)
        return found
    same = session.scalars(select(UnitRow).where(UnitRow.name == named).order_by(UnitRow.id).limit(5)).all()
    if len(same) > 1:
        numbers = "、".join(str(row.id) for row in same)
        raise InvalidInput("有几个单位叫这个名字，请写编号：{numbers}。", numbers=numbers)
    if same:
        return same[0]
    row = UnitRow(source=OWN_UNITS, ref=digest(named)[:32], name=named, aliases=[])
    session.add(row)
    session.flush()
    return row


def issue_setup(session: Session, *, actor: str, now: datetime) -> str:
    """The secret of a link by which the first administrator is named, once."""
    return _issue(session, Purpose.SETUP, "setup", Role.ADMINISTRATOR, (None, ""), actor=actor, now=now)


def revoke(session: Session, number: int, *, actor: str, now: datetime, address: str | None = None) -> UserTokenRow:
    """The token is good no longer. Raises `NotFound`."""
    row = session.get(UserTokenRow, number)
    if row is None:
        raise NotFound("没有编号为 {number} 的令牌。", number=str(number))
    if row.revoked_at is None:
        row.revoked_at = now
        subject = f"{row.id} {row.label}"
        audit.note(session, AuditAction.TOKEN_REVOKED, actor=actor, now=now, subject=subject, address=address)
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
        raise NotFound("没有账号 {name}。", name=name)
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
        raise InvalidInput("没有代码为 {area} 的区域。", area=area)
    return found.id, found.path


def administrators(session: Session) -> int:
    """How many accounts of one's own may sign in as administrator."""
    return len(session.scalars(_administrators()).all())


def _administrators() -> Select[int]:
    return select(UserRow.id).where(
        UserRow.role == Role.ADMINISTRATOR, UserRow.disabled_at.is_(None), UserRow.demo.is_(False)
    )


def _check_account(role: Role) -> None:
    if role not in ACCOUNTS:
        raise InvalidInput("组织和志愿者没有账号密码，请给他们生成令牌，用链接登录。")


def _keep_an_administrator(session: Session, row: UserRow, role: Role | None = None, path: str = "") -> None:
    """Raise `Conflict` where nobody would be left to look after what `row` does, were it to have `role` at `path`."""
    if row.role != Role.ADMINISTRATOR or row.demo or row.disabled_at is not None:
        return
    if role is Role.ADMINISTRATOR and within(row.area_path, path):
        return
    others = session.scalars(_administrators().with_only_columns(UserRow.area_path).where(UserRow.id != row.id))
    if not any(within(row.area_path, other) for other in others):
        raise Conflict("这是最后一个管理员账号，不能停用，也不能改成别的角色或更小的范围。")


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
    unit: UnitRow | None = None,
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
            unit_id=unit.id if unit else None,
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

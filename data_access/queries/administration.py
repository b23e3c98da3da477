"""Accounts and tokens as an administrator sees them: those of his own area."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from data_access.db.tables import AreaRow, UnitRow, UserRow, UserTokenRow
from data_access.domain.accounts import Purpose, Role
from data_access.domain.areas import subtree_bounds
from data_access.viewmodels.accounts import AccountLine, AccountPage, AccountState, AreaChoice, TokenLine

PAGE: Final = 100
MOST_TOKENS: Final = 200
MOST_AREAS: Final = 3_000


def accounts(session: Session, scope: str, *, search: str = "", after: str = "", limit: int = PAGE) -> AccountPage:
    """At most `limit` accounts of `scope` by name, behind `after`; `search` is a part of either name."""
    query = _accounts(scope).where(UserRow.name > after).order_by(UserRow.name).limit(limit + 1)
    if part := search.strip().lower():
        pattern = f"%{part.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        query = query.where(or_(UserRow.name.like(pattern, "/"), func.lower(UserRow.display).like(pattern, "/")))
    rows = session.execute(query).all()
    lines = tuple(_line(row) for row in rows[:limit])
    return AccountPage(lines, lines[-1].name if len(rows) > limit else None)


def account(session: Session, scope: str, name: str) -> AccountLine | None:
    """The account called `name`; None where there is none in `scope`."""
    row = session.execute(_accounts(scope).where(UserRow.name == name)).first()
    return _line(row) if row else None


def tokens(session: Session, scope: str) -> tuple[TokenLine, ...]:
    """The standing access tokens of `scope`, the newest first."""
    row = UserTokenRow
    query = (
        select(row, AreaRow.name, AreaRow.name_en, UnitRow.name)
        .outerjoin(AreaRow, AreaRow.id == row.area_id)
        .outerjoin(UnitRow, UnitRow.id == row.unit_id)
        .where(row.purpose == Purpose.ACCESS, row.revoked_at.is_(None), *_inside(row.area_path, scope))
        .order_by(row.id.desc())
        .limit(MOST_TOKENS)
    )
    return tuple(
        TokenLine(
            id=token.id,
            label=token.label,
            role=Role(token.role),
            area_name=name,
            area_name_en=name_en,
            created_at=token.created_at,
            created_by=token.created_by,
            expires_at=token.expires_at,
            used_at=token.used_at,
            unit=unit,
        )
        for token, name, name_en, unit in session.execute(query)
    )


def areas(session: Session, scope: str) -> tuple[AreaChoice, ...]:
    """The areas of `scope`, each with the one above it, in the order of the tree."""
    above = aliased(AreaRow)
    query = (
        select(AreaRow.code, AreaRow.name, AreaRow.name_en, above.name, above.name_en)
        .outerjoin(above, above.id == AreaRow.parent_id)
        .where(*_inside(AreaRow.path, scope))
        .order_by(AreaRow.path)
        .limit(MOST_AREAS)
    )
    return tuple(
        AreaChoice(code, f"{up} {name}" if up else name, f"{up_en or up} {name_en or name}" if up else name_en or name)
        for code, name, name_en, up, up_en in session.execute(query)
    )


def _accounts(scope: str) -> Any:
    return (
        select(UserRow, AreaRow.code, AreaRow.name, AreaRow.name_en)
        .outerjoin(AreaRow, AreaRow.id == UserRow.area_id)
        .where(*_inside(UserRow.area_path, scope))
    )


def _line(row: Any) -> AccountLine:
    user, code, name, name_en = row
    return AccountLine(
        name=user.name,
        display=user.display,
        role=Role(user.role),
        area=code,
        area_name=name,
        area_name_en=name_en,
        state=_state(user),
        signed_in_at=user.signed_in_at,
        version=user.version,
    )


def _state(user: UserRow) -> AccountState:
    if user.disabled_at is not None:
        return AccountState.DISABLED
    if user.password is None:
        return AccountState.NO_PASSWORD
    return AccountState.DEMO if user.demo else AccountState.GOOD


def _inside(path: Any, scope: str) -> tuple[Any, ...]:
    low, high = subtree_bounds(scope)
    return (path >= low, path < high) if scope else ()

"""What people call whoever acted: accounts by their names, links and programs by what they were labelled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from sqlalchemy import String, and_, cast, literal, or_, select
from sqlalchemy.orm import Session

from data_access.db.tables import UserRow, UserTokenRow
from data_access.domain.accounts import Role
from data_access.domain.areas import lineage, subtree_bounds

MOST_OFFICERS: Final = 500
_OFFICERS: Final = (Role.OFFICER, Role.ADMINISTRATOR)
_BY_TOKEN: Final = re.compile(r"token-(\d{1,15})")


def called(session: Session, accounts: Iterable[str | None]) -> dict[str, str]:
    """The names of those of `accounts` that have one; machines, citizens and what is no account any more have none."""
    known = {account for account in accounts if account}
    found = {}
    if known:
        rows = session.execute(select(UserRow.name, UserRow.display).where(UserRow.name.in_(known)))
        found = {name: display for name, display in rows if display}
    if numbers := [int(token[1]) for account in known if (token := _BY_TOKEN.fullmatch(account))]:
        labels = session.execute(select(UserTokenRow.id, UserTokenRow.label).where(UserTokenRow.id.in_(numbers)))
        found |= {f"token-{number}": label for number, label in labels if label}
    return found


def officers(session: Session, path: str) -> dict[str, str]:
    """Whoever may have an alarm of the subtree of `path` in hand, account → name."""
    low, high = subtree_bounds(path)
    found: dict[str, str] = {}
    for row, account, name in (
        (UserRow, UserRow.name, UserRow.display),
        (UserTokenRow, literal("token-") + cast(UserTokenRow.id, String), UserTokenRow.label),
    ):
        around = or_(and_(row.area_path >= low, row.area_path < high), row.area_path.in_(("", *lineage(path))))
        rows = session.execute(select(account, name).where(row.role.in_(_OFFICERS), around).limit(MOST_OFFICERS))
        found |= {account_: name_ for account_, name_ in rows if name_}
    return found

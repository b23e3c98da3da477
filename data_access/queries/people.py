"""What people call whoever acted: accounts by their names, links and programs by what they were labelled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import UserRow, UserTokenRow

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

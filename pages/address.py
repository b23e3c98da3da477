"""What a page reads from its address."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from data_access.domain.errors import InvalidInput


def day(given: str | None) -> date | None:
    """The day that `from` or `to` names; None when there is none. Raises `InvalidInput`."""
    if not given:
        return None
    with suppress(ValueError):
        return date.fromisoformat(given)
    raise InvalidInput("日期的格式是 2018-01-31。")

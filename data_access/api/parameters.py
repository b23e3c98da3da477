"""Parameters of an address, read and bounded at the edge. Each raises `InvalidInput` naming the parameter."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from starlette.datastructures import QueryParams

from data_access.domain.alarms import Severity
from data_access.domain.errors import InvalidInput

W = TypeVar("W", bound=StrEnum)


def a_number(text: str) -> int:
    """The number in a path."""
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput("It is named by its number.")
    return int(text)


def a_word(asked: QueryParams, name: str, words: type[W]) -> W | None:
    """One of `words`, None when absent."""
    text = asked.get(name)
    if text is None:
        return None
    if text not in set(words):
        raise InvalidInput(f"{name} is one of {', '.join(words)}.")
    return words(text)


def an_integer(asked: QueryParams, name: str, low: int, high: int) -> int | None:
    """The whole number `name`, None when absent."""
    text = asked.get(name)
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 18 or not low <= int(text) <= high:
        raise InvalidInput(f"{name} is a whole number from {low} to {high}.")
    return int(text)


def a_severity(asked: QueryParams, name: str = "severity") -> int | None:
    """A severity by its name or its number (4 is the worst), None when absent."""
    names = {severity.name.lower(): severity.value for severity in Severity if severity}
    text = asked.get(name)
    if text is None:
        return None
    found = names.get(text.lower(), int(text) if text in map(str, names.values()) else None)
    if found is None:
        raise InvalidInput(f"{name} is one of {', '.join(reversed(names))}, or its number from 4 to 1.")
    return found


def an_instant(asked: QueryParams, name: str) -> datetime | None:
    """The moment `name` with its offset from UTC, None when absent."""
    text = asked.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput(f"{name} is a moment such as 2026-06-01T12:00:00+08:00.")
    return found


def a_day(asked: QueryParams, name: str) -> date:
    """The day `name`, which must be there."""
    try:
        return date.fromisoformat(asked.get(name) or "")
    except ValueError:
        raise InvalidInput(f"{name} is a day such as 2018-01-01.") from None

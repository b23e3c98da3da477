"""Columns of a template, and how the text in them becomes a value or a refusal a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from data_access.domain.periods import SHANGHAI


class Refused(Exception):  # noqa: N818  # reads as what happened to the row
    """A row cannot be taken; the message is the reason, shown beside the line number."""


class Flagged(Refused):
    """A row that is left out and reported, but does not stop its file: known bad data of a good source."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a template. `also` are other names under which files carry it."""

    name: str
    about: str
    example: str = ""
    required: bool = False
    also: tuple[str, ...] = ()


class Cells:
    """The cells of one row under our own column names, read as the type asked for."""

    __slots__ = ("_values", "line")

    def __init__(self, line: int, values: dict[str, str | None]) -> None:
        self.line = line
        self._values = values

    def text(self, name: str, *, longest: int = 200) -> str | None:
        value = self._values.get(name)
        if value is not None and len(value) > longest:
            raise Refused(f"{name} is longer than {longest} characters")
        return value

    def need(self, name: str, *, longest: int = 200) -> str:
        value = self.text(name, longest=longest)
        if value is None:
            raise Refused(f"{name} is missing")
        return value

    def number(self, name: str, *, low: float | None = None, high: float | None = None) -> float | None:
        value = self._values.get(name)
        if value is None:
            return None
        try:
            found = float(value)
        except ValueError:
            raise Refused(f"{name}: {value!r} is not a number") from None
        if not (found == found and abs(found) != float("inf")):  # noqa: PLR0124  # NaN alone differs from itself
            raise Refused(f"{name}: {value!r} is not a number")
        if (low is not None and found < low) or (high is not None and found > high):
            raise Refused(f"{name}: {value} is outside {low} to {high}")
        return found

    def whole(self, name: str, *, low: int | None = None, high: int | None = None) -> int | None:
        found = self.number(name, low=low, high=high)
        if found is not None and not found.is_integer():
            raise Refused(f"{name}: {found} is not a whole number")
        return None if found is None else int(found)

    def flag(self, name: str) -> bool | None:
        value = self._values.get(name)
        if value is None:
            return None
        if value.lower() in {"1", "true", "yes", "y", "是", "有"}:
            return True
        if value.lower() in {"0", "false", "no", "n", "否", "无"}:
            return False
        raise Refused(f"{name}: {value!r} is neither yes nor no (1 or 0)")

    def choice(self, name: str, choices: Iterable[str], words: dict[str, str] | None = None) -> str | None:
        """One of `choices`, or a word of `words` that stands for one."""
        value = self._values.get(name)
        if value is None:
            return None
        found = (words or {}).get(value, value)
        allowed = tuple(choices)
        if found not in allowed:
            raise Refused(f"{name}: {value!r} is none of {', '.join(allowed)}")
        return found

    def day(self, name: str) -> date | None:
        value = self._values.get(name)
        if value is None:
            return None
        try:
            return datetime.fromisoformat(_iso(value)).date()
        except ValueError:
            raise Refused(f"{name}: {value!r} is not a date (2026-06-01)") from None

    def instant(self, name: str) -> datetime | None:
        """A moment: ISO 8601, a date and time as Excel saves them, or milliseconds since 1970.

        Without an offset it is Shanghai time.
        """
        value = self._values.get(name)
        if value is None:
            return None
        try:
            if value.isdigit() and len(value) == len("1780286400000"):
                return datetime.fromtimestamp(int(value) / 1000, UTC)
            found = datetime.fromisoformat(_iso(value))
        except (ValueError, OverflowError):
            raise Refused(f"{name}: {value!r} is not a time (2026-06-01 12:00:00)") from None
        return (found if found.tzinfo else found.replace(tzinfo=SHANGHAI)).astimezone(UTC)


_EXCEL: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?")


def _iso(value: str) -> str:
    """`value` in ISO 8601 when it is a day (and time) as a Chinese Excel writes it: 2018/5/2 9:05, 2018年5月2日."""
    found = _EXCEL.fullmatch(value.strip())
    if found is None:
        return value
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"

"""How personal data is shown where nobody asked to unmask it: 张*, 138****1234, 110105********1234."""

from __future__ import annotations

import re
from typing import Final

_TITLES: Final = (
    "值班员", "值班长", "坐席", "网格员", "网格长", "楼栋长", "街长", "社区民警", "民警", "物业经理", "管理员",
)  # fmt: skip
"""What people write before a name when an account or a shift is somebody's in a role."""
_NUMBERS: Final = re.compile(r"[0-9Xx][0-9Xx -]{5,}[0-9Xx]")
"""What may be a telephone or identity number in what somebody typed."""
_WITHIN: Final = re.compile(r"\s*(?:\d+\s*单元|[A-Z]?\d+\s*[层楼室房]|(?<=[栋座幢楼])\s*[A-Z]?\d{3,4}).*$")
"""What of an address lies within a building: from the unit, the floor or the room on."""


def name(full: str) -> str:
    """The first character of a name and a star: 张*. A title before it is no part of it: 值班员 王敏 is 王*.

    A title alone, or with a number (坐席 03), names nobody and stays.
    """
    said = full.strip()
    title = next((title for title in _TITLES if said.startswith(title)), "")
    person = said.removeprefix(title).strip()
    if title and (not person or person.isdigit()):
        return said
    return f"{person[:1]}*" if person else ""


def phone(number: str | None) -> str | None:
    """The first three and last four digits; of a short number nothing but stars."""
    if not number:
        return None
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else "*" * len(number)


def id_number(number: str) -> str:
    """The place of registration and the last four digits."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}" if len(number) > 10 else "*" * len(number)


def numbers(text: str) -> str:
    """`text` without what may be a telephone or identity number."""
    return _NUMBERS.sub("****", text)


def room(number: str) -> str:
    """A room as far as its floor: 502 is 5**."""
    return f"{number[:-2]}**"


def address(full: str) -> str:
    """An address as far as its building."""
    return _WITHIN.sub("", full)

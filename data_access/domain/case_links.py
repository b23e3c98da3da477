"""What a case can be linked to by hand: a home or a legal entity. Alarms, cameras and other cases link themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class LinkKind(StrEnum):
    """What a link leads to."""

    DWELLING = "dwelling"  # 房屋
    ENTITY = "entity"  # 法人


@dataclass(frozen=True, slots=True)
class Linked:
    """One thing that a case is linked to."""

    kind: LinkKind
    id: int


MOST: Final = 20
"""Links that one case may have."""

"""When complaints become a hidden danger (隐患): three of one sub-class in one grid within a day. Rules only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from data_access.domain.incidents import Nature

ENOUGH: Final = 3
WITHIN: Final = timedelta(days=1)
COMPLAINTS: Final = (Nature.COMPLAINT, Nature.REQUEST)
"""What somebody wants put right; what he asks, praises or suggests is no sign of danger."""

Complaint = tuple[int, datetime]
"""Its id, and when it came in."""


def joining(complaints: Sequence[Complaint], last: datetime | None) -> tuple[list[int], list[Complaint]]:
    """Of `complaints` in order of time those that belong to a danger still open, whose last one came at `last`.

    Returns them, and the rest.
    """
    joined: list[int] = []
    for place, (number, at) in enumerate(complaints):
        if last is None or at > last + WITHIN:
            return joined, list(complaints[place:])
        joined.append(number)
        last = max(last, at)
    return joined, []


def first_danger(complaints: Sequence[Complaint]) -> Sequence[Complaint] | None:
    """The first of `complaints`, in order of time, that are enough within a day; None where there are none."""
    for place in range(len(complaints) - ENOUGH + 1):
        window = complaints[place : place + ENOUGH]
        if window[-1][1] - window[0][1] <= WITHIN:
            return window
    return None

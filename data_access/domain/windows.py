"""Drill and maintenance windows (演练、检修): announced, then open, then over; never back."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

WINDOW_OVER: Final = "window_over"
"""The word in an alarm's history for standing still when the window it was raised in is over: now it is meant."""


class Phase(IntEnum):
    """How far a window has come; the number is also the version of its event, so that only later ones count."""

    COMING = 1
    OPEN = 2
    OVER = 3

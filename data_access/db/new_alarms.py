"""Which alarms come new to an officer, as a flood counts them: one condition for desk, strip, panel and interface."""

from __future__ import annotations

from typing import Final

from data_access.db.tables import AlarmRow

COMES_NEW: Final = (
    AlarmRow.parent_id.is_(None),  # not what a parent explains
    AlarmRow.window.is_(None) | AlarmRow.life_safety,  # nor what a window holds
    AlarmRow.source != "replay",
)

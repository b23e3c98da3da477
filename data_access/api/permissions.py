"""What each route that changes something needs, in one table: a route that is not in it is not served.

Steps of a case are narrowed further by its workflow, and everything by the viewer's area.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data_access.api import alarm_acts, incident_acts
from data_access.domain.accounts import Action

_CASE: Final = "/api/v1/incidents/{incident_id}"
_RULES: Final = ("/api/v1/devices/{device_id}/rules/{alarm}", "/api/v1/device-models/{code}/rules/{alarm}")

NEEDS: Final[Mapping[str, Action | None]] = {
    **{f"/api/v1/alarms/{{alarm_id}}/{name}": kind.permission for name, kind in alarm_acts.ACTIONS.items()},
    "/api/v1/alarms/act": Action.COMMENT,  # the least of them; what is asked for needs its own
    **dict.fromkeys((f"{_CASE}/{name}" for name in incident_acts.ACTIONS), Action.COMMENT),
    **dict.fromkeys((f"{_CASE}/attachments", f"{_CASE}/link", f"{_CASE}/unlink", f"{_CASE}/call"), Action.DO_TASKS),
    "/api/v1/cameras/{code}/incident": Action.ACT_ON_ALARMS,
    "/api/v1/field/acts": Action.DO_TASKS,
    "/api/v1/field/visits": Action.DO_TASKS,
    **dict.fromkeys(_RULES, Action.CHANGE_SETTINGS),
    **dict.fromkeys((f"{path}/preview" for path in _RULES), Action.CHANGE_SETTINGS),
    "/api/v1/shifts/start": Action.ACT_ON_ALARMS,
    "/api/v1/shifts/{shift_id}/handover": Action.ACT_ON_ALARMS,
    "/api/v1/shifts/{shift_id}/end": Action.ACT_ON_ALARMS,
    "/api/v1/handovers/{handover_id}/sign": Action.ACT_ON_ALARMS,
    "/api/v1/alarm-windows": Action.ACT_ON_ALARMS,
    "/api/v1/alarms/flood/help": Action.ACT_ON_ALARMS,
    "/api/v1/alarm-windows/{window_id}": Action.ACT_ON_ALARMS,
    "/api/v1/mentions/read": Action.COMMENT,
    "/api/v1/unmask": Action.REVEAL,  # a resident's record needs more
    "/api/v1/me/active": None,  # about himself
    "/api/v1/walls": None,  # a screen says how it is
}
"""By path; None: whoever may ask at all."""

"""What people judged alarms to be, and how often each model was wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmRow, DeviceModelRow, DeviceRow
from data_access.domain.alarms import AlarmState, CloseReason
from data_access.domain.proportions import interval
from data_access.queries.alarm_span import inside
from data_access.viewmodels.alarm_analysis import FalseRate

LEAST_JUDGED: Final = 10


def judged_of(session: Session, path: str, start: datetime, until: datetime) -> list[tuple[int | None, str, str, int]]:
    """(model, kind, reason, count) of the alarms that were closed with a reason."""
    query = (
        select(DeviceRow.model_id, AlarmRow.kind, AlarmRow.close_reason, func.count())
        .select_from(AlarmRow)
        .outerjoin(DeviceRow, DeviceRow.id == AlarmRow.device_id)
    )
    query = inside(query, path, start, until).where(
        AlarmRow.state == AlarmState.CLOSED, AlarmRow.close_reason.is_not(None)
    )
    rows = session.execute(query.group_by(DeviceRow.model_id, AlarmRow.kind, AlarmRow.close_reason))
    return [(model, kind, reason, n) for model, kind, reason, n in rows]


def models(session: Session, judged: Sequence[tuple[int | None, str, str, int]]) -> tuple[FalseRate, ...]:
    """Highest rate first; those with too few to say last."""
    names = {
        row.id: row for row in session.execute(select(DeviceModelRow.id, DeviceModelRow.code, DeviceModelRow.name))
    }
    every, wrong = Counter[int](), Counter[int]()
    kinds: dict[int, Counter[str]] = defaultdict(Counter)
    for model, kind, reason, n in judged:
        if model is None:
            continue
        every[model] += n
        wrong[model] += n if reason == CloseReason.FALSE else 0
        kinds[model][kind] += n if reason == CloseReason.FALSE else 0
    overall = wrong.total() / every.total() if every else 0.0
    found = []
    for model, n in every.items():
        low, high = interval(wrong[model], n)
        found.append(
            FalseRate(
                model=names[model].code,
                name=names[model].name,
                kind=kinds[model].most_common(1)[0][0],
                judged=n,
                false=wrong[model],
                low=low,
                high=high,
                worse=n >= LEAST_JUDGED and low > overall,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.judged < LEAST_JUDGED, -one.false / one.judged, one.model)))

"""How long alarms waited to be looked at and closed: median and 95th percentile, by kind and by area."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, case, select, type_coerce
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmRow, AreaRow, DeviceModelRow, DeviceRow
from data_access.domain.alarms import AlarmState
from data_access.domain.areas import PATH_STEP
from data_access.queries.alarm_span import announced, inside
from data_access.viewmodels.alarm_analysis import Times

if TYPE_CHECKING:
    import pandas as pd

MOST_TIMED: Final = 200_000
MOST_KINDS: Final = 30


def timed(session: Session, path: str, start: datetime, until: datetime) -> pd.DataFrame:
    """One row an alarm: kind, area, severity, model, and seconds until it was looked at and closed; the newest."""
    raised = type_coerce(AlarmRow.raised_at, BigInteger)
    looked = (type_coerce(AlarmRow.acknowledged_at, BigInteger) - raised) / 1000.0
    closed = (type_coerce(AlarmRow.closed_at, BigInteger) - raised) / 1000.0
    query = select(
        AlarmRow.kind,
        AlarmRow.area_path,
        AlarmRow.severity,
        AlarmRow.device_id,
        looked,
        case((AlarmRow.state == AlarmState.CLOSED, closed)),
    ).select_from(AlarmRow)
    query = inside(query, path, start, until).where(announced())
    rows = session.execute(query.order_by(AlarmRow.raised_at.desc()).limit(MOST_TIMED)).all()
    import pandas as pd  # noqa: PLC0415  # half a second that a start need not wait for

    frame = pd.DataFrame(rows, columns=["kind", "path", "severity", "device", "looked", "closed"])
    return frame.astype({"looked": float, "closed": float})


def quantiles(values: pd.Series[float]) -> tuple[float | None, float | None]:
    """Median and 95th percentile of what is known; None where nothing is."""
    known = values.dropna()
    if known.empty:
        return None, None
    return float(known.quantile(0.5)), float(known.quantile(0.95))


def by_kind(session: Session, frame: pd.DataFrame) -> tuple[Times, ...]:
    """The kinds, the most frequent first, each with the model that raised it most."""
    if frame.empty:
        return ()
    often = frame.dropna(subset=["device"]).groupby("kind")["device"].agg(lambda ids: int(ids.mode().iloc[0]))
    devices = {int(number) for number in often}
    rows = session.execute(
        select(DeviceRow.id, DeviceModelRow.code)
        .join(DeviceModelRow, DeviceModelRow.id == DeviceRow.model_id)
        .where(DeviceRow.id.in_(devices))
    )
    models = {row.id: row.code for row in rows}
    return tuple(
        _times(kind, kind, None, models.get(int(often[kind])) if kind in often.index else None, part)
        for kind, part in _groups(frame, "kind")[:MOST_KINDS]
    )


def by_area(session: Session, path: str, frame: pd.DataFrame) -> tuple[Times, ...]:
    """The areas one level below `path`."""
    if frame.empty:
        return ()
    below = frame[frame["path"].str.len() > len(path)]
    below = below.assign(child=below["path"].str[: len(path) + PATH_STEP])
    rows = session.execute(
        select(AreaRow.path, AreaRow.code, AreaRow.name, AreaRow.name_en).where(
            AreaRow.path.in_([str(child) for child in below["child"].unique()])
        )
    )
    named = {row.path: row for row in rows}
    return tuple(
        _times(named[child].code, named[child].name, named[child].name_en, None, part)
        for child, part in _groups(below, "child")
        if child in named
    )


def _groups(frame: pd.DataFrame, by: str) -> list[tuple[str, pd.DataFrame]]:
    """The parts of `frame`, the largest first."""
    return sorted(((str(key), part) for key, part in frame.groupby(by)), key=lambda one: (-len(one[1]), one[0]))


def _times(key: str, name: str, english: str | None, model: str | None, part: pd.DataFrame) -> Times:
    looked, closed = quantiles(part["looked"]), quantiles(part["closed"])
    return Times(
        key=key,
        name=name,
        name_en=english,
        model=model,
        severity=int(part["severity"].mode().iloc[0]),
        count=len(part),
        acknowledge_median_s=looked[0],
        acknowledge_p95_s=looked[1],
        close_median_s=closed[0],
        close_p95_s=closed[1],
    )

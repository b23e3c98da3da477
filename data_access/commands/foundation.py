"""What every deployment stands on, whatever its data: default device models, metrics, the product's own sources."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import DeviceModelRow, MetricRow, SourceRow
from data_access.domain.alarm_rules import rule_to_json
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.devices import COMMON_METRICS, KIND_METRICS, METRIC_UNITS

_SOURCES: Final = (
    ("sensors", "传感物联", "Sensors", 60),
    ("heartbeat", "全程自检", "End-to-end check", 30),
)


def lay(session: Session) -> None:
    """Add what is missing; what is there stays as it is, changed rules included, but for the names of own sources."""
    metrics = set(session.scalars(select(MetricRow.key)))
    keys = dict.fromkeys([*(key for keys in KIND_METRICS.values() for key in keys), *COMMON_METRICS])
    session.add_all(MetricRow(key=key, unit=METRIC_UNITS.get(key)) for key in keys if key not in metrics)
    models = set(session.scalars(select(DeviceModelRow.code)))
    session.add_all(
        DeviceModelRow(
            code=model.code,
            kind=model.kind,
            name=model.name,
            period_s=model.period_s,
            offline_severity=model.offline_severity,
            rules=[rule_to_json(rule) for rule in model.rules],
        )
        for model in DEFAULT_MODELS
        if model.code not in models
    )
    sources = {row.code: row for row in session.scalars(select(SourceRow))}
    if heart := sources.get("heartbeat"):
        heart.name, heart.name_en = next((name, english) for code, name, english, _ in _SOURCES if code == "heartbeat")
    session.add_all(
        SourceRow(code=code, name=name, name_en=english, interval_s=interval)
        for code, name, english, interval in _SOURCES
        if code not in sources
    )

"""Every device as ingest needs it: by token, code or id, with its rules as rows of numbers; read whole."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands.devices import Fingerprint, fingerprint
from data_access.db.alarm_kinds import kinds
from data_access.db.fences import drawn
from data_access.db.tables import DeviceModelRow, DeviceRow, MetricRow
from data_access.domain.alarm_kinds import AlarmKind, in_force, kind_of
from data_access.domain.alarm_rules import OFFLINE, Above, AlarmRule, rule_from_json, with_overrides
from data_access.domain.devices import AWAY, COMMON_METRICS, KIND_METRICS, METRIC_UNITS
from data_access.domain.errors import InvalidInput

log = logging.getLogger(__name__)

NONE: Final = -1


class Registry:
    """A picture of devices, models and metrics at one moment; never changed, only replaced.

    A device's *index* is its place here; a *profile* is a set of rules that devices share; a *slot* is one rule of one
    device: `index * stride + place of the rule in the profile`. The last slot of each device is its silence.
    """

    def __init__(self, session: Session) -> None:
        self.fingerprint: Fingerprint = fingerprint(session)
        metric_rows = session.execute(select(MetricRow.key, MetricRow.id).order_by(MetricRow.id)).all()
        self.metrics: dict[str, int] = {key: i for i, (key, _) in enumerate(metric_rows)}
        self.metric_keys = list(self.metrics)
        self.metric_ids = np.array([id_ for _, id_ in metric_rows], dtype=np.int64)
        self.units = {row.key: row.unit for row in session.execute(select(MetricRow.key, MetricRow.unit))}
        self.battery = self.metrics.get("battery_pct", NONE)
        models = {row.id: row for row in session.scalars(select(DeviceModelRow))}
        devices = session.execute(
            select(
                DeviceRow.id,
                DeviceRow.code,
                DeviceRow.token,
                DeviceRow.kind,
                DeviceRow.model_id,
                DeviceRow.area_path,
                DeviceRow.overrides,
                DeviceRow.replay,
                DeviceRow.lng,
                DeviceRow.lat,
            ).order_by(DeviceRow.id)
        ).all()
        self.ids = np.array([d.id for d in devices], dtype=np.int64)
        self.by_token: dict[str, int] = {d.token: i for i, d in enumerate(devices)}
        self.by_id: dict[int, int] = {d.id: i for i, d in enumerate(devices)}
        self.by_name: dict[str, int] = {str(d.id): i for i, d in enumerate(devices)}
        self.by_name.update({d.code: i for i, d in enumerate(devices)})
        self.paths = [d.area_path for d in devices]
        self.replay = [d.replay for d in devices]
        self.silent_after = np.array([models[d.model_id].period_s * 1000 for d in devices], dtype=np.int64)
        known_kinds = kinds(session)
        silence = known_kinds.get(OFFLINE) or kind_of(OFFLINE)
        self.offline_severity = [silence.severity or models[d.model_id].offline_severity for d in devices]
        self.offline_life_safety = bool(silence.life_safety)
        self._build_rules(models, devices, known_kinds)
        self._build_fences(session, devices)

    def __len__(self) -> int:
        return len(self.ids)

    def _build_rules(
        self, models: Mapping[int, DeviceModelRow], devices: Any, known_kinds: Mapping[str, AlarmKind]
    ) -> None:
        parsed = {id_: in_force(_rules(row), known_kinds) for id_, row in models.items()}
        known: dict[tuple[int, str], int] = {}
        self.profiles: list[tuple[AlarmRule, ...]] = []
        profile = np.zeros(len(devices), dtype=np.int64)
        for i, device in enumerate(devices):
            key = (device.model_id, json.dumps(device.overrides, sort_keys=True) if device.overrides else "")
            number = known.get(key)
            if number is None:
                number = known[key] = len(self.profiles)
                self.profiles.append(_overridden(parsed[device.model_id], device))
            profile[i] = number
        self.profile = profile
        self._build_vocabulary(devices)
        self.stride = max((len(rules) for rules in self.profiles), default=0) + 1
        self._build_tables()

    def _build_vocabulary(self, devices: Any) -> None:
        """Which metrics each device may report: those of its kind, of all, and those its rules speak of."""
        known: dict[tuple[str, int], tuple[dict[str, int], str]] = {}
        self.speaks: list[dict[str, int]] = []  # key → number of the metric
        self.vocabulary: list[str] = []  # the same as a phrase, for whoever sent something else
        for device, profile in zip(devices, self.profile, strict=True):
            key = (device.kind, int(profile))
            if key not in known:
                own = KIND_METRICS.get(device.kind, ())
                ruled = (rule.metric for rule in self.profiles[key[1]])
                keys = [k for k in dict.fromkeys((*own, *COMMON_METRICS, *ruled)) if k in self.metrics]
                phrase = f"a {device.kind} device reports {', '.join(keys)}"
                known[key] = {k: self.metrics[k] for k in keys}, phrase
            self.speaks.append(known[key][0])
            self.vocabulary.append(known[key][1])

    def _build_fences(self, session: Session, devices: Any) -> None:
        """Of which devices it is asked how far they are from their place or fence, and where that is."""
        self.position = tuple(self.metrics.get(key, NONE) for key in ("lng", "lat", AWAY))
        asking = [next((rule for rule in rules if rule.metric == AWAY), None) for rules in self.profiles]
        asked = np.array([rule is not None for rule in asking], dtype=bool)
        self.fenced = asked[self.profile] if NONE not in self.position else np.zeros(len(devices), dtype=bool)
        self.home = np.array([(d.lng, d.lat) for d in devices], dtype=np.float64).reshape(-1, 2)
        fences = {
            i: rule.fence
            for i in np.flatnonzero(self.fenced).tolist()
            if (rule := asking[self.profile[i]]) is not None and rule.fence is not None
        }
        self.fences = drawn(session, fences, self.paths)

    def _build_tables(self) -> None:
        """Rules as arrays: thresholds, severities and side by rule; places of rules by profile, metric and rank."""
        rules = [rule for profile in self.profiles for rule in profile]
        levels = max((len(rule.levels) for rule in rules), default=1)
        self.high = np.array([rule.side is Above.HIGH for rule in rules] or [True])
        self.thresholds = np.full((max(len(rules), 1), levels), np.nan)  # a comparison with NaN is never true
        self.severities = np.zeros((max(len(rules), 1), levels), dtype=np.int64)
        for i, rule in enumerate(rules):
            for j, (threshold, severity) in enumerate(rule.levels):
                self.thresholds[i, j], self.severities[i, j] = threshold, severity
        by_metric: dict[tuple[int, int], list[tuple[int, int]]] = {}
        number = 0
        for p, profile in enumerate(self.profiles):
            for place, rule in enumerate(profile):
                if (metric := self.metrics.get(rule.metric)) is not None:
                    by_metric.setdefault((p, metric), []).append((place, number))
                number += 1
        ranks = max((len(found) for found in by_metric.values()), default=0)
        shape = (max(len(self.profiles), 1), max(len(self.metrics), 1), ranks)
        self.place: NDArray[np.int64] = np.full(shape, NONE, dtype=np.int64)
        self.rule: NDArray[np.int64] = np.full(shape, NONE, dtype=np.int64)
        for (p, metric), found in by_metric.items():
            for rank, (place, number) in enumerate(found):
                self.place[p, metric, rank], self.rule[p, metric, rank] = place, number


def ensure_metrics(session: Session) -> None:
    """Give a number to every metric that the kinds and the rules in force speak of."""
    wanted = dict.fromkeys(k for keys in KIND_METRICS.values() for k in keys)
    wanted.update(dict.fromkeys(COMMON_METRICS))
    models = {row.id: _rules(row) for row in session.scalars(select(DeviceModelRow))}
    own = select(DeviceRow.code, DeviceRow.model_id, DeviceRow.overrides).where(DeviceRow.overrides.is_not(None))
    overridden = [_overridden(models[device.model_id], device) for device in session.execute(own)]
    wanted.update(dict.fromkeys(rule.metric for rules in (*models.values(), *overridden) for rule in rules))
    there = set(session.scalars(select(MetricRow.key)))
    session.add_all(MetricRow(key=key, unit=METRIC_UNITS.get(key)) for key in wanted if key not in there)


def _rules(row: DeviceModelRow) -> tuple[AlarmRule, ...]:
    try:
        return tuple(rule_from_json(kept) for kept in row.rules)
    except InvalidInput:
        log.exception("model %s has rules that cannot be read; its readings are stored without alarms", row.code)
        return ()


def _overridden(rules: tuple[AlarmRule, ...], device: Any) -> tuple[AlarmRule, ...]:
    try:
        return with_overrides(rules, device.overrides)
    except InvalidInput:
        log.exception("device %s has overrides that cannot be read; its model's rules apply", device.code)
        return rules

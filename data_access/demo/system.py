"""Rows that are the same at every scale: facts about the deployment, sources, device models, metrics, the catalogue."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final

from data_access.db.tables import to_ms
from data_access.db.workflows import from_item
from data_access.demo.frame import Columns
from data_access.domain.alarm_rules import rule_to_json
from data_access.domain.catalogue import SOURCE, default_classes, sample_items
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.devices import COMMON_METRICS, KIND_METRICS, METRIC_UNITS
from data_access.settings import Settings

DEMO: Final = "demo"
"""`source` of everything seeded that has one."""

_SOURCES: Final = (
    ("sensors", "传感物联", "Sensors", "区应急管理局", 60, timedelta(0)),
    ("incidents", "事件系统", "Incident system", "区政务服务局", 300, timedelta(0)),
    ("video", "视频", "Video", "公安分局", 60, timedelta(0)),
    ("population", "人口房屋", "Population and housing", "区网格办", 86_400, timedelta(hours=6)),
    ("entities", "法人资源", "Entities and resources", "区市场监管局", 604_800, timedelta(days=2)),
    ("heartbeat", "全程自检", "End-to-end check", "一屏", 15, timedelta(0)),
)
CHANNELS: Final = (
    ("patrol", "网格员巡查", "区网格办", 204),
    ("12345", "12345", "市民热线", 91),
    ("snap", "随手拍", "区城管局", 58),
    ("video_ai", "视频 AI", "区政数局", 51),
    ("ishuibei", "i水贝", "翠竹街道", 45),
    ("sensor", "传感器", "区应急管理局", 37),
    ("mailbox", "政府信箱", "区信访局", 14),
)
"""Where incidents come in: code, name, owner, weight."""
UNITS: Final = (
    ("emergency", "区应急管理局"),
    ("police", "罗湖公安分局"),
    ("water", "区水务局"),
    ("housing", "区住房和建设局"),
    ("city", "区城管和综合执法局"),
    ("works", "区市政设施中心"),
    ("traffic", "交警罗湖大队"),
    ("labour", "区人力资源局"),
    ("market", "区市场监管局"),
    ("culture", "区文化广电旅游体育局"),
    ("education", "区教育局"),
    ("civil", "区民政局"),
    ("party", "区委组织部"),
    ("discipline", "区纪委监委"),
    ("government", "区政务服务局"),
)


def rows(settings: Settings, now: datetime) -> dict[str, Columns]:
    """Rows by table."""
    return {
        "meta": _meta(settings, now),
        "sources": _sources(now),
        "metrics": _metrics(),
        "device_models": _models(),
        "incident_types": _types(),
        "incident_items": _items(now),
        "channels": {
            "id": list(range(1, len(CHANNELS) + 1)),
            "source": [DEMO] * len(CHANNELS),
            "ref": [ref for ref, _, _, _ in CHANNELS],
            "name": [name for _, name, _, _ in CHANNELS],
            "owner": [owner for _, _, owner, _ in CHANNELS],
        },
        "units": {
            "id": list(range(1, len(UNITS) + 1)),
            "source": [DEMO] * len(UNITS),
            "ref": [ref for ref, _ in UNITS],
            "name": [name for _, name in UNITS],
            "aliases": ["[]"] * len(UNITS),
        },
    }


def type_ids() -> dict[tuple[int, str], int]:
    """Our ids of the catalogue's classes, by level and the catalogue's id."""
    return {(c.level, c.ref): n for n, c in enumerate(default_classes(), start=1)}


def item_ids() -> dict[str, tuple[int, int]]:
    """Our id of the sample's item of a sub class, and the level whose turn it is first."""
    return {ref: (n, int(item.level)) for n, (ref, item) in enumerate(sample_items(), start=1)}


def model_ids() -> dict[str, int]:
    """Our ids of the default device models, by kind."""
    return {model.kind.value: n for n, model in enumerate(DEFAULT_MODELS, start=1)}


def metric_ids() -> dict[str, int]:
    """Our ids of the metrics, by key."""
    rows = _metrics()
    return dict(zip(rows["key"], rows["id"], strict=True))


def _meta(settings: Settings, now: datetime) -> Columns:
    facts = {
        "epoch": now.isoformat(),
        "demo": "true",
        "seed": str(settings.seed),
        "scale": settings.scale.value,
        "data_version": "1",
    }
    return {"key": list(facts), "value": list(facts.values())}


def _sources(now: datetime) -> Columns:
    codes, names, english, owners, intervals, ages = zip(*_SOURCES, strict=True)
    return {
        "code": codes,
        "name": names,
        "name_en": english,
        "owner": owners,
        "interval_s": intervals,
        "last_seen": [to_ms(now - age) for age in ages],
        "version": [1] * len(_SOURCES),
    }


def _metrics() -> Columns:
    keys = list(dict.fromkeys([*(key for keys in KIND_METRICS.values() for key in keys), *COMMON_METRICS]))
    return {"id": list(range(1, len(keys) + 1)), "key": keys, "unit": [METRIC_UNITS.get(key) for key in keys]}


def _models() -> Columns:
    return {
        "id": list(range(1, len(DEFAULT_MODELS) + 1)),
        "code": [model.code for model in DEFAULT_MODELS],
        "kind": [model.kind.value for model in DEFAULT_MODELS],
        "name": [model.name for model in DEFAULT_MODELS],
        "period_s": [model.period_s for model in DEFAULT_MODELS],
        "offline_severity": [int(model.offline_severity) for model in DEFAULT_MODELS],
        "rules": [json.dumps([rule_to_json(rule) for rule in model.rules]) for model in DEFAULT_MODELS],
    }


def _types() -> Columns:
    classes, ids = default_classes(), type_ids()
    return {
        "id": [ids[c.level, c.ref] for c in classes],
        "source": [SOURCE] * len(classes),
        "ref": [c.ref for c in classes],
        "level": [c.level for c in classes],
        "parent_id": [ids[c.level - 1, c.parent] if c.parent else None for c in classes],
        "name": [c.name for c in classes],
    }


def _items(now: datetime) -> Columns:
    """The sample of items, as a first start lays it: the demo's cases came in under them."""
    ids, known = type_ids(), item_ids()
    columns: dict[str, list[object]] = {
        "id": [known[ref][0] for ref, _ in sample_items()],
        "type_id": [ids[3, ref] for ref, _ in sample_items()],
    }
    for _, item in sample_items():
        kept = {**from_item(item), "area_path": "", "version": 1, "at": to_ms(now), "actor": "sample"}
        for name, value in kept.items():
            columns.setdefault(name, []).append(json.dumps(value) if isinstance(value, dict) else value)
    return columns

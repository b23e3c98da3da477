"""Citizens' reports (随手拍): what is picked from, pictures first, then words; and when a citizen may answer.

Each word stands for a class, named as the catalogue names it; a deployment whose catalogue has no such class takes the
report without. How things are called on the page is the screen's (`components/labels.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from data_access.domain.incidents import Stage

CITIZEN: Final = "citizen"
"""Who acts on a case by the link of its receipt, as history calls him."""
OTHER: Final = "other"
REWORKS: Final = 2
"""How often a citizen may send a case back."""
RATINGS: Final = {"good": 5, "fair": 3, "poor": 1}
"""满意, 基本满意, 不满意 as the ratings of a case."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture with what it offers: code → name of the class."""

    code: str
    items: Mapping[str, str]


MENU: Final = (
    Tile(
        "waste",
        {
            "waste-litter": "暴露垃圾",
            "waste-furniture": "住宅区域内废弃家具设备",
            "waste-bin": "垃圾箱",
            "waste-flies": "蚊蝇孳生",
        },
    ),
    Tile(
        "road",
        {"road-manhole": "无主井盖", "road-surface": "道路破损", "road-lamp": "路灯", "road-rail": "交通护栏"},
    ),
    Tile(
        "parking",
        {
            "parking-car": "机动车乱停放",
            "parking-bike": "非机动车乱停放",
            "parking-shop": "店外经营",
            "parking-stall": "无照经营游商",
        },
    ),
    Tile(
        "noise",
        {
            "noise-site": "施工噪音",
            "noise-shop": "商业经营红线外噪声",
            "noise-home": "室内噪声",
            "noise-smoke": "油烟污染",
        },
    ),
    Tile(
        "fire",
        {
            "fire-exit": "消防通道堵塞",
            "fire-bike": "电动车存消防安全隐患",
            "fire-wire": "临时线路隐患",
            "fire-equipment": "消防设施无法正常使用",
        },
    ),
    Tile(
        "water",
        {
            "water-flood": "道路积水",
            "water-drain": "下水道堵塞或破损",
            "water-pipe": "自来水管破裂",
            "water-sewage": "道路污水",
        },
    ),
    Tile(
        "building",
        {
            "building-clutter": "小区内摆放、堆放物品存在安全隐患或影响卫生、通行",
            "building-lift": "电梯",
            "building-wall": "墙体安全隐患",
            "building-supply": "小区水、电、气维修",
        },
    ),
    Tile(OTHER, {}),
)
CLASS_OF: Final[Mapping[str, str | None]] = {
    **{tile.code: None for tile in MENU},
    **{code: name for tile in MENU for code, name in tile.items.items()},
}
"""The name of the class of each thing that can be picked; a picture alone says none."""


def may_reply(stage: str, closed_at: datetime | None, now: datetime, days: int) -> bool:
    """Whether the citizen may rate his case or send it back: while it is closed, some days long."""
    return stage == Stage.CLOSED and closed_at is not None and now < closed_at + timedelta(days=days)

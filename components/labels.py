"""The words for codes: kinds, severities, stages, states, roles. One table a code list; screens never print a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.i18n import Lang, Words, catalogue
from data_access.domain.alarm_names import ALARM_NAMES, STATES

SEVERITY: Final[Mapping[int, str]] = {4: "紧急", 3: "重要", 2: "次要", 1: "提示"}
SEVERITY_CLASS: Final[Mapping[int, str]] = {4: "critical", 3: "major", 2: "minor", 1: "warn"}

STAGE: Final[Mapping[str, str]] = {
    "report": "采集",
    "register": "立案",
    "dispatch": "派遣",
    "handle": "处置",
    "feedback": "反馈",
    "verify": "核查",
    "closed": "结案",
    "void": "作废",
}

AREA: Final[Mapping[str, str]] = {
    "city": "市",
    "district": "区",
    "functional": "功能区",
    "street": "街道",
    "community": "社区",
    "grid": "网格",
    "industry_grid": "行业网格",
}

DEVICE: Final[Mapping[str, str]] = {
    "smoke": "红外烟感",
    "gas": "燃气检测",
    "hydrant": "消防栓水压",
    "pool": "消防水池水位",
    "watch": "老人手表",
    "lift": "电梯",
    "manhole": "井盖",
    "perimeter": "周界",
    "fire_lane": "消防通道",
    "electrical": "电气",
    "parking": "车位",
    "waterlogging": "内涝点",
    "video_ai": "视频识别",
    "drone": "无人机巡查",
    "flow": "水流量",
    "gateway": "网关",
}

ACCOUNT_ROLE: Final[Mapping[str, str]] = {
    "wall": "大屏",
    "officer": "值班员",
    "grid_worker": "网格员",
    "leader": "领导",
    "administrator": "管理员",
    "organisation": "组织",
}
ACCOUNT_DOES: Final[Mapping[str, str]] = {
    "wall": "只看汇总",
    "officer": "告警处置",
    "grid_worker": "本网格任务",
    "leader": "只读",
    "administrator": "设置与账号",
    "organisation": "接单",
}

METRIC: Final[Mapping[str, str]] = {
    "smoke": "烟雾",
    "gas_lel": "燃气浓度",
    "pressure_mpa": "水压",
    "level_pct": "液位",
    "sos": "呼救",
    "fall": "跌倒",
    "worn": "佩戴",
    "heart_rate": "心率",
    "spo2": "血氧",
    "still_min": "静止时间",
    "away_m": "离开距离",
    "fault": "故障",
    "trapped": "困人",
    "tilt_deg": "倾角",
    "water_level_cm": "水深",
    "intrusion": "入侵",
    "occupied": "占用",
    "residual_ma": "剩余电流",
    "temp_c": "温度",
    "flow_lps": "流量",
    "finding": "巡查发现",
    "litter": "垃圾暴露",
    "illegal_parking": "违停",
    "graffiti": "乱涂写",
    "thrown_object": "高空抛物",
    "crowd": "人群聚集",
    "ebike_in_lift": "电动车进楼",
    "battery_pct": "电量",
    "rssi_dbm": "信号",
    "tamper": "设备被拆",
}

ALARM: Final = ALARM_NAMES

ALARM_STATE: Final[Mapping[str, str]] = STATES

ROLE: Final[Mapping[str, str]] = {
    "grid_chief": "网格长",
    "grid_worker": "网格员",
    "building_head": "楼栋长",
    "police": "社区民警",
    "property": "物业经理",
    "street_chief": "街长",
}

BUILDING: Final[Mapping[str, str]] = {
    "residential": "住宅",
    "urban_village": "城中村",
    "commercial": "商业",
    "industrial": "工业",
    "public": "公共",
}

RESOURCE: Final[Mapping[str, str]] = {
    "aed": "AED",
    "canteen": "长者食堂",
    "care_centre": "日间照料中心",
    "charging": "电动车充电点",
    "clinic": "社康中心",
    "fire_post": "微型消防站",
    "library": "图书馆",
    "party_centre": "党群服务中心",
    "police_post": "警务室",
    "school": "学校",
    "shelter": "应急避难场所",
    "toilet": "公共厕所",
}

USE: Final[Mapping[str, str]] = {"owner": "自用", "rented": "出租", "vacant": "空置", "other": "其他用途"}

REPORT: Final[Mapping[str, str]] = {
    "waste": "垃圾卫生",
    "waste-litter": "暴露垃圾",
    "waste-furniture": "大件垃圾",
    "waste-bin": "垃圾桶满",
    "waste-flies": "蚊蝇孳生",
    "road": "路面设施",
    "road-manhole": "井盖问题",
    "road-surface": "路面破损",
    "road-lamp": "路灯不亮",
    "road-rail": "护栏损坏",
    "parking": "占道停车",
    "parking-car": "车辆乱停",
    "parking-bike": "单车乱放",
    "parking-shop": "店外经营",
    "parking-stall": "流动摊贩",
    "noise": "噪音油烟",
    "noise-site": "施工噪音",
    "noise-shop": "商铺噪音",
    "noise-home": "邻里噪音",
    "noise-smoke": "餐饮油烟",
    "fire": "消防隐患",
    "fire-exit": "通道堵塞",
    "fire-bike": "电动车进楼",
    "fire-wire": "飞线充电",
    "fire-equipment": "设施失效",
    "water": "积水排水",
    "water-flood": "道路积水",
    "water-drain": "下水堵塞",
    "water-pipe": "水管破裂",
    "water-sewage": "污水外溢",
    "building": "楼栋物业",
    "building-clutter": "楼道堆物",
    "building-lift": "电梯故障",
    "building-wall": "外墙脱落",
    "building-supply": "停水停电",
    "other": "其他",
}
"""What a citizen picks, by the codes of `domain.reports`."""
REPORT_TOLD: Final[Mapping[str, str]] = {
    "accept": "网格员已接单",
    "arrive": "网格员已到场",
    "rework": "退回重办",
    "suspend": "暂停办理",
    "resume": "恢复办理",
    "merge": "已并入同一件事，一起办理",
    "void": "没有受理",
    "rate": "您已评价",
}
CHANNELS: Final = ("网格员巡查", "随手拍", "视频 AI", "传感器", "政府信箱", "i水贝", "未归属")
"""Names of channels as districts use them, so that the catalogue has their English; another name stays as it is."""
CAMERA_OWNERS: Final = ("公共安全", "社区物业", "校园周边")
"""As above: the three of a district's video network."""

PHASE: Final[Mapping[str, str]] = {"report": "上报时", "before": "处置前", "after": "处置后", "other": "其他照片"}
RATING: Final[Mapping[str, str]] = {"good": "满意", "fair": "基本满意", "poor": "不满意"}

RENTAL: Final[tuple[tuple[str, str], ...]] = (("宽", "宽管"), ("关", "关注"), ("严", "严管"), ("禁", "禁止"))
RENTAL_MEANS: Final = (
    "没有发现隐患，按期走访",
    "有一般隐患或人员变动多，增加走访",
    "有较重隐患或违规记录，重点检查",
    "隐患严重，整改合格前不得出租",
)
"""What each grade asks for, in their order."""


def of(table: Mapping[str, str], code: str, w: Words, n: int = 1) -> str:
    """The word for `n` of `code`; an unknown code stands for itself."""
    return w(table[code], n=n) if code in table else code


def for_browser(w: Words) -> dict[str, dict[str, str]]:
    """The tables the browser needs, in the reader's language, and in English the words of its own scripts."""
    return {
        "alarm": {code: w(word) for code, word in ALARM.items()},
        "alarmState": {code: w(word) for code, word in ALARM_STATE.items()},
        "area": {code: w(word) for code, word in AREA.items()},
        "role": {code: w(word) for code, word in ROLE.items()},
        "building": {code: w(word) for code, word in BUILDING.items()},
        "resource": {code: w(word) for code, word in RESOURCE.items()},
        "device": {code: w(word) for code, word in DEVICE.items()},
        "metric": {code: w(word) for code, word in METRIC.items()},
        "severity": {str(level): w(word) for level, word in SEVERITY.items()},
        "stage": {code: w(word) for code, word in STAGE.items()},
        "text": catalogue() if w.lang is Lang.EN else {},
    }

"""What alarms, and what happens to them, are called: for screens, notices that leave the product, and the duty log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data_access.domain.alarms import AlarmAction

ALARM_NAMES: Final[Mapping[str, str]] = {
    "smoke": "烟感火警",
    "gas": "燃气浓度高",
    "pressure_low": "消防栓水压低",
    "pressure_high": "消防栓水压高",
    "level_low": "消防水池水位低",
    "overflow": "消防水池溢流",
    "sos": "手表 SOS",
    "fall": "老人跌倒",
    "heart_rate_high": "心率过快",
    "heart_rate_low": "心率过慢",
    "spo2_low": "血氧低",
    "not_worn": "手表未佩戴",
    "geofence": "离开活动范围",
    "no_movement": "长时间没有活动",
    "low_battery": "电量低",
    "tamper": "设备被拆",
    "lift_trapped": "电梯困人",
    "lift_fault": "电梯故障",
    "manhole_tilt": "井盖倾斜",
    "manhole_water": "井下水位高",
    "intrusion": "周界入侵",
    "fire_lane_occupied": "消防通道占用",
    "fire_lane_blocked": "消防通道长时间占用",
    "residual_current": "剩余电流高",
    "overheat": "电气过热",
    "waterlogging": "内涝积水",
    "thrown_object": "高空抛物",
    "ebike_in_lift": "电动车进楼",
    "crowd": "人群聚集",
    "illegal_parking": "违停",
    "illegal_parking_long": "长时间违停",
    "parking_overstay": "车位长期占用",
    "graffiti": "乱涂写",
    "litter": "垃圾暴露",
    "drone_finding": "巡查发现",
    "offline": "设备离线",
    "flow_low": "流量过低",
}

ACTIONS: Final[Mapping[str, str]] = {
    "raise": "报警",
    AlarmAction.RETRIGGER: "再次触发",
    AlarmAction.CLEAR: "恢复正常",
    AlarmAction.RETURN: "复发",
    AlarmAction.ACKNOWLEDGE: "确认",
    AlarmAction.CLOSE: "关闭",
    AlarmAction.CLAIM: "认领",
    AlarmAction.RELEASE: "放回",
    AlarmAction.SHELVE: "搁置",
    AlarmAction.UNSHELVE: "取消搁置",
    AlarmAction.SUPPRESS: "被抑制",
    AlarmAction.UNSUPPRESS: "不再抑制",
    AlarmAction.ESCALATE: "上报一级",
    AlarmAction.REMIND: "再次提醒",
    AlarmAction.COMMENT: "备注",
    AlarmAction.CALL: "通话",
    AlarmAction.DISPATCH: "派单",
    AlarmAction.INCIDENT: "转为事件",
    AlarmAction.UNDO: "撤销",
    "confirm": "多点报警，已证实",
    "calm": "不再抖动",
    "help": "请求了增援",
    "help_over": "撤回了增援请求",
    "window_over": "演练或检修结束，按实警处理",
}
REASONS: Final[Mapping[str, str]] = {
    "real": "属实",
    "false": "误报",
    "test": "测试",
    "maintenance": "检修",
    "device_fault": "设备故障",
}
OUTCOMES: Final[Mapping[str, str]] = {"reached": "已接通", "on_the_way": "已出发", "no_answer": "无人接听"}
STATES: Final[Mapping[str, str]] = {
    "active_unacked": "未确认",
    "active_acked": "已确认",
    "cleared_unacked": "已恢复 未确认",
    "cleared_acked": "已恢复 待说明",
    "closed": "已关闭",
}


def name_of(kind: str) -> str:
    """The name of an alarm's kind; an unknown code stands for itself."""
    return ALARM_NAMES.get(kind, kind)

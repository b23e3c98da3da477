"""Aggregates of an area (底数): the metric keys of `area_facts`, one list for seeding, imports, queries and screens."""

from __future__ import annotations

from enum import StrEnum


class Fact(StrEnum):
    """A count over the whole subtree of an area."""

    RESIDENTS = "residents"  # 实有人口
    HOUSEHOLDS = "households"  # 户
    REGISTERED = "registered"  # 户籍
    FLOATING = "floating"  # 流动
    OVERSEAS = "overseas"  # 境外
    MALE = "male"
    AGE_0_14 = "age_0_14"
    AGE_15_59 = "age_15_59"
    AGE_60_UP = "age_60_up"
    AGE_80_UP = "age_80_up"
    ELDERLY_ALONE = "elderly_alone"  # 独居老人
    DISABLED = "disabled"
    BUILDINGS = "buildings"  # 楼栋
    DWELLINGS = "dwellings"  # 房屋(套)
    OWNER_OCCUPIED = "owner_occupied"  # 自用
    RENTED = "rented"  # 出租
    VACANT = "vacant"  # 空置
    RENTAL_LIGHT = "rental_light"  # 宽管
    RENTAL_WATCHED = "rental_watched"  # 关注
    RENTAL_STRICT = "rental_strict"  # 严管
    RENTAL_BANNED = "rental_banned"  # 禁止
    LEGAL_ENTITIES = "legal_entities"  # 法人
    ABOVE_SCALE = "above_scale"  # 规上
    SMALL_PLACES = "small_places"  # 三小
    RESOURCES = "resources"  # 资源
    AED = "aed"
    CAMERAS = "cameras"  # 视频点位
    DEVICES = "devices"  # 终端


class Daily(StrEnum):
    """A running figure that is kept once a day: the metric keys of `area_days`."""

    DEVICES_ONLINE = "devices_online"
    CAMERAS_DELIVERING = "cameras_delivering"

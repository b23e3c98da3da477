"""Made-up names and numbers that cannot belong to anybody.

Identity numbers have a valid check digit (ISO 7064 MOD 11-2) but name the division 99xxxx: no province has that
number (GB/T 2260 ends at 82). Phone numbers begin with 000: an international call to a country code beginning with 0,
and there is none. Credit codes (GB 32100, MOD 31) name the division 99xxxx too.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data_access.demo.chance import Chance, Ints, choose

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董"
    "潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白"
    "孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万钱严赖覃洪武"
)
_MALE: Final = "伟强军勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林阳建峰志国文博天泽子轩嘉豪永庆家乐海东德生"
_FEMALE: Final = "芳娜敏静丽艳娟霞秀燕玲桂英梅红雪倩婷颖洁莉慧琳欣怡佳雨涵梦琪思彤紫萱诗雅美晓云月兰香春凤珍淑惠"
_ROADS: Final = "一二三四五六七八九十"
_ESTATES: Final = ("花园", "苑", "新村", "大厦", "名庭", "雅居", "小区", "公寓", "豪庭", "华府", "阁", "居")
_FLAVOURS: Final = "金锦嘉翠碧鸿丽景泰安和盛润福荣德兴明雅逸"
_ID_WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECK: Final = np.array(list("10X98765432"))
_CREDIT_DIGITS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])

Texts = NDArray[Any]


def surnames(chance: Chance, count: int) -> Texts:
    """`count` family names, the common ones more often."""
    weights = [1.0 / (n + 6.0) for n in range(len(_SURNAMES))]
    return choose(list(_SURNAMES), chance.pick(count, weights))


def given_names(chance: Chance, male: NDArray[np.bool_]) -> Texts:
    """A given name of one or two characters for each person."""
    count = len(male)
    draws = [
        np.where(
            male,
            choose(list(_MALE), chance.whole(count, 0, len(_MALE))),
            choose(list(_FEMALE), chance.whole(count, 0, len(_FEMALE))),
        )
        for _ in range(2)
    ]
    second = np.where(chance.uniform(count) < 0.82, draws[1], "")
    return np.char.add(draws[0], second)


def full_names(chance: Chance, count: int) -> list[str]:
    """`count` adults' names."""
    names: list[str] = np.char.add(surnames(chance, count), given_names(chance, chance.uniform(count) < 0.5)).tolist()
    return names


def identity_numbers(community: int, born: NDArray[np.datetime64], male: NDArray[np.bool_], chance: Chance) -> Texts:
    """An 18-digit identity number each, unique within and between communities (by `community`, their ordinal)."""
    day = born.astype("datetime64[D]")
    order = np.lexsort((male, day))
    same = np.ones(len(order), dtype=bool)
    same[0] = False
    same[1:] = (day[order][1:] == day[order][:-1]) & (male[order][1:] == male[order][:-1])
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - starts
    offset = int(chance.whole(1, 0, 500)[0])
    serial = ((rank * 7 + offset) % 500) * 2 + male  # odd for men
    stem = np.char.add(
        np.char.add(f"99{community:04d}", np.char.replace(day.astype("U10"), "-", "")), padded(serial, 3)
    )
    digits = stem.astype("U17").view(np.uint32).reshape(len(stem), 17).astype(np.int64) - ord("0")
    return np.char.add(stem, _ID_CHECK[(digits * _ID_WEIGHTS).sum(axis=1) % 11])


def credit_codes(first: int, count: int) -> list[str]:
    """`count` unified social credit codes, numbered from `first`."""
    stems = [f"9199{0:04d}{n:09d}" for n in range(first, first + count)]
    values = np.array([[_CREDIT_DIGITS.index(c) for c in stem] for stem in stems]).reshape(count, 17)
    check = (31 - (values * _CREDIT_WEIGHTS).sum(axis=1) % 31) % 31
    return [stem + _CREDIT_DIGITS[c] for stem, c in zip(stems, check.tolist(), strict=True)]


def phones(chance: Chance, count: int) -> Texts:
    """`count` numbers of eleven digits that no telephone can reach."""
    return np.char.add("000", padded(chance.whole(count, 0, 100_000_000), 8))


def padded(numbers: Ints, width: int) -> Texts:
    """Decimal digits, zeros in front up to `width`."""
    return np.char.zfill(numbers.astype(f"U{max(width, 1)}"), width)


def estate_names(chance: Chance, community: str, count: int) -> list[str]:
    """`count` different names of housing estates in a community (水贝一村, 水贝锦苑, …)."""
    stem = community.removesuffix("社区")
    pool = [f"{stem}{n}村" for n in _ROADS[:3]]
    pool += [f"{stem}{flavour}{estate}" for estate in _ESTATES for flavour in _FLAVOURS]
    rest = 3 + chance.order(len(pool) - 3)
    return [pool[n] for n in [0, 1, 2, *rest.tolist()][:count]]


def roads(community: str) -> list[str]:
    """The roads of a community."""
    stem = community.removesuffix("社区")
    return [f"{stem}路", f"{stem}北路", f"{stem}南路", *(f"{stem}{n}街" for n in _ROADS[:5])]

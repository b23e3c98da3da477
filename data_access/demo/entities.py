"""Legal entities, resources, organisations and teams of a community."""

from __future__ import annotations

from typing import Final

import numpy as np

from data_access.demo.buildings import Buildings
from data_access.demo.chance import Chance, Ints, choose
from data_access.demo.frame import Area, Columns, Community, flags, texts
from data_access.demo.names import credit_codes, padded, phones
from data_access.demo.plan import SHUIBEI, CommunityPlan

_JEWELLERY: Final = 3_000
_SMALL_HERE: Final = 800
_INDUSTRIES: Final = (
    ("jewellery", "珠宝", 1_310),
    ("catering", "餐饮", 6_972),
    ("retail", "商贸", 27_000),
    ("services", "商务服务", 21_000),
    ("technology", "科技", 12_500),
    ("logistics", "物流", 5_200),
    ("construction", "建设工程", 6_400),
    ("culture", "文化传播", 7_300),
    ("health", "健康管理", 2_400),
    ("finance", "投资", 1_900),
)
_KINDS: Final = (("individual", 0.63), ("company", 0.36), ("organisation", 0.01))
_SMALL: Final = ("shop", "workshop", "entertainment")
_SMALL_SHARE: Final = 0.155
_STYLES: Final = "鑫宏恒瑞盛华佳诚信达利丰源泰和美凯隆腾飞祥顺亨通卓越新创联合东方明辉永兴"
_SUFFIX: Final = {"individual": "店", "company": "有限公司", "organisation": "服务中心"}
_RESOURCES: Final = (
    ("aed", "AED", 268),
    ("fire_post", "微型消防站", 218),
    ("clinic", "社康中心", 118),
    ("care_centre", "长者服务站", 94),
    ("canteen", "长者食堂", 43),
    ("party_centre", "党群服务中心", 126),
    ("school", "学校", 137),
    ("police_post", "警务室", 131),
    ("shelter", "应急避难场所", 41),
    ("toilet", "公共厕所", 212),
    ("library", "社区书屋", 88),
    ("charging", "电动自行车充电点", 257),
)
_FIRE_POST: Final = 1


def entity_rows(community: Community, within: Buildings) -> tuple[Columns, dict[str, Ints]]:
    """Rows of `legal_entities`, and for counting the grid of all, of those above scale and of the three-small."""
    plan, chance = community.plan, Chance(community.seed, "entities", community.plan.code)
    count = plan.entities
    industries = chance.pick(count, [weight for _, _, weight in _INDUSTRIES])
    kinds = chance.pick(count, [weight for _, weight in _KINDS])
    small = (kinds == 0) & (chance.uniform(count) < _SMALL_SHARE / _KINDS[0][1])
    if plan.code == SHUIBEI:
        industries[:_JEWELLERY] = 0
        industries[_JEWELLERY:] = np.maximum(industries[_JEWELLERY:], 1)
        kinds[:_JEWELLERY] = np.where(chance.uniform(_JEWELLERY) < 0.7, 1, 0)
        small[:] = False
        small[_JEWELLERY : _JEWELLERY + _SMALL_HERE] = True
        kinds[_JEWELLERY : _JEWELLERY + _SMALL_HERE] = 0
    above = np.zeros(count, dtype=bool)
    companies = np.flatnonzero(kinds == 1)
    above[companies[chance.sample(len(companies), plan.above_scale)]] = True
    building = chance.pick(count, np.where(within.kinds >= 2, 6.0, 1.0))
    order = np.argsort(within.grid[building], kind="stable")  # path order
    industries, kinds, small, above, building = (a[order] for a in (industries, kinds, small, above, building))
    ids = community.numbers.take("legal_entities", count)
    grid = within.grid[building]
    rows = {
        "id": ids.tolist(),
        "code": texts(np.char.add(f"E{plan.code}", padded(np.arange(1, count + 1), 5))),
        "credit_code": credit_codes(int(ids[0]), count),
        "name": _names(plan, industries, kinds, chance),
        "kind": texts(choose([kind for kind, _ in _KINDS], kinds)),
        "industry": texts(choose([industry for industry, _, _ in _INDUSTRIES], industries)),
        "above_scale": flags(above),
        "small_place": texts(choose(_SMALL, chance.pick(count, (0.7, 0.2, 0.1))), ~small),
        "area_id": texts(choose([a.id for a in community.grids], grid)),
        "area_path": texts(choose([a.path for a in community.grids], grid)),
        "building_id": within.ids[building].tolist(),
        "lng": within.lng[building].tolist(),
        "lat": within.lat[building].tolist(),
    }
    if plan.code == SHUIBEI:
        _schools(rows)
    return rows, {"all": grid, "above": grid[above], "small": grid[small]}


def resource_rows(community: Community, within: Buildings) -> tuple[Columns, dict[str, Ints]]:
    """Rows of `resources`, and for counting the grid of all and of the defibrillators."""
    plan, chance = community.plan, Chance(community.seed, "resources", community.plan.code)
    kinds = _resource_kinds(plan, chance)
    building = np.sort(chance.whole(plan.resources, 0, len(within.ids)))
    grid = within.grid[building]
    codes, words = [code for code, _, _ in _RESOURCES], [word for _, word, _ in _RESOURCES]
    names = [f"{within.estates[b]}{words[k]}" for b, k in zip(building.tolist(), kinds.tolist(), strict=True)]
    rows: Columns = {
        "id": community.numbers.take("resources", plan.resources).tolist(),
        "code": [f"R{plan.code}{n:03d}" for n in range(1, plan.resources + 1)],
        "name": names,
        "kind": texts(choose(codes, kinds)),
        "phone": texts(phones(chance, plan.resources)),
        "area_id": texts(choose([a.id for a in community.grids], grid)),
        "area_path": texts(choose([a.path for a in community.grids], grid)),
        "lng": within.lng[building].tolist(),
        "lat": within.lat[building].tolist(),
    }
    return rows, {"all": grid, "aed": grid[kinds == 0]}


def organisation_rows(streets: list[Area], chance: Chance) -> Columns:
    """Street offices, property companies and social organisations: the homes of teams and people responsible."""
    names = [f"{street.name}办事处" for street in streets]
    kinds = ["street_office"] * len(streets)
    for kind, word in (("property", "物业服务有限公司"), ("social", "社会工作服务中心")):
        names += [f"罗湖{style}{word}" for style in _STYLES[:28]]
        kinds += [kind] * 28
    return {
        "id": list(range(1, len(names) + 1)),
        "code": [f"O{n:04d}" for n in range(1, len(names) + 1)],
        "name": names,
        "kind": kinds,
        "phone": texts(phones(chance, len(names))),
    }


def _resource_kinds(plan: CommunityPlan, chance: Chance) -> Ints:
    """Kinds in the district's proportions, one fire post first."""
    rest = chance.pick(plan.resources - 1, [weight for _, _, weight in _RESOURCES])
    kinds = np.concatenate([[_FIRE_POST], rest])
    mixed: Ints = kinds[chance.order(len(kinds))]
    return mixed


def _names(plan: CommunityPlan, industries: Ints, kinds: Ints, chance: Chance) -> list[str]:
    count = len(kinds)
    style = [np.array(list(_STYLES))[chance.whole(count, 0, len(_STYLES))] for _ in range(2)]
    words = choose([word for _, word, _ in _INDUSTRIES], industries)
    suffix = choose([_SUFFIX[kind] for kind, _ in _KINDS], kinds)
    city = np.where(kinds == 0, plan.name.removesuffix("社区"), "深圳市")
    return texts(np.char.add(np.char.add(np.char.add(city, np.char.add(style[0], style[1])), words), suffix))


def _schools(rows: dict[str, list[object]]) -> None:
    """水贝's two schools, two kindergartens and its joint-stock company, in place of its last five entities."""
    for n, (kind, name) in enumerate(
        (
            ("school", "水贝小学"),
            ("school", "翠园水贝学校"),
            ("kindergarten", "水贝幼儿园"),
            ("kindergarten", "水贝二村幼儿园"),
            ("joint_stock", "深圳市水贝股份合作公司"),
        ),
        start=1,
    ):
        plain = [
            i
            for i, (k, a, s) in enumerate(zip(rows["kind"], rows["above_scale"], rows["small_place"], strict=True))
            if k == "individual" and not a and s is None and rows["industry"][i] != "jewellery"
        ]
        rows["kind"][plain[-n]] = kind
        rows["name"][plain[-n]] = name
        rows["industry"][plain[-n]] = None

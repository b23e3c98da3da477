"""What a flood's alarms share: the more telling before the commoner, and nothing where nothing stands out."""

from __future__ import annotations

from datetime import timedelta

from data_access.domain.flood_cause import By, Sign, suspected
from tests.conftest import NOON

HERE, THERE = "000001001001", "000001002001"


def sign(number: int, kind: str = "offline", area: str = HERE, **more: int) -> Sign:
    return Sign(alarm_id=number, kind=kind, area=area, raised_at=NOON + timedelta(seconds=number), **more)


def test_what_a_parent_explains_comes_before_what_merely_happens_in_one_house() -> None:
    house = [sign(n, "smoke", building_id=7) for n in range(10, 15)]
    children = [sign(n, parent_id=1) for n in range(2, 7)]
    found = suspected([sign(1, "gateway"), *children, *house])
    assert found is not None
    assert (found.by, found.alarm_id, found.kind, found.count, found.total) == (By.PARENT, 1, "gateway", 5, 11)
    assert found.since == NOON + timedelta(seconds=1)


def test_a_house_then_one_kind_in_a_community_then_one_kind_anywhere() -> None:
    mixed = [sign(1, "smoke", building_id=7), sign(2, "gas", building_id=7), sign(3, "sos", building_id=7)]
    house = suspected([*mixed, *(sign(n) for n in range(4, 9))])
    here = suspected([sign(n) for n in range(1, 5)] + [sign(9, "gas", THERE)])
    spread = suspected([sign(n, area=f"00000100{n}001") for n in range(1, 5)])
    assert house is not None
    assert here is not None
    assert spread is not None
    assert (house.by, house.alarm_id, house.count) == (By.BUILDING, 1, 3)
    assert (here.by, here.count, here.total) == (By.KIND, 4, 5)
    assert (spread.by, spread.count) == (By.ANYWHERE, 4)


def test_two_alike_or_less_than_a_third_are_no_suspicion() -> None:
    assert suspected([]) is None
    assert suspected([sign(1, "a"), sign(2, "a")]) is None
    assert suspected([sign(n, "a") for n in range(3)] + [sign(n, f"k{n}") for n in range(10, 20)]) is None

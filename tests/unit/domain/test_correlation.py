"""Correlation: what bears witness to one event, which silence explains which, what goes to and fro."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from data_access.domain.alarms import Severity
from data_access.domain.correlation import Sighting, chatters, confirm, is_stale, parents

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
FIVE = timedelta(minutes=5)


def seen(number: int, minute: float, *, device: int = 0, building: int = 1, **more: object) -> Sighting:
    base = {"alarm_id": number, "device_id": device or number, "building_id": building, "severity": Severity.MAJOR}
    return Sighting(**{**base, "at": NOON + timedelta(minutes=minute), **more})  # type: ignore[arg-type]


def test_two_devices_of_a_building_within_the_time_are_one_event_of_the_strongest_severity() -> None:
    (event,) = confirm([seen(8, 3, severity=Severity.CRITICAL), seen(7, 0)], within=FIVE)
    assert (event.event_id, event.members, event.severity) == (7, (7, 8), Severity.CRITICAL)


def test_later_elsewhere_or_by_the_same_device_confirms_nothing() -> None:
    assert confirm([seen(1, 0), seen(2, 5.01)], within=FIVE) == ()
    assert confirm([seen(1, 0), seen(2, 1, building=2)], within=FIVE) == ()
    assert confirm([seen(1, 0, device=9), seen(2, 1, device=9)], within=FIVE) == ()
    assert confirm([seen(1, 0)], within=FIVE) == ()


def test_a_fire_that_spreads_stays_one_event_and_keeps_its_number() -> None:
    spreading = [seen(1, 0), seen(2, 4, event_id=1), seen(3, 8)]
    (event,) = confirm(spreading, within=FIVE)
    assert (event.event_id, event.members) == (1, (1, 2, 3))
    (joined,) = confirm([seen(4, 0, event_id=4), seen(5, 4), seen(9, 8, event_id=9)], within=FIVE)
    assert joined.event_id == 4


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4), st.integers(1, 2)), max_size=12), st.randoms())
def test_the_order_of_looking_does_not_matter(drawn: list[tuple[int, int, int]], chance: Random) -> None:
    alarms = [seen(i, minute, device=d, building=b) for i, (minute, d, b) in enumerate(drawn, 1)]
    shuffled = list(alarms)
    chance.shuffle(shuffled)
    events = confirm(alarms, within=FIVE)
    assert confirm(shuffled, within=FIVE) == events
    members = [m for e in events for m in e.members]
    assert len(members) == len(set(members))
    assert all(e.event_id in e.members for e in events)


def test_a_silent_gateway_explains_the_silence_of_what_speaks_through_it() -> None:
    behind = {10: 1, 11: 1, 12: 2, 13: None, 1: 5}
    assert parents({1: 100, 10: 110, 11: 111, 12: 112, 13: 113}, behind) == {110: 100, 111: 100}
    assert parents({5: 500, 1: 100, 10: 110}, behind) == {100: 500, 110: 100}  # a segment: one alarm stands for all
    assert parents({10: 110}, {10: 10}) == {}


def test_three_cycles_in_a_minute_chatter() -> None:
    times = [NOON + timedelta(seconds=s) for s in (0, 20, 40)]
    assert chatters(times, now=times[-1])
    assert not chatters(times[:2], now=times[-1])
    assert not chatters(times, now=NOON + timedelta(seconds=60))


def test_an_alarm_of_a_day_is_stale() -> None:
    assert is_stale(NOON, now=NOON + timedelta(hours=24))
    assert not is_stale(NOON, now=NOON + timedelta(hours=23, minutes=59))

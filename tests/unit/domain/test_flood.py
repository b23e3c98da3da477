"""Flood: begins above 10 new alarms in 10 minutes, ends below 5, whoever asks and however often."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.domain.flood import BEGINS_ABOVE, ENDS_BELOW, WINDOW, Flood, Pile, follow, grouped, minutes_on

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
CALM = Flood(at=NOON)


def after(*seconds: float) -> list[datetime]:
    return [NOON + timedelta(seconds=s) for s in seconds]


@pytest.mark.parametrize(("count", "since"), [(BEGINS_ABOVE, None), (BEGINS_ABOVE + 1, NOON + timedelta(seconds=11))])
def test_it_begins_above_ten_in_ten_minutes(count: int, since: datetime | None) -> None:
    found = follow(CALM, after(*range(1, count + 1)), now=NOON + timedelta(minutes=1))
    assert (found.on, found.per10, found.since) == (since is not None, count, since)


def test_ten_minutes_later_it_is_over_as_fewer_than_five_are_left() -> None:
    times = after(*range(1, 12))  # eleven, a second apart
    at = NOON + WINDOW
    assert follow(CALM, times, now=at + timedelta(seconds=6)).on  # 5 left
    assert not follow(CALM, times, now=at + timedelta(seconds=7)).on  # 4 left


def test_alarms_that_trickle_in_are_no_flood() -> None:
    times = after(*range(60, 36_000, 60))  # one a minute, for ten hours
    found = follow(CALM, times, now=times[-1])
    assert (found.on, found.per10) == (False, 10)


_gaps = st.lists(st.integers(1, 400), max_size=60)


@given(gaps=_gaps, looks=st.lists(st.integers(1, 900), max_size=40))
def test_how_often_one_looks_does_not_matter(gaps: list[int], looks: list[int]) -> None:
    times = after(*accumulate(gaps))
    end = NOON + timedelta(seconds=sum(gaps) + sum(looks) + 1)
    stepwise, now = CALM, NOON
    for look in looks:
        now += timedelta(seconds=look)
        stepwise = follow(stepwise, times, now=now)
    assert follow(stepwise, times, now=end) == follow(CALM, times, now=end)


@given(gaps=_gaps)
@settings(max_examples=30)
def test_it_says_what_a_plain_count_says(gaps: list[int]) -> None:
    times, last, on, flood = after(*accumulate(gaps)), sum(gaps) + 1, False, CALM
    for second in range(1, last + 1):
        now = NOON + timedelta(seconds=second)
        count = sum(now - WINDOW < t <= now for t in times)
        on = count >= ENDS_BELOW if on else count > BEGINS_ABOVE
        if second % 97 == 0 or second == last:
            flood = follow(flood, times, now=now)
            assert (flood.on, flood.per10, flood.at) == (on, count, now)


def test_piles_become_one_line_a_cause_and_area_worst_and_most_first() -> None:
    piles = [
        Pile(cause="offline", area="000000001", severity=1, count=40, oldest=NOON),
        Pile(cause="waterlogging", area="000000001002", severity=3, count=2, oldest=NOON),
        Pile(cause="waterlogging", area="000000001003", severity=4, count=1, oldest=NOON - timedelta(minutes=2)),
        Pile(cause="offline", area="000000002", severity=1, count=50, oldest=NOON),
    ]
    found = grouped(piles, 9)
    assert [(g.cause, g.area, g.count, g.worst) for g in found] == [
        ("waterlogging", "000000001", 3, 4),
        ("offline", "000000002", 50, 1),
        ("offline", "000000001", 40, 1),
    ]
    assert (found[0].by_severity, found[0].oldest) == ({3: 2, 4: 1}, NOON - timedelta(minutes=2))
    assert sum(g.count for g in grouped(piles, 3)) == 93


def test_minutes_of_a_flood_begin_above_ten_and_last_until_below_five() -> None:
    def minutes(*per_minute: int, officers: int = 1, after: int = 0) -> int:
        return minutes_on(per_minute, [officers] * len(per_minute), after=after)

    calm = [0] * 12
    assert minutes(*[1] * 60) == 0  # ten in ten minutes are not above ten
    assert minutes(11, *calm) == 10  # as long as they lie within ten minutes
    assert (
        minutes(6, 0, 0, 0, 5, *calm) == 10
    )  # across the edge of a slot: from the fifth minute until six are left no more
    assert minutes(11, *calm, officers=2) == 0
    assert minutes(11, *calm, officers=0) == 10
    assert minutes(11, *calm, after=4) == 6
    assert minutes() == 0

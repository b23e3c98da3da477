from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.domain.errors import InvalidInput
from data_access.domain.periods import SHANGHAI
from data_access.domain.worktime import LONGEST, WorkCalendar

HOUR = timedelta(hours=1)
KNOWN = WorkCalendar(
    days={date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True}, years=frozenset({2026})
)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (at(6, 1, 9), 1, at(6, 1, 10)),
        (at(6, 1, 11), 2, at(6, 1, 15)),  # over lunch
        (at(6, 1, 7), 7, at(6, 1, 18)),  # before the doors open; the whole day
        (at(6, 1, 17, 30), 1, at(6, 2, 9, 30)),
        (at(6, 5, 17), 2, at(6, 8, 10)),  # over the weekend
        (at(9, 30, 17), 2, at(10, 8, 10)),  # over the national holiday
        (at(10, 9, 17), 2, at(10, 10, 10)),  # onto a Saturday that is worked for it
        (at(6, 6, 12), 0, at(6, 8, 9)),
    ],
)
def test_limits_run_while_people_work(start: datetime, hours: int, end: datetime) -> None:
    assert KNOWN.after(start, hours * HOUR, working=True) == end
    assert KNOWN.between(start, end, working=True) == hours * HOUR
    assert KNOWN.after(start, hours * HOUR, working=False) == start + hours * HOUR


def test_a_year_that_is_not_known_keeps_weekends_free_and_is_named() -> None:
    start, end = datetime(2026, 12, 31, 17, tzinfo=SHANGHAI), datetime(2027, 1, 4, 10, tzinfo=SHANGHAI)
    assert KNOWN.doubtful(start, start) == ()
    assert KNOWN.doubtful(start, end) == (2027,)
    assert KNOWN.after(start, 8 * HOUR, working=True) == datetime(2027, 1, 1, 18, tzinfo=SHANGHAI)  # nobody knows yet
    assert not KNOWN.works(date(2027, 1, 2))


@pytest.mark.parametrize("wait", [-HOUR, LONGEST + HOUR])
def test_a_limit_is_at_most_a_year(wait: timedelta) -> None:
    with pytest.raises(InvalidInput):
        KNOWN.after(at(6, 1, 9), wait, working=True)


@given(
    start=st.integers(0, 480_000).map(lambda minutes: at(1, 1, 0) + minutes * timedelta(minutes=1)),
    first=st.integers(0, 6000),
    second=st.integers(0, 6000),
)
def test_waits_add_up_and_between_is_their_inverse(start: datetime, first: int, second: int) -> None:
    one, two = first * timedelta(minutes=1), second * timedelta(minutes=1)
    step = KNOWN.after(start, one, working=True)
    whole = KNOWN.after(start, one + two, working=True)
    assert KNOWN.between(start, step, working=True) == one
    assert KNOWN.between(step, whole, working=True) == two
    assert start <= step <= whole

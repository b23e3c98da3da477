import pytest

from data_access.domain.incidents import (
    ClosingCounts,
    Outcome,
    format_percent,
    outcome_of_flags,
    percent,
)


def test_the_published_figures_of_tianmen() -> None:
    assert format_percent(percent(911, 972)) == "93.72%"
    assert format_percent(percent(737, 972)) == "75.82%"
    assert format_percent(percent(1, 0)) == "–"


def test_rates_of_counts() -> None:
    counts = ClosingCounts(created=6952, due=6950, closed=6950, closed_on_time=6236)
    assert format_percent(counts.on_time_rate) == "89.73%"
    assert format_percent(counts.closing_rate) == "100.00%"
    assert (counts + counts).due == 13900
    assert ClosingCounts().on_time_rate is None


@pytest.mark.parametrize(
    ("overdue", "on_time", "outcome"),
    [
        (0, 1, Outcome.ON_TIME),
        (1, 0, Outcome.OVERDUE),
        (0, 0, Outcome.OPEN),
        (None, 0, Outcome.OPEN),
        (None, 1, Outcome.ON_TIME),
        (None, None, None),
    ],
)
def test_a_case_is_due_when_either_flag_is_given(
    overdue: int | None, on_time: int | None, outcome: Outcome | None
) -> None:
    assert outcome_of_flags(overdue, on_time) is outcome

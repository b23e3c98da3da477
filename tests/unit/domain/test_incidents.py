from itertools import product

import pytest

from data_access.domain.errors import IllegalTransition
from data_access.domain.incidents import (
    FINAL_STAGES,
    ClosingCounts,
    Outcome,
    Stage,
    advance,
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


@pytest.mark.parametrize(("stage", "to"), list(product(Stage, Stage)))
def test_every_move_of_a_case(stage: Stage, to: Stage) -> None:
    order = [s for s in Stage if s is not Stage.VOID]
    forward = to in order and stage in order and order.index(to) > order.index(stage)
    rework = stage in (Stage.FEEDBACK, Stage.VERIFY) and to in (Stage.DISPATCH, Stage.HANDLE)
    if stage not in FINAL_STAGES and (forward or rework or to is Stage.VOID):
        assert advance(stage, to) is to
    else:
        with pytest.raises(IllegalTransition):
            advance(stage, to)

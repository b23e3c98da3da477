from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from data_access.domain.alarms import (
    OPEN_STATES,
    REOPEN_WITHIN,
    TRANSITIONS,
    Alarm,
    AlarmAction,
    AlarmState,
    Severity,
    may_return,
    transition,
)
from data_access.domain.errors import IllegalTransition

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def alarm(state: AlarmState, **more: object) -> Alarm:
    base = Alarm(id=1, state=state, severity=Severity.MINOR, occurrences=1, raised_at=NOON, last_at=NOON)
    return Alarm(**{**{name: getattr(base, name) for name in Alarm.__slots__}, **more})


@pytest.mark.parametrize(("state", "action"), list(product(AlarmState, AlarmAction)))
def test_every_state_and_action(state: AlarmState, action: AlarmAction) -> None:
    if (state, action) in TRANSITIONS:
        after = transition(alarm(state), action, now=NOON, severity=Severity.MINOR, actor="officer")
        assert after.state is TRANSITIONS[state, action]
        assert after.version == 2
    else:
        with pytest.raises(IllegalTransition):
            transition(alarm(state), action, now=NOON, severity=Severity.MINOR, actor="officer")


def test_a_person_must_acknowledge() -> None:
    with pytest.raises(IllegalTransition):
        transition(alarm(AlarmState.ACTIVE_UNACKED), AlarmAction.ACKNOWLEDGE, now=NOON)


def test_severity_latches_at_its_highest_until_somebody_acknowledges() -> None:
    worse = transition(alarm(AlarmState.ACTIVE_UNACKED), AlarmAction.RETRIGGER, now=NOON, severity=Severity.CRITICAL)
    milder = transition(worse, AlarmAction.RETRIGGER, now=NOON, severity=Severity.WARNING)
    assert milder.severity is Severity.CRITICAL
    seen = transition(milder, AlarmAction.ACKNOWLEDGE, now=NOON, actor="officer")
    assert transition(seen, AlarmAction.RETRIGGER, now=NOON, severity=Severity.WARNING).severity is Severity.WARNING


def test_a_return_within_five_minutes_is_the_same_alarm_and_must_be_looked_at_again() -> None:
    closed = alarm(AlarmState.CLOSED, cleared_at=NOON, acknowledged_at=NOON, acknowledged_by="officer")
    assert may_return(closed, at=NOON + REOPEN_WITHIN)
    assert not may_return(closed, at=NOON + REOPEN_WITHIN + timedelta(milliseconds=1))
    back = transition(closed, AlarmAction.RETURN, now=NOON + timedelta(minutes=1), severity=Severity.MAJOR)
    assert (back.state, back.occurrences, back.cleared_at) == (AlarmState.ACTIVE_UNACKED, 2, None)
    assert (back.acknowledged_at, back.acknowledged_by, back.severity) == (None, None, Severity.MAJOR)


def test_an_alarm_is_open_until_it_is_both_cleared_and_acknowledged() -> None:
    assert set(AlarmState) - set(OPEN_STATES) == {AlarmState.CLOSED}

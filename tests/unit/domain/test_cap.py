from datetime import UTC, datetime, timedelta

from data_access.domain.alarms import AlarmState, Severity
from data_access.domain.cap import CATEGORY, Message, MsgType, Step, messages, status, urgency

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
S = AlarmState


def told(*steps: tuple[str, AlarmState, int]) -> tuple[Message, ...]:
    history = [
        Step(number, NOON + timedelta(minutes=number), action, state, Severity(severity))
        for number, (action, state, severity) in enumerate(steps, 1)
    ]
    return messages(history)


def brief(found: tuple[Message, ...]) -> list[tuple[str, int, list[int]]]:
    return [(m.type.value, m.step.number, [s.number for s in m.earlier]) for m in found]


def test_raised_worse_cleared_and_closed_are_told_and_refer_to_what_was_told_before() -> None:
    found = told(
        ("raise", S.ACTIVE_UNACKED, 3),
        ("escalate", S.ACTIVE_UNACKED, 3),
        ("retrigger", S.ACTIVE_UNACKED, 3),
        ("retrigger", S.ACTIVE_UNACKED, 4),
        ("acknowledge", S.ACTIVE_ACKED, 4),
        ("clear", S.CLEARED_ACKED, 4),
        ("close", S.CLOSED, 4),
    )
    assert brief(found) == [("Alert", 1, []), ("Update", 4, [1]), ("Update", 6, [1, 4]), ("Cancel", 7, [1, 4, 6])]
    assert [urgency(m) for m in found] == ["Expected", "Immediate", "Past", "Past"]


def test_one_that_returns_after_its_closing_is_a_new_alert() -> None:
    found = told(("raise", S.ACTIVE_UNACKED, 4), ("acknowledge", S.CLOSED, 4), ("return", S.ACTIVE_UNACKED, 4))
    assert brief(found) == [("Alert", 1, []), ("Cancel", 2, [1]), ("Alert", 3, [])]


def test_a_history_that_begins_with_its_end_tells_nothing() -> None:
    assert told(("close", S.CLOSED, 4)) == ()


def test_only_what_is_meant_is_actual() -> None:
    assert [status(w, demo=False) for w in (None, "drill", "maintenance")] == ["Actual", "Exercise", "Test"]
    assert [status(w, demo=True) for w in (None, "drill")] == ["Test", "Exercise"]
    assert {m.value for m in MsgType} == {"Alert", "Update", "Cancel"}
    assert set(CATEGORY.values()) <= {"Fire", "Safety", "Rescue", "Health", "Security", "Met", "Transport", "Infra"}

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from data_access.domain.alarm_clock import Chore, chore
from data_access.domain.alarm_moves import LONGEST_SHELF, Details, transition
from data_access.domain.alarm_terms import FIRST_LOOK, REMIND_AFTER, Terms, first_look, watched
from data_access.domain.alarm_undo import UNDOABLE, difference, undo
from data_access.domain.alarms import (
    OPEN_STATES,
    REOPEN_WITHIN,
    TRANSITIONS,
    UNDO_WITHIN,
    Alarm,
    AlarmAction,
    AlarmState,
    CloseReason,
    Severity,
    may_return,
    needs_reason,
)
from data_access.domain.errors import Conflict, IllegalTransition, InvalidInput

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
A, S = AlarmAction, AlarmState
SEEN = {"acknowledged_at": NOON, "acknowledged_by": "officer", "seen_severity": Severity.MINOR}
POSSIBLE = Details(
    reason=CloseReason.REAL,
    note="reason",
    until=NOON + timedelta(hours=1),
    level=1,
    parent_id=2,
    incident_id=3,
    whom="网格员",
)
"""With these every action can be done, where the state allows it."""


def alarm(state: AlarmState = S.ACTIVE_UNACKED, **more: Any) -> Alarm:
    base = Alarm(id=1, state=state, severity=Severity.MINOR, occurrences=1, raised_at=NOON, last_at=NOON)
    seen = SEEN if state in {S.ACTIVE_ACKED, S.CLEARED_ACKED, S.CLOSED} else {}
    gone = {} if base.stands else {"cleared_at": NOON}
    waits = {"needs_reason": True} if state is S.CLEARED_ACKED else {}
    return replace(base, **{**seen, **gone, **waits, **more})


def ready(state: AlarmState, action: AlarmAction) -> Alarm:
    """An alarm of `state` in which nothing but the state can stand against `action`."""
    needed: dict[AlarmAction, dict[str, Any]] = {
        A.RELEASE: {"owner": "officer"},
        A.UNSHELVE: {"shelved_until_clear": True},
        A.UNSUPPRESS: {"parent_id": 2},
    }
    return alarm(state, **needed.get(action, {}))


def do(before: Alarm, action: AlarmAction, now: datetime = LATER, *, actor: str = "officer", **said: Any) -> Alarm:
    severity = said.pop("severity", Severity.MINOR)
    return transition(before, action, now=now, severity=severity, actor=actor, details=Details(**said))


FLAGS = {
    S.ACTIVE_UNACKED: (True, False),
    S.ACTIVE_ACKED: (True, True),
    S.CLEARED_UNACKED: (False, False),
    S.CLEARED_ACKED: (False, True),
}
"""Whether the condition stands, and whether somebody has looked."""


def told_by_the_flags(state: AlarmState, action: AlarmAction) -> AlarmState | None:
    """Where `action` leads by what it means for each of the two alone; None where it means nothing."""
    if action is A.UNDO or (state is S.CLOSED and action is not A.RETURN):
        return None
    stands, acked = FLAGS.get(state, (False, True))
    if action is A.RETURN:
        after = None if stands else (True, False)
    elif action in {A.RETRIGGER, A.CLEAR}:
        after = (action is A.RETRIGGER, acked) if stands else None
    elif action is A.ACKNOWLEDGE:
        after = None if acked else (stands, True)
    elif action is A.CLOSE:
        after = (stands, True)
    else:
        after = (stands, acked)
    return next((found for found, flags in FLAGS.items() if flags == after), None)


def test_condition_and_acknowledgement_are_independent_over_the_whole_product() -> None:
    expected = {pair: told_by_the_flags(*pair) for pair in product(AlarmState, AlarmAction)}
    assert expected == {pair: TRANSITIONS.get(pair) for pair in product(AlarmState, AlarmAction)}
    assert sum(found is not None for found in expected.values()) == 4 * 12 + 2 + 2 + 3 + 2 + 4


@pytest.mark.parametrize(("state", "action"), list(product(AlarmState, AlarmAction)))
def test_every_state_and_action(state: AlarmState, action: AlarmAction) -> None:
    before = ready(state, action)
    allowed = (state, action) in TRANSITIONS and not (action is A.ESCALATE and not before.unacked)
    if not allowed:
        with pytest.raises(IllegalTransition):
            transition(before, action, now=LATER, severity=Severity.MINOR, actor="officer", details=POSSIBLE)
        return
    after = transition(before, action, now=LATER, severity=Severity.MINOR, actor="officer", details=POSSIBLE)
    expected = TRANSITIONS[state, action]
    finished = expected is S.CLEARED_ACKED and (after.close_reason is not None or not before.needs_reason)
    assert after.state is (S.CLOSED if finished else expected)
    assert after.version == before.version + 1
    assert (after.closed_at is not None) is (after.state is S.CLOSED)
    assert not (after.acknowledged_at is None and after.state in {S.ACTIVE_ACKED, S.CLEARED_ACKED, S.CLOSED})
    assert not (after.unacked and after.look_due_at is None and action in {A.RETURN, A.UNSHELVE})


@pytest.mark.parametrize("action", [A.ACKNOWLEDGE, A.CLOSE, A.CLAIM, A.SHELVE, A.DISPATCH, A.COMMENT, A.CALL])
def test_what_people_do_is_done_by_somebody(action: AlarmAction) -> None:
    with pytest.raises(IllegalTransition):
        transition(alarm(), action, now=NOON, details=POSSIBLE)


def test_severity_latches_at_its_highest_until_somebody_acknowledges() -> None:
    worse = do(alarm(), A.RETRIGGER, severity=Severity.CRITICAL)
    milder = do(worse, A.RETRIGGER, severity=Severity.WARNING)
    assert milder.severity is Severity.CRITICAL
    seen = do(milder, A.ACKNOWLEDGE)
    assert do(seen, A.RETRIGGER, severity=Severity.WARNING).severity is Severity.WARNING


def test_what_is_worse_than_what_was_seen_must_be_looked_at_again_and_what_is_not_need_not() -> None:
    seen = do(alarm(severity=Severity.MAJOR), A.ACKNOWLEDGE)
    milder = do(seen, A.RETRIGGER, severity=Severity.MINOR)
    as_before = do(milder, A.RETRIGGER, severity=Severity.MAJOR)
    assert as_before.state is S.ACTIVE_ACKED
    worse = do(as_before, A.RETRIGGER, severity=Severity.CRITICAL)
    assert (worse.state, worse.acknowledged_by, worse.severity) == (S.ACTIVE_UNACKED, None, Severity.CRITICAL)


def test_a_return_within_five_minutes_is_the_same_alarm_and_must_be_looked_at_again() -> None:
    closed = alarm(S.CLOSED, close_reason=CloseReason.FALSE, closed_at=NOON, closed_by="officer", owner="officer")
    assert may_return(closed.cleared_at, at=NOON + REOPEN_WITHIN)
    assert not may_return(closed.cleared_at, at=NOON + REOPEN_WITHIN + timedelta(milliseconds=1))
    back = do(closed, A.RETURN, severity=Severity.MAJOR)
    assert (back.state, back.occurrences, back.cleared_at) == (S.ACTIVE_UNACKED, 2, None)
    assert (back.acknowledged_at, back.acknowledged_by, back.severity) == (None, None, Severity.MAJOR)
    assert (back.close_reason, back.closed_at, back.closed_by) == (None, None, None)
    assert back.owner == "officer"
    assert back.look_due_at == LATER + FIRST_LOOK[Severity.MAJOR]


def test_an_alarm_is_open_until_it_is_closed() -> None:
    assert set(AlarmState) - set(OPEN_STATES) == {S.CLOSED}


def test_grave_alarms_are_closed_with_a_reason() -> None:
    assert not needs_reason(Severity.MINOR, life_safety=False)
    assert needs_reason(Severity.MAJOR, life_safety=False)
    assert needs_reason(Severity.WARNING, life_safety=True)


def test_what_needs_a_reason_waits_for_it() -> None:
    seen = do(alarm(needs_reason=True), A.ACKNOWLEDGE)
    gone = do(seen, A.CLEAR)
    assert gone.state is S.CLEARED_ACKED
    done = do(gone, A.CLOSE, reason=CloseReason.FALSE, note="水汽")
    assert (done.state, done.closed_at, done.closed_by) == (S.CLOSED, LATER, "officer")
    with pytest.raises(InvalidInput):
        do(gone, A.CLOSE)


def test_a_standing_alarm_that_was_judged_closes_by_itself_and_nags_no_more() -> None:
    judged = do(alarm(needs_reason=True), A.CLOSE, reason=CloseReason.MAINTENANCE)
    assert (judged.state, judged.acknowledged_by, judged.clock_at) == (S.ACTIVE_ACKED, "officer", None)
    with pytest.raises(IllegalTransition):
        do(judged, A.REMIND)
    gone = transition(judged, A.CLEAR, now=LATER, actor="ingest")
    assert (gone.state, gone.closed_by, gone.closed_at) == (S.CLOSED, "officer", LATER)
    worse = do(judged, A.RETRIGGER, severity=Severity.CRITICAL)
    assert (worse.state, worse.close_reason, worse.closed_by) == (S.ACTIVE_UNACKED, None, None)


def test_claiming_does_not_acknowledge_and_taking_over_is_said() -> None:
    mine = do(alarm(), A.CLAIM)
    assert (mine.state, mine.owner, mine.owner_at) == (S.ACTIVE_UNACKED, "officer", LATER)
    with pytest.raises(IllegalTransition):
        do(mine, A.CLAIM)
    with pytest.raises(Conflict):
        do(mine, A.CLAIM, actor="other")
    with pytest.raises(Conflict):
        do(mine, A.RELEASE, actor="other")
    assert do(mine, A.CLAIM, actor="other", take_over=True).owner == "other"
    assert do(mine, A.RELEASE).owner is None


def test_a_life_safety_alarm_is_not_shelved_before_somebody_has_looked_and_never_suppressed() -> None:
    grave = alarm(life_safety=True)
    with pytest.raises(IllegalTransition):
        do(grave, A.SHELVE, until_clear=True, note="检修")
    with pytest.raises(IllegalTransition):
        do(grave, A.SUPPRESS, parent_id=9)
    aside = do(do(grave, A.ACKNOWLEDGE), A.SHELVE, until_clear=True, note="检修")
    assert aside.shelved
    back = do(do(aside, A.CLEAR), A.RETURN)
    assert not back.shelved


@pytest.mark.parametrize(
    "said",
    [
        {"until": NOON, "note": "past"},
        {"until": LATER + LONGEST_SHELF + timedelta(seconds=1), "note": "too long"},
        {"until": NOON + timedelta(hours=1)},
        {"until": NOON + timedelta(hours=1), "until_clear": True, "note": "both"},
        {"note": "neither"},
    ],
)
def test_a_shelf_has_an_end_and_a_reason(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        do(alarm(), A.SHELVE, **said)


def test_what_is_shelved_until_it_clears_comes_back_at_the_longest() -> None:
    aside = do(alarm(), A.SHELVE, until_clear=True, note="检修", longest=timedelta(hours=5))
    latest = LATER + timedelta(hours=5)
    assert (aside.shelved_until, aside.shelved_until_clear, aside.clock_at) == (latest, True, latest)
    assert chore(aside, None, now=latest - timedelta(seconds=1)) is Chore.WAIT
    assert chore(aside, None, now=latest) is Chore.UNSHELVE


def test_a_timed_shelf_holds_over_a_return_and_a_rise_ends_it() -> None:
    until = NOON + timedelta(hours=1)
    aside = do(alarm(), A.SHELVE, until=until, note="抖动")
    assert (aside.clock_at, aside.shelve_reason) == (until, "抖动")
    back = do(do(aside, A.CLEAR), A.RETURN)
    assert (back.shelved_until, back.clock_at) == (until, until)
    worse = do(aside, A.RETRIGGER, severity=Severity.CRITICAL)
    assert not worse.shelved
    assert worse.clock_at == LATER + FIRST_LOOK[Severity.CRITICAL]
    assert do(aside, A.UNSHELVE).look_due_at == LATER + FIRST_LOOK[Severity.MINOR]


def test_a_shelf_until_it_clears_ends_with_the_condition() -> None:
    aside = do(alarm(), A.SHELVE, until_clear=True, note="检修")
    gone = do(aside, A.CLEAR)
    assert (gone.state, gone.shelved, gone.shelve_reason) == (S.CLEARED_UNACKED, False, None)
    assert gone.clock_at is not None
    with pytest.raises(IllegalTransition):
        do(gone, A.SHELVE, until_clear=True, note="检修")


def test_what_a_parent_explains_does_not_nag_until_the_parent_is_gone() -> None:
    child = do(alarm(), A.SUPPRESS, parent_id=9)
    assert (child.parent_id, child.clock_at) == (9, None)
    free = do(child, A.UNSUPPRESS)
    assert (free.parent_id, free.clock_at) == (None, LATER + FIRST_LOOK[Severity.MINOR])
    with pytest.raises(InvalidInput):
        do(alarm(), A.SUPPRESS, parent_id=1)


def test_escalation_only_rises_and_ends_with_the_acknowledgement() -> None:
    then = NOON + timedelta(minutes=9)
    up = do(alarm(), A.ESCALATE, level=1, until=then)
    assert (up.escalation, up.clock_at) == (1, then)
    with pytest.raises(InvalidInput):
        do(up, A.ESCALATE, level=1)
    with pytest.raises(IllegalTransition):
        do(do(up, A.ACKNOWLEDGE), A.ESCALATE, level=2)


def test_the_clock_looks_when_the_first_look_is_due_and_again_when_it_is_not_finished() -> None:
    new = watched(alarm(severity=Severity.CRITICAL), NOON)
    assert (new.look_due_at, new.clock_at) == (NOON + timedelta(minutes=1),) * 2
    assert watched(alarm(), NOON, Terms(look=timedelta(seconds=5))).look_due_at == NOON + timedelta(seconds=5)
    seen = do(new, A.ACKNOWLEDGE)
    assert (seen.look_due_at, seen.clock_at) == (None, LATER + REMIND_AFTER[Severity.CRITICAL])
    assert watched(alarm(replayed=True), NOON).clock_at is None


def test_an_alarm_becomes_one_incident() -> None:
    linked = do(alarm(), A.INCIDENT, incident_id=5)
    assert linked.incident_id == 5
    with pytest.raises(IllegalTransition):
        do(linked, A.INCIDENT, incident_id=6)


@pytest.mark.parametrize("action", sorted(UNDOABLE))
def test_the_same_person_takes_back_what_he_did_within_ten_seconds(action: AlarmAction) -> None:
    before = ready(S.ACTIVE_UNACKED, action)
    after = transition(before, action, now=NOON, actor="officer", details=POSSIBLE)
    kept = difference(before, after)
    back = undo(after, action, kept, by="officer", at=NOON, actor="officer", now=NOON + UNDO_WITHIN)
    assert replace(back, version=before.version) == before
    assert back.version == after.version + 1
    for by, now in (("other", NOON), ("officer", NOON + UNDO_WITHIN + timedelta(milliseconds=1))):
        with pytest.raises(IllegalTransition):
            undo(after, action, kept, by=by, at=NOON, actor="officer", now=now)


def test_what_the_world_did_is_not_taken_back() -> None:
    with pytest.raises(IllegalTransition):
        undo(alarm(), A.CLEAR, {}, by="officer", at=NOON, actor="officer", now=NOON)


def test_a_difference_names_every_field_but_the_version() -> None:
    after = do(alarm(), A.ACKNOWLEDGE)
    assert set(difference(alarm(), after)) <= {f.name for f in fields(Alarm)} - {"version"}
    assert difference(after, after) == {}


def test_what_comes_and_goes_unseen_keeps_its_first_deadline_and_level() -> None:
    raised = watched(alarm(), NOON)
    climbed = do(raised, A.ESCALATE, level=1, until=LATER)
    back = do(do(climbed, A.CLEAR), A.RETURN, severity=Severity.MINOR)
    assert (back.look_due_at, back.escalation) == (raised.look_due_at, 1)


@pytest.mark.parametrize("terms", [Terms(), Terms(look=timedelta(seconds=7))])
@pytest.mark.parametrize(("severity", "replayed"), list(product(Severity, (False, True))))
def test_what_has_just_been_raised_waits_as_it_is_watched(severity: Severity, replayed: bool, terms: Terms) -> None:  # noqa: FBT001  # a parameter
    new = watched(alarm(severity=severity, replayed=replayed), LATER, terms)
    assert first_look(severity, LATER, terms, replayed=replayed) == (new.look_due_at, new.clock_at)

"""Escalation: every alarm is somebody's turn, climbs while nobody looks, and passes over posts without a shift."""

from hypothesis import given
from hypothesis import strategies as st

from data_access.domain.escalation import Level, Post, Turn, chain_of, turn

LINEAGE = (("district", "000"), ("street", "000000"), ("community", "000000001"), ("grid", "000000001002"))
CHAIN = chain_of(LINEAGE)


def test_the_chain_goes_from_the_grid_worker_to_the_district() -> None:
    assert [(post.level, post.area) for post in CHAIN] == [
        (Level.GRID_WORKER, "000000001002"),
        (Level.COMMUNITY, "000000001"),
        (Level.STREET, "000000"),
        (Level.DISTRICT, "000"),
    ]


def test_an_alarm_on_a_street_has_no_grid_worker_and_of_two_areas_on_a_level_the_smaller_answers() -> None:
    assert chain_of(LINEAGE[:2]) == CHAIN[:1:-1][::-1]
    functional = (("district", "000"), ("functional", "000000"), ("street", "000000004"), ("village", "000000004000"))
    assert chain_of(functional) == (Post(Level.STREET, "000000004"), Post(Level.DISTRICT, "000"))


def test_with_everybody_on_shift_it_climbs_step_by_step() -> None:
    everybody = {path for _, path in LINEAGE}
    level, seen = None, []
    while (found := turn(CHAIN, everybody, above=level)) is not None:
        assert found.manned
        assert found.passed == ()
        level = found.post.level
        seen.append(level)
    assert seen == list(Level)


def test_a_post_without_a_shift_is_passed_over_at_once() -> None:
    assert turn(CHAIN, {"000000"}) == Turn(CHAIN[2], CHAIN[:2])
    assert turn(CHAIN, {"000000001002", "000"}, above=0) == Turn(CHAIN[3], CHAIN[1:3])


def test_with_nobody_on_shift_it_is_the_districts_turn_and_said_so() -> None:
    assert turn(CHAIN, set()) == Turn(CHAIN[3], CHAIN[:3], manned=False)
    assert turn(CHAIN, set(), above=3) is None


@given(
    lineage=st.lists(st.sampled_from(LINEAGE), unique=True).map(sorted),
    on_shift=st.sets(st.sampled_from([path for _, path in LINEAGE])),
)
def test_an_alarm_climbs_to_the_top_and_never_down(lineage: list[tuple[str, str]], on_shift: set[str]) -> None:
    chain = chain_of(lineage)
    climbed: list[Turn] = []
    while (found := turn(chain, on_shift, above=climbed[-1].post.level if climbed else None)) is not None:
        climbed.append(found)
        assert len(climbed) <= len(chain)
    levels = [t.post.level for t in climbed]
    assert levels == sorted(set(levels))
    if chain:
        assert climbed[-1].post == chain[-1]  # nothing is forgotten: the last post is always asked
        asked_or_passed = [p for t in climbed for p in (*t.passed, t.post)]
        assert tuple(asked_or_passed) == chain
    assert all(t.manned == (t.post.area in on_shift) for t in climbed)
    assert not any(p.area in on_shift for t in climbed for p in t.passed)

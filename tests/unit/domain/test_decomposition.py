"""What each class contributed adds up to the change of the whole, exactly, whatever the numbers."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from data_access.domain.decomposition import Effect, Share, decompose

SHARES = st.dictionaries(
    st.integers(0, 6),
    st.integers(0, 500).flatmap(lambda whole: st.integers(0, whole).map(lambda part: Share(part, whole))),
)


def rate(shares: dict[int, Share]) -> Fraction | None:
    return Share(sum(s.part for s in shares.values()), sum(s.whole for s in shares.values())).rate


@given(SHARES, SHARES)
def test_the_contributions_are_the_change_exactly(now: dict[int, Share], before: dict[int, Share]) -> None:
    after, earlier = rate(now), rate(before)
    found = decompose(now, before)
    if after is None or earlier is None:
        assert found == {}
        return
    assert sum(effect.total for effect in found.values()) == after - earlier
    whole, whole_before = sum(s.whole for s in now.values()), sum(s.whole for s in before.values())
    for key, effect in found.items():  # each is the formula that the page states
        here, there = now.get(key, Share()), before.get(key, Share())
        own, own_before = here.rate or 0, there.rate or 0
        stated = Fraction(here.whole, whole) * (own - earlier) - Fraction(there.whole, whole_before) * (
            own_before - earlier
        )
        assert effect.total == stated


@given(SHARES, st.integers(1, 5))
def test_a_period_that_is_the_same_but_larger_has_no_causes(before: dict[int, Share], times: int) -> None:
    now = {key: Share(share.part * times, share.whole * times) for key, share in before.items()}
    assert all(effect == Effect(Fraction(0), Fraction(0)) for effect in decompose(now, before).values())


def test_a_class_that_fell_and_one_that_grew_are_told_apart() -> None:
    before = {"noise": Share(90, 100), "stalls": Share(40, 100)}
    now = {
        "noise": Share(80, 100),
        "stalls": Share(120, 300),
    }  # noise fell; stalls are as bad as ever, and three times as many
    found = decompose(now, before)
    assert (found["noise"].rate, found["stalls"].rate) == (Fraction(-5, 2), Fraction(0))
    assert found["stalls"].mix < 0
    assert sum(effect.total for effect in found.values()) == 50 - 65

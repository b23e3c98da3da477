import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data_access.demo.chance import Chance, share_out


def test_a_stream_repeats_and_subjects_do_not_share_it() -> None:
    first, same, other = Chance(1, "a"), Chance(1, "a"), Chance(1, "b")
    draws = [c.uniform(5).tolist() for c in (first, same, other)]
    assert draws[0] == draws[1] != draws[2]


def test_the_stream_is_the_one_that_was_released() -> None:
    assert Chance(20260601, "plan").whole(4, 0, 1_000_000).tolist() == PINNED


PINNED = [699307, 451540, 890541, 8978]


@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 100), min_size=1, max_size=40))
def test_shares_add_up_and_none_is_off_by_more_than_one(total: int, weights: list[float]) -> None:
    parts = share_out(total, weights)
    assert int(parts.sum()) == total
    assert np.abs(parts - np.array(weights) * total / sum(weights)).max() <= 1.0 + 1e-6


@given(st.integers(1, 200), st.integers(0, 200))
def test_a_sample_never_repeats(population: int, count: int) -> None:
    drawn = Chance(3, "s").sample(population, count).tolist()
    assert len(set(drawn)) == len(drawn) == min(population, count)
    assert drawn == sorted(drawn)


def test_picks_follow_their_weights() -> None:
    picks = np.bincount(Chance(4, "p").pick(20_000, [1, 0, 3]), minlength=3)
    assert picks[1] == 0
    assert 0.23 < picks[0] / 20_000 < 0.27

"""Paths of areas: a subtree is exactly one range of strings."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.domain.areas import MAX_CHILDREN, MAX_DEPTH, PATH_STEP, child_path, lineage, subtree_bounds, within
from data_access.domain.errors import InvalidInput

ordinals = st.integers(0, MAX_CHILDREN - 1)


@st.composite
def paths(draw: st.DrawFn, least: int = 0) -> str:
    path = ""
    for ordinal in draw(st.lists(ordinals, min_size=least, max_size=MAX_DEPTH)):
        path = child_path(path, ordinal)
    return path


@given(paths(), paths())
def test_the_bounds_hold_exactly_the_subtree(path: str, scope: str) -> None:
    low, high = subtree_bounds(scope)
    assert (low <= path < high) == within(path, scope) == (path[: len(scope)] == scope)


@given(paths(), paths(), st.integers(0, MAX_DEPTH))
def test_a_descendant_is_always_inside_its_ancestors(tail: str, head: str, level: int) -> None:
    joined = (head + tail)[: MAX_DEPTH * PATH_STEP]
    ancestor = joined[: level * PATH_STEP]
    low, high = subtree_bounds(ancestor)
    assert low <= joined < high
    assert joined in ("", *lineage(joined))
    assert ancestor in ("", *lineage(joined))


@given(paths(), ordinals, ordinals)
def test_siblings_sort_by_their_number_and_share_no_path(parent: str, a: int, b: int) -> None:
    parent = parent[: (MAX_DEPTH - 1) * PATH_STEP]
    left, right = child_path(parent, a), child_path(parent, b)
    assert (left < right) == (a < b)
    assert within(left, right) == (a == b)


@given(paths(least=1))
def test_a_lineage_grows_by_one_step_from_root_to_self(path: str) -> None:
    line = lineage(path)
    assert line[-1] == path
    assert [len(p) for p in line] == list(range(PATH_STEP, len(path) + 1, PATH_STEP))
    assert all(within(lower, upper) for upper, lower in pairwise(line))


@pytest.mark.parametrize("ordinal", [-1, MAX_CHILDREN])
def test_a_child_beyond_the_digits_is_refused(ordinal: int) -> None:
    with pytest.raises(InvalidInput):
        child_path("", ordinal)


def test_a_tree_deeper_than_the_column_is_refused() -> None:
    deepest = "000" * MAX_DEPTH
    with pytest.raises(InvalidInput):
        child_path(deepest, 0)


def test_the_last_child_still_fits() -> None:
    assert child_path("abc", MAX_CHILDREN - 1) == "abczzz"

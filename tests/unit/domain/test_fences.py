from __future__ import annotations

from math import cos, radians
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.domain.alarm_rules import rule_from_json, rule_to_json, with_overrides
from data_access.domain.alarm_tuning import override
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.errors import InvalidInput
from data_access.domain.fences import Fence, Keep, beyond, fence_from_json, fence_to_json

SQUARE = ((114.0, 22.0), (114.01, 22.0), (114.01, 22.01), (114.0, 22.01))
HOLE = ((114.004, 22.004), (114.006, 22.004), (114.006, 22.006), (114.004, 22.006))
DEGREE_M = 111_195


def test_inside_is_nought_and_outside_the_way_back() -> None:
    assert beyond((SQUARE,), Keep.INSIDE, (114.005, 22.005)) == 0
    east = beyond((SQUARE,), Keep.INSIDE, (114.02, 22.005))
    assert east == pytest.approx(0.01 * DEGREE_M * cos(radians(22.005)), abs=2)
    corner = beyond((SQUARE,), Keep.INSIDE, (114.01, 22.03))
    assert corner == pytest.approx(0.02 * DEGREE_M, abs=2)


def test_a_place_to_keep_out_of_counts_how_deep_one_is_in_it() -> None:
    assert beyond((SQUARE,), Keep.OUTSIDE, (114.02, 22.005)) == 0
    assert beyond((SQUARE,), Keep.OUTSIDE, (114.005, 22.001)) == pytest.approx(0.001 * DEGREE_M, abs=1)


def test_a_hole_in_the_boundary_is_outside() -> None:
    assert beyond((SQUARE, HOLE), Keep.INSIDE, (114.003, 22.005)) == 0
    assert beyond((SQUARE, HOLE), Keep.INSIDE, (114.005, 22.005)) > 0


@given(st.floats(113.98, 114.03), st.floats(21.98, 22.03))
def test_a_point_is_wrong_on_one_side_alone_and_a_closed_ring_is_the_same(lng: float, lat: float) -> None:
    kept, left = (beyond((SQUARE,), keep, (lng, lat)) for keep in Keep)
    inside = 114.0 < lng < 114.01 and 22.0 < lat < 22.01
    assert min(kept, left) == 0
    assert (kept == 0) is inside or max(kept, left) < 1e-6  # on the edge it is either
    closed = (*SQUARE, SQUARE[0])
    assert beyond((closed,), Keep.INSIDE, (lng, lat)) == kept


def test_a_fence_is_kept_as_it_was_given() -> None:
    for kept in ({"area": "community"}, {"keep": "outside", "polygon": [list(p) for p in SQUARE]}):
        fence = fence_from_json(kept)
        assert fence is not None
        assert fence_from_json(fence_to_json(fence)) == fence
    closed = fence_from_json({"polygon": [*SQUARE, SQUARE[0]]})
    assert closed == Fence(polygon=SQUARE)
    assert fence_from_json(None) is None


@pytest.mark.parametrize(
    "wrong",
    [
        "community",
        {},
        {"area": "x", "polygon": [list(p) for p in SQUARE]},
        {"area": ""},
        {"area": 7},
        {"area": "x", "keep": "near"},
        {"area": "x", "more": 1},
        {"polygon": "114,22"},
        {"polygon": SQUARE[:2]},
        {"polygon": [SQUARE[0]] * 5},
        {"polygon": [*SQUARE[:3], SQUARE[1]]},
        {"polygon": [[114.0, 22.0], [114.01, 22.0], [114.02, 22.0]]},
        {"polygon": [[114.0, 22.0], [114.01, 22.01], [114.01, 22.0], [114.0, 22.01]]},
        {"polygon": [[114.0, 22.0], [114.02, 22.0], [114.01, 22.0], [114.01, 22.01]]},
        {"polygon": [[114.0, 22.0], [116.0, 22.0], [115.0, 23.0]]},
        {"polygon": [[114.0, 22.0], [114.01, float("nan")], [114.01, 22.01]]},
        {"polygon": [[114.0, 22.0], [114.01, 91], [114.01, 22.01]]},
        {"polygon": [[114.0, 22.0], [True, 22.0], [114.01, 22.01]]},
        {"polygon": [[114 + n / 1e4, 22 + n * n / 1e6] for n in range(201)]},
    ],
)
def test_what_can_be_no_fence_is_refused_in_a_sentence(wrong: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        fence_from_json(wrong)
    assert str(refused.value).endswith("。")


def test_a_rule_carries_its_fence_and_only_one_about_the_distance_may() -> None:
    watch = next(model for model in DEFAULT_MODELS if model.code == "watch-std")
    own = {"geofence": {"fence": {"area": "community"}, "levels": [[50, 2]]}}
    rules = {rule.alarm: rule for rule in with_overrides(watch.rules, own)}
    assert rules["geofence"].fence == Fence(area="community")
    assert rule_from_json(rule_to_json(rules["geofence"])) == rules["geofence"]
    assert "fence" not in rule_to_json(rules["sos"])
    with pytest.raises(InvalidInput):
        with_overrides(watch.rules, {"sos": {"fence": {"area": "community"}}})


def test_a_device_keeps_its_fence_only_where_it_differs_from_its_models() -> None:
    watch = next(model for model in DEFAULT_MODELS if model.code == "watch-std")
    usual = next(rule for rule in watch.rules if rule.alarm == "geofence")
    (fenced,) = with_overrides((usual,), {"geofence": {"fence": {"area": "grid"}}})
    assert override(usual, fenced, None) == {"fence": {"keep": "inside", "area": "grid"}}
    assert override(usual, usual, {"fence": {"area": "grid"}}) is None
    assert override(fenced, usual, None) == {"fence": None}
    assert with_overrides((fenced,), {"geofence": {"fence": None}}) == (usual,)

import pytest

from data_access.ingest.crs import Crs, from_wgs84, geometry_to_wgs84, to_wgs84

VECTORS = [
    ((114.1315, 22.5484), (114.1365761, 22.5456967), (114.143019, 22.5519154)),
    ((107.6511, 35.7307), (107.65586, 35.7303257), (107.6622687, 35.7365372)),
    ((120.4939, 30.3229), (120.4982599, 30.3204745), (120.5046904, 30.3266787)),
]
ABROAD = [(-0.1276, 51.5072), (139.6917, 35.6895), (103.8198, 1.3521), (0.0, 0.0)]


@pytest.mark.parametrize(("wgs", "gcj", "bd"), VECTORS)
def test_the_published_vectors_convert_both_ways(
    wgs: tuple[float, float], gcj: tuple[float, float], bd: tuple[float, float]
) -> None:
    assert from_wgs84(*wgs, Crs.GCJ02) == pytest.approx(gcj, abs=1e-6)
    assert from_wgs84(*wgs, Crs.BD09) == pytest.approx(bd, abs=1e-6)
    assert to_wgs84(*gcj, Crs.GCJ02) == pytest.approx(wgs, abs=1e-6)
    assert to_wgs84(*bd, Crs.BD09) == pytest.approx(wgs, abs=1e-6)
    assert to_wgs84(*wgs, Crs.WGS84) == wgs


@pytest.mark.parametrize("point", ABROAD)
@pytest.mark.parametrize("crs", Crs)
def test_points_outside_china_come_back_unchanged(point: tuple[float, float], crs: Crs) -> None:
    assert to_wgs84(*point, crs) == point
    assert from_wgs84(*point, crs) == point


def test_a_round_trip_stays_within_a_millimetre() -> None:
    for crs in Crs:
        there = from_wgs84(114.3512, 22.6911, crs)
        assert to_wgs84(*there, crs) == pytest.approx((114.3512, 22.6911), abs=1e-8)


def test_geometry_of_any_nesting_is_converted_point_by_point() -> None:
    gcj = list(VECTORS[0][1])
    converted = geometry_to_wgs84([[[gcj, gcj]]], Crs.GCJ02)
    assert converted[0][0][1] == pytest.approx(VECTORS[0][0], abs=1e-6)

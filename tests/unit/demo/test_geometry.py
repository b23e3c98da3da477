from collections import Counter

import pytest
import shapely
from shapely import Polygon

from data_access.demo.chance import Chance
from data_access.demo.deployment import planned, plot
from data_access.demo.geometry import STEPS_PER_DEGREE, Plot, lay_out, scatter, spread
from data_access.demo.vendored import LUOHU, outline
from data_access.settings import Scale

SEED = 20260601


@pytest.fixture(scope="module")
def district() -> tuple[Plot, dict[str, Polygon]]:
    root = plot(planned(Scale.DISTRICT, SEED), SEED)
    return root, lay_out(root, outline(LUOHU), SEED)


def parents(root: Plot) -> list[Plot]:
    return [root, *(p for child in root.children if child.children for p in parents(child))]


def test_luohu_has_ten_streets_109_communities_and_about_1500_grids(district: tuple[Plot, dict[str, Polygon]]) -> None:
    levels = Counter(len(key) for key in district[1])
    assert (levels[6], levels[9], levels[12]) == (1, 10, 109)
    assert 1_450 <= levels[15] <= 1_550


def test_every_area_is_one_valid_polygon(district: tuple[Plot, dict[str, Polygon]]) -> None:
    assert all(p.geom_type == "Polygon" and p.is_valid and p.area > 0 for p in district[1].values())


def test_children_tile_their_parent_without_gap_or_overlap(district: tuple[Plot, dict[str, Polygon]]) -> None:
    root, polygons = district
    for parent in parents(root):
        whole, parts = polygons[parent.key], [polygons[child.key] for child in parent.children]
        assert sum(p.area for p in parts) == pytest.approx(whole.area, rel=1e-12)
        assert shapely.union_all(parts).symmetric_difference(whole).area == 0
        assert shapely.coverage_is_valid(parts)
        tree = shapely.STRtree(parts)
        for a, b in zip(*tree.query(parts, predicate="intersects"), strict=True):
            if a < b:
                assert parts[a].intersection(parts[b]).area == 0


def test_neighbours_share_their_vertices_on_one_lattice(district: tuple[Plot, dict[str, Polygon]]) -> None:
    coordinates = shapely.get_coordinates(list(district[1].values()))
    steps = coordinates * STEPS_PER_DEGREE
    assert abs(steps - steps.round()).max() < 1e-4
    again = [float(f"{x:.6f}") for x in coordinates[:1000, 0]]
    assert again == coordinates[:1000, 0].tolist()


def test_the_district_keeps_the_published_outline(district: tuple[Plot, dict[str, Polygon]]) -> None:
    published = outline(LUOHU)
    assert district[1][LUOHU].symmetric_difference(published).area < 1e-4 * published.area


def test_the_layout_repeats_and_another_seed_draws_another() -> None:
    street = Plot("s", tuple(Plot(f"s{n}", tuple(Plot(f"s{n}{m}") for m in range(4))) for n in range(3)))
    square = shapely.box(114.0, 22.5, 114.02, 22.52)
    first, same, other = (lay_out(street, square, seed) for seed in (1, 1, 2))
    assert {k: p.wkb for k, p in first.items()} == {k: p.wkb for k, p in same.items()}
    assert first["s1"].wkb != other["s1"].wkb


@pytest.mark.parametrize("seed", range(6))
def test_awkward_shapes_are_tiled_too(seed: int) -> None:
    corners = [(0, 0), (30, 0), (30, 2), (2, 2), (2, 20), (30, 20), (30, 21), (0, 21)]  # thousandths of a degree
    hook = Polygon([(x / 1000, y / 1000) for x, y in corners])
    root = Plot("r", tuple(Plot(f"r{n}", tuple(Plot(f"r{n}{m}") for m in range(5))) for n in range(4)))
    found = lay_out(root, hook, seed)
    leaves = [p for key, p in found.items() if len(key) == 3]
    assert len(leaves) == 20
    assert shapely.coverage_is_valid(leaves)
    assert sum(p.area for p in leaves) == pytest.approx(found["r"].area, rel=1e-12)


def test_points_are_spread_inside_the_region() -> None:
    triangle = Polygon([(0, 0), (10_000, 0), (0, 10_000)])
    for points in (spread(triangle, 9, Chance(1, "x")), scatter(triangle, 9, Chance(1, "y"))):
        assert len(points) >= 9
        assert shapely.contains_xy(triangle, points[:, 0], points[:, 1]).all()

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import shapely
from sqlalchemy import func, select, text

from data_access.db import migrate
from data_access.db.engine import Database
from data_access.db.tables import AreaBoundaryRow, AreaFactRow, AreaRow, BuildingRow, DeviceRow, ResidentRow
from data_access.demo import deployment
from data_access.demo.city import DISTRICTS
from data_access.demo.seed import seed
from data_access.settings import Scale, Settings

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A city whose ten districts hold one community each; the whole one takes a minute."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('city')}/yiping.db")
    migrate.upgrade(database.engine)
    planned = deployment.planned
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deployment, "planned", lambda _scale, number: planned(Scale.COMMUNITY, number))
        seed(database, Settings(scale=Scale.CITY), now=NOON)
    yield database
    database.dispose()


def test_ten_districts_lie_side_by_side_under_one_root(city: Database) -> None:
    with city.reading() as session:
        root = session.scalars(select(AreaRow.id).where(AreaRow.parent_id.is_(None))).one()
        shapes = session.scalars(
            select(AreaBoundaryRow.geometry)
            .join(AreaRow, AreaRow.id == AreaBoundaryRow.area_id)
            .where(AreaRow.parent_id == root)
        ).all()
        whole = shapely.from_geojson(session.get_one(AreaBoundaryRow, root).geometry)
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    districts = [shapely.from_geojson(shape) for shape in shapes]
    assert len(districts) == DISTRICTS
    assert whole.is_valid
    assert whole.area == pytest.approx(sum(d.area for d in districts), rel=1e-12)
    assert shapely.union_all(districts).area == pytest.approx(whole.area, rel=1e-12)


def test_each_copy_holds_what_luohu_holds_and_no_people(city: Database) -> None:
    prefix = func.substr(DeviceRow.area_path, 1, 6)
    with city.reading() as session:
        devices = session.execute(select(prefix, func.count()).group_by(prefix)).all()
        codes = session.scalar(select(func.count(DeviceRow.code.distinct())))
        strays = session.scalar(
            select(func.count())
            .select_from(DeviceRow)
            .join(BuildingRow, BuildingRow.id == DeviceRow.building_id)
            .where(BuildingRow.area_path != DeviceRow.area_path)
        )
        assert session.scalar(select(func.count()).select_from(ResidentRow)) == 0
    assert len(devices) == DISTRICTS
    assert len({n for _, n in devices}) == 1
    assert codes == sum(n for _, n in devices)
    assert strays == 0


def test_residents_are_there_as_aggregates(city: Database) -> None:
    with city.reading() as session:
        figures = session.execute(
            select(AreaRow.kind, func.sum(AreaFactRow.value))
            .join(AreaFactRow, AreaFactRow.area_id == AreaRow.id)
            .where(AreaFactRow.metric == "residents", AreaFactRow.month == NOON.date())
            .group_by(AreaRow.kind)
        ).all()
    totals = {row[0]: row[1] for row in figures}
    assert totals["city"] == totals["district"] == totals["grid"]
    assert totals["city"] == pytest.approx(18_642 * 10 * 1.5737, rel=0.01)

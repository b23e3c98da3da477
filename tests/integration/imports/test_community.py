"""A real community can be set up from nothing, file by file, and every file can be imported again."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import func, select

from data_access.db.engine import Database
from data_access.db.tables import (
    AreaBoundaryRow,
    AreaFactRow,
    AreaRow,
    BuildingRow,
    CameraRow,
    DeviceRow,
    DwellingRow,
    HouseholdRow,
    ImportRunRow,
    IncidentRow,
    ResidentRow,
)
from data_access.demo import schematic
from data_access.domain.identity import id_check_digit
from data_access.ingest.crs import Crs
from data_access.ingest.imports.mapping import parse_mapping
from data_access.ingest.imports.registry import KINDS
from data_access.ingest.imports.runner import save_refusals
from data_access.ingest.imports.template import text as template
from data_access.live import reload
from tests.appeals import Import


def id_number(first17: str) -> str:
    return first17 + id_check_digit(first17)


OLD, YOUNG = id_number("44030119400101002"), id_number("44030119900101001")
FILES = {
    "areas": "code,parent_code,level,name\nc1,,community,水贝社区居委会\ng1,c1,grid,第一网格\ng2,c1,grid,第二网格\n",
    "buildings": (
        "楼栋编码,名称,area,lng,lat,floors\nb1,水贝工业区3栋,g1,114.1365761,22.5456967,18\nb2,4栋,g2,114.137,22.546,7\n"
    ),
    "residents": (
        "building,room,use,name,id_number,born,sex,lives_alone,residency\n"
        f"b1,501,owner,李桂兰,{OLD},,,1,户籍\nb1,502,rented,王强,{YOUNG},,,0,流动\nb2,101,owner,王小明,-,2020-05-01,男,,\n"
    ),
    "legal-entities": "credit_code,name,building,above_scale,small_place\n91350100M000100Y43,水贝珠宝,b1,1,-\n",
    "resources": "code,name,kind,building\naed-1,水贝 AED,aed,b1\n",
    "responsibles": "code,name,role,phone,area\ngw-1,张三,网格员,13812341234,g1\n",
    "devices": "code,kind,building,floor\nsmoke-1,smoke,b1,5\ngas-1,gas,b1,5\n",
    "cameras": "code,name,building,stream\ncam-1,路口,b1,http://127.0.0.1/cam.m3u8\n",
    "incidents": (
        "ref,title,created_at,area,type,channel,due_at,closed_at\n"
        "1,井盖破损,2026-05-01 09:00:00,g1,市政设施,12345,2026-05-03 09:00:00,2026-05-02 09:00:00\n"
        "2,噪声,2026-05-02 09:00:00,g2,环保水务,12345,2026-05-04 09:00:00,-\n"
    ),
    "telemetry": "device,metric,ts,value\ngas-1,gas_lel,2026-06-01 11:00:00,1.5\ngas-1,gas_lel,2026-06-01 11:30:00,2\n",
}
RING = [[114.12, 22.54], [114.15, 22.54], [114.15, 22.56], [114.12, 22.56], [114.12, 22.54]]
OUTLINE = {"type": "Polygon", "coordinates": [RING]}


def test_a_community_from_nothing(importer: Import, database: Database, redis: Redis, tmp_path: Path) -> None:
    (tmp_path / "outline.geojson").write_text(json.dumps(OUTLINE))
    for kind, content in FILES.items():
        path = tmp_path / f"{kind}.csv"
        path.write_text(content)
        options = {"crs": Crs.GCJ02} if kind == "buildings" else {}
        report = importer(kind, path, **options)
        assert report.written, (kind, report.refusals)
        assert report.tally.added == content.count("\n") - 1, kind
        again = importer(kind, path, **options)
        assert (again.tally.added, again.tally.updated) == (0, 0), kind
    assert importer("boundaries", tmp_path / "outline.geojson", area="c1").tally.added == 1
    assert schematic.fill_gaps(database, redis)
    with database.reading() as session:
        facts = {
            (code, metric): value
            for code, metric, value in session.execute(
                select(AreaRow.code, AreaFactRow.metric, AreaFactRow.value).join(
                    AreaRow, AreaRow.id == AreaFactRow.area_id
                )
            )
        }
        assert facts["c1", "residents"] == 3
        assert facts["g1", "residents"] == 2
        assert (facts["c1", "elderly_alone"], facts["c1", "age_0_14"], facts["c1", "floating"]) == (1, 1, 1)
        assert (facts["c1", "dwellings"], facts["c1", "rented"], facts["c1", "households"]) == (3, 1, 3)
        assert (facts["c1", "devices"], facts["c1", "cameras"], facts["c1", "aed"]) == (2, 1, 1)
        assert (facts["g1", "legal_entities"], facts["g1", "above_scale"]) == (1, 1)
        area = session.scalars(select(AreaRow).where(AreaRow.code == "c1")).one()
        assert (area.name, area.aliases) == ("水贝社区", ["水贝社区居委会"])
        house = session.scalars(select(BuildingRow).where(BuildingRow.code == "b1")).one()
        assert (house.lng, house.lat) == pytest.approx((114.1315, 22.5484), abs=1e-6)
        tokens = session.scalars(select(DeviceRow.token)).all()
        assert len(set(tokens)) == 2
        assert min(map(len, tokens)) >= 24
        assert session.scalars(select(HouseholdRow.size)).all() == [1, 1, 1]
        assert session.scalar(select(func.count()).select_from(AreaBoundaryRow)) == 3
        assert session.scalar(select(func.count()).where(ImportRunRow.finished_at.is_(None))) == 0
        assert reload.version(session) > 0


def test_a_resident_who_moves_is_the_same_person(importer: Import, database: Database, tmp_path: Path) -> None:
    for kind in ("areas", "buildings", "residents"):
        (tmp_path / kind).write_text(FILES[kind])
        importer(kind, tmp_path / kind)
    moved = tmp_path / "moved.csv"
    moved.write_text(f"building,room,name,id_number\nb2,701,李桂兰,{OLD}\n")
    report = importer("residents", moved)
    assert (report.tally.added, report.tally.updated) == (0, 1)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ResidentRow)) == 3
        assert session.scalar(select(func.count()).select_from(DwellingRow)) == 4


def test_bad_rows_are_named_one_by_one_and_nothing_is_written(
    importer: Import, database: Database, tmp_path: Path
) -> None:
    for kind in ("areas", "buildings"):
        (tmp_path / kind).write_text(FILES[kind])
        importer(kind, tmp_path / kind)
    bad = tmp_path / "people.csv"
    bad.write_text(
        "building,room,name,id_number,born,sex\n"
        f"b1,501,李桂兰,{OLD},,\n"
        f"b1,501,李桂兰,{OLD},,\n"
        "b1,502,王强,440301199001010010,,\n"
        f"b1,502,王强,{YOUNG},1991-01-01,\n"
        "b9,502,王强,,1991-01-01,男\n"
        "b1,503,,,1991-01-01,男\n"
    )
    report = importer("residents", bad)
    assert [(r.line, r.reason) for r in report.refusals] == [
        (3, "this person is already on line 2"),
        (4, "id_number: its check digit or date does not fit"),
        (5, "born differs from the date in id_number"),
        (6, "there is no building with the code b9"),
        (7, "name is missing"),
    ]
    assert not report.written
    with database.reading() as session:
        for row in (ResidentRow, DwellingRow, HouseholdRow):
            assert session.scalar(select(func.count()).select_from(row)) == 0
    saved = save_refusals(report, tmp_path / "imports")
    assert saved.stat().st_mode & 0o777 == 0o600
    assert saved.read_text("utf-8-sig").splitlines()[0] == "line,reason,building,room,name,id_number,born,sex"
    assert importer("residents", bad, skip_bad=True).tally.added == 1


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        ("devices", "code,kind,area,lng,lat\nd,toaster,g1,114.1,22.5", "none of smoke"),
        ("devices", "code,kind,area\nd,smoke,g1", "no building to stand in"),
        ("devices", "code,kind,area,lng,lat,token\nd,smoke,g1,114.1,22.5,short", "fewer than 8"),
        ("devices", "code,kind,area,lng,lat,overrides\nd,smoke,g1,114.1,22.5,{", "JSON"),
        (
            "devices",
            'code,kind,area,lng,lat,overrides\nd,manhole,g1,114.1,22.5,"{""manhole_tilt"":{""levels"":[[4,3]]}}"',
            "manhole_tilt could never clear: its hysteresis of 5 is larger than its threshold of 4",
        ),
        ("devices", "code,kind,area,lng,lat\nd,smoke,g1,314.1,22.5", "outside"),
        ("cameras", "code,name,area,lng,lat,gb_code\nc,x,g1,114.1,22.5,123", "20 digits"),
        ("cameras", "code,name,area,lng,lat,stream\nc,x,g1,114.1,22.5,file:///etc/passwd", "http"),
        ("legal-entities", "credit_code,name,area\n91350100M000100Y44,x,g1", "check character"),
        ("responsibles", "code,name,role,area\nr,x,king,g1", "none of"),
        ("incidents", "ref,title,created_at,area,closed_at\n1,x,2026-05-02,g1,2026-05-01", "before created_at"),
        ("telemetry", "device,metric,ts,value\nnone,gas_lel,2026-06-01 11:00:00,1", "no device"),
        ("areas", "code,parent_code,level,name\ns,nowhere,street,x", "to be its parent"),
        ("areas", "code,parent_code,level,name\nx,y,grid,x\ny,x,grid,y", "back to itself"),
        ("areas", "code,parent_code,level,name\ng1,,community,x", "does not move"),
    ],
)
def test_each_kind_says_what_is_wrong(importer: Import, tmp_path: Path, kind: str, row: str, reason: str) -> None:
    (tmp_path / "areas").write_text(FILES["areas"])
    importer("areas", tmp_path / "areas")
    bad = tmp_path / "bad.csv"
    bad.write_text(row + "\n")
    report = importer(kind, bad)
    assert not report.written
    assert reason in report.refusals[0].reason


def test_a_closed_incident_counts_by_its_times(importer: Import, database: Database, tmp_path: Path) -> None:
    from datetime import date

    from data_access.queries.indicators import indicators

    for kind in ("areas", "incidents"):
        (tmp_path / kind).write_text(FILES[kind])
        importer(kind, tmp_path / kind)
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(IncidentRow.stage == "closed")) == 1
        path = session.scalar(select(AreaRow.path).where(AreaRow.code == "c1")) or ""
        may = (date(2026, 5, 1), date(2026, 6, 1))
        early, late = (datetime.fromisoformat(f"2026-05-0{d}T12:00:00+08:00") for d in (3, 5))
        counts = [indicators(session, path, *may, now=at)[0].counts for at in (early, late)]
    assert [(c.created, c.due, c.closed_on_time) for c in counts] == [(2, 1, 1), (2, 2, 1)]


def test_camera_delivery_is_never_imported(importer: Import, database: Database, tmp_path: Path) -> None:
    for kind in ("areas", "buildings", "cameras"):
        (tmp_path / kind).write_text(FILES[kind])
        importer(kind, tmp_path / kind)
    with database.reading() as session:
        assert session.scalars(select(CameraRow.delivering)).all() == [False]


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_a_template_that_explains_each_column(kind: str) -> None:
    lines = template(KINDS[kind]).splitlines()
    header = next(line for line in lines if not line.startswith("#")).split(",")
    assert header == [column.name for column in KINDS[kind].columns]
    for column in KINDS[kind].columns:
        assert any(line.startswith(f"# {column.name}") for line in lines)


def test_a_case_stands_at_the_last_step_that_has_a_time(importer: Import, database: Database, tmp_path: Path) -> None:
    times = ("registered_at", "dispatched_at", "handled_at", "verified_at", "closed_at")
    lines = [
        ",".join([f"{n}", "x", "2026-05-01", "g1", *(["2026-05-02"] * n), *([""] * (len(times) - n))])
        for n in range(len(times) + 1)
    ]
    for kind, content in (
        ("areas", FILES["areas"]),
        ("incidents", "\n".join([f"ref,title,created_at,area,{','.join(times)}", *lines])),
    ):
        path = tmp_path / f"{kind}.csv"
        path.write_text(content, "utf-8")
        assert importer(kind, path).written
    with database.reading() as session:
        stages = session.scalars(select(IncidentRow.stage).order_by(IncidentRow.source_ref)).all()
    assert stages == ["report", "register", "dispatch", "handle", "verify", "closed"]


def test_a_file_of_digital_city_management_comes_in_by_a_mapping(
    importer: Import, database: Database, tmp_path: Path
) -> None:
    """Names instead of codes, a state instead of a stage, words for the rating, GB18030, and one row that is wrong."""
    areas, cases, mapping = (tmp_path / name for name in ("areas.csv", "案卷.csv", "mapping.txt"))
    areas.write_text("code,parent_code,level,name\ns1,,street,翠竹街道\nc1,s1,community,水贝社区\n", "utf-8")
    importer("areas", areas)
    header = "任务号,问题描述,上报时间,所属街道,所属社区,状态,结案时间,满意度,上报人电话"
    lines = [
        "1,井盖破损,2026/5/3 9:05,翠竹街道,水贝社区,已结案,2026/5/3 16:30,基本满意,13800000001",
        "2,暴露垃圾,2026年5月3日 10:15,翠竹街道,,处置中,,未评价,",
        "3,绿地被占,2026-05-03 12:00,翠竹街道,无此社区,待受理,,,",
        "4,路灯不亮,2026-05-03,,水贝社区,不予立案,,,",
    ]
    cases.write_bytes("\n".join([header, *lines]).encode("gb18030"))
    mapping.write_bytes("任务号=ref\n问题描述=title\n上报时间=created_at\n结案时间=closed_at\n".encode("gb18030"))
    report = importer("incidents", cases, skip_bad=True, mapping=parse_mapping([str(mapping)]))
    assert [(r.line, r.reason) for r in report.refusals] == [(4, "there is no area called 无此社区 in 翠竹街道")]
    assert any("上报人电话" in note for note in report.notes)
    with database.reading() as session:
        found = session.execute(
            select(IncidentRow.source_ref, IncidentRow.stage, IncidentRow.satisfaction, AreaRow.code)
            .join(AreaRow, AreaRow.path == IncidentRow.area_path)
            .order_by(IncidentRow.source_ref)
        ).all()
    assert [tuple(row) for row in found] == [
        ("1", "closed", 3, "c1"),
        ("2", "dispatch", None, "s1"),
        ("4", "void", None, "c1"),
    ]

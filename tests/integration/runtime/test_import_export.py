"""The commands as a person types them: import into an empty folder, then export what the page shows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from data_access.db.engine import Database
from data_access.db.tables import MetaRow
from data_access.runtime.cli import main
from data_access.runtime.refusal import settings as read_settings
from tests.appeals import VENDORED, made_up_appeals


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("YIPING_DEPLOYMENT", "YIPING_DATABASE_URL", "YIPING_REDIS_URL", "YIPING_MQTT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("YIPING_DATA_DIR", str(tmp_path / "var"))
    return tmp_path


def yiping(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_from_an_empty_folder_to_the_figures(folder: Path) -> None:
    appeals = made_up_appeals(folder / "appeals.csv", 300)
    points = folder / "points.csv"
    points.write_text("community,lng_bd09,lat_bd09\n碧岭社区,114.295663,22.67342\n六联社区,114.332971,22.795219\n")
    outline = VENDORED / "boundaries-gcj02" / "440310.geojson"
    assert "33 added" in yiping("import", "areas", VENDORED / "areas-nbs-2023.csv", "--area", "440310").output
    assert "1 added" in yiping("import", "boundaries", outline, "--area", "440310", "--crs", "gcj02").output
    told = yiping("import", "points", points, "--crs", "bd09")
    assert "1 updated, 0 unchanged, 1 left out" in told.output
    assert "outside the outline of 坪山区" in told.output.replace("\n", "")
    assert "六联社区" in (folder / "var" / "imports" / "points.csv.refused.csv").read_text("utf-8-sig")
    assert "300 added" in yiping("import", "appeals", appeals, "--area", "440310").output
    assert "300 unchanged" in yiping("import", "appeals", appeals, "--area", "440310").output

    asked = ("export", "indicators", "--area", "440310", "--from", "2018-01-01", "--to", "2019-01-01")
    (whole,) = json.loads(yiping(*asked).output)
    assert (whole["name"], whole["created"], whole["code"]) == ("坪山区", 300, "440310")
    streets = json.loads(yiping(*asked, "--by", "street").output)
    assert sum(line["created"] for line in streets) == 300
    assert {line["name"] for line in streets} >= {"龙田街道", "坪山街道", "未归属"}
    table = list(
        csv.DictReader(io.StringIO(yiping(*asked, "--by", "channel", "--format", "csv").output.lstrip("\ufeff")))
    )
    assert {line["name"] for line in table} == {"@坪山", "12345", "固话投诉"}
    book = folder / "out.xlsx"
    assert yiping(*asked, "--by", "type", "--format", "xlsx", "--out", book).exit_code == 0
    assert book.stat().st_mode & 0o777 == 0o600
    loaded = load_workbook(book)
    assert loaded.worksheets[0].max_row == 4
    loaded.close()

    incidents = json.loads(yiping("export", "incidents", "--area", "440310001").output)
    assert {line["area_name"] for line in incidents} == {"和平社区"}
    assert yiping("export", "alarms", "--format", "csv").output.startswith(
        "\ufeffid,device,"
    )  # none, and still a header
    areas = list(csv.DictReader(io.StringIO(yiping("export", "areas", "--format", "csv").output.lstrip("\ufeff"))))
    assert len(areas) == 33
    for what in ("devices", "alarms", "dead-letters"):
        assert json.loads(yiping("export", what).output) == []


def test_real_data_does_not_go_beside_the_demo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    areas = ("import", "areas", VENDORED / "areas-nbs-2023.csv", "--area", "440310")
    monkeypatch.setenv("YIPING_DEPLOYMENT", "luohu")
    early = yiping(*areas)
    assert (early.exit_code, early.output.count("\n")) == (2, 1)
    assert not (folder / "var" / "yiping.db").exists()
    monkeypatch.delenv("YIPING_DEPLOYMENT")
    assert yiping(*areas).exit_code == 0
    database = Database(read_settings().database)
    with database.writing() as session:
        session.merge(MetaRow(key="deployment", value="luohu"))
        session.merge(MetaRow(key="demo", value="true"))
    database.dispose()
    refused = yiping(*areas)
    assert refused.exit_code == 2
    assert "Real data does not belong beside demo data" in refused.output
    assert "--into-demo" in refused.output
    assert "33 unchanged" in yiping(*areas, "--into-demo").output


def test_a_note_on_drawn_outlines_names_the_area_of_the_file(folder: Path) -> None:
    outline = VENDORED / "boundaries-gcj02" / "440310.geojson"
    yiping("import", "areas", VENDORED / "areas-nbs-2023.csv", "--area", "440310")
    asked = ("import", "boundaries", outline, "--area", "440310", "--crs", "gcj02")
    assert "inside 坪山区 are drawn" in yiping(*asked).output.replace("\n", " ")


def test_an_exported_tree_can_be_imported_again(folder: Path) -> None:
    yiping("import", "areas", VENDORED / "areas-nbs-2023.csv", "--area", "440310")
    out = folder / "areas.csv"
    assert yiping("export", "areas", "--format", "csv", "--out", out).exit_code == 0
    assert "33 unchanged" in yiping("import", "areas", out).output


def test_what_cannot_be_done_is_said_in_one_sentence(folder: Path) -> None:
    bad = folder / "bad.csv"
    bad.write_text("code,parent_code,level,name\na,,planet,x\n")
    refused = yiping("import", "areas", bad)
    assert refused.exit_code == 1
    assert "nothing was imported, 1 rows were refused" in refused.output
    for words, says in (
        (("import", "areas", folder / "none.csv"), "There is no file"),
        (("import", "areas"), "Missing argument"),
        (("import", "toasters", bad), "toasters"),
        (("import", "residents", bad), "has no column"),
        (("import", "points", bad, "--area", "999999"), "There is no area with the code 999999"),
        (("export", "indicators"), "--from"),
        (("export", "alarms", "--area", "nowhere"), "There is no area nowhere"),
        (("replay", "telemetry", VENDORED / "water-flow.csv"), "There is no area yet"),
    ):
        told = yiping(*words)
        assert told.exit_code in (1, 2), words
        assert says in told.output.replace("\n", " "), told.output
        assert "Traceback" not in told.output


def test_a_template_is_a_file_that_can_be_filled_in(folder: Path) -> None:
    text = yiping("import", "resources", "--template").output
    assert text.startswith("# yiping import resources")
    path = folder / "resources.csv"
    path.write_text(text)
    yiping("import", "areas", VENDORED / "areas-nbs-2023.csv", "--area", "440303")
    told = yiping("import", "resources", path, "--area", "440303")
    assert "there is no area with the code 440303004011001" in told.output.replace("\n", " ")

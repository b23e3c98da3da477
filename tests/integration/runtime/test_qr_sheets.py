"""Points from a file to sheets of QR codes, as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest
import segno
from click.testing import CliRunner, Result
from sqlalchemy import select

from data_access.db import migrate
from data_access.db.engine import Database
from data_access.db.tables import PatrolPointRow
from data_access.runtime import qr_sheets
from data_access.runtime.cli import main
from data_access.runtime.refusal import Refusal
from data_access.viewmodels.reports import Point
from tests.conftest import NOON
from tests.small import COMMUNITY, GRID, fill


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("YIPING_DEPLOYMENT", "YIPING_DATABASE_URL", "YIPING_REDIS_URL", "YIPING_MQTT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("YIPING_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("YIPING_PUBLIC_URL", "https://yiping.example")
    return tmp_path


def yiping(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_from_a_file_of_points_to_sheets_of_codes(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'var' / 'yiping.db'}")
    migrate.upgrade(database.engine)
    fill(database, NOON)
    points = folder / "points.csv"
    lines = [f"P-{n:03d},{n} 号灯杆,{GRID},,{114.1 + n / 1000},22.55" for n in range(9)]
    points.write_text("\n".join(["code,name,area,building,lng,lat", *lines, "P-100,5栋门口,,B1,,"]) + "\n")
    assert "10 added" in yiping("import", "patrol-points", points).output
    with database.reading() as session:
        door = session.scalars(select(PatrolPointRow).where(PatrolPointRow.code == "P-100")).one()
        assert (door.building_id, door.lng) == (1, 114.13)
    database.dispose()
    out = folder / "codes.pdf"
    told = yiping("export", "qr", "--area", COMMUNITY, "--out", out)
    assert (told.exit_code, "10 codes" in told.output) == (0, True), told.output
    pdf = out.read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == 2
    assert len(pdf) < 300_000  # of the font only the letters that are used
    none = yiping("export", "qr", "--area", "440303004012", "--out", folder / "none.pdf")
    assert (none.exit_code, "no patrol points" in none.output) == (1, True)


def test_a_code_leads_to_the_form_and_is_drawn_module_for_module() -> None:
    says = qr_sheets.address("https://yiping.example/", Point("P 1&2", "", "", None, "", None))
    assert says == "https://yiping.example/report?point=P+1%262"
    for row in segno.make(says, error="m", micro=False).matrix:
        drawn = [0] * len(row)
        for x, length in qr_sheets._runs(row):
            drawn[x : x + length] = [1] * length
        assert drawn == list(row)


def test_without_a_chinese_font_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(qr_sheets, "_FONTS", ())
    with pytest.raises(Refusal, match="fonts-noto-cjk"):
        qr_sheets.font(None)
    with pytest.raises(Refusal, match="no font at"):
        qr_sheets.font(tmp_path / "none.ttf")

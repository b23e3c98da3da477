from pathlib import Path

import pytest
from openpyxl import Workbook

from data_access.domain.errors import InvalidInput
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.mapping import HeaderMap, parse_mapping
from data_access.ingest.imports.reader import Source, open_table

TEXT = "编码,名称,备注\nA-1,翠竹街道,-\n\nA-2,黄贝街道,\n"


def rows(source: Source) -> list[tuple[int, dict[str, str | None]]]:
    return [(row.line, row.values) for row in source.rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_reads_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "areas.csv"
    path.write_text(TEXT, encoding=encoding)
    source = open_table(path)
    assert source.size == 2
    assert rows(source) == [
        (2, {"编码": "A-1", "名称": "翠竹街道", "备注": None}),
        (4, {"编码": "A-2", "名称": "黄贝街道", "备注": None}),
    ]


@pytest.mark.parametrize("separator", ["\t", ";"])
def test_tabs_and_semicolons_separate_too(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "areas.csv"
    path.write_text(TEXT.replace(",", separator))
    assert open_table(path).header == ("编码", "名称", "备注")


def test_a_workbook_is_told_by_its_bytes_and_numbers_stay_whole(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["code", "floors", "note"], ["b-1", 18, None], ["b-2", 3.5, "-"]):
        sheet.append(row)
    path = tmp_path / "named.csv"
    book.save(path)
    assert [r for _, r in rows(open_table(path))] == [
        {"code": "b-1", "floors": "18", "note": None},
        {"code": "b-2", "floors": "3.5", "note": None},
    ]


def test_comments_of_a_template_may_stay(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("# what it is\n# a, b, c\ncode,name\nx,y\n")
    assert rows(open_table(path)) == [(4, {"code": "x", "name": "y"})]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00\x81\xff", "neither"),
        (b"a,a\n1,2\n", "twice"),
        (b"# a table\na,b\n\n", "0 rows"),
        (b"PK\x03\x04rubbish", "not an XLSX"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=says):
        open_table(path)
    with pytest.raises(InvalidInput, match="no file"):
        open_table(tmp_path / "nowhere.csv")


def test_text_that_is_named_a_workbook_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "areas.xlsx"
    path.write_text(TEXT)
    with pytest.raises(InvalidInput, match=r"areas\.xlsx is not an XLSX file"):
        open_table(path)


COLUMNS = (Column("code", "", required=True, also=("编码",)), Column("name", "", also=("名称",)))


def test_columns_are_found_by_name_by_another_name_and_by_mapping(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编码,标题,多余\nx,y,z\n")
    source = open_table(path)
    headers = HeaderMap(source.header, COLUMNS, parse_mapping(["标题=name"]))
    cells = headers.cells(next(source.rows()))
    assert (cells.need("code"), cells.need("name"), headers.unused) == ("x", "y", ("多余",))


def test_a_mapping_may_be_a_file(tmp_path: Path) -> None:
    lines, json = tmp_path / "m.txt", tmp_path / "m.json"
    lines.write_text("# ours\n标题 = name\n")
    json.write_text('{"标题": "name"}')
    assert parse_mapping([str(lines)]) == parse_mapping([str(json)]) == {"标题": "name"}


@pytest.mark.parametrize(("given", "says"), [({"无": "name"}, "does not have"), ({"名称": "x"}, "the columns are")])
def test_a_mapping_that_fits_nothing_is_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        HeaderMap(("编码", "名称"), COLUMNS, given)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InvalidInput, match="no column code"):
        HeaderMap(("名称",), COLUMNS, {})


def test_cells_become_values_or_reasons() -> None:
    cells = Cells(1, {"n": "12", "f": "是", "t": "2018-07-04 17:24:41", "z": "2022-03-20T11:00:00+01:00", "bad": "x"})
    assert cells.whole("n", low=1, high=20) == 12
    assert cells.flag("f") is True
    at, zoned = cells.instant("t"), cells.instant("z")
    assert at is not None
    assert zoned is not None
    assert at.isoformat() == "2018-07-04T09:24:41+00:00"  # Shanghai unless it says
    assert zoned.isoformat() == "2022-03-20T10:00:00+00:00"
    assert cells.text("none") is None
    for read in (cells.number, cells.flag, cells.instant, cells.day):
        with pytest.raises(Refused, match="bad"):
            read("bad")
    with pytest.raises(Refused, match="outside"):
        cells.whole("n", low=13, high=20)
    with pytest.raises(Refused, match="missing"):
        cells.need("none")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2018/5/2 9:05", "2018-05-02T01:05:00+00:00"),
        ("2018/05/02 10:00:30", "2018-05-02T02:00:30+00:00"),
        ("2018-5-2", "2018-05-01T16:00:00+00:00"),
        ("2018年5月2日 10:00", "2018-05-02T02:00:00+00:00"),
        ("2018.5.2", "2018-05-01T16:00:00+00:00"),
    ],
)
def test_times_are_read_as_excel_writes_them(written: str, meant: str) -> None:
    cells = Cells(1, {"t": written})
    assert str(cells.instant("t")) == meant.replace("T", " ")
    day = cells.day("t")
    assert day is not None
    assert (day.year, day.month, day.day) == (2018, 5, 2)


@pytest.mark.parametrize("written", ["2018/13/2", "2018/2/30 10:00", "5/2/2018", "2018/5/2 25:00"])
def test_times_that_are_none_are_refused(written: str) -> None:
    with pytest.raises(Refused):
        Cells(1, {"t": written}).instant("t")

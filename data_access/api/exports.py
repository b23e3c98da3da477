"""`GET /api/v1/overview.xlsx`: the figures of a view as a workbook, from the same reads as the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from data_access.api.context import context, principal
from data_access.api.downloads import download
from data_access.api.parameters import a_day
from data_access.domain.case_indicators import Counts, Rate
from data_access.domain.errors import NotFound
from data_access.domain.facts import Fact
from data_access.domain.incidents import ClosingCounts
from data_access.domain.periods import SHANGHAI
from data_access.queries import areas
from data_access.queries.figures import figures
from data_access.viewmodels.overview import GroupLine, Overview

if TYPE_CHECKING:
    from openpyxl import Workbook

MEDIA: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FEW: Final = 5  # a count of people below this could be somebody
_PEOPLE: Final = frozenset(
    {
        Fact.RESIDENTS,
        Fact.HOUSEHOLDS,
        Fact.REGISTERED,
        Fact.FLOATING,
        Fact.OVERSEAS,
        Fact.AGE_0_14,
        Fact.AGE_15_59,
        Fact.AGE_60_UP,
        Fact.ELDERLY_ALONE,
    }
)
_FACTS: Final[dict[Fact, tuple[str, str]]] = {
    Fact.RESIDENTS: ("人口", "Residents"),
    Fact.HOUSEHOLDS: ("户", "Households"),
    Fact.REGISTERED: ("户籍", "Registered"),
    Fact.FLOATING: ("流动", "Floating"),
    Fact.OVERSEAS: ("境外", "Overseas"),
    Fact.AGE_0_14: ("0–14 岁", "Aged 0–14"),
    Fact.AGE_15_59: ("15–59 岁", "Aged 15–59"),
    Fact.AGE_60_UP: ("60 岁以上", "Aged 60 and over"),
    Fact.ELDERLY_ALONE: ("独居老人", "Elderly living alone"),
    Fact.BUILDINGS: ("楼栋", "Buildings"),
    Fact.DWELLINGS: ("房屋", "Dwellings"),
    Fact.OWNER_OCCUPIED: ("自用", "Owner-occupied"),
    Fact.RENTED: ("出租", "Rented"),
    Fact.VACANT: ("空置", "Vacant"),
    Fact.RENTAL_LIGHT: ("出租屋 宽管", "Rental light"),
    Fact.RENTAL_WATCHED: ("出租屋 关注", "Rental watched"),
    Fact.RENTAL_STRICT: ("出租屋 严管", "Rental strict"),
    Fact.RENTAL_BANNED: ("出租屋 禁止", "Rental banned"),
    Fact.LEGAL_ENTITIES: ("法人", "Legal entities"),
    Fact.ABOVE_SCALE: ("规上", "Above scale"),
    Fact.RESOURCES: ("资源", "Resources"),
    Fact.AED: ("AED", "AED"),
}
_CLOSING: Final = (
    ("受理量", "Taken in"),
    ("应结案", "Due"),
    ("结案", "Closed"),
    ("按期结案", "Closed on time"),
    ("结案率 %", "Closing rate %"),
    ("按期结案率 %", "On-time closing rate %"),
)
_LOOP: Final = (
    ("应处置", "Due for handling"),
    ("处置", "Handled"),
    ("处置率 %", "Handling rate %"),
    ("返工率 %", "Rework rate %"),
)


async def get_workbook(request: Request) -> Response:
    """The workbook of an area for the days [from, to), by default those that the page shows."""
    ctx, scope, asked = context(request), principal(request).scope, request.query_params
    first, end = (a_day(asked, name) if asked.get(name) else None for name in ("from", "to"))
    english = asked.get("lang") == "en"
    at = ctx.services.clock()

    def read(session: Session) -> tuple[str, bytes]:
        area = areas.find(session, asked.get("area") or None, scope)
        if area is None:
            raise NotFound("没有这个区域，或者不在您的权限范围内。")
        return area.code, workbook(figures(session, area, scope, first, end, at=at), english=english)

    code, body = await ctx.read(read)
    return await download(
        request, "overview", body, f"yiping-{code}-{at.astimezone(SHANGHAI):%Y%m%d-%H%M}.xlsx", area=code
    )


def workbook(view: Overview, *, english: bool) -> bytes:
    """The sheets of `view`. People are counts, fewer than five of them `<5`; nothing in it names anybody."""
    from openpyxl import Workbook  # noqa: PLC0415  # slow to import, and seldom needed

    def say(chinese: str, in_english: str) -> str:
        return in_english if english else chinese

    book = Workbook(write_only=True)
    area = view.place.area
    about: list[Sequence[Any]] = [
        (say("区域", "Area"), say(area.name, area.name_en or area.name)),
        (say("区域代码", "Code"), area.code),
        (say("统计周期自", "Period from"), view.period.first),
        (say("统计周期止（不含）", "Period to (excluded)"), view.period.end),
        (say("生成时间", "Made at"), _local(view.at)),
        (say("数据", "Data"), say("演示数据", "demo data") if view.demo else say("业务数据", "operational data")),
    ]
    _sheet(book, say("说明", "About"), (say("项目", "Item"), say("内容", "Value")), about)
    ledger = view.ledger
    head = (say("指标", "Figure"), say("本月", "This month"), say("上月", "Last month"), say("去年同月", "A year ago"))
    rows = [
        (say(*words), *(_few(fact, month.get(fact)) for month in (ledger.now, ledger.last_month, ledger.last_year)))
        for fact, words in _FACTS.items()
        if fact in ledger.now
    ]
    _sheet(book, say("底数", "Ledger"), head, rows)
    periods = [
        (say("本期", "This period"), view.closing.cases),
        (say("上一期", "Period before"), view.closing.cases_before),
        (say("去年同期", "A year ago"), view.closing.cases_year_before),
    ]
    closing = [say(*words) for words in _CLOSING]
    _sheet(
        book,
        say("效能", "Closing"),
        (say("期间", "Period"), *closing, *(say(*words) for words in _LOOP)),
        [(name, *_closing(cases.closing), *_loop(cases)) for name, cases in periods if cases is not None],
    )
    for title, lines in ((say("下级区域", "Areas below"), view.children), (say("来源渠道", "Channels"), view.channels)):
        _sheet(
            book,
            title,
            (say("代码", "Code"), say("名称", "Name"), *closing),
            [(line.code, _named(line, english=english), *_closing(line.counts)) for line in lines],
        )
    sensors, now = view.sensors, view.flow
    happening = [
        (say("今日受理", "Cases today"), now.today),
        (say("在办事件", "Open cases"), now.open),
        (say("超期在办", "Open and overdue"), now.overdue),
        (say("紧急告警", "Critical alarms"), sensors.by_severity.get(4, 0)),
        (say("重要告警", "Major alarms"), sensors.by_severity.get(3, 0)),
        (say("次要告警", "Minor alarms"), sensors.by_severity.get(2, 0)),
        (say("提示告警", "Warnings"), sensors.by_severity.get(1, 0)),
        (say("今日告警", "Alarms today"), sensors.today),
        (say("终端", "Devices"), sensors.devices),
        (say("终端离线", "Devices offline"), sensors.offline),
        (say("视频点位", "Cameras"), view.video.total),
        (say("有画面", "Cameras delivering"), view.video.delivering),
    ]
    _sheet(book, say("正在发生", "Now"), (say("指标", "Figure"), say("数值", "Value")), happening)
    sources = [
        (say(s.name, s.name_en), _local(s.last_seen) if s.last_seen else say("无数据", "no data"), s.interval_s)
        for s in view.sources
    ]
    columns = (say("来源", "Source"), say("数据截至", "Data as of"), say("间隔（秒）", "Interval (s)"))
    _sheet(book, say("数据截至", "Sources"), columns, sources)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Workbook, title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for letter in "ABCDEFGHIJKL"[: len(head)]:
        sheet.column_dimensions[letter].width = 22
    sheet.append([_cell(sheet, text, bold=True) for text in head])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    """A cell; text stays text, whatever it begins with: a name is never a formula."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # as above
    from openpyxl.styles import Font  # noqa: PLC0415

    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"
    elif isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    elif isinstance(value, float):
        cell.number_format = "0.00"
    elif isinstance(value, int):
        cell.number_format = "#,##0"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _loop(cases: Counts) -> tuple[Any, ...]:
    return cases.due_handling, cases.handled, cases.rate(Rate.HANDLING), cases.rate(Rate.REWORK)


def _closing(counts: ClosingCounts) -> tuple[Any, ...]:
    return (
        counts.created,
        counts.due,
        counts.closed,
        counts.closed_on_time,
        counts.closing_rate,
        counts.on_time_rate,
    )


def _named(line: GroupLine, *, english: bool) -> str:
    return line.name_en if english and line.name_en else line.name


def _few(fact: Fact, value: int | None) -> int | str | None:
    return f"<{FEW}" if value is not None and fact in _PEOPLE and 0 < value < FEW else value


def _local(at: datetime) -> datetime:
    """Local time without a zone, which is all a worksheet knows."""
    return at.astimezone(SHANGHAI).replace(tzinfo=None)

"""The board and the list as they are painted: clocks, tags, links that keep what was chosen."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from components import case_board, case_filters
from components.case_lines import card, row
from components.i18n import words
from components.markup import render
from data_access.viewmodels.incidents import (
    BoardColumn,
    Choice,
    Choices,
    IncidentBoard,
    IncidentLine,
    IncidentPage,
)

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZH, EN = words("zh"), words("en")
LINE = IncidentLine(
    id=7,
    code="SJ 7/1",
    title="井盖破损",
    stage="dispatch",
    workflow="seven",
    step="dispatch",
    step_name="派遣",
    next_step="handle",
    next_step_name="处置",
    urgency=0,
    area="440303004011001",
    area_name="第01网格",
    parent_name="水贝社区",
    place=None,
    type="市政设施",
    channel="随手拍",
    unit=None,
    owner=None,
    created_at=NOON - 8 * HOUR,
    due_at=NOON + 2 * HOUR,
    step_due_at=None,
    turn_until=None,
    closed_at=None,
    satisfaction=None,
    overdue=False,
    level=0,
    suspended_at=None,
    asked_until=None,
    merged_into=None,
    reworks=0,
    extensions=0,
    urged=0,
    run=None,
    version=3,
)
COLUMNS = tuple(BoardColumn(stage=stage.value, total=30, overdue=2, incidents=(LINE,)) for stage in case_board.WAITS)
BOARD = IncidentBoard(NOON, COLUMNS, BoardColumn(stage="closed", total=5, overdue=1, incidents=()))


def said(tree: object) -> str:
    return re.sub(r"<[^>]+>", " ", render(tree))  # type: ignore[arg-type]


def test_a_card_says_what_where_and_what_is_left() -> None:
    text = said(card(LINE, NOON, {}, ZH))
    assert "井盖破损" in text
    assert "水贝社区 第01网格 · 随手拍" in text
    assert "剩 2 时 00" in text
    assert 'style="width:80%"' in render(card(LINE, NOON, {}, ZH))
    assert "2 h" in said(card(LINE, NOON, {}, EN))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"due_at": NOON - HOUR, "overdue": True}, "超期 1 时 00"),
        ({"due_at": None}, "无期限"),
        ({"due_at": None, "suspended_at": NOON}, "已挂起"),
        ({"step_due_at": NOON}, "本步超时"),
        ({"urged": 2}, "督办 2"),
        ({"level": 2, "climbed": True}, "街道处置"),
        ({"asked_until": NOON}, "延期待批"),
        ({"reworks": 1}, "返工 1"),
        ({"merged_into": 3}, "已并案"),
        ({"run": "r1"}, "回放"),
        ({"urgency": 2}, "特急"),
        ({"category": "A"}, "A 重大"),
        ({"stage": "closed", "closed_at": NOON, "satisfaction": 4}, "满意 · 用时 8 时 00"),
    ],
)
def test_what_is_special_about_a_case_is_said(change: dict[str, object], text: str) -> None:
    line = replace(LINE, **change)  # type: ignore[arg-type]
    assert text in said(card(line, NOON, {}, ZH))
    assert text in said(row(line, NOON, {}, ZH))


def test_the_link_of_a_case_survives_any_number_and_keeps_the_language() -> None:
    html = render(card(LINE, NOON, {"lang": "en", "type": "3"}, EN))
    assert 'href="/incidents/case?lang=en&amp;code=SJ+7%2F1"' in html


def test_a_column_leads_to_its_rows_with_what_was_chosen() -> None:
    html = render(case_board.board(BOARD, {"area": "440303", "channel": "2"}, ZH))
    assert html.count('href="/incidents?area=440303&amp;channel=2&amp;view=list&amp;stage=handle"') == 2
    assert html.count("另有 29 件") == 6
    assert "按期 4" in html


def test_the_figures_add_up_and_lead_to_their_rows() -> None:
    html = render(case_board.figures(BOARD, {"q": "井"}, ZH))
    assert ">180<" in html
    assert ">12<" in html
    assert "6.7%" in html
    assert "view=list&amp;state=overdue" in html.replace("q=%E4%BA%95&amp;", "")


def test_the_list_turns_its_pages_by_links() -> None:
    html = render(case_board.listed(IncidentPage((LINE,), "d1-7"), BOARD, {"view": "list", "cursor": "d0-1"}, ZH))
    assert 'href="/incidents?view=list&amp;cursor=d1-7"' in html
    assert 'href="/incidents?view=list"' in html
    assert "没有符合条件的事件" in said(case_board.listed(IncidentPage((), None), BOARD, {}, ZH))


def test_the_form_holds_what_is_chosen_and_clears_it() -> None:
    choices = Choices(types=(Choice(3, "市容环卫"),), channels=(), units=())
    query = {"view": "list", "type": "3", "area": "440303", "from": "2026-05-01", "to": "2026-06-01"}
    html = render(case_filters.build(choices, query, ZH))
    assert '<option selected value="3">市容环卫<' in html
    assert '<input type="hidden" name="area" value="440303">' in html
    assert "2026-05-01 – 2026-06-01" in html
    assert 'href="/incidents?area=440303&amp;view=list"' in html
    assert "清除" not in render(case_filters.build(choices, {}, ZH))

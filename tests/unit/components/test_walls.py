"""The marks of a wall, the page of walls, and what very wide walls show besides."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from components import walls, wide
from components.i18n import words
from data_access.build_version import build
from data_access.domain.facts import Fact
from data_access.domain.incidents import ClosingCounts
from data_access.viewmodels.overview import GroupLine, KindLine, Ledger

DOC = Path(__file__).parents[3] / "docs" / "wall.md"
ZH, EN = words("zh"), words("en")
LEDGER = Ledger(
    date(2026, 6, 1),
    {Fact.RESIDENTS: 1000, Fact.AGE_60_UP: 159, Fact.AGE_80_UP: 3, Fact.RENTED: 400, Fact.RENTAL_BANNED: 4},
    {Fact.RENTAL_BANNED: 5},
    {Fact.AGE_60_UP: 150},
)


def said(tree: Any) -> str:
    return json.dumps(tree, default=lambda part: part.to_plotly_json(), ensure_ascii=False)


def arc_minutes(pixels: float, metres: float) -> str:
    """How large text of `pixels` of 1080 lines is from so far away, on the 110-inch wall of the documentation."""
    return f"{60 * math.degrees(math.atan(pixels / 1080 * 1.37 / metres)):.1f}"


def test_the_sizes_that_the_documentation_tells_follow_from_its_wall() -> None:
    told = DOC.read_text("utf-8")
    assert "110-inch wall (1.37 m high)" in told.replace("\n", " ")
    assert f"**{arc_minutes(18, 5)} arc minutes** (4 m: {arc_minutes(18, 4)}′, 6 m: {arc_minutes(18, 6)}′)" in told
    assert f"22 px or more: **{arc_minutes(22, 5)}′** at 5 m" in told


def rows(tree: Any) -> list[list[str]]:
    body = tree.children.children[2].children
    return [[cell.children for cell in row.children] for row in body]


def test_the_marks_carry_the_build_that_made_the_page() -> None:
    assert f'"data-build": "{build()}"' in said(walls.marks(ZH))


def test_ages_have_their_share_and_change_and_few_people_are_not_counted_out() -> None:
    found = {row[0]: row[1:] for row in rows(wide.ages(LEDGER, ZH))}
    assert found["60+"] == ["159", "15.9%", "+6.0%"]
    assert found["80+"][0] == "<5"
    assert found["15–59"] == ["—", "—", "—"]


def test_rentals_are_shares_of_what_is_let() -> None:
    assert rows(wide.rentals(LEDGER, ZH))[3][1:] == ["4", "1.0%", "−20.0%"]


def test_devices_by_kind_say_what_is_online_and_mark_the_worst_alarm() -> None:
    table = wide.kinds([KindLine("smoke", 747, 6, 3, 4), KindLine("gas", 93, 0, 0, 0)], ZH)
    first, second = rows(table)
    assert first[:3] == ["红外烟感", "747", "99.2%"]
    assert "sv-critical" in said(first[3])
    assert second[3] == "0"


def test_sources_are_the_first_channels_of_the_period() -> None:
    counts = ClosingCounts(created=91, due=0, closed=0, closed_on_time=0)
    found = said(wide.sources([GroupLine(str(i), f"c{i}", None, counts) for i in range(9)], "本月来源（件）", ZH))
    assert "c5" in found
    assert "c6" not in found


@pytest.mark.parametrize(
    "tree", [walls.page(EN), wide.places(LEDGER, EN), wide.rentals(LEDGER, EN), wide.ages(LEDGER, EN), walls.marks(EN)]
)
def test_an_english_reader_meets_no_chinese(tree: Any) -> None:
    assert re.findall(r"[\u3400-\u9fff]+", said(tree)) == []

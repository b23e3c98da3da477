"""The way around: one list for desk and tablet, only of pages that exist."""

from __future__ import annotations

import json

from components import compare, header, navigation
from components.i18n import words
from data_access.viewmodels.overview import Side
from tests.unit.components.test_panels import FULL

ZH = words("zh")


NOBODY = header.Viewer(None, demo=False)


def _said(tree: object) -> str:
    return json.dumps(tree, default=lambda part: part.to_plotly_json(), ensure_ascii=False)


def test_only_pages_that_exist_are_offered_and_the_present_one_is_marked() -> None:
    said = _said(navigation.build("/brief", {}, ZH, pages={"/", "/brief"}))
    assert "简报" in said
    assert "总览" in said
    assert "对比" not in said
    assert said.count('"aria-current": "page"') == 1


def test_links_carry_place_language_and_period_and_nothing_else() -> None:
    query = {"area": "440303", "lang": "en", "building": "B1", "wall": "0"}
    said = _said(navigation.build("/", query, words("en"), pages={"/", "/compare"}))
    assert '"/compare?area=440303&lang=en"' in said
    assert "building" not in said


def test_alarms_carry_a_place_for_the_worst_standing_severity() -> None:
    assert "data-standing" in _said(navigation.build("/", {}, ZH, pages={"/", "/alarms"}))
    assert "data-standing" not in _said(navigation.build("/", {}, ZH, pages={"/"}))


def test_words_are_four_characters_at_most() -> None:
    assert [stop.word for stop in navigation.STOPS if len(stop.word) > 4] == []


def test_a_wall_has_no_navigation_and_a_desk_names_who_is_signed_in() -> None:
    assert "nav-stop" not in _said(header.build("/", None, {"wall": "1"}, ZH, person=NOBODY))
    assert "A 席 周*" in _said(header.build("/", None, {}, ZH, person=header.Viewer("A 席 周*", demo=True)))
    assert "演示数据" in _said(header.build("/", None, {}, ZH, person=header.Viewer(None, demo=True)))
    assert "演示数据" not in _said(header.build("/", None, {}, ZH, person=NOBODY))
    assert "head-person" not in _said(header.build("/", None, {}, ZH, person=NOBODY))


def test_the_names_at_the_head_of_a_comparison_lead_to_overviews() -> None:
    said = _said(compare.build(Side(FULL, None), Side(FULL, None), ZH))
    assert '"href": "/?lang=zh&area=440303"' in said
    assert "data-drill" not in said

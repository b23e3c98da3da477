"""A sparkline shows a trend or nothing, and says what it shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from components import sparkline
from components.i18n import words

ZH = words("zh")


def _props(made: Any) -> dict[str, Any]:
    assert made is not None
    props: dict[str, Any] = made.to_plotly_json()["props"]
    return props


def test_the_lowest_is_at_the_bottom_the_highest_at_the_top_and_both_are_said() -> None:
    made = _props(sparkline.build([1, 3, 2], "近 3 天", ZH))
    assert "points='0.0,22.0 50.0,2.0 100.0,12.0'" in unquote(made["style"]["--spark"])
    assert made["aria-label"] == "近 3 天：最低 1，最高 3"
    assert made["children"].style == {"left": "100.0%", "top": "50.0%"}


def test_gaps_keep_their_place_and_two_points_are_no_trend() -> None:
    made = _props(sparkline.build([5, None, 6, 7, None], "近 5 天", ZH))
    assert "points='0.0,22.0 50.0,12.0 75.0,2.0'" in unquote(made["style"]["--spark"])
    assert sparkline.build([None, 4, 5], "近 3 天", ZH) is None
    assert sparkline.build([], "近 0 天", ZH) is None


def test_what_does_not_change_is_a_line_in_the_middle() -> None:
    made = _props(sparkline.build([90.5, 90.5, 90.5], "近 3 月", ZH, digits=2))
    assert "12.0 100.0,12.0" in unquote(made["style"]["--spark"])
    assert "90.50" in made["title"]

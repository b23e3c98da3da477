"""Red and black list: enough cases, the target, and the whole decide; luck and ties do not."""

from __future__ import annotations

from data_access.domain.standings import LEAST, Listed, Score, standings

LINES = [
    Score("a", 97.0, 40),
    Score("b", 95.0, 40),
    Score("c", 91.0, 40),
    Score("d", 89.0, 40),
    Score("e", 80.0, 40),
    Score("one of one", 100.0, LEAST - 1),
    Score("nothing due", None, 0),
]


def listed(found: object) -> dict[str, Listed]:
    assert isinstance(found, dict)
    return {key: standing.listed for key, standing in found.items() if standing.listed}


def test_one_of_one_does_not_lead() -> None:
    found = standings(LINES, 92.0, target=90.0)
    assert {key: standing.place for key, standing in found.items()} == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}


def test_the_lists_name_whom_the_rule_names() -> None:
    assert listed(standings(LINES, 92.0, target=90.0)) == {
        "a": Listed.RED,
        "b": Listed.RED,  # c reaches the target but is worse than the whole
        "d": Listed.BLACK,
        "e": Listed.BLACK,
    }
    assert listed(standings(LINES, 85.0, target=90.0)) == {
        "a": Listed.RED,
        "b": Listed.RED,
        "c": Listed.RED,
        "e": Listed.BLACK,  # d misses the target but is better than the whole
    }


def test_where_low_is_good_the_lowest_lead() -> None:
    found = standings(LINES, 90.0, low_is_good=True)
    assert [key for key, standing in found.items() if standing.listed is Listed.RED] == ["e", "d"]
    assert listed(found)["a"] is Listed.BLACK


def test_the_same_figure_over_as_many_cases_is_the_same_place() -> None:
    found = standings([Score("x", 90.0, 20), Score("y", 90.0, 20), Score("z", 80.0, 20)], 85.0)
    assert [standing.place for standing in found.values()] == [1, 1, 3]
    assert listed(found) == {}  # three are too few to name the first and the last

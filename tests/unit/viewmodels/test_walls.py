from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data_access.live.walls import Entry, Report, parse
from data_access.viewmodels.walls import LOST_AFTER, page

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def test_a_wall_is_lost_after_three_reports_that_did_not_come() -> None:
    entries = [
        Entry(Report(id="wall-aaaa", name="B"), NOON - LOST_AFTER),
        Entry(Report(id="wall-bbbb", name="A"), NOON - LOST_AFTER - timedelta(seconds=1)),
    ]
    found = page(entries, NOON, "1+a").walls
    assert [(w.name, w.lost) for w in found] == [("B", False), ("A", True)]


def test_a_wall_of_another_build_is_said_to_be() -> None:
    entries = [Entry(Report(id="wall-aaaa", build="1+a"), NOON), Entry(Report(id="wall-bbbb", build="1+b"), NOON)]
    assert [w.current for w in page(entries, NOON, "1+b").walls] == [False, True]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"id": "short"}',
        b'{"id": "wall-aaaa", "more": 1}',
        b'{"id": "wall-aaaa", "mode": "dancing"}',
        b'{"id": "wall-aaaa", "latency_ms": -1}',
        b'{"id": "wall-aaaa", "name": "' + b"x" * 121 + b'"}',
    ],
)
def test_what_is_no_report_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(ValueError, match="not a report of a wall"):
        parse(body)

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from data_access.domain.alarm_steps import steps, tick

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
TEXT = """### 烟感
1. 看视频：确认有烟或明火
2. 派**最近**的网格员
- 两个以上探测器报警：报 119
"""


@dataclass(frozen=True)
class Said:
    action: str
    detail: dict[str, Any] | None
    actor: str = "zhou"
    at: datetime = NOON


def test_each_item_of_a_list_is_a_step_in_order() -> None:
    assert [(s.number, s.text) for s in steps(TEXT, [])] == [
        (1, "看视频：确认有烟或明火"),
        (2, "派**最近**的网格员"),
        (3, "两个以上探测器报警：报 119"),
    ]


def test_a_tick_in_the_history_says_who_and_when_and_the_first_one_counts() -> None:
    history = [Said("comment", {"text": tick(2, "派最近的网格员")}), Said("comment", {"text": tick(2, "again")}, "wu")]
    done = steps(TEXT, history)[1]
    assert (done.by, done.at) == ("zhou", NOON)
    assert [s.by for s in steps(TEXT, history)] == [None, "zhou", None]


def test_other_comments_and_actions_tick_nothing() -> None:
    history = [Said("comment", {"text": "2. 已派"}), Said("close", {"text": tick(1, "x")}), Said("comment", None)]
    assert [s.by for s in steps(TEXT, history)] == [None, None, None]


def test_a_text_without_a_list_is_one_step_and_nothing_is_none() -> None:
    assert [s.text for s in steps("到现场\n看一眼", [])] == ["到现场 看一眼"]
    assert steps("", []) == ()

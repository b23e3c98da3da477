from datetime import UTC, datetime, timedelta

from data_access.domain.alarms import Severity
from data_access.domain.escalation import Level
from data_access.domain.notices import LEVEL_WORDS, PAUSES, SEVERITY_WORDS, Step, body, next_try, title

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def test_a_notice_is_tried_again_with_growing_pauses_and_then_given_up() -> None:
    assert list(PAUSES) == sorted(PAUSES)
    tries = [next_try(n, NOON) for n in range(1, 8)]
    assert tries[0] == NOON + timedelta(seconds=10)
    assert tries[len(PAUSES) :] == [None, None]


def test_it_says_in_local_time_what_happened_where_and_whose_turn_it_is() -> None:
    assert title(Severity.CRITICAL, "烟雾", "水贝社区") == "【紧急】烟雾 · 水贝社区"
    assert body(Step.ESCALATED, Level.STREET, "水贝一号", NOON) == (
        "水贝一号，06-01 12:00:00 发生。无人确认，已升级到街道。"
    )
    assert "无人值班" in body(Step.UNMANNED, Level.DISTRICT, "水贝一号", NOON)


def test_every_severity_and_level_has_its_word() -> None:
    assert (set(SEVERITY_WORDS), set(LEVEL_WORDS)) == (set(Severity), set(Level))

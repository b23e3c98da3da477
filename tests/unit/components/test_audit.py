"""What the audit says of an act, in words that need no knowledge of how it is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from components import audit, rule_words
from components.i18n import words
from components.markup import render
from data_access.domain.accounts import AuditAction, AuditSubject
from data_access.domain.alarm_tuning import BY_TIME_ALONE
from data_access.domain.fences import Fence, Keep
from data_access.viewmodels.audit import AuditFilter, AuditLine, AuditPage
from data_access.viewmodels.device_rules import RuleChange, RuleNumbers

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
BEFORE = RuleNumbers(
    thresholds=((5.0, 3), (25.0, 4)), hysteresis=1.0, raise_delay_s=0.0, raise_count=1, clear_delay_s=30.0
)
AFTER = RuleNumbers(
    thresholds=((6.0, 3), (25.0, 4)), hysteresis=1.0, raise_delay_s=20.0, raise_count=BY_TIME_ALONE, clear_delay_s=30.0
)


def _page(*, lang: str = "zh", **more: object) -> str:
    given: dict[str, object] = {
        "key": "1a1", "at": NOON, "actor": "lin", "action": AuditAction.SETTINGS_CHANGED,
        "subject": AuditSubject.SETTINGS,
        "about": "device:gas-7",
        "done": True, "address": None, "note": None, "detail": None, **more,
    }  # fmt: skip
    wanted = AuditFilter(since=date(2026, 6, 1), until=date(2026, 6, 2))
    page = AuditPage((AuditLine(**given),), None)  # type: ignore[arg-type]  # as said above
    return "".join(map(render, audit.build(page, wanted, {}, "", words(lang))))


def test_a_changed_rule_is_said_by_what_differs_with_the_way_to_it() -> None:
    change = RuleChange(at=NOON, by="lin", of="gas-7", alarm="gas", metric="gas_lel", before=BEFORE, after=AFTER)
    said = _page(rule=change)
    assert "重要 5 → 6 %LEL；报警延时 0 → 20 秒；连续读数 1 → 不限 次" in said
    assert "25" not in said.split("重要 5")[1].split("</small>")[0]  # what stayed is not said
    assert "device=gas-7" in said
    assert "Major 5 → 6 %LEL" in _page(rule=change, lang="en")


def test_a_fence_is_said_in_words() -> None:
    w, inside = words("zh"), Fence(area="community")
    fenced = RuleNumbers(
        thresholds=BEFORE.thresholds, hysteresis=1.0, raise_delay_s=0.0, raise_count=1, clear_delay_s=30.0, fence=inside
    )
    assert rule_words.changed(BEFORE, fenced, "m", w) == "围栏：自己的位置 → 围栏：所在社区，走出即报"
    assert "围栏：所在社区，走出即报" in rule_words.saying(fenced, "m", w)
    corner = Fence(keep=Keep.OUTSIDE, polygon=((0, 0), (0, 1), (1, 1)))
    kept_out = RuleNumbers(thresholds=(), hysteresis=0, raise_delay_s=0, raise_count=1, clear_delay_s=0, fence=corner)
    assert rule_words.fence(kept_out, w) == "围栏：3 点多边形，走入即报"


def test_whose_record_was_looked_at_is_said_in_words() -> None:
    said = _page(action=AuditAction.UNMASK, subject=AuditSubject.PERSONAL, about="responsible 12", note="核实在岗情况")
    assert "责任人 12" in said
    assert "核实在岗情况" in said


def test_a_long_delay_of_a_rule_is_said_in_minutes_or_hours() -> None:
    w = words("zh")
    assert rule_words.waiting(replace(BEFORE, raise_count=3, raise_delay_s=86_400.0), w) == "3 次读数或 24 小时后报警"
    assert rule_words.waiting(replace(BEFORE, raise_count=3, raise_delay_s=1800.0), w) == "3 次读数或 30 分钟后报警"
    assert rule_words.waiting(replace(BEFORE, raise_count=3, raise_delay_s=90.0), w) == "3 次读数或 90 秒后报警"
    assert rule_words.waiting(replace(BEFORE, raise_count=3, raise_delay_s=90.0), w) == "3 次读数或 90 秒后报警"

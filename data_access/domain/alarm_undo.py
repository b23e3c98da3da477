"""Taking the last action on an alarm back. Rules only: what it changed and the time are passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from data_access.domain.alarms import UNDO_WITHIN, Alarm, AlarmAction
from data_access.domain.errors import IllegalTransition

UNDOABLE: Final = frozenset(
    {
        AlarmAction.ACKNOWLEDGE,
        AlarmAction.CLOSE,
        AlarmAction.CLAIM,
        AlarmAction.RELEASE,
        AlarmAction.SHELVE,
        AlarmAction.UNSHELVE,
    }
)


def undo(
    alarm: Alarm,
    last: AlarmAction,
    before: Mapping[str, Any],
    *,
    by: str | None,
    at: datetime,
    actor: str,
    now: datetime,
) -> Alarm:
    """Return `alarm` as it was before `last`, which `by` did at `at`; `before` are the fields it changed.

    Only within `UNDO_WITHIN`, by the same person, and when nothing has happened since (the caller knows that `last`
    is the newest entry). Raises `IllegalTransition`.
    """
    if last not in UNDOABLE:
        raise IllegalTransition("上一步操作不能撤销。")
    if by != actor:
        raise IllegalTransition("只有操作人本人可以撤销。")
    if now - at > UNDO_WITHIN:
        raise IllegalTransition("超过 10 秒，不能再撤销。")
    return replace(alarm, **before, version=alarm.version + 1)


def difference(before: Alarm, after: Alarm) -> dict[str, Any]:
    """The fields of `before` that are not so in `after`: what an undo brings back."""
    return {
        f.name: value
        for f in fields(Alarm)
        if f.name != "version" and (value := getattr(before, f.name)) != getattr(after, f.name)
    }

"""Notices (通知): the ways out, the words, and how often one is tried. Rules only.

A notice names the building and what happened, never a floor, a person or a telephone number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from data_access.domain.alarms import Severity
from data_access.domain.escalation import Level
from data_access.domain.periods import SHANGHAI


class Channel(StrEnum):
    """A way out. `PRODUCT` is the desk itself: shown there as soon as it is written."""

    PRODUCT = "product"
    WEBHOOK = "webhook"
    EMAIL = "email"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    SMS = "sms"


class NoticeState(StrEnum):
    """What became of a notice."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # given up; the desk and `yiping doctor` say so
    UNREAD = "unread"  # a mention that its person has not looked at
    READ = "read"  # and one that he has


class Step(StrEnum):
    """Why somebody is told."""

    RAISED = "raised"
    ESCALATED = "escalated"
    UNMANNED = "unmanned"  # raised or escalated, and nobody is on shift where it goes
    REMINDED = "reminded"
    MENTIONED = "mentioned"  # by a colleague, by name
    HELP = "help"  # help is asked for in a flood
    IGNORED = "ignored"  # at the highest level, and still nobody has looked


PAUSES: Final = tuple(timedelta(seconds=s) for s in (10, 30, 120, 600, 1800))
"""How long until it is tried again, after each failure; after the last it is given up."""
SINGLY: Final = 10
"""Of the notices that wait for one way out, so many go singly; the rest of lesser ones go as one message."""

SEVERITY_WORDS: Final = {
    Severity.CRITICAL: "紧急",
    Severity.MAJOR: "重要",
    Severity.MINOR: "次要",
    Severity.WARNING: "提示",
    Severity.NORMAL: "正常",
}
LEVEL_WORDS: Final = {
    Level.GRID_WORKER: "网格员",
    Level.COMMUNITY: "社区",
    Level.STREET: "街道",
    Level.DISTRICT: "区",
}
_STEP_WORDS: Final = {
    Step.RAISED: "请{level}查看。",
    Step.ESCALATED: "无人确认，已升级到{level}。",
    Step.UNMANNED: "下级无人值班，直接交{level}处置。",
    Step.REMINDED: "已确认但尚未办结，请继续处置。",
    Step.IGNORED: "已到{level}，仍无人确认。",
}


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When a notice that has failed `attempts` times is tried again; None when it is given up."""
    return now + PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def title(severity: Severity, kind: str, area: str) -> str:
    """The heading, such as 【紧急】烟雾 · 水贝社区; `kind` and `area` are names for people."""
    return f"【{SEVERITY_WORDS[severity]}】{kind} · {area}"


def body(step: Step, level: Level, place: str, raised_at: datetime) -> str:
    """What is said below the heading."""
    time = raised_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
    return f"{place}，{time} 发生。{_STEP_WORDS[step].format(level=LEVEL_WORDS[level])}"

"""Kinds of alarms (告警种类): what they are called, what to do about them, and how long they may wait.

A deployment may set each field anew (`alarm_kinds` in the database); None means as the rule and the severity say. The
texts are in `guidance/`, one markdown file a language: they are read by people who are no programmers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from data_access.domain.alarm_names import ALARM_NAMES
from data_access.domain.alarm_rules import AlarmRule
from data_access.domain.alarm_terms import Terms
from data_access.domain.alarms import Severity, needs_reason

_TEXTS: Final = Path(__file__).parent / "guidance"
_HEADING: Final = re.compile(r"^## (\w+) (.+)$", re.MULTILINE)
GENERAL: Final = "general"
"""The section of the texts that serves a kind without one of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmKind:
    """What is set for one kind. `severity` and `life_safety` hold instead of the model's rules.

    `escalation` are the levels it rises through (0 grid worker … 3 district); None: all.
    """

    code: str
    name: str
    name_en: str
    what_to_do: str
    what_to_do_en: str
    severity: Severity | None = None
    life_safety: bool | None = None
    needs_reason: bool | None = None
    look_s: int | None = None
    remind_s: int | None = None
    escalation: tuple[int, ...] | None = None

    @property
    def terms(self) -> Terms:
        """How long an alarm of the kind may wait."""
        return Terms(look=_seconds(self.look_s), remind=_seconds(self.remind_s))

    def asks_reason(self, severity: Severity, *, life_safety: bool) -> bool:
        """Tell whether an alarm of the kind, raised so, may only be closed with a reason."""
        if self.needs_reason is not None:
            return self.needs_reason
        return needs_reason(severity, life_safety=life_safety)


def in_force(rules: Iterable[AlarmRule], kinds: Mapping[str, AlarmKind]) -> tuple[AlarmRule, ...]:
    """A model's `rules` with what is set for their kinds: one severity for all levels, a life-safety mark.

    What a single device overrides comes after this and holds for it.
    """
    return tuple(_with_kind(rule, kinds.get(rule.alarm)) for rule in rules)


def _with_kind(rule: AlarmRule, kind: AlarmKind | None) -> AlarmRule:
    if kind is None or (kind.severity is None and kind.life_safety is None):
        return rule
    levels = tuple((threshold, kind.severity or severity) for threshold, severity in rule.levels)
    return replace(rule, levels=levels, life_safety=rule.life_safety if kind.life_safety is None else kind.life_safety)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What to do about an alarm, and who said so: its kind, its device's model or the device itself."""

    what_to_do: str
    what_to_do_en: str
    source: str  # kind, model, device


def kind_of(code: str) -> AlarmKind:
    """The kind as the product comes with it; of an unknown code a general one."""
    return default_kinds().get(code) or _kind(code)


@cache
def default_kinds() -> Mapping[str, AlarmKind]:
    """Every kind that the default device models can raise, by its code."""
    return {code: _kind(code) for code in ALARM_NAMES}


def _kind(code: str) -> AlarmKind:
    chinese, english = _sections("zh"), _sections("en")
    general = (code, chinese[GENERAL][1]), (code, english[GENERAL][1])
    (name, text), (name_en, text_en) = chinese.get(code, general[0]), english.get(code, general[1])
    return AlarmKind(code=code, name=name, name_en=name_en, what_to_do=text, what_to_do_en=text_en)


@cache
def _sections(language: str) -> Mapping[str, tuple[str, str]]:
    """Name and text of each section of a language's file."""
    parts = _HEADING.split((_TEXTS / f"{language}.md").read_text("utf-8"))
    return {code: (name, text.strip()) for code, name, text in zip(*(parts[i::3] for i in (1, 2, 3)), strict=True)}


def _seconds(given: int | None) -> timedelta | None:
    return None if given is None else timedelta(seconds=given)

"""Who did what and when, for those who look after accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from data_access.domain.accounts import AuditSubject
from data_access.viewmodels.device_rules import RuleChange


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which acts: of the days [since, until), of one subject, by one person; None is all."""

    since: date
    until: date
    subject: AuditSubject | None = None
    who: str | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One act. `key` names its place in the order; `about` is what it was done to."""

    key: str
    at: datetime
    actor: str
    action: str
    subject: AuditSubject
    about: str | None
    done: bool
    address: str | None
    note: str | None
    detail: dict[str, Any] | None
    alarm_id: int | None = None
    alarm_kind: str | None = None
    rule: RuleChange | None = None  # of a change of settings: which rule became what
    name: str | None = None  # what people call the actor; None of a machine and of who is no more


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Acts, the newest first; `before` is the key to go on behind, None at the end."""

    lines: tuple[AuditLine, ...]
    before: str | None

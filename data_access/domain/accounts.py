"""Who may do what: roles and their permissions, names, passwords, the acts an audit keeps. Rules only."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from data_access.domain.errors import InvalidInput


class Role(StrEnum):
    """What an account is for."""

    WALL = "wall"  # 大屏
    OFFICER = "officer"  # 值班员
    GRID_WORKER = "grid_worker"  # 网格员
    LEADER = "leader"  # 领导
    ADMINISTRATOR = "administrator"  # 管理员
    ORGANISATION = "organisation"  # 社会组织、志愿者: by link alone, and of a unit


class Action(StrEnum):
    """What a role permits. Aggregates and the live picture are every role's."""

    SEE_ROWS = "see_rows"  # alarms, incidents, devices, buildings one by one
    SEE_PHONES = "see_phones"  # of people on duty, never of residents
    COMMENT = "comment"  # say something, urge
    ACKNOWLEDGE = "acknowledge"
    ACT_ON_ALARMS = "act_on_alarms"  # claim, shelve, close, dispatch, hand over
    DO_TASKS = "do_tasks"
    REVEAL = "reveal"  # name and number of somebody who answers for a place: one at a time, with a reason
    UNMASK = "unmask"  # anybody's record, likewise
    CHANGE_SETTINGS = "change_settings"
    MANAGE_USERS = "manage_users"


_SEES: Final = frozenset({Action.SEE_ROWS, Action.COMMENT})
_ON_DUTY: Final = _SEES | {Action.SEE_PHONES, Action.ACKNOWLEDGE, Action.DO_TASKS, Action.REVEAL, Action.UNMASK}
_OFFICER: Final = _ON_DUTY | {Action.ACT_ON_ALARMS}

PERMISSIONS: Final[dict[Role, frozenset[Action]]] = {
    Role.WALL: frozenset(),
    Role.LEADER: _SEES | {Action.REVEAL},
    Role.GRID_WORKER: _ON_DUTY,
    Role.OFFICER: _OFFICER,
    Role.ADMINISTRATOR: _OFFICER | {Action.CHANGE_SETTINGS, Action.MANAGE_USERS},
    Role.ORGANISATION: frozenset({Action.DO_TASKS}),
}
ACCOUNTS: Final = tuple(role for role in Role if role is not Role.ORGANISATION)
"""Roles that an account with a name and a password may have."""
OFFICERS: Final = tuple(role for role, may in PERMISSIONS.items() if Action.ACT_ON_ALARMS in may)
"""Roles that sit at the desk: who can take over a shift."""
GUEST: Final = frozenset({Action.SEE_ROWS})
"""What somebody unknown may do where the deployment shows itself to guests: look."""


class Purpose(StrEnum):
    """What a token is good for."""

    ACCESS = "access"  # signs a browser in by its link, and a program in its Authorization header; until revoked
    SETUP = "setup"  # once: whoever opens the link names the first administrator
    RESET = "reset"  # once: whoever opens the link chooses the account's new password


class AuditAction(StrEnum):
    """What the audit keeps."""

    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED_OUT = "locked_out"
    LINK_USED = "link_used"
    SIGN_OUT = "sign_out"
    UNMASK = "unmask"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    PASSWORD_RESET = "password_reset"  # noqa: S105  # an act, not a secret
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # as above
    TOKEN_ISSUED = "token_issued"  # noqa: S105  # as above
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  # as above
    SETTINGS_CHANGED = "settings_changed"
    EXPORTED = "exported"
    CASE_LINKED = "case_linked"
    CASE_UNLINKED = "case_unlinked"


class AuditSubject(StrEnum):
    """What acts are about: how the audit is filtered."""

    SIGN_INS = "sign_ins"
    ALARMS = "alarms"  # kept in the alarms' history
    SETTINGS = "settings"
    ACCOUNTS = "accounts"
    PERSONAL = "personal"
    EXPORTS = "exports"
    LINKS = "links"  # of cases with homes and legal entities


_A: Final = AuditAction
SUBJECTS: Final[dict[AuditAction, AuditSubject]] = {
    **dict.fromkeys((_A.SIGN_IN, _A.SIGN_IN_FAILED, _A.LOCKED_OUT, _A.LINK_USED, _A.SIGN_OUT), AuditSubject.SIGN_INS),
    **dict.fromkeys((_A.USER_ADDED, _A.USER_CHANGED, _A.USER_DISABLED, _A.USER_ENABLED), AuditSubject.ACCOUNTS),
    **dict.fromkeys((_A.PASSWORD_RESET, _A.PASSWORD_CHANGED), AuditSubject.ACCOUNTS),
    **dict.fromkeys((_A.TOKEN_ISSUED, _A.TOKEN_REVOKED), AuditSubject.ACCOUNTS),
    _A.UNMASK: AuditSubject.PERSONAL,
    _A.SETTINGS_CHANGED: AuditSubject.SETTINGS,
    _A.EXPORTED: AuditSubject.EXPORTS,
    **dict.fromkeys((_A.CASE_LINKED, _A.CASE_UNLINKED), AuditSubject.LINKS),
}

MACHINES: Final = ("ingest", "clock", "correlation")
"""Actors in the histories that are nobody."""

AUDIT_KEEP_DAYS: Final = 183
"""Half a year: nothing younger is ever deleted, whatever the settings say."""

DEMO_PASSWORD: Final = "yiping-demo-2026"  # noqa: S105  # printed on the sign-in page of a demo
LONGEST_PASSWORD: Final = 128
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_COMMON: Final = ("password", "qwerty", "iloveyou", "admin", "welcome", "1234567", "abc123", "111111", "888888")


def account_name(text: str) -> str:
    """The account's name as it is kept: lower case, without blanks around it. Raises `InvalidInput`."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise InvalidInput("账号由 2 到 40 个小写字母、数字、点、横线或下划线组成，以字母或数字开头。")
    return name


def check_password(password: str, name: str, *, shortest: int) -> None:
    """Raise `InvalidInput` when `password` is not good enough for the account `name`."""
    if not shortest <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput("密码太短或太长。")
    if not (re.search(r"\d", password) and re.search(r"[^\W\d_]", password)):
        raise InvalidInput("密码里要有字母，也要有数字。")
    plain = password.lower()
    if name in plain or len(set(plain)) < 5 or any(plain.startswith(common) for common in _COMMON):
        raise InvalidInput("这个密码太容易猜到。")

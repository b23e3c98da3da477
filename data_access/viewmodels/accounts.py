"""What screens show of accounts: never a password, a token or a hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from data_access.domain.accounts import Role


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demo, whose password everybody may know."""

    name: str
    display: str
    role: Role
    area: str | None  # None: everything
    area_en: str | None


@dataclass(frozen=True, slots=True)
class Outline:
    """The deployment's areas as drawing and nothing else: SVG paths in a box, and whose they are."""

    title: str
    title_en: str | None
    width: int
    height: int
    paths: tuple[str, ...]
    schematic: bool


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in, for his own page."""

    name: str
    display: str
    role: Role
    area: str | None
    area_en: str | None
    has_password: bool  # False: signed in by a link
    demo: bool


class AccountState(StrEnum):
    """What matters most about whether an account may sign in."""

    DISABLED = "disabled"
    NO_PASSWORD = "no_password"  # noqa: S105  # a state, not a secret
    DEMO = "demo"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account for those who look after it."""

    name: str
    display: str
    role: Role
    area: str | None  # code; None: everything
    area_name: str | None
    area_name_en: str | None
    state: AccountState
    signed_in_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Accounts by name; `after` is the name to go on behind, None at the end."""

    lines: tuple[AccountLine, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A standing token, without what it is."""

    id: int
    label: str
    role: Role
    area_name: str | None
    area_name_en: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    used_at: datetime | None
    unit: str | None  # of an organisation


@dataclass(frozen=True, slots=True)
class AreaChoice:
    """An area that an account may be given."""

    code: str
    name: str  # with the one above it
    name_en: str

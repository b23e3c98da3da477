"""What screens show of accounts: never a password, a token or a hash."""

from __future__ import annotations

from dataclasses import dataclass

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

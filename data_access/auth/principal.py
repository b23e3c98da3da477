"""Who is asking, for which part of the tree, and what he may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask import has_request_context
from flask_login import current_user

from data_access.domain.accounts import GUEST, PERMISSIONS, Action, Role
from data_access.domain.areas import within
from data_access.domain.errors import NotAllowed, NotSignedIn


class Kind(StrEnum):
    """How somebody became known."""

    SESSION = "session"  # a browser, signed in with name and password
    LINK = "link"  # a browser, signed in by the link of a token
    TOKEN = "token"  # noqa: S105  # a program with its token in the Authorization header
    GUEST = "guest"  # nobody known, where guests may look
    LOCAL = "local"  # a command on the machine itself


@dataclass(frozen=True, slots=True)
class Principal:
    """The viewer: `scope` is the path of the area whose subtree he may see in rows ("" is the whole deployment)."""

    name: str
    role: Role
    scope: str
    display: str = ""
    kind: Kind = Kind.SESSION
    user_id: int | None = None
    demo: bool = False
    unit: int | None = None  # whose orders an organisation sees: those of this unit and those that nobody has

    def may_see(self, path: str) -> bool:
        """Tell whether rows of the area at `path` are his to see; an organisation sees cases alone."""
        return self.unit is None and within(path, self.scope)

    def may_see_case(self, path: str, unit: int | None) -> bool:
        """Tell whether a case of the area at `path` that `unit` handles is his to see."""
        return within(path, self.scope) and self.unit in (None, unit)

    # What Flask-Login asks of whom a request loader returns.

    @property
    def is_authenticated(self) -> bool:
        return self.kind is not Kind.GUEST

    is_active = is_authenticated

    @property
    def is_anonymous(self) -> bool:
        return self.kind is Kind.GUEST

    def get_id(self) -> str:
        return self.name


LOCAL = Principal(name="local", role=Role.ADMINISTRATOR, scope="", kind=Kind.LOCAL)
"""Whoever runs commands on the machine: he has the database file anyway."""

VISITOR = Principal(name="guest", role=Role.LEADER, scope="", kind=Kind.GUEST)
"""Somebody unknown, where the deployment shows itself to guests."""


def may(who: Principal, action: Action) -> bool:
    """Tell whether `who` may do `action` inside his scope."""
    return action in (GUEST if who.kind is Kind.GUEST else PERMISSIONS[who.role])


def require(who: Principal, action: Action) -> None:
    """Raise `NotSignedIn` for a guest and `NotAllowed` for anybody else who may not do `action`."""
    if may(who, action):
        return
    if who.kind is Kind.GUEST:
        raise NotSignedIn("请先登录。")
    raise NotAllowed("您的账号没有这项权限。")


def viewer() -> Principal:
    """The principal of the current Flask request; outside of any, a command's. Raises `NotSignedIn`."""
    if not has_request_context():
        return LOCAL
    found = current_user._get_current_object()  # noqa: SLF001  # Werkzeug's name for the object behind its proxy
    if isinstance(found, Principal):
        return found
    raise NotSignedIn("请先登录。")

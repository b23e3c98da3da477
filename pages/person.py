"""Who is signed in, for the header of every page."""

from __future__ import annotations

from collections.abc import Mapping

from components import person
from components.header import Viewer
from components.i18n import Words
from components.parts import Child
from data_access.auth.principal import Kind, viewer
from data_access.domain.accounts import Role
from data_access.queries import areas
from data_access.queries.session import reading


def shown(path: str, query: Mapping[str, str], w: Words) -> Viewer:
    """The viewer of the page at `path`; a wall is nobody and has no way in."""
    with reading() as session:
        demo = areas.is_demo(session)
    return Viewer(_link(path, query, w), demo)


def _link(path: str, query: Mapping[str, str], w: Words) -> Child:
    who = viewer()
    if who.role is Role.WALL or query.get("wall") == "1":
        return None
    if who.kind is Kind.GUEST:
        return person.guest(path, query, w)
    return person.account(who.display or who.name, who.role, query, w)

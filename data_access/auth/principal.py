"""Who is asking, and for which part of the tree."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, has_request_context

from data_access.domain.areas import within


@dataclass(frozen=True, slots=True)
class Principal:
    """The viewer: `scope` is the path of the area whose subtree he may see in rows ("" is the whole deployment)."""

    name: str
    role: str
    scope: str

    def may_see(self, path: str) -> bool:
        """Tell whether rows of the area at `path` are his to see."""
        return within(path, self.scope)


LOCAL = Principal(name="local", role="administrator", scope="")
"""Until accounts exist the server binds to loopback only, and whoever sits at the machine sees everything."""


def viewer() -> Principal:
    """The principal of the current request; `LOCAL` where the middleware has set none."""
    found = g.get("principal") if has_request_context() else None
    return found if isinstance(found, Principal) else LOCAL

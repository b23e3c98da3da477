"""What happened to a thing since somebody saw it: what stops his hand, and how he is told. One rule for all things.

Each version of a thing has one line in its history. His own lines stop nobody, nor do a machine's that are harmless:
a detector that repeats itself each second would otherwise refuse every hand, and two quick keys each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.domain import masking
from data_access.domain.accounts import MACHINES
from data_access.domain.errors import Conflict

LOOKED_BACK: Final = 200
"""Versions; who has not seen that many is asked to look again."""


class Line(Protocol):
    """A line of a history."""

    id: Any
    actor: Any
    action: Any


L = TypeVar("L", bound=Line)


@dataclass(frozen=True, slots=True)
class Meanwhile(Generic[L]):
    """How a kind of thing is looked at.

    `harmless(line, before)` tells whether a machine's line may pass unseen; `before` is the line below it, None where
    there is none. `said` has the sentence for each action, `otherwise` what is said where there is none.
    """

    history: type[L]
    of: Any  # the history's column that names the thing
    harmless: Callable[[L, L | None], bool]
    said: Mapping[str, str]
    otherwise: str
    passing: frozenset[str] = frozenset()  # actions that stop nobody, whoever did them

    def check(self, session: Session, number: int, *, since: int, by: str | None) -> None:
        """Raise `Conflict`, saying what somebody else did, unless nothing of the last `since` versions stops `by`.

        Without `by` any change stops him.
        """
        table: Any = self.history
        newest = select(table).where(self.of == number).order_by(table.id.desc())
        wanted = min(max(since, 0), LOOKED_BACK)
        lines: Sequence[L] = session.scalars(newest.limit(wanted + 1)).all()
        passed, befores = lines[:wanted], [*lines[1:], None]
        stops = [line for line, before in zip(passed, befores, strict=False) if not self._may_pass(line, before, by)]
        if stops or not 0 < since <= LOOKED_BACK or len(passed) < since:
            raise self._told(stops[0] if stops else None)

    def _may_pass(self, line: L, before: L | None, by: str | None) -> bool:
        if by is None:
            return False
        return bool(
            line.actor == by or line.action in self.passing or (line.actor in MACHINES and self.harmless(line, before))
        )

    def _told(self, line: L | None) -> Conflict:
        sentence = self.said.get(line.action) if line else None
        if line is None or sentence is None or ("{who}" in sentence and line.actor in MACHINES):
            return Conflict(self.otherwise)
        return Conflict(sentence, who=masking.name(line.actor)) if "{who}" in sentence else Conflict(sentence)

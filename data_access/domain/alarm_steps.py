"""Guidance (处置指引): the steps of a what-to-do text, and which of them somebody has ticked off.

The text is markdown; each item of a list is a step. A tick is a comment of the alarm that names the step, so that it
stands in the history with who and when, and can be read by people who know nothing of ticks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

_ITEM: Final = re.compile(r"^\s*(?:[-*+]|\d+[.)、])\s+(.+?)\s*$")
_TICK: Final = re.compile(r"^✓ (\d+)\. ")


class Line(Protocol):
    """A line of history, as far as ticks are concerned."""

    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def detail(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `by` and `at` say who ticked it off and when, None while it is to be done."""

    number: int
    text: str
    by: str | None = None
    at: datetime | None = None


def tick(number: int, text: str) -> str:
    """The comment that ticks step `number` off."""
    return f"✓ {number}. {text}"


def steps(markdown: str, history: Sequence[Line]) -> tuple[Step, ...]:
    """The steps of `markdown`, ticked off as `history` says; a text without a list is one step."""
    lines = [line for line in markdown.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    items = [found[1] for line in lines if (found := _ITEM.match(line))] or [" ".join(x.strip() for x in lines)]
    done: dict[int, Line] = {}
    for line in history:
        if line.action == "comment" and (found := _TICK.match((line.detail or {}).get("text", ""))):
            done.setdefault(int(found[1]), line)
    return tuple(
        Step(n, text, done[n].actor if n in done else None, done[n].at if n in done else None)
        for n, text in enumerate(filter(None, items), 1)
    )

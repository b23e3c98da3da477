"""How far a long command has come: a bar on a terminal, a line now and then where the output goes elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn

Told = Callable[[str, int, int], None]
"""(what is being done, how many are done, of how many)"""

_EVERY_S: Final = 5.0


@contextmanager
def bar(console: Console, clock: ProgressColumn) -> Iterator[Told]:
    """Tells `console` how far the command is; `clock` shows how long it takes or will take."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Progress(
        TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), clock, console=console
    ) as shown:
        task = shown.add_task("", total=None)
        yield lambda what, done, of: shown.update(task, description=what, completed=done, total=of)


class _Lines:
    """A line at the start of each thing done and every five seconds."""

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._now = now
        self._what = ""
        self._at = 0.0

    def __call__(self, what: str, done: int, of: int) -> None:
        now = self._now()
        if what == self._what and now - self._at < _EVERY_S:
            return
        self._what, self._at = what, now
        self._console.print(f"{what}: {done} of {of}", soft_wrap=True, highlight=False)

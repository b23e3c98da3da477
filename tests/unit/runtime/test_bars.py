"""A long command says how far it is, also where nobody looks at a terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.progress import TimeElapsedColumn

from data_access.runtime.bars import _Lines, bar


def test_without_a_terminal_a_line_comes_at_the_start_of_each_thing_and_every_five_seconds() -> None:
    out, moments = StringIO(), iter([100.0, 101.0, 104.9, 105.1, 105.2])
    told = _Lines(Console(file=out), now=lambda: next(moments))
    told("reading", 0, 90)
    told("reading", 10, 90)
    told("reading", 40, 90)
    told("reading", 50, 90)
    told("writing", 1, 90)
    assert out.getvalue().splitlines() == ["reading: 0 of 90", "reading: 50 of 90", "writing: 1 of 90"]


def test_a_terminal_has_a_bar() -> None:
    out = StringIO()
    with bar(Console(file=out, force_terminal=True, width=80), TimeElapsedColumn()) as told:
        told("reading", 45, 90)
    assert "45/90" in out.getvalue()

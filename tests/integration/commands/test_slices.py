"""Work in slices: each is a transaction of its own, and on SQLite other writers get their turn between two."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from data_access.commands.imports import SLICE_S, by_slices
from data_access.db.engine import Database
from data_access.db.tables import ChannelRow


def _channel(name: str) -> ChannelRow:
    return ChannelRow(source="slices", ref=name, name=name)


def test_another_writer_gets_in_between_two_slices(database: Database) -> None:
    seen: list[int] = []

    def another(seconds: float) -> None:
        assert seconds >= SLICE_S
        with database.writing() as session:
            seen.append(session.scalar(select(func.count()).select_from(ChannelRow)) or 0)

    for session, names in by_slices(database, ["a", "b", "c", "d", "e"], 2, pause=another):
        session.add_all(map(_channel, names))
    assert seen == ([2, 4] if database.dialect == "sqlite" else [])  # PostgreSQL's writers do not wait for each other
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ChannelRow)) == 5


def test_a_slice_that_fails_is_undone_and_those_before_it_stay(database: Database) -> None:
    with pytest.raises(RuntimeError):
        for session, names in by_slices(database, ["a", "b", "c"], 2, pause=lambda _: None):
            session.add_all(map(_channel, names))
            if "c" in names:
                raise RuntimeError
    with database.reading() as session:
        assert session.scalars(select(ChannelRow.name).order_by(ChannelRow.name)).all() == ["a", "b"]

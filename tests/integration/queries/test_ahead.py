"""What is remembered between requests, and what is read before somebody asks for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as Gone
from sqlalchemy import event

from data_access.db.engine import Database
from data_access.live.bus import LEFT_ALONE
from data_access.queries import ahead, areas
from data_access.queries.ahead import AGAIN_S, SETTLED_S, Ahead
from data_access.queries.overview import overview
from data_access.queries.session import cache, reading, remembered
from data_access.services import Services
from data_access.settings import Settings
from data_access.viewmodels.areas import AreaLabel, Place
from tests.small import DISTRICT, fill


@pytest.fixture
def app(sqlite: Database, noon: datetime) -> Iterator[Flask]:
    fill(sqlite, noon)
    app = Flask(__name__)
    cache.init_app(app, {"CACHE_TYPE": "SimpleCache"})
    app.extensions["yiping"] = Services(Settings(), sqlite, Redis(), lambda: noon)
    yield app
    with app.app_context():
        cache.clear()


@pytest.fixture
def place(app: Flask) -> Place:
    with app.app_context():
        with reading() as session:
            area = areas.find(session, DISTRICT, "")
        assert area is not None
        return areas.place(area, "", "0")


def _asked(database: Database) -> list[str]:
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _k, sql, *_: statements.append(sql))
    return statements


def _until(what: object, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_who_goes_down_finds_the_figures_read(app: Flask, place: Place, sqlite: Database) -> None:
    statements = _asked(sqlite)
    with app.app_context():
        overview(place.children[0], "", None, None)
    cold = len(statements)
    with app.app_context():
        cache.clear()

    late = [0.0]
    reader = Ahead(app, clock=lambda: late[0])
    reader.start()
    reader.looked_at(place, "")
    time.sleep(0.1)
    assert len(statements) == cold  # what the page itself asks for comes first
    late[0] = SETTLED_S
    reader.looked_at(Place(place.children[0], (), (place.area,), ()), "")  # wakes the thread
    _until(lambda: len(statements) >= 2 * cold - 5)
    reader.stop()

    statements.clear()
    with app.app_context():
        overview(place.children[0], "", None, None)
    assert len(statements) < 8  # the versions and sources of the moment, no figure


def test_a_place_is_read_ahead_once_in_a_while_and_a_place_without_others_never(app: Flask, place: Place) -> None:
    now = [0.0]
    reader = Ahead(app, clock=lambda: now[0])
    reader.looked_at(place, "")
    reader.looked_at(place, "")
    assert list(reader._wanted) == [(place.area.path, "", None, None)]
    now[0] = SETTLED_S
    assert reader._next()
    now[0] += AGAIN_S / 2
    reader.looked_at(place, "")
    assert not reader._wanted
    now[0] += AGAIN_S
    reader.looked_at(place, "")
    assert reader._wanted
    reader.looked_at(Place(place.children[0], (), (), ()), "")
    assert len(reader._wanted) == 1


def test_the_ends_of_the_ranking_are_read_first() -> None:
    def child(code: str) -> AreaLabel:
        return AreaLabel(id=0, code=code, path=f"/{code}/", name=code, name_en=None, kind="street")

    place = Place(child("top"), (), tuple(map(child, "xabcde")), ())
    found = ahead.in_order(place, "dbcae")
    assert "".join(area.code for area in found.children) == "deabcx"


def test_a_hundred_places_looked_at_in_one_moment_wait_in_a_short_queue(app: Flask, place: Place) -> None:
    reader = Ahead(app)
    for number in range(100):
        reader.looked_at(place, f"{number:03}")
    assert len(reader._wanted) == ahead.WAITING


def test_what_was_asked_is_not_asked_again_until_it_is_old(
    app: Flask, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    @remembered(seconds=30)
    def query(path: str, *, deep: bool = False) -> str | None:
        asked.append((path, deep))
        return path or None

    with app.app_context():
        assert [query("a"), query("a"), query("b"), query("a", deep=True)] == ["a", "a", "b", "a"]
        assert [query(""), query("")] == [None, None]  # nothing is an answer too
        assert asked == [("a", False), ("b", False), ("a", True), ("", False)]

        tries = []

        def gone(*_: object, **__: object) -> None:
            tries.append(1)
            raise Gone

        monkeypatch.setattr(cache, "get", gone)
        monkeypatch.setattr(cache, "set", gone)
        assert [query("a"), query("a"), query("b")] == ["a", "a", "b"]  # without Redis slower, never wrong
        assert tries == [1], "one that hangs is not waited for by every part of a page"

        later = noon + LEFT_ALONE
        app.extensions["yiping"] = replace(app.extensions["yiping"], clock=lambda: later)
        assert query("a") == "a"
        assert tries == [1, 1], "and asked again after a while"


def test_whoever_asks_goes_first_but_not_for_ever(app: Flask, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    now, waits = [0.0], []
    reader = Ahead(app, clock=lambda: now[0])

    def wait(seconds: float) -> None:
        waits.append(round(seconds, 3))
        now[0] += seconds
        if busy:
            reader._asked()

    monkeypatch.setattr(reader._changed, "wait", wait)
    busy = False
    reader._rest()
    assert waits == []
    reader._asked()
    reader._rest()
    assert waits == [ahead.QUIET_S]
    busy = True
    reader._asked()
    began = now[0]
    reader._rest()
    assert now[0] - began == pytest.approx(ahead.PATIENT_S, abs=ahead.QUIET_S)

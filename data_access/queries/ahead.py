"""The figures of the places below the one somebody looks at, read before he chooses one of them.

They are read into the memory that all web processes share, part by part and only where a part has grown old, by one
thread behind everything else; so the first click on a street costs what a second one does. Nothing is shown from here.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from time import monotonic
from typing import Final

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from data_access.domain.errors import DomainError
from data_access.queries import areas
from data_access.queries.overview import overview
from data_access.queries.session import reading
from data_access.viewmodels.areas import Place

log = logging.getLogger(__name__)

SETTLED_S: Final = 0.6  # what the page itself asks for comes first
AGAIN_S: Final = 30.0  # as long as the cases counted are remembered
QUIET_S: Final = 0.3  # for so long nobody must have asked for anything before another place is read
PATIENT_S: Final = 2.0  # but where somebody always asks, no place waits longer
MOST: Final = 24  # places below one; of a city with more the first
END_S: Final = 2.0  # a database that hangs does not hold up the end of the process
WAITING: Final = 8  # places looked at; the one that has waited longest is forgotten

Look = tuple[str, str, date | None, date | None]
"""Path of a place, the viewer's scope, and the period where he chose one."""


class Ahead:
    """Told of every place that is looked at; one thread works behind it between `start` and `stop`."""

    def __init__(self, app: Flask, *, clock: Callable[[], float] = monotonic) -> None:
        self._app, self._clock = app, clock
        self._changed = threading.Condition()
        self._wanted: OrderedDict[Look, tuple[float, Place]] = OrderedDict()  # with when its page will have settled
        self._done: dict[Look, float] = {}
        self._stopped = False
        self._asked_at = -QUIET_S
        self._thread: threading.Thread | None = None
        app.before_request(self._asked)

    def looked_at(self, place: Place, scope: str, first: date | None = None, end: date | None = None) -> None:
        """Somebody has `place` before him: what lies below it will be read, at most once in `AGAIN_S`."""
        look, at = (place.area.path, scope, first, end), self._clock()
        with self._changed:
            if look in self._wanted or at - self._done.get(look, -AGAIN_S) < AGAIN_S or not place.children:
                return
            self._wanted[look] = (at + SETTLED_S, place)
            while len(self._wanted) > WAITING:
                self._wanted.popitem(last=False)
            self._changed.notify()

    def home(self) -> None:
        """As if somebody looked at the uppermost place, which is what he will see first."""
        with self._app.app_context():
            with reading() as session:
                version, area = areas.data_version(session), areas.find(session, None, "")
            if area is not None:
                self.looked_at(areas.place(area, "", version), "")

    def start(self) -> None:
        """Begin to work."""
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the place that is being read."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread:
            self._thread.join(END_S)

    def _asked(self) -> None:
        self._asked_at = self._clock()

    def _rest(self) -> None:
        """Wait until those who wait for an answer have had it."""
        began = self._clock()
        with self._changed:
            while not self._stopped and (now := self._clock()) - began < PATIENT_S:
                if (busy := self._asked_at + QUIET_S - now) <= 0:
                    return
                self._changed.wait(busy)

    def _work(self) -> None:
        while taken := self._next():
            look, place = taken
            _, scope, first, end = look
            for child in place.children[:MOST]:
                self._rest()
                if self._stopped:
                    return
                try:
                    with self._app.app_context():
                        overview(child, scope, first, end)
                except (SQLAlchemyError, DomainError) as error:
                    log.debug("%s was not read ahead (%s)", child.code, type(error).__name__)
                    break

    def _next(self) -> tuple[Look, Place] | None:
        """The place that has waited longest, once its page has settled; None at the end."""
        with self._changed:
            while not self._stopped:
                now = self._clock()
                if not self._wanted:
                    self._changed.wait()
                elif (rest := next(iter(self._wanted.values()))[0] - now) > 0:
                    self._changed.wait(rest)
                else:
                    look, (_, place) = self._wanted.popitem(last=False)
                    self._done = {each: at for each, at in self._done.items() if now - at < AGAIN_S}
                    self._done[look] = now
                    return look, place
        return None


def looked_at(place: Place, scope: str, first: date | None, end: date | None) -> None:
    """Tell the application's `Ahead`, where it has one."""
    ahead: Ahead | None = current_app.extensions.get("yiping.ahead")
    if ahead:
        ahead.looked_at(place, scope, first, end)


def in_order(place: Place, ranked: Sequence[str | None]) -> Place:
    """`place` with its children as the ranking on the page has them: who goes down begins at its top or its bottom."""
    last = len(ranked) - 1
    from_an_end = {code: min(number, last - number) for number, code in enumerate(ranked)}
    children = sorted(place.children, key=lambda child: from_an_end.get(child.code, len(ranked)))
    return replace(place, children=tuple(children))

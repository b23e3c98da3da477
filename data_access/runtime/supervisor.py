"""Keeps a set of processes running: starts each when what it needs is ready, restarts the dead, ends all in order.

It knows nothing of what the processes do; `data_access.runtime.product` says which they are.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

from data_access.runtime.children import Child, Spec, stop

logger = logging.getLogger(__name__)

STOP_WITHIN_S: Final = 5.0
_PEOPLE_S: Final = 3.2  # of these, what processes with clients get to finish
_STORES_S: Final = 1.2  # and then those that hold data
_GIVE_UP_AFTER: Final = 6  # deaths before the first readiness
_REMIND_S: Final = 10.0


class Failed(Exception):  # noqa: N818  # reads as the fact it states
    """A process that everything else needs has failed; `status` is what it exited with."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(f"{name} failed with status {status}")
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of the set.

    It starts once every part named in `after` is ready. `probe` tells from outside whether it is ready (by default it
    says so itself). A `task` runs once and is ready when it has ended well. `store` marks what is ended last.
    """

    spec: Spec
    after: Sequence[str] = ()
    probe: Callable[[], bool] | None = None
    task: bool = False
    store: bool = False
    awaited: bool = True  # part of "ready"; a simulator is not
    wanted: Callable[[], bool] = lambda: True  # asked once, when the part could start


class Supervisor:
    """Runs the parts until a signal ends it. One use: `run()`."""

    def __init__(self, parts: Sequence[Part], *, when_ready: Callable[[], None]) -> None:
        self._parts = {part.spec.name: part for part in parts}
        self._children = {name: Child(part.spec) for name, part in self._parts.items()}
        self._once_ready: set[str] = set()
        self._started: set[str] = set()
        self._when_ready = when_ready
        self._announced = False
        self._stopping = False
        self._hurried = False

    def run(self) -> None:
        """Start everything and stay until SIGTERM or Ctrl-C; raise `Failed` when it cannot come up."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        reminded = time.monotonic()
        try:
            while not self._stopping:
                for name in self._parts:
                    self._tend(name)
                if not self._announced:
                    reminded = self._announce(reminded)
                time.sleep(0.2 if self._announced else 0.02)
        finally:
            self._stop()

    def _tend(self, name: str) -> None:
        part, child = self._parts[name], self._children[name]
        if name not in self._started:
            self._begin(name, part, child)
            return
        if child.ready and child.pid is None and child.due is None:
            return  # a task that is done, or a part that is not wanted
        if child.due is not None:
            if time.monotonic() >= child.due:
                child.start()
            return
        status = child.poll()
        if status is not None:
            self._bury(name, part, child, status)
        elif not child.ready and part.probe is not None and (child.said_ready or not part.spec.says_ready):
            child.ready = part.probe()
        elif not child.ready:
            child.ready = child.said_ready
        if child.ready and name not in self._once_ready:
            self._once_ready.add(name)
            logger.debug("%s is ready", name)

    def _begin(self, name: str, part: Part, child: Child) -> None:
        if not self._once_ready.issuperset(part.after):
            return
        self._started.add(name)
        if part.wanted():
            child.start()
        else:
            child.ready = True

    def _bury(self, name: str, part: Part, child: Child, status: int) -> None:
        if part.task:
            if status != 0:
                raise Failed(name, status)
            child.ready = True
            self._once_ready.add(name)
            return
        wait = child.schedule()
        if name not in self._once_ready and child.deaths >= _GIVE_UP_AFTER and part.awaited:
            logger.error("%s has ended %d times before it was ready; giving up", name, child.deaths)
            raise Failed(name, status)
        logger.warning("%s ended (%s); starting it again in %.1f s", name, _how(status), wait)

    def _announce(self, reminded: float) -> float:
        waiting = [n for n, part in self._parts.items() if part.awaited and not self._children[n].ready]
        if not waiting:
            self._announced = True
            self._when_ready()
        elif time.monotonic() - reminded > _REMIND_S:
            tasks = [n for n in waiting if self._parts[n].task]
            if not tasks:  # a task tells by itself how far it is
                logger.info("starting; still waiting for: %s", ", ".join(waiting))
            return time.monotonic()
        return reminded

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._hurried = self._stopping and number == signal.SIGINT
        self._stopping = True
        if self._hurried:
            for child in self._children.values():
                child.signal(signal.SIGKILL)

    def _stop(self) -> None:
        self._stopping = True
        stores = [c for n, c in self._children.items() if self._parts[n].store]
        stop([c for n, c in self._children.items() if not self._parts[n].store], within_s=_PEOPLE_S)
        stop(stores, within_s=_STORES_S)


def _how(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    return f"signal {signal.Signals(-status).name}"

"""The worker: everything that happens by the clock, each thing by itself, in one process of the product at a time.

Several workers may run; a lock in Redis says which of them acts, and another takes over within seconds when it dies.
Without Redis nobody acts: nothing a worker does is lost by waiting.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from redis import Redis, RedisError

from data_access.ingest.metrics import EXPIRE_S, KEY
from data_access.services import Clock

logger = logging.getLogger(__name__)

LOCK: Final = "yiping:worker"
STATUS: Final = "yiping:worker:status"
"""What the tasks do, as JSON, for `yiping doctor`; gone half a minute after the last worker."""
_LOCK_MS: Final = 5_000
_RENEW_S: Final = 1.5
_RENEW: Final = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
)
_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(slots=True, kw_only=True)
class Task:
    """Something done every `every_s` seconds with the present moment. Failing, it is logged and tried again."""

    name: str
    every_s: float
    run: Callable[[datetime], object]
    runs: int = field(default=0, init=False)
    failures: int = field(default=0, init=False)
    last_ms: float = field(default=0.0, init=False)
    last_at: datetime | None = field(default=None, init=False)
    error: str | None = field(default=None, init=False)

    def attempt(self, clock: Clock) -> None:
        """Run once; never raises."""
        began = time.perf_counter()
        try:
            self.run(clock())
        except Exception as error:
            self.failures += 1
            if self.error is None:  # once, until it works again
                known = isinstance(error, OSError | RedisError)  # something is away: its place in our code says nothing
                logger.log(
                    logging.WARNING if known else logging.ERROR,
                    "%s failed (%s); trying again every %g s",
                    self.name,
                    error,
                    self.every_s,
                    exc_info=None if known else error,
                )
            self.error = type(error).__name__
        else:
            if self.error is not None:
                logger.info("%s works again", self.name)
            self.error = None
        self.runs += 1
        self.last_ms = (time.perf_counter() - began) * 1000
        self.last_at = clock()


class Lock:
    """Who acts: held by one worker for a few seconds at a time."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._token = secrets.token_hex(8)
        self._until = 0.0

    @property
    def held(self) -> bool:
        return time.monotonic() < self._until

    def try_hold(self) -> bool:
        """Take or renew the lock; raise RedisError when nobody can say who has it."""
        asked = time.monotonic()
        got = bool(self._redis.eval(_RENEW, 1, LOCK, self._token, _LOCK_MS)) or bool(
            self._redis.set(LOCK, self._token, nx=True, px=_LOCK_MS)
        )
        self._until = asked + _LOCK_MS / 1000 if got else 0.0
        return got

    def release(self) -> None:
        """Let the next worker act at once."""
        self._until = 0.0
        self._redis.eval(_RELEASE, 1, LOCK, self._token)


class Worker:
    """Runs tasks, a thread each, while it holds the lock."""

    def __init__(self, tasks: Sequence[Task], redis: Redis, clock: Clock) -> None:
        self.tasks = tasks
        self._redis = redis
        self._clock = clock
        self._lock = Lock(redis)
        self._end = threading.Event()
        self._registry = CollectorRegistry()
        count: dict[str, Any] = {"namespace": "yiping", "subsystem": "worker", "registry": self._registry}
        self._runs = Counter("runs_total", "Times a task has run.", ["task", "outcome"], **count)
        self._seconds = Gauge("seconds", "How long a task's last run took.", ["task"], **count)

    def run(self, *, when_ready: Callable[[], None]) -> None:
        """Stay until `stop`. `when_ready` is called when the tasks run, or stand by behind another worker's lock."""
        threads = [threading.Thread(target=self._repeat, args=(t,), name=t.name, daemon=True) for t in self.tasks]
        for thread in threads:
            thread.start()
        announced = False
        while not self._end.is_set():
            reached = self._hold()
            if reached and not announced:
                announced = True
                when_ready()
            self._end.wait(_RENEW_S if reached else 0.2)
        for thread in threads:
            thread.join(timeout=2.0)
        try:
            self._lock.release()
        except (RedisError, OSError):
            logger.debug("the lock could not be released; it runs out by itself")

    def stop(self) -> None:
        """End `run` after the tasks that are under way."""
        self._end.set()

    def status(self) -> str:
        """What the tasks have done, as JSON."""
        return json.dumps(
            {
                "at": self._clock().isoformat(),
                "acting": self._lock.held,
                "tasks": {
                    t.name: {
                        "runs": t.runs,
                        "failures": t.failures,
                        "last_ms": round(t.last_ms, 1),
                        "last_at": t.last_at and t.last_at.isoformat(),
                        "error": t.error,
                    }
                    for t in self.tasks
                },
            }
        )

    def _hold(self) -> bool:
        was = self._lock.held
        try:
            holding = self._lock.try_hold()
            if holding:
                self._redis.set(STATUS, self.status(), ex=30)
                self._redis.set(KEY + "worker", generate_latest(self._registry), ex=EXPIRE_S)
        except (RedisError, OSError):
            return False
        if holding and not was:
            logger.info("acting")
        return True

    def _repeat(self, task: Task) -> None:
        due = time.monotonic()
        while not self._end.wait(max(0.0, due - time.monotonic())):
            if not self._lock.held:
                due = time.monotonic() + 0.05
                continue
            task.attempt(self._clock)
            self._runs.labels(task.name, task.error or "done").inc()
            self._seconds.labels(task.name).set(task.last_ms / 1000)
            due = max(due + task.every_s, time.monotonic())  # late: go on from here, do not catch up

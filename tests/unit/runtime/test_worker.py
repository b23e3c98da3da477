"""The worker: tasks are isolated, and one worker acts at a time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from redis import Redis

from data_access.runtime.worker import STATUS, Lock, Task, Worker


def running(worker: Worker) -> threading.Thread:
    ready = threading.Event()
    thread = threading.Thread(target=lambda: worker.run(when_ready=ready.set))
    thread.start()
    assert ready.wait(5)
    return thread


def until(condition: Callable[[], bool], within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_a_failing_task_is_tried_again_and_the_others_go_on(
    redis: Redis, noon: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[datetime] = []
    tries = 0

    def fails_twice(_now: datetime) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise ValueError("not yet")

    tasks = [Task(name="broken", every_s=0.01, run=fails_twice), Task(name="fine", every_s=0.01, run=seen.append)]
    worker = Worker(tasks, redis, lambda: noon)
    thread = running(worker)
    assert until(lambda: len(seen) >= 5 and tries >= 4)
    worker.stop()
    thread.join(5)
    assert set(seen) == {noon}
    assert tasks[0].failures == 2
    assert caplog.text.count("broken failed (not yet)") == 1  # said once, not at each try
    assert tasks[0].error is None
    assert not redis.exists("yiping:worker")  # left to the next worker at once


def test_what_the_tasks_do_is_told_for_doctor_and_metrics(redis: Redis, noon: datetime) -> None:
    worker = Worker([Task(name="fine", every_s=0.01, run=lambda _: None)], redis, lambda: noon)
    thread = running(worker)

    def told() -> bool:
        found = redis.get(STATUS)
        return isinstance(found, bytes) and json.loads(found)["tasks"]["fine"]["runs"] > 0

    assert until(told)
    worker.stop()
    thread.join(5)
    metrics = redis.get("yiping:metrics:worker")
    assert isinstance(metrics, bytes)
    assert b'yiping_worker_runs_total{outcome="done",task="fine"}' in metrics


def test_a_second_worker_stands_by_until_the_first_is_gone(redis: Redis, noon: datetime) -> None:
    first, second = Lock(redis), Lock(redis)
    assert first.try_hold()
    assert not second.try_hold()
    assert first.try_hold()  # renewed
    assert not second.held
    second.release()  # not its own: nothing happens
    assert first.try_hold()
    first.release()
    assert second.try_hold()

    acted: list[datetime] = []
    waiting = Worker([Task(name="t", every_s=0.01, run=acted.append)], redis, lambda: noon)
    thread = running(waiting)  # ready, though it does not act
    time.sleep(0.2)
    assert acted == []
    second.release()
    assert until(lambda: bool(acted))
    waiting.stop()
    thread.join(5)


def test_without_redis_nobody_acts(noon: datetime) -> None:
    acted: list[datetime] = []
    worker = Worker([Task(name="t", every_s=0.01, run=acted.append)], Redis(port=9), lambda: noon)
    thread = threading.Thread(target=lambda: worker.run(when_ready=lambda: acted.append(noon)))
    thread.start()
    time.sleep(0.3)
    worker.stop()
    thread.join(5)
    assert acted == []

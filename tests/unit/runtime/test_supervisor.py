"""The supervisor on small programs: order, readiness, restarts with back-off, giving up."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_access.runtime.children import READY_FD, Child, Spec, stop
from data_access.runtime.supervisor import Failed, Part, Supervisor

SAY_READY = f"import os; os.write(int(os.environ['{READY_FD}']), b'1');"
STAY = "import time; time.sleep(60)"


def python(name: str, code: str, *, says_ready: bool = False) -> Spec:
    return Spec(name=name, argv=[sys.executable, "-S", "-c", code], says_ready=says_ready)


@contextmanager
def handlers_kept() -> Iterator[None]:
    kept = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def end_soon() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_parts_start_when_what_they_need_is_ready_and_all_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write = f"open({str(log)!r}, 'a').write"
    parts = [
        Part(
            spec=python("second", f"{write}('second ');" + SAY_READY + STAY, says_ready=True), after=("first", "task")
        ),
        Part(spec=python("first", f"{write}('first ');" + SAY_READY + STAY, says_ready=True), store=True),
        Part(spec=python("task", f"import time; time.sleep(.2); {write}('task ')"), task=True, after=("first",)),
        Part(spec=python("unwanted", f"{write}('unwanted ')"), wanted=lambda: False),
    ]
    said: list[str] = []

    def ready() -> None:
        said.append("ready")
        threading.Timer(0.1, end_soon).start()

    with handlers_kept():
        Supervisor(parts, when_ready=ready).run()
    assert said == ["ready"]
    assert log.read_text().split() == ["first", "task", "second"]


def test_a_failed_task_ends_everything_with_its_status() -> None:
    parts = [Part(spec=python("task", "raise SystemExit(2)"), task=True)]
    with handlers_kept(), pytest.raises(Failed) as failed:
        Supervisor(parts, when_ready=lambda: None).run()
    assert failed.value.status == 2


def test_what_dies_again_and_again_before_it_was_ever_ready_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("data_access.runtime.children._BACKOFF_S", (0.0,))
    parts = [Part(spec=python("broken", "raise SystemExit(3)", says_ready=True))]
    with handlers_kept(), pytest.raises(Failed):
        Supervisor(parts, when_ready=lambda: None).run()
    assert "broken ended (status 3); starting it again" in caplog.text
    assert "broken has ended 6 times before it was ready" in caplog.text


def test_back_off_grows_and_is_forgotten_after_a_long_life(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child(python("c", ""))
    child.start()
    assert [child.schedule() for _ in range(7)] == [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 10.0]
    monkeypatch.setattr("data_access.runtime.children._SETTLED_S", -1.0)
    assert child.schedule() == 0.1
    stop([child], within_s=2)


def test_what_does_not_end_when_asked_is_killed() -> None:
    stubborn = Child(
        python(
            "stubborn",
            "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SAY_READY + STAY,
            says_ready=True,
        )
    )
    stubborn.start()
    while not stubborn.said_ready:
        stubborn.poll()
        time.sleep(0.01)
    began = time.monotonic()
    stop([stubborn], within_s=0.3)
    assert 0.3 <= time.monotonic() - began < 2
    assert not stubborn.alive

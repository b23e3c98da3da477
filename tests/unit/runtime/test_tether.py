"""Without the kernel's help no program outlives the supervisor, and signals and status pass through."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from data_access.runtime import children

T = TypeVar("T")
TETHER = [sys.executable, "-m", "data_access.runtime.tether"]


def test_the_status_is_the_programs() -> None:
    assert subprocess.run([*TETHER, sys.executable, "-c", "raise SystemExit(7)"], check=False).returncode == 7


def test_a_signal_reaches_the_program() -> None:
    process = subprocess.Popen([*TETHER, "sleep", "60"])
    time.sleep(1)
    process.terminate()
    assert process.wait(10) != 0


def test_the_program_ends_with_the_one_who_started_it() -> None:
    starter = f"import subprocess, time; subprocess.Popen({[*TETHER, 'sleep', '98765']!r}); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", starter])
    sleeper = _wait(lambda: _find("sleep 98765 "))
    process.send_signal(signal.SIGKILL)
    process.wait(5)
    _wait(lambda: not Path(f"/proc/{sleeper}").exists())


def test_only_foreign_programs_and_only_elsewhere_are_tethered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_LIBC", None)
    assert children._tethered(["valkey-server", "--port", "1"])[:3] == TETHER
    assert children._tethered([sys.executable, "-m", "x"]) == [sys.executable, "-m", "x"]
    monkeypatch.setattr(children, "_LIBC", object())
    assert children._tethered(["valkey-server"]) == ["valkey-server"]


def _find(words: str) -> int | None:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode() == words:
                return int(folder.name)
    return None


def _wait(found: Callable[[], T]) -> T:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come")

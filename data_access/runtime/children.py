"""Child processes that never outlive us: started, watched, ended, and killed by the kernel if we are killed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

READY_FD: Final = "YIPING_READY_FD"
"""Environment variable with the file descriptor on which a child says that it does its work now."""

SUPERVISED: Final = "YIPING_SUPERVISED"
"""Environment variable that tells our own programs that they have a supervisor to die with."""

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None
_BACKOFF_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
_SETTLED_S: Final = 30.0  # a child that lived this long starts its back-off anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What to start: `module` of ours with arguments, or a program of the system."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    pass_fds: Sequence[int] = ()
    says_ready: bool = False  # through READY_FD; the others are probed from outside
    own_output: bool = True  # False: the program logs to a file of its own


class Child:
    """One supervised process: `start`, `poll` now and then, `stop`. Not thread-safe: PDEATHSIG follows the thread."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.ready = False
        self.said_ready = False
        self.deaths = 0
        self.due: float | None = None  # when to start again
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pipe: int | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process; raise OSError when the program cannot be run."""
        self.ready = self.said_ready = False
        self.due, self._started = None, time.monotonic()
        env = {**os.environ, **self.spec.env, SUPERVISED: "1"}
        fds = list(self.spec.pass_fds)
        write_end = None
        if self.spec.says_ready:
            self._pipe, write_end = os.pipe()
            os.set_blocking(self._pipe, False)
            env[READY_FD] = str(write_end)
            fds.append(write_end)
        output = None if self.spec.own_output else subprocess.DEVNULL
        parent = os.getpid()
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own programs with our own arguments
                _tethered(self.spec.argv),
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr if self.spec.own_output else output,
                stderr=output,
                pass_fds=fds,
                process_group=0,  # the terminal's Ctrl-C reaches us alone; we end the children in order
                preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509  # one thread, and no other way to set PDEATHSIG
            )
        finally:
            if write_end is not None:
                os.close(write_end)

    def poll(self) -> int | None:
        """Note what it says of its readiness; return the exit status once it has ended, None while it lives."""
        if self._process is None:
            return None
        if self._pipe is not None and not self.said_ready:
            with contextlib.suppress(BlockingIOError):
                self.said_ready = os.read(self._pipe, 1) != b""
        status = self._process.poll()
        if status is not None:
            self._forget()
        return status

    def schedule(self) -> float:
        """Plan the next start after a death; return the seconds until then."""
        if time.monotonic() - self._started > _SETTLED_S:
            self.deaths = 0
        wait = _BACKOFF_S[min(self.deaths, len(_BACKOFF_S) - 1)]
        self.deaths += 1
        self.ready = False
        self.due = time.monotonic() + wait
        return wait

    def signal(self, number: int) -> None:
        """Send a signal to the process, if it lives."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _forget(self) -> None:
        self._process = None
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


def stop(children: Sequence[Child], *, within_s: float) -> None:
    """End `children` together: SIGTERM, then SIGKILL for those still there after `within_s` seconds."""
    for child in children:
        child.due = None
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + within_s
    while any(child.alive for child in children) and time.monotonic() < deadline:
        time.sleep(0.02)
    for child in children:
        if child.alive:
            child.signal(signal.SIGKILL)
    while any(child.alive for child in children):
        time.sleep(0.02)


def say_ready() -> None:
    """Tell the supervisor that this process does its work now; nothing happens when nobody supervises it."""
    found = os.environ.pop(READY_FD, None)
    if found is not None:
        with contextlib.suppress(OSError):
            os.write(int(found), b"1")
            os.close(int(found))


def die_with_parent() -> None:
    """On systems without PDEATHSIG: end this process within a second of its parent's end. Python children call it."""
    if _LIBC is not None or SUPERVISED not in os.environ:
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="die-with-parent", daemon=True).start()


def _tethered(argv: Sequence[str]) -> list[str]:
    """`argv`; without PDEATHSIG, a program that is not ours runs on a tether. Ours call `die_with_parent`."""
    ours = argv[0] == sys.executable
    return list(argv) if _LIBC is not None or ours else [sys.executable, "-m", "data_access.runtime.tether", *argv]


def _die_with(parent: int) -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died between fork and prctl
        os._exit(1)

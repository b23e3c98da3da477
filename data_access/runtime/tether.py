"""Where the kernel cannot do it (outside Linux): runs a program that is not ours and ends it when its starter is gone.

`python -m data_access.runtime.tether PROGRAM ARGUMENT…`: signals are passed on, the exit status is the program's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

_LOOK_S = 0.25


def main(argv: list[str]) -> int:
    """Run `argv` until it ends or our parent does; return its status."""
    parent = os.getppid()
    program = subprocess.Popen(argv)  # noqa: S603  # what the supervisor names
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _: program.send_signal(n))
    while (status := program.poll()) is None:
        if os.getppid() != parent:
            program.kill()
            return program.wait()
        time.sleep(_LOOK_S)
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

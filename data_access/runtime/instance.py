"""The running instance of a data folder: one at a time (lock), and where its parts listen (`run.json`).

Commands started beside a running product (`simulate`, `doctor`, `replay`, `import`) find its ports here.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO


class AlreadyRunning(Exception):  # noqa: N818  # reads as the fact it states
    """Another supervisor holds this data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Addresses of a running product. Only loopback addresses of embedded parts are kept: no password is in them."""

    pid: int
    web: str
    mqtt: str | None = None  # where devices publish
    redis: str | None = None  # None when YIPING_REDIS_URL names it
    broker: str | None = None  # behind the edge; None when YIPING_MQTT_URL names it


def take_lock(data_dir: Path) -> IO[str]:
    """Take the data folder for this process; hold the returned file open. Raise `AlreadyRunning` when it is taken."""
    handle = (data_dir / "run.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.close()
        raise AlreadyRunning(str(data_dir)) from error
    return handle


def write(data_dir: Path, instance: Instance) -> None:
    """Tell where this instance listens; readable by the owner alone."""
    target = data_dir / "run.json"
    fresh = target.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(instance), indent=2) + "\n")
    fresh.replace(target)


def remove(data_dir: Path) -> None:
    """Forget the instance at its orderly end."""
    (data_dir / "run.json").unlink(missing_ok=True)


def find(data_dir: Path) -> Instance | None:
    """The instance that runs on this data folder now; None when none does (a leftover of a crash is ignored)."""
    try:
        found = Instance(**json.loads((data_dir / "run.json").read_text()))
        os.kill(found.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return found


def write_deployment(data_dir: Path, deployment: str) -> None:
    """Keep for the supervisor which deployment the database holds."""
    (data_dir / "deployment").write_text(f"{deployment}\n")


def deployment(data_dir: Path) -> str:
    """Which deployment the database holds, as `yiping prepare` has left it."""
    return (data_dir / "deployment").read_text().strip()


def reachable(host: str) -> str:
    """The address at which a browser of this machine reaches a server bound to `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)

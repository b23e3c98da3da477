"""A TCP proxy before a database that a test may cut or stall, so that the shared server need not stop."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from data_access.db.engine import Database
from tests.conftest import free_port


class Proxy:
    """Passes bytes on between its own port and a server; `cut` refuses everybody, `stall` keeps them waiting."""

    def __init__(self, server: tuple[str, int] | str) -> None:
        self._server, self.port = server, free_port()
        self._open: list[socket.socket] = []
        self._flows = threading.Event()
        self._listener: socket.socket | None = None
        self.restore()

    def restore(self) -> None:
        """Let everything through."""
        self._flows.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stall(self) -> None:
        """Pass nothing on, and close nothing."""
        self._flows.clear()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        listener, self._listener = self._listener, None
        opened, self._open = self._open, []
        for found in (listener, *opened):
            if found is not None:
                with suppress(OSError):
                    found.shutdown(socket.SHUT_RDWR)
                found.close()
        self._flows.set()

    @classmethod
    @contextmanager
    def before(cls, database: Database) -> Iterator[tuple[Proxy, Database]]:
        """A proxy before PostgreSQL, and the same database beyond it."""
        url = database.engine.url
        host = url.host or str(url.query.get("host"))
        port = url.port or 5432
        proxy = cls(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port))
        beyond = Database(url.set(host="127.0.0.1", port=proxy.port, query={}).render_as_string(hide_password=False))
        try:
            yield proxy, beyond
        finally:
            beyond.dispose()
            proxy.cut()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if isinstance(self._server, str):
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
            else:
                server = socket.create_connection(self._server)
            self._open += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                target.sendall(data)
        for found in (source, target):
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)
            found.close()

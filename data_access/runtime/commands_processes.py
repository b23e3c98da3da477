"""The processes one by one: `yiping serve`, `ingest`, `worker`, `edge`."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Coroutine
from typing import Any

import click

from data_access.runtime import logs
from data_access.runtime.children import die_with_parent, say_ready
from data_access.runtime.refusal import Refusal, bound
from data_access.runtime.refusal import settings as read_settings
from data_access.settings import Settings

_FD = click.option("--fd", type=int, hidden=True, help="A listening socket inherited from the supervisor.")


@click.command()
@_FD
def serve(fd: int | None) -> None:
    """Run one web process on YIPING_HOST:YIPING_PORT."""
    import uvicorn  # noqa: PLC0415  # each command imports what it alone needs

    from data_access.live.hub import END_STREAMS  # noqa: PLC0415  # as above
    from data_access.runtime.prepare import refuse_to_be_open  # noqa: PLC0415  # as above

    class Server(uvicorn.Server):
        """Says ready once it accepts, and lets the open streams end before it stops."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                say_ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            if end_streams := self.lifespan.state.get(END_STREAMS):
                end_streams()
            await super().shutdown(sockets)

    settings = _begin("web")
    refuse_to_be_open(settings)
    listener = _inherited(fd) or bound(settings.host, settings.port, variable="YIPING_PORT")
    config = uvicorn.Config(
        "app:create_app",
        factory=True,
        log_config=None,
        access_log=False,  # addresses hold tokens
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=2,  # a request that hangs must not keep it from stopping
        backlog=2048,
    )
    Server(config).run(sockets=[listener])


@click.command()
@_FD
@click.option("--v5-port", type=int, help="The broker's port for MQTT 5, where it has one of its own.")
def edge(fd: int | None, v5_port: int | None) -> None:
    """Listen on YIPING_HOST:YIPING_MQTT_PORT for devices that publish to `v1/devices/me/telemetry`.

    Stands in front of the broker at YIPING_MQTT_URL and puts each device's token into the topic.
    """
    from data_access.ingest import edge as door  # noqa: PLC0415  # as above
    from data_access.ingest.mqtt import Address  # noqa: PLC0415

    settings = _begin("edge")
    if settings.mqtt_url is None:
        raise Refusal("The edge needs a broker to stand in front of: set YIPING_MQTT_URL.")
    address = Address.from_url(settings.mqtt_url.get_secret_value())
    broker = door.Broker(address, v5_port)
    listener = _inherited(fd) or bound(settings.host, settings.mqtt_port, variable="YIPING_MQTT_PORT")

    async def stay() -> None:
        server = await door.serve(settings.host, settings.mqtt_port, broker, listener=listener)
        say_ready()
        await _until_told()
        server.close()

    _run(stay())


@click.command()
def ingest() -> None:
    """Take in readings from YIPING_MQTT_URL and from the web processes until told to stop."""
    from data_access.ingest import service  # noqa: PLC0415  # as above
    from data_access.runtime import build  # noqa: PLC0415

    settings = _begin("ingest")
    services = build.services(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    service.run(services, stop, say_ready)
    services.database.dispose()


@click.command()
def worker() -> None:
    """Run what happens by the clock. Several may run; one of them acts."""
    from data_access.runtime import build, clocks  # noqa: PLC0415  # as above
    from data_access.runtime.worker import Worker  # noqa: PLC0415

    settings = _begin("worker")
    services = build.services(settings)
    worker = Worker(clocks.tasks(services), services.redis, services.clock)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run(when_ready=say_ready)
    services.database.dispose()


def _begin(process: str) -> Settings:
    die_with_parent()
    settings = read_settings()
    logs.configure(settings, process)
    return settings


def _inherited(fd: int | None) -> socket.socket | None:
    return None if fd is None else socket.socket(fileno=fd)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run an asyncio process on the faster loop where there is one."""
    try:
        from uvloop import run  # noqa: PLC0415  # not on every system
    except ImportError:
        asyncio.run(work)
    else:
        run(work)


async def _until_told() -> None:
    """Wait for SIGTERM or Ctrl-C."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()

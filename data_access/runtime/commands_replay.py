"""`yiping replay`: let real rows come in again through the live path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from rich.console import Console
from rich.progress import TimeRemainingColumn

from data_access.commands import replays
from data_access.domain.errors import DomainError
from data_access.ingest import replay as replays_in
from data_access.ingest.imports.mapping import parse_mapping
from data_access.live.outbox import Relay
from data_access.queries.replays import run_lines
from data_access.runtime import build, instance, logs
from data_access.runtime.bars import bar
from data_access.runtime.refusal import Refusal
from data_access.runtime.refusal import settings as read_settings
from data_access.services import Services
from data_access.settings import Settings

_ACK_S: Final = 20.0
_EDGE_TOPIC: Final = "v1/devices/me/telemetry"


class _Paho:
    """A stock client, as a device would be one."""

    def __init__(self, client: mqtt.Client, topic: str) -> None:
        self._client = client
        self._topic = topic

    def publish(self, payload: bytes) -> None:
        sent = self._client.publish(self._topic, payload, qos=1)
        sent.wait_for_publish(_ACK_S)
        if not sent.is_published():
            raise click.ClickException("The broker did not acknowledge a reading within 20 s; the replay stopped.")


@click.command(short_help="Send the rows of a file through the live path again.")
@click.argument("what", type=click.Choice(["appeals", "telemetry"]), metavar="appeals|telemetry")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=3600.0, show_default=True, metavar="N")
@click.option("--area", metavar="CODE", help="Appeals: their district. Telemetry: where the replay device stands.")
@click.option("--device", metavar="CODE|ID", help="Telemetry: an existing replay device instead of our own flow meter.")
@click.option("--low", type=float, help="Telemetry: alarm below this value, at once.")
@click.option("--high", type=float, help="Telemetry: alarm at or above this value, at once.")
@click.option("--mapping", multiple=True, metavar="THEIRS=OURS|FILE", help="What the file calls our columns.")
def replay(
    *,
    what: str,
    file: Path,
    speed: float,
    area: str | None,
    device: str | None,
    low: float | None,
    high: float | None,
    mapping: tuple[str, ...],
) -> None:
    """Replay the appeals or the readings of FILE into the running product, N times as fast as they came.

    Their times are mapped onto the running clock; the original ones are kept beside. Everything a run makes carries
    its code, is labelled on screen and never enters official figures. Appeals go through the loop and end as their
    flags say; the times of their steps are reconstructed (推定).
    """
    settings = read_settings()
    logs.configure(settings, "replay")
    services = build.services(settings)
    Relay(services.database, services.redis)
    console = Console(stderr=True)
    rates: tuple[str, ...] = ()
    try:
        with bar(console, TimeRemainingColumn()) as told:

            def progress(done: int, of: int) -> None:
                told(f"Replaying {file.name}", done, of)

            if what == "appeals":
                done = replays_in.appeals(
                    services, file, speed=speed, area=area, mapping=parse_mapping(mapping), progress=progress
                )
                left_out = done.left_out
                with services.database.reading() as session:
                    rates = run_lines(session, done.run, now=services.clock())
            else:
                readings, left_out = replays_in.read_telemetry(file, parse_mapping(mapping))
                chosen = _device(services, device, area, low, high)
                with _publisher(settings, chosen.token) as publisher:
                    done = replays_in.telemetry(
                        services,
                        readings,
                        file=file.name,
                        speed=speed,
                        device=chosen,
                        publisher=publisher,
                        progress=progress,
                    )
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    finally:
        services.database.dispose()
    for sentence in left_out[:20]:
        console.print(f"Left out, {sentence}")
    if not done.arrived:
        raise click.ClickException(
            f"Run {done.run}: {done.rows} rows were sent, but the last one has not arrived in the database; "
            "is ingest running?"
        )
    click.echo(f"Run {done.run}: {done.rows} rows replayed, {len(left_out)} left out.")
    for line in rates:
        click.echo(line)


def _device(
    services: Services, wanted: str | None, area: str | None, low: float | None, high: float | None
) -> replays.ReplayDevice:
    with services.database.writing() as session:
        if wanted is not None:
            return replays.named_device(session, wanted, low=low, high=high)
        return replays.flow_device(session, area, low=low, high=high)


@contextmanager
def _publisher(settings: Settings, token: str) -> Iterator[_Paho]:
    """A connection as the device: through the public edge, or to the broker that YIPING_MQTT_URL names."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    if settings.mqtt_url:
        url = urlsplit(settings.mqtt_url.get_secret_value())
        host, port, topic = url.hostname or "127.0.0.1", url.port or 1883, f"v1/devices/{token}/telemetry"
        if url.username:
            client.username_pw_set(url.username, url.password)
    else:
        running = instance.find(settings.data_dir)
        if running is None or running.mqtt is None:
            raise Refusal("No running product was found on this data folder: start it with `yiping run`.")
        address = urlsplit(running.mqtt if "//" in running.mqtt else f"//{running.mqtt}")
        host, port, topic = address.hostname or "127.0.0.1", address.port or 1883, _EDGE_TOPIC
        client.username_pw_set(token)
    try:
        client.connect(host, port)
    except OSError as error:
        raise Refusal(f"The broker at {host}:{port} cannot be reached ({error}).") from None
    client.loop_start()
    try:
        yield _Paho(client, topic)
    finally:
        client.disconnect()
        client.loop_stop()

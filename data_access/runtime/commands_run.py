"""`yiping run`: everything on this machine, supervised."""

from __future__ import annotations

import logging
import os
from contextlib import closing

import click

from data_access.runtime import instance, logs, product
from data_access.runtime.refusal import Refusal, bound, usable_folder
from data_access.runtime.refusal import settings as read_settings
from data_access.runtime.supervisor import Failed, Supervisor
from data_access.settings import Deployment, Settings

logger = logging.getLogger(__name__)


@click.command()
@click.pass_context
def run(ctx: click.Context) -> None:
    """Start the whole product and keep it running until Ctrl-C.

    Prints `ready http://…` on standard output once everything works; everything else goes to standard error.
    """
    settings = read_settings()
    logs.configure(settings, "run")
    if settings.deployment is Deployment.PINGSHAN and settings.data_files is None:
        raise Refusal("The pingshan deployment needs YIPING_DATA_FILES: the folder with its files.")
    usable_folder(settings.data_dir)
    try:
        lock = instance.take_lock(settings.data_dir)
    except instance.AlreadyRunning:
        raise Refusal(
            f"Yiping already runs on the data folder {settings.data_dir}: "
            "stop it, or choose another with YIPING_DATA_DIR."
        ) from None
    with lock:
        try:
            _supervise(settings)
        except Failed as error:
            ctx.exit(2 if error.status == 2 else 1)
        finally:
            instance.remove(settings.data_dir)


def _supervise(settings: Settings) -> None:
    _refuse_to_be_open(settings)
    with closing(bound(settings.host, settings.port, variable="YIPING_PORT")) as web:
        edge = None if settings.mqtt_url else bound(settings.host, settings.mqtt_port, variable="YIPING_MQTT_PORT")
        whole = product.assemble(settings, web=web, edge=edge)
        host = instance.reachable(settings.host)
        here = instance.Instance(
            pid=os.getpid(),
            web=f"http://{host}:{settings.port}",
            mqtt=f"mqtt://{host}:{settings.mqtt_port}" if edge else None,
            redis=whole.redis,
            broker=whole.broker,
        )
        instance.write(settings.data_dir, here)
        try:
            Supervisor(whole.parts, when_ready=lambda: click.echo(f"ready {here.web}")).run()
        finally:
            if edge is not None:
                edge.close()


def _refuse_to_be_open(settings: Settings) -> None:
    """Beyond loopback nothing is bound before there are accounts, and none that everybody knows."""
    if settings.host in {"127.0.0.1", "::1", "localhost"}:
        return  # the usual start needs no look at the database
    from rich.console import Console  # noqa: PLC0415  # as said above

    from data_access.runtime import prepare  # noqa: PLC0415

    prepare.prepare(settings, console=Console(stderr=True))
    prepare.refuse_to_be_open(settings)

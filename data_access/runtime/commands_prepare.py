"""`yiping prepare` and `yiping seed`."""

from __future__ import annotations

import signal
import sys

import click
from rich.console import Console

from data_access.runtime import instance, logs
from data_access.runtime import prepare as steps
from data_access.runtime.children import die_with_parent
from data_access.runtime.refusal import settings as read_settings
from data_access.settings import Deployment, Scale


@click.command()
def prepare() -> None:
    """Bring the database to the newest schema and, on a first start, set the deployment up."""
    die_with_parent()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # undoes what is half done, and the progress bar
    settings = read_settings()
    logs.configure(settings, "prepare")
    instance.write_deployment(settings.data_dir, steps.prepare(settings, console=Console(stderr=True)))


@click.command()
@click.option("--scale", type=click.Choice([s.value for s in Scale]), help="How much to seed [YIPING_SCALE].")
def seed(scale: str | None) -> None:
    """Seed the reference deployment (demo data) into an empty database; does nothing where it is already there."""
    settings = read_settings()
    logs.configure(settings, "seed")
    chosen: dict[str, object] = {"deployment": Deployment.LUOHU}
    if scale is not None:
        chosen["scale"] = Scale(scale)
    steps.prepare(settings.model_copy(update=chosen), console=Console(stderr=True))

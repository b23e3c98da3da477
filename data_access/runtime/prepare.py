"""What comes before the processes: the newest schema, and the first start of a deployment, once.

The table `meta` says what the database holds. A first start that was interrupted is noticed by its mark and refused
or, where the database is our own SQLite file, made anew.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import delete
from sqlalchemy.orm import Session

from data_access.db import migrate
from data_access.db.engine import Database
from data_access.db.tables import MetaRow
from data_access.runtime.build import now
from data_access.runtime.refusal import Refusal, usable_folder
from data_access.settings import Deployment, Settings

logger = logging.getLogger(__name__)

DEPLOYMENT: Final = "deployment"
BEGUN: Final = "first_start_begun"


def prepare(settings: Settings, *, console: Console) -> Deployment:
    """Migrate, and on a first start set the deployment up with a progress bar; return the deployment that is there.

    Raise `Refusal` when the database holds another deployment than YIPING_DEPLOYMENT explicitly asks for, or when a
    first start was interrupted in a database that is not ours to remove.
    """
    usable_folder(settings.data_dir)
    _sweep_unfinished(settings)
    database = Database(settings.database, pool_size=2)
    try:
        migrate.upgrade(database.engine)
        found = _value(database, DEPLOYMENT)
        if found is None:
            found = settings.deployment
            _first_start(database, settings, console)
        elif found != settings.deployment and "deployment" in settings.model_fields_set:
            raise Refusal(
                f"This database holds the deployment {found}, not {settings.deployment}: "
                "use another YIPING_DATA_DIR or database, or leave YIPING_DEPLOYMENT unset."
            )
        return Deployment(found)
    finally:
        database.dispose()


def _first_start(database: Database, settings: Settings, console: Console) -> None:
    _set(database, BEGUN, now().isoformat())
    if settings.deployment is Deployment.LUOHU:
        _seed(database, settings, console)
    elif settings.deployment is Deployment.PINGSHAN:
        _load_pingshan(database, settings)
    _set(database, DEPLOYMENT, settings.deployment)
    with database.writing() as session:
        session.execute(delete(MetaRow).where(MetaRow.key == BEGUN))


def _seed(database: Database, settings: Settings, console: Console) -> None:
    from data_access.demo.seed import seed  # noqa: PLC0415  # heavy, and needed once in a deployment's life

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"Seeding the demo {settings.scale}", total=1.0)

        def progress(done: float, what: str) -> None:
            bar.update(task, completed=done, description=what)

        seed(database, settings, now=now(), progress=progress)


def _load_pingshan(database: Database, settings: Settings) -> None:
    raise NotImplementedError


def _sweep_unfinished(settings: Settings) -> None:
    """Remove our own SQLite file when a first start into it was interrupted; raise `Refusal` for another database."""
    own = None if settings.database_url else settings.data_dir / "yiping.db"
    if own is not None and not own.exists():
        return
    database = Database(settings.database, pool_size=1)
    try:
        begun = migrate.current(database.engine) is not None and _value(database, BEGUN) is not None
    finally:
        database.dispose()
    if not begun:
        return
    if own is None:
        raise Refusal("The first start into this database was interrupted: empty the database and start again.")
    logger.warning("the first start was interrupted; beginning it anew")
    for suffix in ("", "-wal", "-shm"):
        Path(f"{own}{suffix}").unlink(missing_ok=True)


def _value(database: Database, key: str) -> str | None:
    with database.reading() as session:
        found = session.get(MetaRow, key)
        return found.value if found else None


def _set(database: Database, key: str, value: str) -> None:
    with database.writing() as session:
        _put(session, key, value)


def _put(session: Session, key: str, value: str) -> None:
    session.merge(MetaRow(key=key, value=value))

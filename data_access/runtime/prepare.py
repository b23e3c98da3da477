"""What comes before the processes: the newest schema, and the first start of a deployment, once.

Seeding is one transaction and imports are safe to repeat, so that a first start that was interrupted is simply done
again. `meta.deployment` is written when it is complete.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from data_access.auth.credentials import hash_password
from data_access.auth.door import is_loopback
from data_access.commands import foundation, items, users
from data_access.db import migrate
from data_access.db.engine import Database
from data_access.db.tables import MetaRow, UserRow
from data_access.domain.accounts import Role, check_password
from data_access.domain.errors import DomainError
from data_access.runtime.build import DEPLOYMENT, now
from data_access.runtime.instance import reachable
from data_access.runtime.refusal import Refusal, usable_folder
from data_access.settings import Deployment, Settings


def prepare(settings: Settings, *, console: Console, invite: bool = True) -> Deployment:
    """Migrate, and on a first start set the deployment up with a progress bar; return the deployment that is there.

    While a deployment of one's own has no administrator, `invite` prints a link by which one is named. Raise `Refusal`
    when the database holds another deployment than YIPING_DEPLOYMENT explicitly asks for.
    """
    usable_folder(settings.data_dir)
    database = Database(settings.database, pool_size=2)
    try:
        migrate.upgrade(database.engine)
        found = _found(database)
        if found is None:
            _first_start(database, settings, console)
        else:
            with database.writing() as session:
                items.lay_where_none(session, now())
        found = found or settings.deployment
        _accounts(database, settings, found, invite=invite)
        if found is not settings.deployment and "deployment" in settings.model_fields_set:
            raise Refusal(
                f"This database holds the deployment {found}, not {settings.deployment}: "
                "use another YIPING_DATA_DIR or database, or leave YIPING_DEPLOYMENT unset."
            )
        return found
    finally:
        database.dispose()


def _found(database: Database) -> Deployment | None:
    """The deployment whose first start is complete."""
    with database.reading() as session:
        row = session.get(MetaRow, DEPLOYMENT)
        return Deployment(row.value) if row else None


def _accounts(database: Database, settings: Settings, deployment: Deployment, *, invite: bool) -> None:
    """The demo's accounts; the first administrator from the environment, else a link while there is none."""
    with database.writing() as session:
        if deployment is Deployment.LUOHU:
            from data_access.demo import accounts  # noqa: PLC0415  # of a demo alone

            accounts.make(session, now())
        if users.administrators(session):
            return
        if settings.bootstrap_admin is not None:
            name, _, password = settings.bootstrap_admin.get_secret_value().partition(":")
            try:
                check_password(password, name.strip().lower(), shortest=settings.password_shortest)
                kept = hash_password(password)
                users.add(session, name, Role.ADMINISTRATOR, actor="bootstrap", now=now(), password_hash=kept)
            except DomainError as error:
                raise Refusal(f"YIPING_BOOTSTRAP_ADMIN does not fit: {error}") from None
            return
        if not invite or deployment is Deployment.LUOHU:
            return
        secret = users.issue_setup(session, actor="prepare", now=now())
    link = f"http://{reachable(settings.host)}:{settings.port}/sign-in/token/{secret}"
    sys.stderr.write(f"Name the first administrator, within a day, at {link}\n")


def refuse_to_be_open(settings: Settings) -> None:
    """Beyond loopback: raise `Refusal` while a demo account may sign in, or while nobody may."""
    if is_loopback(settings.host):
        return
    database = Database(settings.database, pool_size=1)
    try:
        with database.reading() as session:
            rows = session.execute(select(UserRow.demo, UserRow.name).where(UserRow.disabled_at.is_(None))).all()
    finally:
        database.dispose()
    if demo := [row.name for row in rows if row.demo]:
        raise Refusal(
            f"The demo accounts ({', '.join(demo)}) may sign in with a password everybody knows: before YIPING_HOST is "
            f"{settings.host}, disable them with `yiping user disable --demo`."
        )
    if not rows:
        raise Refusal(
            f"No account exists: before YIPING_HOST is {settings.host}, add one with `yiping user add` or set "
            "YIPING_BOOTSTRAP_ADMIN."
        )


def _first_start(database: Database, settings: Settings, console: Console) -> None:
    if settings.deployment is Deployment.LUOHU:
        _seed(database, settings, console)
    with database.writing() as session:
        foundation.lay(session)
        items.lay(session, now())
    if settings.deployment is Deployment.PINGSHAN:
        _load_pingshan(database, settings, console)
    with database.writing() as session:
        session.merge(MetaRow(key=DEPLOYMENT, value=settings.deployment))


def _seed(database: Database, settings: Settings, console: Console) -> None:
    from data_access.demo.seed import seed  # noqa: PLC0415  # heavy, and needed once in a deployment's life

    columns = (
        TextColumn("Seeding the demo {task.fields[scale]}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=1.0, scale=settings.scale)

        def progress(done: float, what: str) -> None:
            bar.update(task, completed=done, description=what)

        seed(database, settings, now=now(), progress=progress)


def _load_pingshan(database: Database, settings: Settings, console: Console) -> None:
    from data_access.demo.pingshan import setup  # noqa: PLC0415  # needed once in a deployment's life

    with Progress(
        TextColumn("Loading Pingshan"), BarColumn(), TextColumn("{task.description}"), console=console
    ) as bar:
        task = bar.add_task("", total=1.0)

        def progress(done: float, what: str) -> None:
            bar.update(task, completed=done, description=what)

        try:
            setup(database, settings, now=now(), progress=progress)
        except DomainError as error:
            raise Refusal(str(error)) from None


def for_own_data(settings: Settings, *, console: Console, into_demo: bool = False) -> Deployment:
    """As `prepare`, for a command that brings data in: a fresh database without a named deployment stays empty.

    Raise `Refusal` when the database holds the demo, or is to hold it, and the caller did not say `into_demo`.
    """
    if "deployment" not in settings.model_fields_set:
        usable_folder(settings.data_dir)
        database = Database(settings.database, pool_size=1)
        try:
            migrate.upgrade(database.engine)
            fresh = _found(database) is None
        finally:
            database.dispose()
        if fresh:
            settings = settings.model_copy(update={"deployment": Deployment.EMPTY})
    named = settings.deployment if "deployment" in settings.model_fields_set else None
    held = (
        Deployment.LUOHU
        if named is Deployment.LUOHU and not into_demo
        else prepare(settings, console=console, invite=False)
    )
    if held is Deployment.LUOHU and not into_demo:
        raise Refusal(
            "Real data does not belong beside demo data: use an empty deployment (YIPING_DEPLOYMENT=empty with "
            "another YIPING_DATA_DIR or YIPING_DATABASE_URL), or say --into-demo."
        )
    return held

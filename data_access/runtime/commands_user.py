"""`yiping user`: accounts and tokens. Whoever may run it has the database anyway, so that it asks for no password."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import click
from redis import RedisError
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth import sessions
from data_access.auth.credentials import hash_password
from data_access.commands import sign_in, users
from data_access.db.tables import AreaRow, UnitRow, UserRow, UserTokenRow
from data_access.domain.accounts import ACCOUNTS, Purpose, Role, check_password
from data_access.domain.errors import DomainError
from data_access.runtime import build, instance, logs
from data_access.runtime.refusal import settings as read_settings
from data_access.services import Services

_ROLE: Final = click.Choice([role.value for role in ACCOUNTS])
_TOKEN_ROLE: Final = click.Choice([role.value for role in Role])
_AREA: Final = click.option("--area", metavar="CODE", help="Only this area and what lies below; default: everything.")


@click.group(short_help="Accounts and tokens.")
def user() -> None:
    """Accounts of people, and tokens for walls and programs. Every change is kept in the audit."""


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLE, required=True)
@_AREA
@click.option("--display", default="", help="How the person is called on screens.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of a link.")
def add(*, name: str, role: str, area: str | None, display: str, password_stdin: bool) -> None:
    """Add the account NAME; prints a link, good once and for a day, by which the person chooses the password."""
    with _at_work() as (services, db, actor):
        now, kept = services.clock(), None
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
            check_password(password, name.strip().lower(), shortest=services.settings.password_shortest)
            kept = hash_password(password)
        row = users.add(db, name, Role(role), actor=actor, now=now, display=display, area=area, password_hash=kept)
        link = None if kept else users.reset(db, row.name, actor=actor, now=now)[1]
        added = row.name
    click.echo(f"added {added}", err=True)
    if link:
        _print_link(services, link)


@user.command()
@click.argument("names", nargs=-1, metavar="NAME…")
@click.option("--demo", is_flag=True, help="Every demo account.")
def disable(*, names: tuple[str, ...], demo: bool) -> None:
    """Let NAME sign in no longer; who is signed in is signed out."""
    with _at_work() as (services, db, actor):
        chosen = list(names)
        if demo:
            chosen += db.scalars(select(UserRow.name).where(UserRow.demo, UserRow.disabled_at.is_(None))).all()
        if not chosen and not demo:
            raise click.UsageError("Which account? Give a name, or --demo.")
        ended = [f"user:{users.disable(db, name, actor=actor, now=services.clock()).id}" for name in chosen]
    _end(services, ended)
    click.echo(f"disabled {', '.join(chosen) or 'nobody'}", err=True)


@user.command()
@click.argument("name")
def enable(*, name: str) -> None:
    """Let NAME sign in again, also after too many wrong passwords."""
    with _at_work() as (services, db, actor):
        row = users.enable(db, name, actor=actor, now=services.clock())
        enabled = row.name
    try:
        sign_in.unlock(services.redis, enabled)
    except RedisError:
        click.echo("No product runs here: a lock after wrong passwords ends by itself.", err=True)
    click.echo(f"enabled {enabled}", err=True)


@user.command()
@click.argument("name")
def reset(*, name: str) -> None:
    """Take the password of NAME away; prints a link, good once and for a day, by which a new one is chosen."""
    with _at_work() as (services, db, actor):
        row, link = users.reset(db, name, actor=actor, now=services.clock())
        ended = f"user:{row.id}"
    _end(services, [ended])
    _print_link(services, link)


@user.command("list")
def list_() -> None:
    """Show accounts and tokens."""
    with _at_work() as (_, db, _actor):
        codes: dict[str, str] = dict(db.execute(select(AreaRow.path, AreaRow.code)).all())
        accounts = db.scalars(select(UserRow).order_by(UserRow.name)).all()
        tokens = db.execute(
            select(UserTokenRow, UnitRow.name)
            .outerjoin(UnitRow, UnitRow.id == UserTokenRow.unit_id)
            .where(UserTokenRow.purpose == Purpose.ACCESS, UserTokenRow.revoked_at.is_(None))
            .order_by(UserTokenRow.id)
        ).all()
    people = _table("account", "name", "role", "area", "state", "last sign-in")
    for u in accounts:
        state = "disabled" if u.disabled_at else "demo" if u.demo else "" if u.password else "no password yet"
        last = f"{u.signed_in_at:%Y-%m-%d %H:%M} UTC" if u.signed_in_at else ""
        people.add_row(u.name, u.display, u.role, codes.get(u.area_path, "all"), state, last)
    screen = Console(width=None if sys.stdout.isatty() else 160)  # a pipe has no width
    screen.print(people)
    if tokens:
        table = _table("token", "label", "role", "unit", "area", "since", "last opened")
        for t, unit in tokens:
            opened = f"{t.used_at:%Y-%m-%d %H:%M} UTC" if t.used_at else ""
            since = f"{t.created_at:%Y-%m-%d}"
            table.add_row(str(t.id), t.label, t.role, unit or "", codes.get(t.area_path, "all"), since, opened)
        screen.print(table)


@user.command()
@click.option("--role", type=_TOKEN_ROLE, required=True)
@_AREA
@click.option("--unit", metavar="NAME", help="Whose orders an organisation takes: a unit's name or number.")
@click.option("--label", default="", help="What it is for, e.g. the wall's place.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good; default: until revoked.")
@click.option("--replace", is_flag=True, help="Revoke the standing tokens of the same label first.")
@click.option("--plain", is_flag=True, help="Print the token instead of the link.")
def token(  # its options
    *, role: str, area: str | None, unit: str | None, label: str, days: int | None, replace: bool, plain: bool
) -> None:
    """Print, once, a link that signs a browser in: for walls, organisations and volunteers, and programs.

    The last part of the link is the token; programs send it as `Authorization: Bearer TOKEN`.
    """
    with _at_work() as (services, db, actor):
        now = services.clock()
        if replace and label:
            users.revoke_labelled(db, label, actor=actor, now=now)
        good_for = timedelta(days=days) if days else None
        row, secret = users.issue_token(
            db, actor=actor, now=now, role=Role(role), area=area, label=label, good_for=good_for, unit=unit
        )
        number = row.id
    click.echo(f"token {number}: revoke it with `yiping user revoke {number}`", err=True)
    if plain:
        click.echo(secret)
    else:
        _print_link(services, secret)


@user.command()
@click.argument("number", type=int)
def revoke(*, number: int) -> None:
    """Make the token NUMBER worthless; browsers signed in by it are signed out."""
    with _at_work() as (services, db, actor):
        users.revoke(db, number, actor=actor, now=services.clock())
    _end(services, [f"token:{number}"])
    click.echo(f"revoked token {number}", err=True)


def operator() -> str:
    """How the audit calls whoever runs a command on this machine."""
    return f"cli:{os.environ.get('SUDO_USER') or os.environ.get('USER') or os.getuid()}"[:64]


@contextmanager
def _at_work() -> Iterator[tuple[Services, Session, str]]:
    """Services, a transaction and who we are; what the rules refuse is one sentence."""
    settings = read_settings()
    logs.configure(settings, "user")
    services = build.services(settings)
    try:
        with services.database.writing() as db:
            yield services, db, operator()
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    finally:
        services.database.dispose()


def _end(services: Services, owners: list[str]) -> None:
    """End the sessions now; without Redis they end at the next look, by their version."""
    try:
        for owner in owners:
            sessions.end_all(services.redis, owner)
    except RedisError:
        click.echo("no product runs here: nobody is signed in", err=True)


def _print_link(services: Services, secret: str) -> None:
    settings = services.settings
    running = instance.find(settings.data_dir)
    click.echo(f"{running.web if running else f'http://{settings.host}:{settings.port}'}/sign-in/token/{secret}")


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head)
    return table

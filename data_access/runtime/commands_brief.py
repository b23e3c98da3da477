"""`yiping brief`: the weekly brief of an area as PDF."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from sqlalchemy.exc import DatabaseError

from data_access.commands import audit
from data_access.db.briefs import LANGUAGES
from data_access.domain.accounts import AuditAction
from data_access.domain.errors import DomainError, NotFound
from data_access.domain.periods import week_name, week_named
from data_access.queries import areas
from data_access.runtime import build, logs, weeklies
from data_access.runtime.commands_user import operator
from data_access.runtime.refusal import Refusal
from data_access.runtime.refusal import settings as read_settings


@click.command(short_help="Make the weekly brief of an area.")
@click.option("--area", metavar="CODE", help="Of this area; by default the highest.")
@click.option("--week", metavar="2018-W43", help="ISO week, from Monday; by default the last that is over.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of the screen.")
def brief(*, area: str | None, week: str | None, lang: str, out: Path | None) -> None:
    """Make the weekly brief of an area as PDF: one page to forward, one of evidence.

    Its figures are those of the indicators as they stand now; it names nobody. The worker makes the same each Monday
    (YIPING_BRIEF_HOUR, YIPING_BRIEF_AREAS) and keeps it in the data folder.
    """
    if out is None and sys.stdout.isatty():
        raise click.UsageError("A PDF needs --out FILE.")
    settings = read_settings()
    logs.configure(settings, "brief")
    services = build.services(settings)
    now = services.clock()
    try:
        period = week_named(week) if week else weeklies.last_week(now)
        with services.database.reading() as session:
            found = areas.find(session, area, "")
            if found is None:
                raise NotFound("There are no areas yet: yiping import areas FILE.")
            data = weeklies.make(session, found, period, lang, settings.pdf_font, at=now)
        if out is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            with open(out, "wb", opener=lambda name, flags: os.open(name, flags, 0o644)) as file:
                file.write(data)
        kept = {"area": found.code, "week": week_name(period), "lang": lang}
        with services.database.writing() as session:
            audit.note(session, AuditAction.EXPORTED, actor=operator(), now=now, subject="brief", detail=kept)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    except DatabaseError as error:
        raise Refusal(f"The database cannot be read ({error.orig}); has `yiping prepare` been run?") from None
    finally:
        services.database.dispose()

"""`yiping export`: rows out, as JSON, CSV or XLSX, to the screen or a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, Final

import click
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from data_access.api import sheets
from data_access.commands import audit
from data_access.db.tables import AreaRow
from data_access.domain.accounts import AuditAction
from data_access.domain.errors import DomainError, NotFound
from data_access.domain.periods import span
from data_access.queries import alarm_analysis, alarm_analysis_rows, exports, reports
from data_access.queries.duty_log import duty_log
from data_access.runtime import build, logs, qr_sheets
from data_access.runtime.commands_user import operator
from data_access.runtime.instance import reachable
from data_access.runtime.refusal import Refusal
from data_access.runtime.refusal import settings as read_settings
from data_access.settings import Settings
from data_access.viewmodels.indicators import By

_QUERIES: Final[dict[str, Callable[[Session, exports.Filter], exports.Rows]]] = {
    "devices": exports.devices,
    "alarms": exports.alarms,
    "incidents": exports.incidents,
    "areas": exports.areas,
    "catalogue": exports.catalogue,
    "dead-letters": exports.dead_letters,
}
_OF_A_PERIOD: Final = ("indicators", "duty-log", "alarm-analysis")
_CODES: Final = "qr"
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.command(short_help="Print rows.")
@click.argument("what", type=click.Choice([*_QUERIES, *_OF_A_PERIOD, _CODES]), metavar="WHAT")
@click.option("--area", metavar="CODE", help="Only this area and what lies below it.")
@click.option("--kind", help="Only this kind (devices, alarms, areas), class (incidents) or reason (dead letters).")
@click.option("--source", help="alarms: live, replay or demo. incidents: live, replay or a source's name.")
@click.option("--from", "start", type=_DAY, help="indicators, duty-log, alarm-analysis: first day, Shanghai time.")
@click.option("--to", "end", type=_DAY, help="The same: first day that no longer belongs to the period.")
@click.option("--by", type=click.Choice([b.value for b in By]), help="indicators: a line for each of these.")
@click.option("--format", "form", type=click.Choice(["json", "csv", "xlsx"]), default="json", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of the screen.")
def export(  # noqa: PLR0913  # a command's options are its parameters
    *,
    what: str,
    area: str | None,
    kind: str | None,
    source: str | None,
    start: datetime | None,
    end: datetime | None,
    by: str | None,
    form: str,
    out: Path | None,
) -> None:
    """Print devices (with tokens), alarms, incidents, areas, catalogue, indicators, duty-log and more (WHAT).

    Indicators come from the query behind the overview page, so that both always agree. `qr` is a PDF: the codes of the
    patrol points of an area, which lead to YIPING_PUBLIC_URL.
    """
    settings = read_settings()
    logs.configure(settings, "export")
    if what == _CODES:
        _sheets(settings, area, out)
        return
    if what in _OF_A_PERIOD and (start is None or end is None):
        raise click.UsageError(f"{what} needs --from and --to.")
    if form == "xlsx" and out is None and sys.stdout.isatty():
        raise click.UsageError("A workbook needs --out FILE.")
    services = build.services(settings)
    try:
        with services.database.reading() as session, _target(out) as target:
            path = _path(session, area)
            if start is not None and end is not None and what in _OF_A_PERIOD:
                days = (start.date(), end.date())
                rows = _of_days(session, what, path, days, By(by) if by else None, services.clock())
            else:
                rows = _QUERIES[what](session, exports.Filter(path=path, kind=kind, source=source))
            sheets.WRITERS[form](rows, target)
        with services.database.writing() as session:
            kept = {"format": form} | ({"area": area} if area else {})
            audit.note(session, AuditAction.EXPORTED, actor=operator(), now=services.clock(), subject=what, detail=kept)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    except DatabaseError as error:
        raise Refusal(f"The database cannot be read ({error.orig}); has `yiping prepare` been run?") from None
    finally:
        services.database.dispose()


def _sheets(settings: Settings, area: str | None, out: Path | None) -> None:
    """The QR codes of an area's patrol points."""
    if out is None and sys.stdout.isatty():
        raise click.UsageError("A PDF needs --out FILE.")
    base = settings.public_url or f"http://{reachable(settings.host)}:{settings.port}"
    if settings.public_url is None:
        click.echo(f"YIPING_PUBLIC_URL is not set: the codes lead to {base}, where no phone may reach it.", err=True)
    face, services = qr_sheets.font(settings.pdf_font), build.services(settings)
    try:
        with services.database.reading() as session, _target(out) as target:
            count = qr_sheets.write(reports.points(session, _path(session, area)), base, face, target)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    finally:
        services.database.dispose()
    if not count:
        raise click.ClickException("There are no patrol points there; `yiping import patrol-points` brings them in.")
    click.echo(f"{count} codes", err=True)


def _of_days(  # what such an export depends on
    session: Session, what: str, path: str, days: tuple[date, date], by: By | None, now: datetime
) -> sheets.Rows:
    if what == "duty-log":
        return duty_log(session, path, *span(*days))
    if what == "alarm-analysis":
        return alarm_analysis_rows.rows(alarm_analysis.analysis(session, path, *days, now=now))
    return exports.indicator_rows(session, path or _top(session), *days, by, now=now)


@contextmanager
def _target(out: Path | None) -> Iterator[IO[bytes]]:
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    # Only for the owner: device tokens are secrets.
    with open(out, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        yield file


def _path(session: Session, code: str | None) -> str:
    if code is None:
        return ""
    found = session.scalar(select(AreaRow.path).where(AreaRow.code == code))
    if found is None:
        raise NotFound(f"There is no area {code}.")
    return found


def _top(session: Session) -> str:
    """The path of the only root; "" (everything) where there are several."""
    roots = session.scalars(select(AreaRow.path).where(AreaRow.parent_id.is_(None)).limit(2)).all()
    return roots[0] if len(roots) == 1 else ""

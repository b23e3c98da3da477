"""`yiping export`: rows out, as JSON, CSV or XLSX, to the screen or a file."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final

import click
from openpyxl import Workbook
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow
from data_access.domain.errors import DomainError, NotFound
from data_access.queries import exports
from data_access.runtime import build, logs
from data_access.runtime.refusal import Refusal
from data_access.runtime.refusal import settings as read_settings
from data_access.viewmodels.indicators import By

Rows = Iterable[dict[str, Any]]

_QUERIES: Final[dict[str, Callable[[Session, exports.Filter], Iterator[dict[str, Any]]]]] = {
    "devices": exports.devices,
    "alarms": exports.alarms,
    "incidents": exports.incidents,
    "areas": exports.areas,
    "dead-letters": exports.dead_letters,
}
_FORMULA: Final = re.compile(r"[=+\t\r].|-[^\d.]|@[A-Za-z]", re.DOTALL)
"""What a spreadsheet takes for one; @坪山 is a channel's name and stays."""
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.command(short_help="Print rows.")
@click.argument("what", type=click.Choice([*_QUERIES, "indicators"]), metavar="WHAT")
@click.option("--area", metavar="CODE", help="Only this area and what lies below it.")
@click.option("--kind", help="Only this kind (devices, alarms, areas), class (incidents) or reason (dead letters).")
@click.option("--source", help="alarms: live, replay or demo. incidents: live, replay or a source's name.")
@click.option("--from", "start", type=_DAY, help="indicators: first day, Shanghai time.")
@click.option("--to", "end", type=_DAY, help="indicators: first day that no longer belongs to the period.")
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
    """Print devices (with their tokens), alarms, incidents, areas, indicators or dead-letters.

    Indicators come from the query behind the overview page, so that both always agree.
    """
    settings = read_settings()
    logs.configure(settings, "export")
    if what == "indicators" and (start is None or end is None):
        raise click.UsageError("indicators need --from and --to.")
    if form == "xlsx" and out is None and sys.stdout.isatty():
        raise click.UsageError("A workbook needs --out FILE.")
    services = build.services(settings)
    try:
        with services.database.reading() as session, _target(out) as target:
            path = _path(session, area)
            if what == "indicators":
                assert start is not None  # noqa: S101  # checked above
                assert end is not None  # noqa: S101  # checked above
                chosen = By(by) if by else None
                rows: Rows = exports.indicator_rows(
                    session, path or _top(session), start.date(), end.date(), chosen, now=services.clock()
                )
            else:
                rows = _QUERIES[what](session, exports.Filter(path=path, kind=kind, source=source))
            _WRITERS[form](rows, target)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    except DatabaseError as error:
        raise Refusal(f"The database cannot be read ({error.orig}); has `yiping prepare` been run?") from None
    finally:
        services.database.dispose()


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


def _json(rows: Rows, target: IO[bytes]) -> None:
    """One array, a row a line."""
    before = b"[\n"
    for row in rows:
        target.write(before + json.dumps(row, ensure_ascii=False).encode())
        before = b",\n"
    target.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def _csv(rows: Rows, target: IO[bytes]) -> None:
    """With a byte-order mark, so that a spreadsheet reads the Chinese."""
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return
    target.write("\ufeff".encode())
    writer = csv.writer(_Encoded(target), lineterminator="\n")
    writer.writerow(first)
    for row in chain([first], iterator):
        writer.writerow([_safe(value) for value in row.values()])


def _xlsx(rows: Rows, target: IO[bytes]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("export")
    iterator = iter(rows)
    first = next(iterator, None)
    if first is not None:
        sheet.append(list(first))
        for row in chain([first], iterator):
            sheet.append([_safe(value) for value in row.values()])
    book.save(target)


class _Encoded:
    """A text sink on top of a binary one, for the csv module."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target

    def write(self, text: str) -> int:
        return self._target.write(text.encode())


def _safe(value: Any) -> Any:
    """Text from outside must not run as a formula in somebody's spreadsheet."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


_WRITERS: Final[dict[str, Callable[[Rows, IO[bytes]], None]]] = {"json": _json, "csv": _csv, "xlsx": _xlsx}

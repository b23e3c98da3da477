"""The way of a file into the database: read and check every row, then compare, then write.

Nothing is written before the whole file has been read; with refused rows nothing is written at all unless the caller
said to skip them. Records wait in a temporary file in between, so that memory does not grow with the file.
"""

from __future__ import annotations

import csv
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from redis import Redis

from data_access.commands import facts
from data_access.commands.imports import Plan, Record, Tally, compare, finished, started, write
from data_access.ingest.imports.columns import Flagged, Refused
from data_access.ingest.imports.kind import Kind
from data_access.ingest.imports.mapping import HeaderMap
from data_access.ingest.imports.reader import Row, Source, open_table
from data_access.live import reload

_CHUNK: Final = 2_000

Progress = Callable[[str, int, int], None]
"""Told (step, done, of) as an import goes on."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken, and why."""

    line: int
    reason: str
    row: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """What came of a file. `written` is false when refusals stopped it."""

    kind: str
    file: Path
    tally: Tally = field(default_factory=Tally)
    refusals: list[Refusal] = field(default_factory=list)
    flagged: list[Refusal] = field(default_factory=list)  # left out, without stopping the file
    passed_over: int = 0  # rows of other deployments' areas
    notes: list[str] = field(default_factory=list)
    header: tuple[str, ...] = ()
    written: bool = False


def run(
    kind: Kind,
    path: Path,
    *,
    redis: Redis,
    mapping: dict[str, str] | None = None,
    skip_bad: bool = False,
    progress: Progress = lambda *_: None,
) -> Report:
    """Import the table at `path` as `kind`. Raises `InvalidInput` when the file as a whole cannot be read."""
    source = open_table(path)
    headers = HeaderMap(source.header, kind.columns, mapping or {})
    report = Report(kind.name, path, header=source.header)
    with tempfile.TemporaryFile(prefix="yiping-import-") as spool, tempfile.TemporaryFile() as planned:
        kept = _read(kind, source, headers, report, spool, progress)
        if report.refusals and not skip_bad:
            report.notes = [*_unused(headers), *kind.notes]
            return report
        database, now = kind.context.database, kind.context.now
        run_id = started(database, kind.name, path.name, now)
        kind.before_writing(record for chunk in _chunks(spool) for record in chunk)
        changes = _plan(kind, spool, planned, report, (kept, progress))
        done = 0

        def step(count: int) -> None:
            nonlocal done
            done += count
            progress("writing", done, changes)

        write(database, kind.target, _chunks(planned), changes=changes, step=step)
        kind.after_writing()
        if changes:
            facts.recompute(database, kind.touched, kind.facts, now=now)
        version = finished(
            database, run_id, report.tally, len(report.refusals) + len(report.flagged), source=kind.delivers, now=now
        )
    if changes:
        reload.announce(redis, version)
    report.written = True
    report.notes = [*_unused(headers), *kind.notes]
    return report


def save_refusals(report: Report, folder: Path) -> Path:
    """Write the refused and flagged rows with their reasons as `<file>.refused.csv` into `folder`; return where it is.

    Only the owner may read it: rows can hold personal data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{report.file.name}.refused.csv"
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", *report.header])
        writer.writerows([r.line, r.reason, *r.row] for r in (*report.refusals, *report.flagged))
    return target


def _read(kind: Kind, source: Source, headers: HeaderMap, report: Report, spool: IO[bytes], progress: Progress) -> int:
    """Check every row; good records go to `spool`. Return how many."""
    seen: dict[Any, int] = {}
    batch: list[Record] = []
    kept = 0
    for number, row in enumerate(source.rows(), 1):
        try:
            record = kind.record(headers.cells(row))
            if record is None:
                report.passed_over += 1
            elif (first := seen.setdefault(kind.identity(record), row.line)) != row.line:
                raise Refused(f"{kind.told(record)} is already on line {first}")  # noqa: TRY301  # a reason like the others
            else:
                batch.append(record)
                kept += 1
        except Flagged as reason:
            report.flagged.append(_refusal(row, str(reason)))
        except Refused as reason:
            report.refusals.append(_refusal(row, str(reason)))
        if len(batch) >= _CHUNK:
            pickle.dump(batch, spool)
            batch = []
        if number % _CHUNK == 0:
            progress("reading", number, source.size)
    pickle.dump(batch, spool)
    progress("reading", source.size, source.size)
    return kept


def _plan(kind: Kind, spool: IO[bytes], planned: IO[bytes], report: Report, watch: tuple[int, Progress]) -> int:
    """Compare all records with the database; plans go to `planned`. Return how many changes they hold."""
    kept, progress = watch
    tally, seen = report.tally, 0
    with kind.context.database.reading() as session:
        for chunk in _chunks(spool):
            plan: Plan = compare(session, kind.target, kind.resolve(chunk))
            plan.inserts = [kind.for_insert(record) for record in plan.inserts]
            tally.added += len(plan.inserts)
            tally.updated += len(plan.updates)
            tally.unchanged += plan.unchanged
            pickle.dump(plan, planned)
            seen += len(chunk)
            progress("comparing", seen, kept)
    return tally.added + tally.updated


def _chunks(spool: IO[bytes]) -> Iterator[Any]:
    spool.seek(0)
    while True:
        try:
            yield pickle.load(spool)  # noqa: S301  # our own temporary file, without a name in the file system
        except EOFError:
            return


def _refusal(row: Row, reason: str) -> Refusal:
    return Refusal(row.line, reason, tuple(value or "" for value in row.values.values()))


def _unused(headers: HeaderMap) -> Sequence[str]:
    return (f"Columns not used: {', '.join(headers.unused)}.",) if headers.unused else ()

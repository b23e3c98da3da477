"""`yiping import KIND FILE`: bring your own data in."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import TimeElapsedColumn
from rich.table import Table

from data_access.demo import schematic
from data_access.domain.errors import DomainError
from data_access.ingest.crs import Crs
from data_access.ingest.imports import registry, template
from data_access.ingest.imports.kind import Context
from data_access.ingest.imports.mapping import parse_mapping
from data_access.ingest.imports.runner import Refusal as RefusedRow
from data_access.ingest.imports.runner import Report, save_refusals
from data_access.live.outbox import Relay
from data_access.runtime import build, logs, prepare
from data_access.runtime.bars import bar
from data_access.runtime.refusal import settings as read_settings

_SHOWN = 20


@click.command("import", short_help="Bring in a file.")
@click.argument("kind", type=click.Choice(list(registry.KINDS)), metavar="KIND")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--template", "show_template", is_flag=True, help="Print a documented CSV template and stop.")
@click.option("--area", metavar="CODE", help="The area the file is about (areas: only this part of the tree).")
@click.option(
    "--crs", type=click.Choice([c.value for c in Crs]), default=Crs.WGS84.value, help="Coordinates of the file."
)
@click.option(
    "--mapping", multiple=True, metavar="THEIRS=OURS|FILE", help="What the file calls our columns; repeatable."
)
@click.option("--skip-bad", is_flag=True, help="Leave refused rows out instead of refusing the file.")
@click.option("--source", metavar="NAME", help="Name of the system the rows come from (incidents, appeals).")
@click.option("--official", is_flag=True, help="Boundaries: official outlines, not shown as 示意边界.")
@click.option("--into-demo", is_flag=True, help="Put it beside the demo data all the same.")
def import_(  # noqa: PLR0913  # a command's options are its parameters
    *,
    kind: str,
    file: Path | None,
    show_template: bool,
    area: str | None,
    crs: str,
    mapping: tuple[str, ...],
    skip_bad: bool,
    source: str | None,
    official: bool,
    into_demo: bool,
) -> None:
    """Import FILE (CSV, XLSX or GeoJSON) as KIND; safe to repeat.

    KIND: areas, boundaries, points, buildings, residents, legal-entities, resources, responsibles, devices, cameras,
    patrol-points, incidents, appeals, catalogue, calendar or telemetry. Every row is checked before anything is
    written; with refused rows nothing is written unless --skip-bad is given. See docs/import.md.
    """
    entry = registry.find(kind)
    if show_template:
        click.echo(template.text(entry), nl=False)
        return
    if file is None:
        raise click.UsageError("Missing argument 'FILE' (or --template).")
    settings = read_settings()
    logs.configure(settings, "import")
    console = Console(stderr=True)
    prepare.for_own_data(settings, console=console, into_demo=into_demo)
    services = build.services(settings)
    if build.redis_url(settings) != build.NOBODY:  # else what is to be told waits in the outbox for a product
        Relay(services.database, services.redis)
    try:
        context = Context(
            database=services.database,
            now=services.clock(),
            crs=Crs(crs),
            area=area,
            source=source,
            keep_days=settings.readings_keep_days,
            hourly_keep_days=settings.hourly_keep_days,
            options={"official": "yes"} if official else {},
        )
        with bar(console, TimeElapsedColumn()) as progress:
            report = entry.run(
                context,
                file,
                redis=services.redis,
                mapping=parse_mapping(mapping),
                skip_bad=skip_bad,
                progress=progress,
            )
        if report.written and kind in {"areas", "boundaries", "points"}:
            report.notes += schematic.fill_gaps(services.database, services.redis)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    finally:
        services.database.dispose()
    _tell(console, report, folder=settings.data_dir / "imports")
    if not report.written:
        raise SystemExit(1)


def _tell(console: Console, report: Report, *, folder: Path) -> None:
    left_out = report.refusals + report.flagged
    if left_out:
        console.print(_table(left_out))
        target = save_refusals(report, folder)
        console.print(f"All {len(left_out)} rows that were left out, with reasons: {target}", soft_wrap=True)
    for note in report.notes:
        console.print(f"Note: {note}", soft_wrap=True)
    tally = report.tally
    if report.written:
        skipped = f", {len(left_out)} left out" if left_out else ""
        others = f", {report.passed_over} outside --area passed over" if report.passed_over else ""
        click.echo(
            f"{report.kind}: {tally.added} added, {tally.updated} updated, {tally.unchanged} unchanged"
            f"{skipped}{others}."
        )
    else:
        click.echo(
            f"{report.kind}: nothing was imported, {len(report.refusals)} rows were refused. "
            "Correct them, or leave them out with --skip-bad.",
            err=True,
        )


def _table(rows: list[RefusedRow]) -> Table:
    table = Table(title=f"Left out ({min(len(rows), _SHOWN)} of {len(rows)})", title_justify="left")
    table.add_column("line", justify="right")
    table.add_column("reason")
    for row in rows[:_SHOWN]:
        table.add_row(str(row.line), row.reason)
    return table

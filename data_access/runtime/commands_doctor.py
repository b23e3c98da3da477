"""`yiping doctor`."""

from __future__ import annotations

import click

from data_access.runtime import build, logs
from data_access.runtime.doctor import Finding, State, examine
from data_access.runtime.refusal import settings as read_settings

_COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document with every endpoint, state and figure.")
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Check every part of the product and say what to do. Exit status 1 when something does not work."""
    settings = read_settings()
    logs.configure(settings.model_copy(update={"log_level": "ERROR"}), "doctor")
    services = build.services(settings)
    try:
        report = examine(services)
    finally:
        services.database.dispose()
    if as_json:
        click.echo(report.as_json())
    else:
        for name, where in report.endpoints.items():
            click.echo(f"      {name:13}{where or '-'}")
        for finding in report.findings:
            click.echo(_line(finding))
    ctx.exit(0 if report.ok else 1)


def _line(finding: Finding) -> str:
    state = click.style(f"{finding.state:5}", fg=_COLOURS[finding.state])
    advice = f": {finding.advice}" if finding.advice else ""
    return f"{state} {finding.part:13}{finding.seen}{advice}"

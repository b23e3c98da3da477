"""The command line, `yiping`. Each command lives in its own module and is imported only when it is asked for.

Exit status: 0 done; 1 it ran and found or met something wrong; 2 it could not begin (usage, settings, surroundings).
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # this sentence is for whoever starts us with an older one
    sys.stderr.write("Error: Yiping needs Python 3.11 or newer; this is Python %d.%d.\n" % sys.version_info[:2])  # noqa: UP031
    raise SystemExit(2)

import logging
from importlib import import_module
from typing import Any, Final

import click

_HERE: Final = "data_access.runtime"
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "run": ("commands_run:run", "Start the whole product and keep it running."),
    "serve": ("commands_processes:serve", "Run one web process."),
    "ingest": ("commands_processes:ingest", "Take in readings from the broker."),
    "worker": ("commands_processes:worker", "Run the clocks: counters, aggregates, retention, cameras."),
    "edge": ("commands_processes:edge", "Stand in front of a broker for ThingsBoard-style devices."),
    "prepare": ("commands_prepare:prepare", "Migrate the database and set up a first start."),
    "seed": ("commands_prepare:seed", "Seed the reference deployment into an empty database."),
    "simulate": ("commands_simulate:simulate", "Play a scenario against a running product."),
    "import": ("commands_import:import_", "Bring in a file: areas, buildings, residents, devices, appeals…"),
    "export": (
        "commands_export:export",
        "Print devices, alarms, incidents, areas, indicators, dead letters or sheets of QR codes.",
    ),
    "brief": ("commands_brief:brief", "Make the weekly brief of an area as PDF."),
    "user": ("commands_user:user", "Accounts and tokens: add, disable, enable, reset, list, token, revoke."),
    "replay": ("commands_replay:replay", "Send the rows of a file through the live path again."),
    "doctor": ("commands_doctor:doctor", "Check every part and say what to do."),
}
"""Name → where the command is, and its line in `yiping --help`."""


class LazyGroup(click.Group):
    """Imports a command when it is used, so that the others' imports cost nothing and cannot break it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found = getattr(import_module(f"{_HERE}.{module}"), name)
        assert isinstance(found, click.Command)  # noqa: S101  # a table entry that points elsewhere is our mistake
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is away or busy outside the program is one sentence and exit status 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever read our output has enough: click knows
        except Exception as error:
            from data_access.runtime.outages import outage  # noqa: PLC0415  # heavy, and seldom needed

            if (told := outage(error)) is None:
                raise
            logging.getLogger(__name__).debug("this ended the command", exc_info=error)
            raise click.ClickException(told) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Settings are read from the environment (YIPING_*): see docs/settings.md.",
)
@click.version_option(package_name="yiping", prog_name="yiping")
def main() -> None:
    """Yiping 一屏: a real-time operations dashboard for community governance."""


if __name__ == "__main__":
    main()

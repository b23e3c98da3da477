"""The command line: light to start, one broken command does not hurt the others, an old Python hears a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from redis import RedisError
from sqlalchemy.exc import OperationalError

from data_access.runtime import cli

ROOT = Path(__file__).parents[3]


def test_help_names_every_command_and_imports_none() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from data_access.runtime.cli import main;"
        "print(CliRunner().invoke(main, ['--help']).output);"
        "print('HEAVY', {'sqlalchemy', 'pydantic', 'dash', 'numpy', 'redis'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in cli.COMMANDS)
    assert "HEAVY set()" in done.stdout


@pytest.mark.parametrize(
    ("modules", "unneeded"),
    [
        ("data_access.runtime.commands_run", {"sqlalchemy", "psycopg", "redis", "numpy", "dash"}),
        ("data_access.runtime.commands_processes, data_access.ingest.edge", {"sqlalchemy", "psycopg", "numpy"}),
        ("data_access.runtime.clocks, data_access.runtime.worker", {"numpy", "pandas", "shapely", "dash"}),
        ("app", {"alembic", "openpyxl", "pandas", "shapely", "paho"}),
    ],
)
def test_a_process_starts_without_what_only_others_need(modules: str, unneeded: set[str]) -> None:
    code = f"import sys, {modules}; print(*sorted({unneeded} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_can_be_asked_for_help(name: str) -> None:
    done = CliRunner().invoke(cli.main, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Usage:")


def test_a_command_that_does_not_exist_is_a_usage_error() -> None:
    done = CliRunner().invoke(cli.main, ["fly"])
    assert done.exit_code == 2
    assert "No such command 'fly'" in done.output


def test_an_old_python_hears_one_sentence() -> None:
    source = (ROOT / "data_access/runtime/cli.py").read_text()
    old = "import sys; sys.version_info = (3, 9, 2, 'final', 0)\n"
    code = old + "\n".join(line for line in source.splitlines() if "__future__" not in line)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: Yiping needs Python 3.11 or newer; this is Python 3.9.\n"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OperationalError("SELECT 1", {}, Exception("no such table: meta\nmore")), "(no such table: meta)"),
        (RedisError("secret"), "Redis does not answer"),
        (PermissionError(13, "Permission denied", "/nowhere/x"), "/nowhere/x: Permission denied."),
    ],
)
def test_what_is_away_outside_is_one_sentence(error: Exception, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: click.Command("doctor", callback=fail))
    done = CliRunner().invoke(cli.main, ["doctor"])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert says in done.output
    assert "secret" not in done.output


def test_our_own_mistakes_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: click.Command("doctor", callback=lambda: 1 / 0))
    assert isinstance(CliRunner().invoke(cli.main, ["doctor"]).exception, ZeroDivisionError)

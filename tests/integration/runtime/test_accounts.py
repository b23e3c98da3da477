"""The first administrator, the command line of accounts, and what is refused beyond loopback."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr
from rich.console import Console
from sqlalchemy import delete, func, select, update

from data_access.auth.door import Door
from data_access.db.engine import Database
from data_access.db.tables import AuditRow, IncidentTypeRow, ItemRow, UserRow
from data_access.domain.accounts import Role
from data_access.runtime import build, up_to_date
from data_access.runtime.commands_user import user
from data_access.runtime.prepare import prepare, refuse_to_be_open
from data_access.runtime.refusal import Refusal
from data_access.settings import Deployment, Settings

QUIET = Console(file=io.StringIO())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("YIPING_DATA_DIR", str(tmp_path))
    return tmp_path


def yiping_user(*argv: str, stdin: str = "") -> Result:
    return CliRunner().invoke(user, argv, input=stdin, catch_exceptions=False)


def set_up(folder: Path, **more: object) -> Settings:
    settings = Settings(data_dir=folder, deployment=Deployment.EMPTY, **more)  # type: ignore[arg-type]  # by name
    prepare(settings, console=QUIET)
    return settings


def test_each_start_prints_a_link_until_there_is_an_administrator(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=folder, deployment=Deployment.EMPTY)
    prepare(settings, console=QUIET, invite=False)  # an import comes first: nothing listens yet
    assert "sign-in" not in capsys.readouterr().err
    for _ in range(2):
        prepare(settings, console=QUIET)
        assert "http://127.0.0.1:8050/sign-in/token/" in capsys.readouterr().err
        assert up_to_date.deployment(settings) is None  # so that the next start prepares
    added = yiping_user("add", "chen", "--role", "administrator", "--password-stdin", stdin="Clear-night-7\n")
    assert added.exit_code == 0, added.output
    prepare(settings, console=QUIET)
    assert "sign-in" not in capsys.readouterr().err
    assert up_to_date.deployment(settings) is Deployment.EMPTY


def test_a_deployment_from_before_the_catalogue_gets_it_at_its_next_start_and_keeps_what_it_has(folder: Path) -> None:
    settings = set_up(folder, bootstrap_admin=SecretStr("root:Clear-night-7"))
    held = Settings(data_dir=folder)
    database = Database(settings.database)

    def items() -> int:
        with database.reading() as session:
            return session.scalar(select(func.count()).select_from(ItemRow)) or 0

    def start() -> tuple[bool, int]:
        prepared = up_to_date.deployment(held) is None
        if prepared:
            prepare(held, console=QUIET)
        return prepared, items()

    assert start() == (False, 124)
    with database.writing() as session:  # as it was before there were any
        session.execute(delete(ItemRow))
        session.execute(delete(IncidentTypeRow).where(IncidentTypeRow.level == 3))
    assert start() == (True, 124)
    with database.writing() as session:  # all but one retired: that is a choice
        session.execute(update(ItemRow).values(retired_at=build.now()))
    assert start() == (False, 124)
    with database.writing() as session:
        session.execute(delete(ItemRow))
        session.add(IncidentTypeRow(source="own", ref="1", level=1, name="自有类别"))
    assert start() == (False, 0)  # a catalogue of its own
    database.dispose()


def test_the_first_administrator_comes_from_the_environment(folder: Path) -> None:
    settings = set_up(folder, bootstrap_admin=SecretStr("chen:Clear-night-7"))
    prepare(settings, console=QUIET)  # again: he is there already
    database = Database(settings.database)
    with database.reading() as db:
        assert db.execute(select(UserRow.name, UserRow.role)).all() == [("chen", Role.ADMINISTRATOR)]
    database.dispose()
    with pytest.raises(Refusal, match="BOOTSTRAP"):
        set_up(folder / "other", bootstrap_admin=SecretStr("chen:short"))


def test_beyond_loopback_there_must_be_an_account_and_none_that_everybody_knows(folder: Path) -> None:
    settings = set_up(folder, host="0.0.0.0")
    with pytest.raises(Refusal, match="No account"):
        refuse_to_be_open(settings)
    refuse_to_be_open(settings.model_copy(update={"host": "127.0.0.1"}))
    added = yiping_user("add", "chen", "--role", "administrator", "--password-stdin", stdin="Clear-night-7\n")
    assert added.exit_code == 0, added.output
    refuse_to_be_open(settings)
    database = Database(settings.database)
    with database.writing() as db:
        db.execute(select(UserRow)).scalar_one().demo = True
    with pytest.raises(Refusal, match="demo accounts"):
        refuse_to_be_open(settings)
    assert yiping_user("disable", "--demo").exit_code == 0
    with pytest.raises(Refusal, match="No account"):
        refuse_to_be_open(settings)
    database.dispose()


def test_accounts_and_tokens_on_the_command_line(folder: Path) -> None:
    settings = set_up(folder)
    added = yiping_user("add", "wang", "--role", "officer", "--display", "王敏")
    assert added.exit_code == 0
    assert "/sign-in/token/" in added.output
    assert yiping_user("add", "wang", "--role", "officer").exit_code == 1
    assert yiping_user("add", "li", "--role", "officer", "--area", "no-such").exit_code == 1
    assert yiping_user("add", "li", "--role", "officer", "--password-stdin", stdin="short\n").exit_code == 1
    token = yiping_user("token", "--role", "wall", "--label", "指挥大厅", "--plain").output.splitlines()[-1]
    services = build.services(settings)
    door = Door(settings, services.database, services.redis)
    found = door.program(token, services.clock())
    assert found is not None
    assert (found.role, found.display) == (Role.WALL, "指挥大厅")
    listed = yiping_user("list").output
    assert "wang" in listed
    assert token not in listed
    yiping_user("token", "--role", "wall", "--label", "指挥大厅", "--replace")
    assert door.program(token, services.clock()) is None
    assert yiping_user("revoke", "99").exit_code == 1
    assert yiping_user("disable", "wang").exit_code == 0
    assert yiping_user("enable", "wang").exit_code == 0
    assert "/sign-in/token/" in yiping_user("reset", "wang").output
    with services.database.reading() as db:
        acts = set(db.scalars(select(AuditRow.action)))
        actors = set(db.scalars(select(AuditRow.actor)))
    assert {"user_added", "token_issued", "token_revoked", "user_disabled", "user_enabled", "password_reset"} <= acts
    assert all(actor.startswith("cli:") for actor in actors)
    services.database.dispose()

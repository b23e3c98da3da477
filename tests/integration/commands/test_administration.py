"""What an administrator does at `/users`: within his area, never to himself, and in the audit with his address."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from redis import Redis
from sqlalchemy import select

from data_access.auth import credentials
from data_access.auth.principal import LOCAL, Kind, Principal
from data_access.commands import sign_in, users
from data_access.commands.administration import Desk, Wanted
from data_access.db.engine import Database
from data_access.db.tables import AuditRow, UserTokenRow
from data_access.domain.accounts import ACCOUNTS, AuditAction, Role
from data_access.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from data_access.queries import administration
from data_access.services import Services
from data_access.settings import Settings
from data_access.viewmodels.accounts import AccountLine, AccountState
from tests.conftest import NOON
from tests.small import COMMUNITY, GRID, STREET, fill

HERE = "192.0.2.7"
PASSWORD = "Clear-night-7"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def services(database: Database, redis: Redis, tmp_path: Path) -> Services:
    fill(database, NOON)
    return Services(Settings(data_dir=tmp_path), database, redis, lambda: NOON)


@pytest.fixture
def desk(services: Services) -> Desk:
    """An administrator of one street."""
    return _desk(services, "su", STREET)


def _desk(services: Services, name: str, area: str | None, role: Role = Role.ADMINISTRATOR) -> Desk:
    with services.database.writing() as db:
        row = users.add(db, name, role, actor="test", now=NOON, area=area)
        who = Principal(row.name, role, row.area_path, kind=Kind.SESSION, user_id=row.id)
    return Desk(services, who, HERE)


def _row(services: Services, name: str) -> AccountLine:
    with services.database.reading() as db:
        found = administration.account(db, "", name)
    assert found
    return found


def _audit(services: Services) -> list[tuple[str, str, str | None, str | None]]:
    with services.database.reading() as db:
        rows = db.scalars(select(AuditRow).where(AuditRow.actor == "su").order_by(AuditRow.id))
        return [(row.action, row.actor, row.subject, row.address) for row in rows]


def test_each_act_is_done_and_audited_with_who_and_from_where(services: Services, desk: Desk) -> None:
    secret = desk.add("wang", Wanted(role=Role.OFFICER, area=COMMUNITY, display="王敏"))
    assert sign_in.use_link(services, secret, "", PASSWORD, HERE) == "wang"
    signed_in = sign_in.sign_in(services, "wang", PASSWORD, HERE)
    desk.change("wang", Wanted(role=Role.LEADER, area=GRID, display="王敏"), version=_row(services, "wang").version)
    assert (_row(services, "wang").role, signed_in.who.role) == (Role.LEADER, Role.OFFICER)
    assert not services.redis.exists(*services.redis.keys("yiping:session:*") or ["none"])
    desk.disable("wang")
    desk.enable("wang")
    desk.reset("wang")
    desk.issue("大厅", Wanted(role=Role.WALL), days=7)
    with services.database.reading() as db:
        token = db.execute(select(UserTokenRow).where(UserTokenRow.label == "大厅")).scalar_one()
        assert token.area_path == desk.who.scope  # without an area: all of his, no more
        assert token.expires_at == NOON + timedelta(days=7)
        number = token.id
    desk.revoke(number)
    assert _audit(services) == [
        (action, "su", subject, HERE)
        for action, subject in (
            (AuditAction.USER_ADDED, "wang"),
            (AuditAction.PASSWORD_RESET, "wang"),
            (AuditAction.USER_CHANGED, "wang"),
            (AuditAction.USER_DISABLED, "wang"),
            (AuditAction.USER_ENABLED, "wang"),
            (AuditAction.PASSWORD_RESET, "wang"),
            (AuditAction.TOKEN_ISSUED, f"{number} 大厅"),
            (AuditAction.TOKEN_REVOKED, f"{number} 大厅"),
        )
    ]


def test_beyond_his_area_he_sees_and_changes_nothing(services: Services, desk: Desk) -> None:
    above = _desk(services, "qu", None)
    above.add("far", Wanted(role=Role.OFFICER))
    secret = above.issue("whole", Wanted(role=Role.WALL), None)
    assert secret
    with services.database.reading() as db:
        number = db.scalar(select(UserTokenRow.id).where(UserTokenRow.label == "whole")) or 0
        assert [line.name for line in administration.accounts(db, desk.who.scope).lines] == ["su"]
        assert administration.tokens(db, desk.who.scope) == ()
        assert administration.account(db, desk.who.scope, "far") is None
        assert all(area.code.startswith(STREET) for area in administration.areas(db, desk.who.scope))
    for act in (
        lambda: desk.disable("far"),
        lambda: desk.enable("far"),
        lambda: desk.reset("far"),
        lambda: desk.change("far", Wanted(role=Role.LEADER), version=1),
        lambda: desk.revoke(number),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(NotAllowed):
        desk.add("up", Wanted(role=Role.OFFICER, area="440303"))
    assert _audit(services) == []


@pytest.mark.parametrize("role", [role for role in ACCOUNTS if role is not Role.ADMINISTRATOR])
def test_no_other_role_manages_accounts(services: Services, role: Role) -> None:
    with pytest.raises(NotAllowed):
        _desk(services, "li", None, role).add("x1", Wanted(role=Role.OFFICER))


def test_nobody_changes_himself(desk: Desk) -> None:
    with pytest.raises(Conflict, match="自己"):
        desk.disable("su")


def test_the_last_administrator_of_an_area_stays_one(services: Services, desk: Desk) -> None:
    only = Desk(services, LOCAL, HERE)
    with pytest.raises(Conflict, match="最后一个"):
        only.disable("su")
    with pytest.raises(Conflict, match="最后一个"):
        only.change("su", Wanted(role=Role.OFFICER, area=STREET), version=1)
    with pytest.raises(Conflict, match="最后一个"):
        only.change("su", Wanted(role=Role.ADMINISTRATOR, area=COMMUNITY), version=1)
    _desk(services, "below", COMMUNITY)
    with pytest.raises(Conflict, match="最后一个"):  # who looks after a part does not look after the whole
        only.disable("su")
    _desk(services, "above", None)
    only.disable("su")
    assert _row(services, "su").state is AccountState.DISABLED


def test_whoever_saves_over_a_change_he_has_not_seen_is_told(services: Services, desk: Desk) -> None:
    desk.add("wang", Wanted(role=Role.OFFICER))
    seen = _row(services, "wang").version
    desk.change("wang", Wanted(role=Role.LEADER), version=seen)
    with pytest.raises(Conflict):
        desk.change("wang", Wanted(role=Role.GRID_WORKER), version=seen)
    assert _row(services, "wang").role == Role.LEADER


def test_accounts_come_by_name_a_page_at_a_time_and_are_found_by_either_name(services: Services, desk: Desk) -> None:
    for n in range(5):
        desk.add(f"w{n}", Wanted(role=Role.OFFICER, display=f"值班 100%{n}"))
    with services.database.reading() as db:
        found, after = [], ""
        while True:
            page = administration.accounts(db, desk.who.scope, after=after, limit=2)
            found += [line.name for line in page.lines]
            if page.after is None:
                break
            after = page.after
        assert found == ["su", "w0", "w1", "w2", "w3", "w4"]
        by_display = administration.accounts(db, desk.who.scope, search="100%3")
        assert [line.name for line in by_display.lines] == ["w3"]
        assert administration.accounts(db, desk.who.scope, search="_").lines == ()


def test_an_organisation_has_a_token_of_its_unit_and_no_account(services: Services, desk: Desk) -> None:
    secret = desk.issue("李明", Wanted(role=Role.ORGANISATION, area=COMMUNITY, unit="春风志愿队"), days=30)
    with services.database.reading() as db:
        (line,) = administration.tokens(db, desk.who.scope)
    assert (line.label, line.role, line.unit) == ("李明", Role.ORGANISATION, "春风志愿队")
    assert sign_in.sign_in_by_link(services, secret, HERE).who.unit is not None
    with pytest.raises(InvalidInput):
        desk.add("spring", Wanted(role=Role.ORGANISATION, area=COMMUNITY))

"""Accounts, tokens, sign-in and the audit, on both databases and a real Valkey."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from redis import Redis
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from data_access.auth import credentials, sessions
from data_access.auth.door import Door
from data_access.auth.principal import Kind
from data_access.commands import audit, sign_in, users
from data_access.commands.unmask import Unmaskable, Unmasked, unmask
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, AuditRow, ResponsibleRow, UserRow, UserTokenRow
from data_access.domain.accounts import AuditAction, Purpose, Role
from data_access.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from data_access.live.bus import LEFT_ALONE
from data_access.services import Services
from data_access.settings import Settings
from tests.conftest import NOON
from tests.small import COMMUNITY, GRID, fill

PASSWORD = "Clear-night-7"
HERE = "192.0.2.7"


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class House:
    services: Services
    clock: Clock
    database: Database

    def door(self) -> Door:
        """A process that has not seen anybody yet."""
        return Door(self.services.settings, self.database, self.services.redis)

    def add(self, name: str, role: Role = Role.OFFICER, **more: Any) -> int:
        with self.database.writing() as db:
            row = users.add(db, name, role, actor="test", now=self.clock.now, **more)
            users.set_password(db, row, PASSWORD, shortest=10, actor="test", now=self.clock.now)
            return row.id

    def sign_in(self, name: str, password: str = PASSWORD) -> sign_in.SignedIn:
        return sign_in.sign_in(self.services, name, password, HERE)

    def write(self, work: Callable[[Any], Any]) -> Any:
        with self.database.writing() as db:
            return work(db)

    def audit(self) -> list[tuple[str, str, bool]]:
        with self.database.reading() as db:
            rows = db.execute(select(AuditRow.actor, AuditRow.action, AuditRow.done).order_by(AuditRow.id))
            return [(actor, action, done) for actor, action, done in rows]


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def house(database: Database, redis: Redis, tmp_path: Any) -> House:
    clock = Clock()
    settings = Settings(data_dir=tmp_path, sign_in_rate=50)
    fill(database, NOON)
    return House(Services(settings, database, redis, clock), clock, database)


def test_who_signs_in_has_the_accounts_role_and_area(house: House) -> None:
    house.add("wang", area=COMMUNITY, display="王敏")
    found = house.sign_in(" Wang ")
    who = house.door().browser(found.key, house.clock.now, active=False)
    assert who == found.who
    assert (who.name, who.role, who.display, who.kind) == ("wang", Role.OFFICER, "王敏", Kind.SESSION)
    assert who.may_see(who.scope + "000")
    assert not who.may_see(who.scope[:-3])
    assert house.audit()[-1] == ("wang", AuditAction.SIGN_IN, True)


def test_neither_redis_nor_the_database_holds_what_signs_in(house: House) -> None:
    house.add("wang")
    key = house.sign_in("wang").key
    assert all(key.encode() not in name for name in house.services.redis.scan_iter())
    with house.database.reading() as db:
        kept = db.scalar(select(UserRow.password))
    assert kept is not None
    assert kept.startswith("$argon2id$")


def test_wrong_passwords_lock_the_account_whether_it_exists_or_not(house: House) -> None:
    house.add("wang")
    for name in ("wang", "nobody"):
        told = []
        for _ in range(6):
            with pytest.raises(sign_in.Refused) as refused:
                house.sign_in(name, "wrong")
            told.append(str(refused.value))
        assert "还可以试 4 次" in told[0]
        assert "已锁定" in told[4]
        assert "已锁定" in told[5]
    with pytest.raises(sign_in.Refused, match="已锁定"):
        house.sign_in("wang")
    sign_in.unlock(house.services.redis, "wang")
    assert house.sign_in("wang").who.name == "wang"
    failed = [action for _, action, done in house.audit() if not done]
    assert failed.count(AuditAction.LOCKED_OUT) == 2
    assert failed.count(AuditAction.SIGN_IN_FAILED) == 8


def test_one_address_tries_only_so_often(house: House) -> None:
    few = replace(house.services, settings=Settings(sign_in_rate=3))
    for name in ("a1", "a2", "a3"):
        with pytest.raises(sign_in.Refused, match="账号或密码不对"):
            sign_in.sign_in(few, name, "wrong", HERE)
    with pytest.raises(sign_in.Refused, match="太频繁"):
        sign_in.sign_in(few, "a4", "wrong", HERE)


@pytest.mark.parametrize("end", ["disable", "password", "sign_out", "too_long"])
def test_a_session_ends(house: House, end: str) -> None:
    house.add("wang")
    found = house.sign_in("wang")
    now = house.clock.now
    match end:
        case "disable":
            house.write(lambda db: users.disable(db, "wang", actor="test", now=now))
        case "password":
            house.write(
                lambda db: users.set_password(
                    db, users.find(db, "wang"), PASSWORD + "!", shortest=10, actor="test", now=now
                )
            )
        case "sign_out":
            sign_in.sign_out(house.services, found.key, found.who, HERE)
        case _:
            now += timedelta(hours=house.services.settings.session_max_h, seconds=1)
    assert house.door().browser(found.key, now, active=True) is None


def test_a_session_idles_out_and_only_what_the_person_does_keeps_it(house: House) -> None:
    house.add("wang")
    key = house.sign_in("wang").key
    redis = house.services.redis
    (name,) = redis.keys("yiping:session:*")
    assert redis.ttl(name) == 30 * 60
    redis.expire(name, 100)
    house.door().browser(key, house.clock.now, active=False)
    assert redis.ttl(name) <= 100
    house.door().browser(key, house.clock.now, active=True)
    assert redis.ttl(name) == 30 * 60


def test_while_redis_is_away_a_browser_that_was_known_stays_known(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add("wang")
    found, door = house.sign_in("wang"), house.door()
    assert door.browser(found.key, house.clock.now, active=True) == found.who
    there, door._redis = door._redis, Redis(host="127.0.0.1", port=9)
    assert door.browser(found.key, house.clock.now, active=True) == found.who
    assert house.door().browser(found.key, house.clock.now, active=True) == found.who  # Redis is there again

    sign_in.sign_out(house.services, found.key, found.who, HERE)
    door._redis = there
    assert door.recall(found.key)
    assert door.browser(found.key, house.clock.now, active=True) == found.who, "one that hangs is not asked each time"
    later = time.monotonic() + LEFT_ALONE.total_seconds()
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert door.browser(found.key, house.clock.now, active=True) is None, "and asked again after a while"


def test_a_tokens_link_signs_a_browser_in_and_its_revocation_ends_that(house: House) -> None:
    row, secret = house.write(
        lambda db: users.issue_token(db, actor="test", now=NOON, role=Role.WALL, area=COMMUNITY, label="指挥大厅")
    )
    found = sign_in.sign_in_by_link(house.services, secret, HERE)
    assert (found.who.role, found.who.kind, found.who.display) == (Role.WALL, Kind.LINK, "指挥大厅")
    program = house.door().program(secret, NOON)
    assert program == replace(found.who, kind=Kind.TOKEN)
    much_later = NOON + timedelta(days=30)
    assert house.door().browser(found.key, much_later, active=False) is not None  # a wall has nobody to sign in again
    house.write(lambda db: users.revoke(db, row.id, actor="test", now=NOON))
    assert house.door().browser(found.key, NOON, active=False) is None
    assert house.door().program(secret, NOON) is None
    with pytest.raises(sign_in.Refused):
        sign_in.sign_in_by_link(house.services, secret, HERE)


def test_a_token_expires(house: House) -> None:
    _, secret = house.write(
        lambda db: users.issue_token(db, actor="t", now=NOON, role=Role.OFFICER, good_for=timedelta(days=1))
    )
    assert house.door().program(secret, NOON) is not None
    assert house.door().program(secret, NOON + timedelta(days=1)) is None


def test_the_link_of_the_first_administrator_works_once_and_for_a_day(house: House) -> None:
    secret = house.write(lambda db: users.issue_setup(db, actor="prepare", now=NOON))
    assert house.door().program(secret, NOON) is None  # it is no access token
    assert sign_in.purpose_of_link(house.services, secret) is Purpose.SETUP
    with pytest.raises(InvalidInput):
        sign_in.use_link(house.services, secret, "chen", "short", HERE)
    assert sign_in.use_link(house.services, secret, "chen", PASSWORD, HERE) == "chen"
    assert house.sign_in("chen").who.role is Role.ADMINISTRATOR
    assert sign_in.purpose_of_link(house.services, secret) is None
    with pytest.raises(sign_in.Refused):
        sign_in.use_link(house.services, secret, "other", PASSWORD, HERE)
    late = house.write(lambda db: users.issue_setup(db, actor="prepare", now=NOON))
    house.clock.now += timedelta(hours=24)
    assert sign_in.purpose_of_link(house.services, late) is None


def test_a_reset_takes_the_password_and_its_link_gives_a_new_one(house: House) -> None:
    house.add("wang")
    before = house.sign_in("wang")
    _, secret = house.write(lambda db: users.reset(db, "wang", actor="test", now=NOON))
    assert house.door().browser(before.key, NOON, active=False) is None
    with pytest.raises(sign_in.Refused):
        house.sign_in("wang")
    assert sign_in.use_link(house.services, secret, "", "Another-day-8", HERE) == "wang"
    assert house.sign_in("wang", "Another-day-8").who.name == "wang"


def test_changing_the_password_needs_the_old_one_and_signs_out(house: House) -> None:
    house.add("wang")
    found = house.sign_in("wang")
    with pytest.raises(sign_in.Refused):
        sign_in.change_password(house.services, found.who, "not it", "Another-day-8", HERE)
    sign_in.change_password(house.services, found.who, PASSWORD, "Another-day-8", HERE)
    assert sessions.find(house.services.redis, found.key) is None
    assert house.sign_in("wang", "Another-day-8").who.name == "wang"


def test_a_demo_accounts_password_stays_as_it_is_printed(house: House) -> None:
    house.add("demo-x", demo=True)
    with pytest.raises(sign_in.Refused, match="演示"):
        sign_in.change_password(house.services, house.sign_in("demo-x").who, PASSWORD, "Another-day-8", HERE)


def test_the_last_administrator_stays(house: House) -> None:
    house.add("chen", Role.ADMINISTRATOR)
    with pytest.raises(Conflict):
        house.write(lambda db: users.disable(db, "chen", actor="test", now=NOON))


def test_an_account_is_there_once(house: House) -> None:
    house.add("wang")
    with pytest.raises(Conflict):
        house.add("WANG")


def test_the_audit_of_half_a_year_can_be_neither_deleted_nor_changed(database: Database, redis: Redis) -> None:
    import time

    now = datetime.fromtimestamp(time.time(), NOON.tzinfo)  # the trigger reads the database's clock
    with database.writing() as db:
        for days in (1, 182, 184, 401):
            audit.note(db, AuditAction.UNMASK, actor="wang", now=now - timedelta(days=days))
    for statement in (delete(AuditRow), update(AuditRow).values(actor="x")):
        with pytest.raises(DBAPIError, match=r"half a year|never changed"), database.writing() as db:
            db.execute(statement)
    assert audit.drop_old(database, now, 400) == 1
    assert audit.drop_old(database, now, 1) == 1  # half a year is kept whatever is asked
    with database.reading() as db:
        assert len(db.scalars(select(AuditRow.id)).all()) == 2


def test_a_secret_is_kept_nowhere(house: House) -> None:
    _, secret = house.write(lambda db: users.issue_token(db, actor="t", now=NOON, role=Role.OFFICER))
    with house.database.reading() as db:
        rows = [*db.scalars(select(UserTokenRow)), *db.scalars(select(AuditRow))]
        text = repr([vars(row) for row in rows])
    assert secret not in text


def test_guests_look_only_at_this_machine_and_only_before_there_are_accounts(house: House) -> None:
    def open_to_guests(**more: Any) -> bool:
        settings = Settings(**more)
        return Door(settings, house.database, house.services.redis).guests()

    assert open_to_guests()
    house.add("demo-x", demo=True)
    assert open_to_guests()  # a demo's accounts are nobody's own
    assert not open_to_guests(host="0.0.0.0")
    assert not open_to_guests(guest_view="off")
    house.add("wang")
    assert not open_to_guests()
    assert open_to_guests(guest_view="on", host="0.0.0.0")


def test_unmasking_needs_a_reason_the_right_and_the_area_and_is_kept(house: House) -> None:
    def person(db: Any) -> int:
        grid = db.execute(select(AreaRow).where(AreaRow.code == GRID)).scalar_one()
        row = ResponsibleRow(
            code="P1", name="王敏", role="grid_worker", phone="13800001234", area_id=grid.id, area_path=grid.path
        )
        db.add(row)
        db.flush()
        return int(row.id)

    number = house.write(person)
    house.add("wang", area=COMMUNITY)
    house.add("far", area="440303004012")
    house.add("chief", Role.LEADER)
    house.add("screen", Role.WALL)

    def ask(name: str, reason: str = "电话核实燃气告警", kind: Unmaskable = Unmaskable.RESPONSIBLE) -> Unmasked:
        who = house.sign_in(name).who
        found: Unmasked = house.write(lambda db: unmask(db, who, kind, number, reason, now=NOON, address=HERE))
        return found

    assert (ask("wang").name, ask("wang").phone) == ("王敏", "13800001234")
    assert house.audit()[-1] == ("wang", AuditAction.UNMASK, True)
    with pytest.raises(InvalidInput):
        ask("wang", " x ")
    with pytest.raises(NotFound):
        ask("far")
    assert ask("chief").phone == "13800001234"  # of those on duty; residents are no leader's to look up
    for name, kind in (("chief", Unmaskable.RESIDENT), ("screen", Unmaskable.RESPONSIBLE)):
        with pytest.raises(NotAllowed):
            ask(name, kind=kind)
    assert [action for _, action, _ in house.audit()].count(AuditAction.UNMASK) == 3

"""The audit as one list of two sources: in order, page by page without loss, within one's part of the tree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from data_access.commands import audit as commands
from data_access.commands import users
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow
from data_access.domain.accounts import SUBJECTS, AuditAction, AuditSubject, Role
from data_access.domain.errors import InvalidInput
from data_access.queries import audit
from data_access.viewmodels.audit import AuditFilter
from tests.conftest import NOON
from tests.small import COMMUNITY, fill

HERE, THERE = "000000000", "000000001"
DAY = AuditFilter(since=date(2026, 6, 1), until=date(2026, 6, 2))


@pytest.fixture
def kept(database: Database) -> Database:
    """An account here and one there; one alarm here. Several things happen in one moment."""
    fill(database, NOON)
    with database.writing() as db:
        users.add(db, "here", Role.OFFICER, display="王敏", actor="chief", now=NOON, area=COMMUNITY)
        users.add(db, "there", Role.OFFICER, actor="chief", now=NOON, area="440303004012")
        users.issue_token(db, actor="chief", now=NOON, role=Role.WALL, area=COMMUNITY, label="大厅屏")
        for n in range(4):
            at = NOON + timedelta(seconds=n // 2)
            for name in ("here", "there"):
                commands.note(db, AuditAction.SIGN_IN, actor=name, now=at)
            commands.note(db, AuditAction.LINK_USED, actor="token-1", now=at)
            for actor, action in (("here", "acknowledge"), ("clock", "escalate")):
                db.add(AlarmHistoryRow(alarm_id=1, at=at, actor=actor, action=action, state="active_acked", severity=4))
        commands.note(db, AuditAction.SIGN_IN, actor="here", now=NOON - timedelta(days=1))
    return database


def _all(database: Database, wanted: AuditFilter = DAY, scope: str = "", limit: int = 100) -> list[tuple[str, str]]:
    found, before = [], ""
    with database.reading() as db:
        while True:
            page = audit.page(db, wanted, scope, before=before, limit=limit)
            assert len(page.lines) <= limit
            found += [(line.key, f"{line.actor} {line.action}") for line in page.lines]
            if page.before is None:
                return found
            before = page.before


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_hold_what_the_whole_holds_in_its_order(kept: Database, limit: int) -> None:
    whole = _all(kept)
    assert len(whole) == len({key for key, _ in whole}) == 3 + 4 * 4  # machines are nobody, yesterday is another day
    assert _all(kept, limit=limit) == whole
    moments = [int(key.replace("h", "a").split("a")[0]) for key, _ in whole]
    assert moments == sorted(moments, reverse=True)


def test_who_looks_after_a_part_sees_its_alarms_accounts_and_tokens(kept: Database) -> None:
    assert {what for _, what in _all(kept, scope=HERE)} == {
        "here sign_in", "here acknowledge", "chief user_added", "token-1 link_used",
    }  # fmt: skip
    assert {what for _, what in _all(kept, scope=THERE)} == {"there sign_in", "chief user_added"}


def test_it_is_narrowed_by_subject_person_and_days(kept: Database) -> None:
    def count(**more: object) -> int:
        return len(_all(kept, replace(DAY, **more)))  # type: ignore[arg-type]

    assert count(subject=AuditSubject.ALARMS) == 4
    assert count(subject=AuditSubject.ACCOUNTS) == 3
    assert count(subject=AuditSubject.SIGN_INS, who="here") == 4
    assert count(who="here") == count(who="王敏") == 8  # by account and by name
    assert count(since=date(2026, 5, 31)) == len(_all(kept)) + 1
    assert count(who="nobody") == 0


def test_a_file_holds_every_line(kept: Database) -> None:
    with kept.reading() as db:
        rows = list(audit.rows(db, DAY, ""))
    assert len(rows) == len(_all(kept))
    assert {(row["who"], row["name"]) for row in rows} == {
        *{("chief", ""), ("here", "王敏"), ("there", "there")},
        ("token-1", "大厅屏"),  # a link is called what it was labelled
    }


@pytest.mark.parametrize("key", ["x", "a", "1a", "a1", "99999999999999999a1", "1b2", "-1a2"])
def test_a_key_that_is_none_is_refused(kept: Database, key: str) -> None:
    with kept.reading() as db, pytest.raises(InvalidInput):
        audit.page(db, DAY, "", before=key)


def test_every_act_of_the_audit_has_a_subject() -> None:
    assert set(SUBJECTS) == set(AuditAction)

"""What an administrator does at `/users`: to accounts and tokens of his own area, never to himself, with his address.

`yiping user` does the same on the machine itself, without these bounds (`data_access.commands.users`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth import sessions
from data_access.auth.principal import Principal, require
from data_access.commands import sign_in, users
from data_access.db.tables import AreaRow, UserRow, UserTokenRow
from data_access.domain.accounts import Action, Purpose, Role
from data_access.domain.areas import within
from data_access.domain.errors import Conflict, NotAllowed, NotFound
from data_access.services import Services

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How an account or token is to be; without `area` it is for all that the administrator looks after.

    `unit`: whose orders an organisation takes, by name or number.
    """

    role: Role
    area: str | None = None
    display: str = ""
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The administrator `who` at `address`. Each act raises `NotAllowed` or `NotFound` outside of what is his."""

    services: Services
    who: Principal
    address: str

    def add(self, name: str, wanted: Wanted) -> str:
        """A new account; returns the secret of the link by which its password is chosen, once."""
        with self._writing() as db:
            area = self._area(db, wanted.area)
            row = users.add(db, name, wanted.role, display=wanted.display, area=area, **self._noted())
            return users.reset(db, row.name, **self._noted())[1]

    def change(self, name: str, wanted: Wanted, *, version: int) -> None:
        """Another display name, role or area; with another role or area whoever is signed in is signed out."""
        with self._writing() as db:
            row = self._account(db, name)
            before = row.version
            area = self._area(db, wanted.area)
            row = users.change(
                db, name, version=version, display=wanted.display, role=wanted.role, area=area, **self._noted()
            )
            ended = f"user:{row.id}" if row.version != before else None
        self._end(ended)

    def disable(self, name: str) -> None:
        """No more sign-in; whoever is signed in is signed out."""
        with self._writing() as db:
            self._account(db, name)
            ended = f"user:{users.disable(db, name, **self._noted()).id}"
        self._end(ended)

    def enable(self, name: str) -> None:
        """Sign-in again, also after too many wrong passwords."""
        with self._writing() as db:
            name = self._account(db, name).name
            users.enable(db, name, **self._noted())
        try:
            sign_in.unlock(self.services.redis, name)
        except RedisError:
            log.warning("Redis is away: a lock after wrong passwords ends by itself")

    def reset(self, name: str) -> str:
        """Take the password away; returns the secret of the link by which a new one is chosen, once."""
        with self._writing() as db:
            if self._account(db, name).demo:
                raise Conflict("演示账号的密码不能改。")
            row, secret = users.reset(db, name, **self._noted())
            ended = f"user:{row.id}"
        self._end(ended)
        return secret

    def issue(self, label: str, wanted: Wanted, days: int | None) -> str:
        """A token for a wall, an organisation or a program; its secret is returned here and kept nowhere."""
        with self._writing() as db:
            area = self._area(db, wanted.area)
            good_for = timedelta(days=days) if days else None
            _, secret = users.issue_token(
                db,
                role=wanted.role,
                area=area,
                unit=wanted.unit,
                label=label,
                good_for=good_for,
                **self._noted(),
            )
            return secret

    def revoke(self, number: int) -> None:
        """The token is good no longer; browsers signed in by it are signed out."""
        with self._writing() as db:
            row = db.get(UserTokenRow, number)
            if row is None or row.purpose != Purpose.ACCESS or not within(row.area_path, self.who.scope):
                raise NotFound("没有这个令牌，或者不在您的权限范围内。")
            users.revoke(db, number, **self._noted())
        self._end(f"token:{number}")

    def _writing(self) -> Any:
        require(self.who, Action.MANAGE_USERS)
        return self.services.database.writing()

    def _noted(self) -> dict[str, Any]:
        return {"actor": self.who.name, "now": self.services.clock(), "address": self.address}

    def _account(self, db: Session, name: str) -> UserRow:
        row = db.execute(select(UserRow).where(UserRow.name == name)).scalar()
        if row is None or not within(row.area_path, self.who.scope):
            raise NotFound("没有这个账号，或者不在您的权限范围内。")
        if row.id == self.who.user_id:
            raise Conflict("自己的账号由别的管理员来改。")
        return row

    def _area(self, db: Session, code: str | None) -> str | None:
        """The code of the area meant, within the administrator's own; None: all there is."""
        if not code:
            return db.scalar(select(AreaRow.code).where(AreaRow.path == self.who.scope)) if self.who.scope else None
        _, path = users.scope_of(db, code)
        if not within(path, self.who.scope):
            raise NotAllowed("这个区域不在您的权限范围内。")
        return code

    def _end(self, owner: str | None) -> None:
        """End the sessions now; without Redis they end at the next look, by their version."""
        if owner is None:
            return
        try:
            sessions.end_all(self.services.redis, owner)
        except RedisError:
            log.warning("Redis is away: the sessions of %s end at their next look", owner)

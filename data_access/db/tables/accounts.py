"""Accounts: who may sign in, the tokens handed out, and the audit of what was done with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from data_access.db.tables.base import AreaPath, Base, Code, IdKey, Name


class UserRow(Base):
    """账号. `area_path` is its scope, "" the whole deployment; `version` ends every session that knows an older one."""

    __tablename__ = "users"

    id: Mapped[IdKey]
    name: Mapped[Code] = mapped_column(unique=True)
    display: Mapped[Name]
    role: Mapped[str] = mapped_column(String(20))  # domain.accounts.Role
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    password: Mapped[str | None] = mapped_column(String(200))  # argon2; None until one is chosen
    demo: Mapped[bool] = mapped_column(default=False)
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[Code]
    password_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class UserTokenRow(Base):
    """令牌: only its SHA-256 is kept. An access token has a role and scope of its own, or those of its user."""

    __tablename__ = "user_tokens"

    id: Mapped[IdKey]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(10))  # domain.accounts.Purpose
    label: Mapped[Name]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(String(20))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))  # of an organisation
    created_at: Mapped[datetime]
    created_by: Mapped[Code]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditRow(Base):
    """审计: who did what, when, from where, with which result. A trigger keeps the rows of half a year as they are."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_actor_at", "actor", "at"),
        Index("ix_audit_subject_at", "subject", "at"),
    )

    id: Mapped[IdKey]
    at: Mapped[datetime]
    actor: Mapped[Code]
    action: Mapped[str] = mapped_column(String(30))  # domain.accounts.AuditAction
    subject: Mapped[str | None] = mapped_column(String(120))
    done: Mapped[bool]  # False: it was refused
    address: Mapped[str | None] = mapped_column(String(45))
    detail: Mapped[dict[str, Any] | None]

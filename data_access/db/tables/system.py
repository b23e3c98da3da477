"""What the machinery keeps: outbox, dead letters, source freshness, replay runs, import runs, deployment facts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.db.tables.base import Base, IdKey, Name


class OutboxRow(Base):
    """An event that became true in this row's transaction and has not been published yet."""

    __tablename__ = "outbox"

    id: Mapped[IdKey]
    at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


class DeadLetterRow(Base):
    """What came in and could not be used: why, and enough of it to see. A token is never kept, only its last four."""

    __tablename__ = "dead_letters"
    __table_args__ = (Index("ix_dead_letters_at", "at"),)

    id: Mapped[IdKey]
    at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(20))  # mqtt, http; ingest for what was understood and failed later
    topic: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(40))  # ingest.payloads.Reason
    detail: Mapped[str | None] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)


class SourceRow(Base):
    """数据来源: when it last delivered and how often it should; decides live, late or stale."""

    __tablename__ = "sources"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[Name]
    name_en: Mapped[Name]
    owner: Mapped[str | None] = mapped_column(String(100))
    interval_s: Mapped[int]
    last_seen: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)


class ReplayRunRow(Base):
    """回放: one run of `yiping replay`. Everything it made carries its code."""

    __tablename__ = "replay_runs"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    file: Mapped[Name]
    speed: Mapped[float]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(default=0)


class ImportRunRow(Base):
    """导入: what a file brought in, and how many rows were refused."""

    __tablename__ = "import_runs"

    id: Mapped[IdKey]
    kind: Mapped[str] = mapped_column(String(20))
    file: Mapped[Name]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    added: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)


class MetaRow(Base):
    """Facts about this deployment: deployment, scale, seed, epoch of the demo, data version."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)

"""What the worker does, and how often. Alarm delays and silent devices are ingest's: it owns the devices' states."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from data_access.commands import clocks, freshness
from data_access.db.tables import CameraRow
from data_access.live.outbox import Relay
from data_access.runtime import heartbeat
from data_access.runtime.counters import EVERY_S, CountersKeeper
from data_access.runtime.worker import Task
from data_access.services import Services


def tasks(services: Services) -> list[Task]:
    """Everything that happens by the clock, most frequent first."""
    settings, database = services.settings, services.database
    relay = Relay(database, services.redis, maxlen=settings.stream_maxlen)
    keeper = CountersKeeper(database, services.redis, maxlen=settings.stream_maxlen)
    heart = heartbeat.Heart(settings)

    def retention(now: datetime) -> None:
        clocks.drop_old(
            database,
            now,
            readings_keep_days=settings.readings_keep_days,
            hourly_keep_days=settings.hourly_keep_days,
        )
        clocks.cap_dead_letters(database, settings.dead_letters_keep)

    return [
        Task(name="counters", every_s=EVERY_S, run=keeper.step),
        Task(name="outbox", every_s=2.0, run=relay.sweep),
        Task(name="heartbeat", every_s=heartbeat.EVERY_S, run=heart.beat),
        Task(name="video", every_s=20.0, run=lambda now: _demo_video(services, now)),
        Task(name="hours", every_s=60.0, run=lambda now: clocks.aggregate_hours(database, now)),
        Task(name="retention", every_s=600.0, run=retention),
    ]


def _demo_video(services: Services, now: datetime) -> None:
    """Clips of the demo lie on our own disk: their source is as fresh as we are. Others tell by themselves."""
    with services.database.reading() as session:
        demo = session.scalar(select(CameraRow.id).where(CameraRow.stream.startswith("demo:")).limit(1))
    if demo is not None:
        with services.database.writing() as session:
            freshness.note(session, freshness.VIDEO, now)

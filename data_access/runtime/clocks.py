"""What the worker does, and how often. Alarm delays and silent devices are ingest's: it owns the devices' states."""

from __future__ import annotations

from datetime import datetime

from data_access.commands import (
    alarm_clock,
    attachments,
    audit,
    clocks,
    closing,
    field,
    floods,
    incident_clock,
    repeats,
    windows,
)
from data_access.live.outbox import Relay
from data_access.runtime import days, heartbeat, notices, video, weeklies
from data_access.runtime.channels import ways
from data_access.runtime.counters import EVERY_S, CountersKeeper
from data_access.runtime.worker import Task
from data_access.services import Services


def tasks(services: Services) -> list[Task]:
    """Everything that happens by the clock, most frequent first."""
    settings, database = services.settings, services.database
    relay = Relay(database, services.redis, maxlen=settings.stream_maxlen)
    keeper = CountersKeeper(database, services.redis, maxlen=settings.stream_maxlen)
    heart = heartbeat.Heart(settings)
    cameras = video.Round(database)
    out = ways(settings)
    sender = notices.Sender(database, out)

    def retention(now: datetime) -> None:
        clocks.drop_old(
            database,
            now,
            readings_keep_days=settings.readings_keep_days,
            hourly_keep_days=settings.hourly_keep_days,
        )
        clocks.cap_dead_letters(database, settings.dead_letters_keep)
        audit.drop_old(database, now, settings.audit_keep_days)
        field.forget_old(database, now)

    return [
        Task(name="counters", every_s=EVERY_S, run=keeper.step),
        Task(name="alarms", every_s=1.0, run=lambda now: alarm_clock.look(database, tuple(out), now)),
        Task(name="incidents", every_s=incident_clock.EVERY_S, run=lambda now: incident_clock.look(database, now)),
        Task(name="repeats", every_s=repeats.EVERY_S, run=lambda now: repeats.look(database, now)),
        Task(name="floods", every_s=floods.EVERY_S, run=lambda now: floods.keep(database, now)),
        Task(name="notices", every_s=notices.EVERY_S, run=sender.step),
        Task(name="windows", every_s=1.0, run=lambda now: windows.keep(database, now)),
        Task(name="alarm marks", every_s=10.0, run=lambda now: alarm_clock.calm_down(database, now)),
        Task(name="outbox", every_s=2.0, run=relay.sweep),
        Task(name="heartbeat", every_s=heartbeat.EVERY_S, run=heart.beat),
        Task(name="video", every_s=video.EVERY_S, run=cameras.step),
        Task(name="hours", every_s=60.0, run=lambda now: clocks.aggregate_hours(database, now)),
        Task(name="closing", every_s=60.0, run=lambda now: closing.keep_months(database, now)),
        Task(name="days", every_s=days.EVERY_S, run=lambda now: days.keep(database, now)),
        Task(name="briefs", every_s=weeklies.EVERY_S, run=weeklies.Schedule(services).step),
        Task(
            name="attachments",
            every_s=attachments.SWEEP_EVERY_S,
            run=lambda now: attachments.sweep(services, now),
        ),
        Task(name="retention", every_s=600.0, run=retention),
    ]

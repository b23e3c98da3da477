"""Sends the notices that wait, each way out by itself, again with growing pauses, and gives up in the open.

What cannot be delivered stays in the table with its error: `yiping doctor` and the desk tell of it. The log names
neither addresses nor people.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, AreaRow, NoticeRow, ResponsibleRow
from data_access.domain.alarms import Severity
from data_access.domain.notices import SINGLY, Channel, NoticeState, next_try
from data_access.runtime.channels import Message, NotDelivered, Way

log = logging.getLogger(__name__)

EVERY_S: Final = 2.0
AT_ONCE: Final = 500
_GONE: Final = "this way out is not set up any more"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is due, with what a program wants to know of its alarm."""

    id: int
    channel: Channel
    target: str
    step: str
    text: str
    attempts: int
    created_at: datetime
    facts: Mapping[str, Any]

    @property
    def grave(self) -> bool:
        """Whether it must never be one of many."""
        return bool(self.facts.get("life_safety")) or self.facts.get("severity", 0) >= Severity.CRITICAL

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some notices; no error: they were taken."""

    notices: tuple[Waiting, ...]
    error: str | None = None


class Sender:
    """Sends what is due. One thread a way out, so that a dead one holds up no other."""

    def __init__(self, database: Database, ways: Mapping[Channel, Way]) -> None:
        self._database, self._ways = database, ways
        self._failing: set[Channel] = set()

    def step(self, now: datetime) -> int:
        """Send what is due at `now`; return how many were taken."""
        with self._database.reading() as session:
            due = _due(session, now)
            numbers = _numbers(session, {n.target for n in due if n.channel is Channel.SMS})
        by_channel: dict[Channel, list[Waiting]] = {}
        for notice in due:
            by_channel.setdefault(notice.channel, []).append(notice)
        if not by_channel:
            return 0
        with ThreadPoolExecutor(max_workers=len(by_channel)) as pool:
            sent = pool.map(lambda item: self._send(item[0], item[1], numbers, now), by_channel.items())
            outcomes = [outcome for outcomes in sent for outcome in outcomes]
        with self._database.writing() as session:
            for outcome in outcomes:
                _note(session, outcome, now)
        return sum(len(outcome.notices) for outcome in outcomes if outcome.error is None)

    def _send(
        self, channel: Channel, due: Sequence[Waiting], numbers: Mapping[str, str], now: datetime
    ) -> list[Outcome]:
        """Send `due` by one way; once it fails the others are not even tried, they would wait for the same silence."""
        way = self._ways.get(channel)
        if way is None:
            return [Outcome(tuple(due), _GONE)]
        outcomes: list[Outcome] = []
        bundles = _bundles(channel, due)
        for place, bundle in enumerate(bundles):
            try:
                way.send(_message(bundle, numbers, now))
            except NotDelivered as error:
                self._say(channel, str(error))
                rest = (notice for later in bundles[place:] for notice in later)
                return [*outcomes, Outcome(tuple(rest), str(error))]
            outcomes.append(Outcome(tuple(bundle)))
        if channel in self._failing:
            self._failing.discard(channel)
            log.info("notices: %s works again", channel)
        return outcomes

    def _say(self, channel: Channel, error: str) -> None:
        if channel not in self._failing:
            log.warning("notices: %s fails: %s", channel, error)
            self._failing.add(channel)


def _due(session: Session, now: datetime) -> list[Waiting]:
    query = (
        select(NoticeRow, AlarmRow, AreaRow.code, AreaRow.name)
        .outerjoin(AlarmRow, AlarmRow.id == NoticeRow.alarm_id)
        .outerjoin(AreaRow, AreaRow.id == AlarmRow.area_id)
        .where(NoticeRow.state == NoticeState.WAITING, NoticeRow.next_try_at <= now)
        .order_by(NoticeRow.next_try_at, NoticeRow.id)
        .limit(AT_ONCE)
    )
    return [
        Waiting(
            id=notice.id,
            channel=Channel(notice.channel),
            target=notice.target,
            step=notice.step,
            text=notice.body,
            attempts=notice.attempts,
            created_at=notice.created_at,
            facts=_facts(notice, alarm, area, name) if alarm else {},
        )
        for notice, alarm, area, name in session.execute(query)
    ]


def _facts(notice: NoticeRow, alarm: AlarmRow, area: str | None, name: str | None) -> dict[str, Any]:
    return {
        "step": notice.step,
        "alarm_id": alarm.id,
        "kind": alarm.kind,
        "severity": alarm.severity,
        "life_safety": alarm.life_safety,
        "state": alarm.state,
        "escalation": alarm.escalation,
        "area": area,
        "area_name": name,
        "place": alarm.place,
        "raised_at": alarm.raised_at.isoformat(),
    }


def _numbers(session: Session, codes: set[str]) -> dict[str, str]:
    rows = session.execute(select(ResponsibleRow.code, ResponsibleRow.phone).where(ResponsibleRow.code.in_(codes)))
    return {row.code: row.phone for row in rows if row.phone}


def _bundles(channel: Channel, due: Sequence[Waiting]) -> list[list[Waiting]]:
    """Grave ones singly and first; of the others some, and the rest as one message. A text goes to one person."""
    if channel is Channel.SMS:
        return [[notice] for notice in due]
    grave = [[notice] for notice in due if notice.grave]
    lesser = [notice for notice in due if not notice.grave]
    if len(lesser) <= SINGLY:
        return [*grave, *([notice] for notice in lesser)]
    return [*grave, *([notice] for notice in lesser[: SINGLY - 1]), lesser[SINGLY - 1 :]]


def _message(bundle: Sequence[Waiting], numbers: Mapping[str, str], now: datetime) -> Message:
    first = bundle[0]
    key = f"notice-{first.id}"
    if len(bundle) == 1:
        title, _, text = first.text.partition("\n")
        phone = numbers.get(first.target)
        return Message(key=key, title=title, text=text, at=now, facts=first.facts, to=(phone,) if phone else ())
    titles = list(dict.fromkeys(notice.title for notice in bundle))
    shown = "\n".join(titles[:SINGLY]) + ("\n……" if len(titles) > SINGLY else "")
    facts = {"alarm_ids": [notice.facts.get("alarm_id") for notice in bundle]}
    return Message(key=key, title=f"另有 {len(bundle)} 条告警通知", text=shown, at=now, facts=facts)


def _note(session: Session, outcome: Outcome, now: datetime) -> None:
    """Keep what became of them. One that was tried by mistake twice does no harm: the other side has its key."""
    for notice in outcome.notices:
        attempts = notice.attempts + 1
        kept: dict[str, Any] = {"attempts": attempts}
        if outcome.error is None:
            kept |= {"state": NoticeState.SENT, "sent_at": now, "next_try_at": None, "error": None}
        else:
            again = None if outcome.error == _GONE else next_try(attempts, now)
            state = NoticeState.FAILED if again is None else NoticeState.WAITING
            kept |= {"state": state, "next_try_at": again, "error": outcome.error[:400]}
        session.execute(update(NoticeRow).where(NoticeRow.id == notice.id).values(**kept))

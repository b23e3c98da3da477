"""Parts of what ingest makes true, so that one poisonous reading cannot hold up the others.

A batch that cannot be evaluated or written is halved until the readings that spoil it stand alone; these become dead
letters and the rest is committed, in the order of arrival. The same goes for what the clock does to a device.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import msgspec

from data_access.commands.readings import DeadLetter
from data_access.ingest.payloads import Inbox, Reason, storable
from data_access.ingest.registry import Registry
from data_access.ingest.rules import Effect, Engine

SOURCE: Final = "ingest"
GATEWAY_TOPIC: Final = "v1/gateway/telemetry"


class Part(Protocol):
    """Something to evaluate and write as one transaction."""

    def evaluate(self, engine: Engine) -> Effect:
        """Let `engine` take it; return what is to be written."""

    def halves(self, registry: Registry) -> Sequence[Part]:
        """The same in two parts, the earlier first; none when it cannot be divided any more."""

    def letter(self, registry: Registry, now: datetime, why: str) -> DeadLetter | None:
        """What to keep of a part that cannot be divided; None when nothing came from outside."""


@dataclass(frozen=True, slots=True)
class ReadingsPart:
    """The readings of an inbox, or some of them."""

    inbox: Inbox
    now: datetime
    seen: datetime | None = None

    def evaluate(self, engine: Engine) -> Effect:
        if self.inbox.registry is not engine.registry:
            readdress(self.inbox, engine.registry)
        return engine.evaluate(self.inbox, self.now, seen=self.seen)

    def halves(self, registry: Registry) -> Sequence[Part]:  # noqa: ARG002  # what `Part` asks for
        readings, letters = len(self.inbox.ts), len(self.inbox.letters)
        if readings and letters:
            parts = [(slice(readings), slice(0)), (slice(0), slice(letters))]
        elif readings > 1:
            parts = [(slice(readings // 2), slice(0)), (slice(readings // 2, readings), slice(0))]
        elif letters > 1:
            parts = [(slice(0), slice(letters // 2)), (slice(0), slice(letters // 2, letters))]
        else:
            return ()
        return [ReadingsPart(_cut(self.inbox, *part), self.now) for part in parts]

    def letter(self, registry: Registry, now: datetime, why: str) -> DeadLetter | None:  # noqa: ARG002  # as above
        inbox = self.inbox
        if inbox.letters:
            why = f"a dead letter ({inbox.letters[0].reason}) that cannot be kept; {why}"
            return _letter(now, None, why, "")
        if not inbox.ts:
            return None
        # As a gateway would say it, so that it can be sent again once the cause is gone.
        reading = {"ts": inbox.ts[0], "values": {inbox.registry.metric_keys[inbox.metric[0]]: inbox.value[0]}}
        if inbox.original[0]:
            reading["original_ts"] = inbox.original[0]
        payload = {str(inbox.registry.ids[inbox.device[0]]): [reading]}
        return _letter(now, GATEWAY_TOPIC, why, msgspec.json.encode(payload).decode())


@dataclass(frozen=True, slots=True)
class ClockPart:
    """What the clock does: to all devices, or to those of `ids`."""

    now: datetime
    listening_since: datetime | None
    ids: Sequence[int] | None = None

    def evaluate(self, engine: Engine) -> Effect:
        only: Collection[int] | None = None
        if self.ids is not None:
            known = engine.registry.by_id
            only = {known[id_] for id_ in self.ids if id_ in known}
        return engine.tick(self.now, listening_since=self.listening_since, only=only)

    def halves(self, registry: Registry) -> Sequence[Part]:
        ids: Sequence[int] = registry.ids.tolist() if self.ids is None else self.ids
        middle = len(ids) // 2
        return (
            [ClockPart(self.now, self.listening_since, part) for part in (ids[:middle], ids[middle:])] if middle else ()
        )

    def letter(self, registry: Registry, now: datetime, why: str) -> DeadLetter | None:  # noqa: ARG002  # as above
        if not self.ids:
            return None
        return _letter(
            now, None, f"its delays and silence are not watched until it is changed; {why}", str(self.ids[0])
        )


def readdress(inbox: Inbox, registry: Registry) -> None:
    """Let an inbox that was filled under an older picture of the devices speak of the new one."""
    old = inbox.registry
    device = {i: registry.by_id.get(id_, -1) for i, id_ in enumerate(old.ids.tolist())}
    metric = {i: registry.metrics.get(key, -1) for i, key in enumerate(old.metric_keys)}
    kept = [
        (device[d], metric[m], ts, value, original)
        for d, m, ts, value, original in zip(
            inbox.device, inbox.metric, inbox.ts, inbox.value, inbox.original, strict=True
        )
        if device[d] >= 0 and metric[m] >= 0
    ]
    inbox.registry = registry
    columns = [list(column) for column in zip(*kept, strict=True)] if kept else [[], [], [], [], []]
    inbox.device, inbox.metric, inbox.ts, inbox.value, inbox.original = columns
    inbox.runs = {device[i]: run for i, run in inbox.runs.items() if device[i] >= 0}


def _cut(inbox: Inbox, readings: slice, letters: slice) -> Inbox:
    part = Inbox(inbox.registry)
    part.device, part.metric, part.ts = inbox.device[readings], inbox.metric[readings], inbox.ts[readings]
    part.value, part.original = inbox.value[readings], inbox.original[readings]
    here = set(part.device)
    part.runs = {device: run for device, run in inbox.runs.items() if device in here}
    part.letters = inbox.letters[letters]
    return part


def _letter(now: datetime, topic: str | None, why: str, payload: str) -> DeadLetter:
    return DeadLetter(
        at=now, source=SOURCE, topic=topic, reason=Reason.EVALUATION_FAILED, detail=storable(why)[:400], payload=payload
    )

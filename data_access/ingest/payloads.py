"""Bytes → readings. ThingsBoard's forms, strictly typed; what cannot be used becomes a dead letter with its reason.

A device sends `{"smoke": 1}`, `{"ts": ms, "values": {…}}` or an array of these; a gateway
`{"device code or id": [{"ts": ms, "values": {…}}, …]}`. Values are numbers or true/false (1/0): text is a wrong type
even when it looks like a number. A device of a replay may add `"original_ts"` (ms in its file) and `"run"`.

One bad value does not spoil its message: what is good is kept, what is bad is reported.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from data_access.commands.readings import DeadLetter
from data_access.ingest.registry import Registry

MAX_MESSAGE: Final = 1 << 20
MAX_READINGS: Final = 50_000
"""Most readings in one message."""
KEPT_PAYLOAD: Final = 2_000
MAX_LETTERS: Final = 500
"""Most dead letters one batch writes down; the others are only counted."""
DAY_MS: Final = 86_400_000

_decode: Final = msgspec.json.Decoder().decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_EXACT: Final = 1 << 53
"""A whole number beyond this is not the same as a float any more."""
_NUMBERS: Final = frozenset((float, int, bool))


class Reason(StrEnum):
    """Why something could not be used."""

    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_METRIC = "unknown_metric"
    WRONG_METRIC = "wrong_metric"  # one of another kind of device
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_type"
    FUTURE = "future"
    TOO_OLD = "too_old"
    TOO_LARGE = "too_large"
    EVALUATION_FAILED = "evaluation_failed"  # understood, but its alarms could not be worked out or it not be stored


class Limits(msgspec.Struct, frozen=True):
    """How far a reading's time may be from ours."""

    future_ms: int
    keep_ms: int


class Unknown(msgspec.Struct, frozen=True):
    """A message for a device that was not there when it arrived; looked up once more before it is given up."""

    name: str
    token: bool
    body: Any
    payload: bytes
    source: str
    topic: str | None


class Inbox:
    """Readings as columns, and the rest of what arrived, until the batch is closed.

    What is dated from `oldest` to `future` needs no look at the clock.
    """

    def __init__(self, registry: Registry, *, oldest: int = 0, future: int = -1) -> None:
        self.registry = registry
        self.oldest, self.future = oldest, future
        self.device: list[int] = []
        self.metric: list[int] = []
        self.ts: list[int] = []
        self.value: list[float] = []
        self.original: list[int] = []
        self.runs: dict[int, str] = {}
        self.unknown: list[Unknown] = []
        self.letters: list[DeadLetter] = []
        self.refused: dict[str, int] = {}
        self.messages = 0

    def __len__(self) -> int:
        return len(self.ts) + len(self.unknown) + len(self.letters)


class Intake:
    """Where a message came from and when: what its dead letter needs to say."""

    __slots__ = ("details", "future", "inbox", "now", "oldest", "payload", "reasons", "source", "topic")

    def __init__(
        self,
        inbox: Inbox,
        limits: Limits,
        now: datetime,
        now_ms: int,
        *,
        source: str,
        topic: str | None,
        payload: bytes,
    ) -> None:
        self.inbox, self.now, self.source, self.topic, self.payload = inbox, now, source, topic, payload
        self.future, self.oldest = now_ms + limits.future_ms, now_ms - limits.keep_ms
        self.reasons: dict[str, int] = {}
        self.details: dict[str, str] = {}

    def refuse(self, reason: Reason, detail: str | None = None) -> None:
        """Keep what came as a dead letter."""
        refused = self.inbox.refused
        refused[reason] = refused.get(reason, 0) + 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        if detail:
            self.details.setdefault(reason, storable(detail)[:400])
        if len(self.inbox.letters) < MAX_LETTERS:
            self.inbox.letters.append(
                DeadLetter(
                    at=self.now,
                    source=self.source,
                    topic=storable(self.topic) if self.topic else None,
                    reason=reason,
                    detail=storable(detail)[:400] if detail else None,
                    payload=storable(self.payload[:KEPT_PAYLOAD].decode("utf-8", "replace")),
                )
            )


def decode(intake: Intake) -> Any:
    """The JSON of the message; None (and a dead letter) when it is none."""
    if len(intake.payload) > MAX_MESSAGE:
        intake.refuse(Reason.TOO_LARGE, f"{len(intake.payload)} bytes; at most {MAX_MESSAGE} are taken")
        return None
    try:
        return _decode(intake.payload)
    except _UNREADABLE as error:
        intake.refuse(Reason.MALFORMED, str(error))
        return None


def plain_message(inbox: Inbox, device: int, payload: bytes) -> bool:
    """Take the message that nearly all are, one dated reading as it should be, without ado.

    False, and nothing is taken, when it is anything else: `device_message` then tells good from bad.
    """
    if len(payload) > MAX_MESSAGE:
        return False
    try:
        body = _decode(payload)
    except _UNREADABLE:
        return False
    return type(body) is dict and _take_plain(inbox, device, body, inbox.oldest, inbox.future)


def device_message(intake: Intake, device: int, body: Any, now_ms: int) -> None:
    """Take the readings of one device's message into the inbox."""
    if type(body) is dict:
        _take(intake, device, body, now_ms)
    elif type(body) is list and len(body) <= MAX_READINGS:
        for part in body:
            _take(intake, device, part, now_ms)
    elif type(body) is list:
        intake.refuse(Reason.TOO_LARGE, f"{len(body)} entries; at most {MAX_READINGS} are taken")
    else:
        intake.refuse(Reason.MALFORMED, "neither an object nor an array")


def gateway_message(intake: Intake, body: Any, now_ms: int) -> None:
    """Take the readings of all devices behind a gateway."""
    if type(body) is not dict:
        intake.refuse(Reason.MALFORMED, "a gateway sends an object: device → array of readings")
        return
    by_name = intake.inbox.registry.by_name
    for name, parts in body.items():
        device = by_name.get(name)
        if device is None:
            intake.inbox.unknown.append(
                Unknown(name, False, parts, intake.payload[:KEPT_PAYLOAD], intake.source, intake.topic)
            )
        else:
            device_message(intake, device, parts, now_ms)


def storable(text: str) -> str:
    """`text` as any database takes it: without the characters that only some do (NUL, halves of a pair)."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def masked(token: str) -> str:
    """A token as it may be written down: its last four characters, when it is long enough to stay secret."""
    return "…" + (token[-4:] if len(token) >= 12 else "")


def _take(intake: Intake, device: int, part: Any, now_ms: int) -> None:
    if type(part) is not dict:
        intake.refuse(Reason.MALFORMED, "a reading is an object")
        return
    if _take_plain(intake.inbox, device, part, intake.oldest, intake.future):
        return
    if "values" not in part:
        _store(intake, device, part, now_ms, 0)
        return
    values, ts = part["values"], part.get("ts", now_ms)
    if type(values) is not dict or type(ts) is not int:
        intake.refuse(Reason.MALFORMED, '"ts" is a whole number of milliseconds and "values" an object')
    elif ts > intake.future:
        intake.refuse(Reason.FUTURE, f"dated {ts - now_ms} ms ahead of us")
    elif ts < intake.oldest:
        intake.refuse(Reason.TOO_OLD, f"dated {(now_ms - ts) / DAY_MS:.1f} days back")
    else:
        original = _original(intake, device, part) if len(part) > 2 else 0
        if original >= 0:
            _store(intake, device, values, ts, original)


def _take_plain(inbox: Inbox, device: int, part: dict[str, Any], oldest: int, future: int) -> bool:
    """Take `{"ts": …, "values": {…}}` when all of it is good; False, and nothing is taken, when not."""
    ts, values = part.get("ts"), part.get("values")
    if len(part) != 2 or type(ts) is not int or type(values) is not dict or not oldest <= ts <= future:
        return False
    speaks, metrics = inbox.registry.speaks[device], []
    for key, value in values.items():
        metric = speaks.get(key)
        if metric is None or type(value) not in _NUMBERS or not -_EXACT <= value <= _EXACT:
            return False
        metrics.append(metric)
    count = len(metrics)
    inbox.device += [device] * count
    inbox.metric += metrics
    inbox.ts += [ts] * count
    inbox.value += values.values()
    inbox.original += [0] * count
    return True


def _store(intake: Intake, device: int, values: dict[str, Any], ts: int, original: int) -> None:
    inbox = intake.inbox
    known, speaks = inbox.registry.metrics, inbox.registry.speaks[device]
    for key, value in values.items():
        metric = speaks.get(key)
        kind = type(value)
        if metric is None and key in known:
            intake.refuse(Reason.WRONG_METRIC, f"{key}; {inbox.registry.vocabulary[device]}")
        elif metric is None:
            intake.refuse(Reason.UNKNOWN_METRIC, f"{key[:40]}; {inbox.registry.vocabulary[device]}")
        elif kind is float or kind is bool or (kind is int and -_EXACT <= value <= _EXACT):
            if value - value != 0:  # only infinity and NaN differ from themselves like this
                intake.refuse(Reason.WRONG_TYPE, f"{key} is not finite")
                continue
            inbox.device.append(device)
            inbox.metric.append(metric)
            inbox.ts.append(ts)
            inbox.value.append(float(value))
            inbox.original.append(original)
        else:
            intake.refuse(Reason.WRONG_TYPE, f"{key} is not a number")


def _original(intake: Intake, device: int, part: dict[str, Any]) -> int:
    """The original time of a replayed reading, 0 when there is none; -1 (and a dead letter) when it is not allowed."""
    original, run = part.get("original_ts", 0), part.get("run")
    if not intake.inbox.registry.replay[device]:
        if original or run:
            intake.refuse(Reason.MALFORMED, "original_ts and run are for replay devices only")
            return -1
        return 0
    if type(original) is not int or not 0 <= original < 1 << 42 or not (run is None or type(run) is str):
        intake.refuse(Reason.WRONG_TYPE, "original_ts is milliseconds, run a text")
        return -1
    if run:
        intake.inbox.runs[device] = storable(run)[:40]
    return original

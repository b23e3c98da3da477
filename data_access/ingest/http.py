"""HTTP intake: the web process hands a message to ingest and answers when its readings are committed.

One process owns the state of a device, so the web process does not write: it appends the message to a Redis list that
ingest takes from as fast as it may, and waits for the answer on a key of its own. A list that is full is 429, no
answer in time is 503 (the sender tries again; readings are idempotent), what cannot be used is 400 or 404.
"""

from __future__ import annotations

import contextlib
import secrets
from datetime import datetime
from typing import Any, Final

import msgspec
from redis import RedisError

from data_access.commands.readings import DeadLetter, write_letters
from data_access.db.engine import DATABASE_ERRORS
from data_access.db.tables import to_ms
from data_access.domain.errors import DomainError, InvalidInput, NotFound
from data_access.ingest.payloads import MAX_MESSAGE, Reason, masked, storable
from data_access.services import Services

QUEUE: Final = "yiping:http-in"
REPLY: Final = "yiping:http-out:"
MAX_QUEUE: Final = 10_000
WAIT_S: Final = 5.0
KEEP_REPLY_S: Final = 30

_PUSH: Final = """
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[2])
return 1
"""


class Busy(DomainError):  # noqa: N818  # reads as the fact it states
    """Too much waits already; the sender tries again in a moment (429)."""


class Away(DomainError):  # noqa: N818  # as above
    """Ingest did not answer in time; the sender tries again (503). The readings may or may not be stored."""


class Message(msgspec.Struct, array_like=True, frozen=True):
    """What the web process puts on the list."""

    reply: str
    token: str
    at: int
    body: bytes


class Answer(msgspec.Struct, frozen=True):
    """What ingest says once the batch is committed."""

    known: bool
    refused: dict[str, int]
    taken: int
    details: dict[str, str] = {}  # by reason, the first


def accept(services: Services, token: str, body: bytes, now: datetime) -> Answer:
    """Hand over one message of the device with `token`; return when what could be used of it is committed.

    Raises `InvalidInput` (no JSON, too long, nothing usable), `NotFound` (no such device), `Busy` and `Away`.
    """
    _check(body)
    reply = REPLY + secrets.token_hex(8)
    message = msgspec.msgpack.encode(Message(reply, token[:200], to_ms(now), body))
    try:
        if not services.redis.eval(_PUSH, 1, QUEUE, MAX_QUEUE, message):
            raise Busy("Too many messages wait; send this one again in a second.")
        found: Any = services.redis.blpop([reply], timeout=WAIT_S)
    except (RedisError, OSError) as error:
        raise Away("The intake is away for a moment; send this message again.") from error
    if found is None:
        raise Away("The readings were not confirmed in time; send this message again.")
    answer = msgspec.msgpack.decode(found[1], type=Answer)
    if not answer.known:
        raise NotFound("No device has this token.")
    if not answer.taken and answer.refused:
        raise InvalidInput("Nothing in this message could be used: " + _sentence(answer) + ".")
    return answer


def note_too_large(services: Services, token: str, start: bytes, now: datetime) -> None:
    """Keep the start of a message that was not read to its end as a dead letter. Nothing when the database is away."""
    letter = DeadLetter(
        at=now,
        source="http",
        topic=f"v1/devices/{masked(token)}/telemetry",
        reason=Reason.TOO_LARGE,
        detail=f"more than {MAX_MESSAGE} bytes",
        payload=storable(start.decode("utf-8", "replace")),
    )
    with contextlib.suppress(*DATABASE_ERRORS), services.database.writing() as session:
        write_letters(session, [letter])


def _check(body: bytes) -> None:
    if len(body) > MAX_MESSAGE:
        raise InvalidInput(f"The message has {len(body)} bytes; at most {MAX_MESSAGE} are taken.")
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"The message is not JSON: {error}.") from None
    if type(found) not in (dict, list):
        raise InvalidInput("The message must be an object or an array of objects.")


def _sentence(answer: Answer) -> str:
    told = []
    for reason, count in sorted(answer.refused.items()):
        detail = answer.details.get(reason)
        told.append(f"{reason.replace('_', ' ')} ({count})" + (f": {detail}" if detail else ""))
    return " / ".join(told)

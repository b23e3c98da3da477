"""The people of a running demo: citizens report at the rhythm of real appeals, an officer handles small alarms.

They use the product's public interface alone. What concerns lives, what is critical and what a scenario plays is left
to whoever sits in front of the screen.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from itertools import accumulate
from typing import Any, Final
from urllib.parse import quote, urlsplit

from data_access.demo.fleet import Fleet, unit
from data_access.demo.system import CHANNELS
from data_access.demo.vendored import incident_profile
from data_access.domain.alarms import AlarmState, CloseReason, Severity
from data_access.domain.catalogue import default_classes
from data_access.domain.periods import SHANGHAI

logger = logging.getLogger(__name__)

A_DAY: Final = 110
"""Reports on a mean day; the seeded two years have 82."""
AWAY: Final = 0
"""Status of a product that does not answer."""
_ROUND_S: Final = 5.0
_OFFICER_EVERY_MS: Final = 30_000
_ALIVE_EVERY_MS: Final = 120_000
_AT_ONCE: Final = 20  # alarms acknowledged in a round
_PAGES: Final = 4
_FALSE: Final = 0.3  # of small alarms
_SOONEST_S, _LATEST_S = 120, 720  # when an officer gets to a small alarm
_WAITING: Final = 50  # reports kept while the product is away
_SUB: Final = 3  # level of the catalogue
_NOTE: Final = "演示值班员"
_UNSEEN: Final = (AlarmState.ACTIVE_UNACKED, AlarmState.CLEARED_UNACKED)


@dataclass(frozen=True, slots=True, order=True)
class Report:
    """What somebody reports at `at_ms`, and under which key, so that sending it twice does no harm."""

    at_ms: int
    key: str
    title: str
    channel: str
    lng: float
    lat: float


class Desk:
    """The product's address for reports and alarms; with a `token`, those of an account."""

    def __init__(self, web: str, token: str | None = None) -> None:
        parts = urlsplit(web)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> int:
        """Send `body`; return the status, `AWAY` when nobody answers."""
        return self._ask("POST", path, body)[0]

    def get(self, path: str) -> Any:
        """The JSON at `path`; None when it is not to be had."""
        status, found = self._ask("GET", path, None)
        return json.loads(found) if status == HTTPStatus.OK else None

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, bytes]:
        connection = HTTPConnection(self._host, self._port, timeout=5)
        try:
            sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
            kind = {"Content-Type": "application/json"} if sent else {}
            connection.request(method, path, sent, {**self._headers, **kind})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            return AWAY, b""
        finally:
            connection.close()


def reports(fleet: Fleet, seed: int, minute: int) -> Iterator[Report]:
    """What is reported in the minute number `minute` since 1970: the same for the same seed."""
    profile, at = incident_profile(), datetime.fromtimestamp(minute * 60, SHANGHAI)
    of_day = A_DAY * 7 * profile.weekday[at.weekday()] * profile.month[at.month - 1]
    expected = of_day * profile.hour[at.hour] / sum(profile.hour) / 60
    count = int(expected) + (unit(seed, minute, 41) < expected % 1)
    titles, channels = _titles(), _channels()
    for n in range(count):
        place = fleet.devices[int(unit(seed, minute, n, 42) * len(fleet.devices))]
        yield Report(
            minute * 60_000 + int(60_000 * unit(seed, minute, n, 43)),
            f"demo-{seed}-{minute}-{n}",
            _weighted(titles, unit(seed, minute, n, 44)),
            _weighted(channels, unit(seed, minute, n, 45)),
            place.lng,
            place.lat,
        )


def to_acknowledge(
    alarms: Iterable[Mapping[str, Any]], now: datetime, seed: int, held: set[int]
) -> list[tuple[int, int]]:
    """Number and version of the small alarms that an officer gets to by `now`, oldest first."""
    found = []
    for alarm in alarms:
        left_to_people = alarm["life_safety"] or alarm["severity"] >= Severity.CRITICAL
        if left_to_people or alarm["run"] or alarm["state"] not in _UNSEEN or alarm["device_id"] in held:
            continue
        patience_s = _SOONEST_S + (_LATEST_S - _SOONEST_S) * unit(seed, alarm["id"], 51)
        since = datetime.fromisoformat(alarm["raised_at"])
        if (now - since).total_seconds() >= patience_s:
            found.append((since, alarm["id"], alarm["version"]))
    return [(number, version) for _, number, version in sorted(found)]


def to_close(alarms: Iterable[Mapping[str, Any]], now: datetime, seed: int) -> list[tuple[int, int, CloseReason]]:
    """Number, version and what it was of the small alarms that are over and still want a word, oldest first."""
    found = []
    for alarm in alarms:
        waits = alarm["state"] == AlarmState.CLEARED_ACKED and not alarm["run"]
        if not waits or alarm["life_safety"] or alarm["severity"] >= Severity.CRITICAL:
            continue
        over = max(datetime.fromisoformat(alarm[name]) for name in ("cleared_at", "acknowledged_at"))
        if (now - over).total_seconds() >= _SOONEST_S * unit(seed, alarm["id"], 52):
            reason = CloseReason.FALSE if unit(seed, alarm["id"], 53) < _FALSE else CloseReason.REAL
            found.append((over, alarm["id"], alarm["version"], reason))
    return [(number, version, reason) for _, number, version, reason in sorted(found)]


class People:
    """Who they are and what they have still to do; `step` now and then, with the present moment."""

    def __init__(self, fleet: Fleet, desk: Desk, seed: int, now_ms: int) -> None:
        self._fleet = fleet
        self._desk = desk
        self._seed = seed
        self._minute = now_ms // 60_000 - 1
        self._waiting: list[Report] = []
        self._officer_at = self._alive_at = now_ms

    def step(self, now_ms: int, held: set[int]) -> None:
        """Do what is due at `now_ms`. Devices `held` by a scenario are left alone."""
        if now_ms >= self._alive_at:
            self._desk.post("/api/v1/sources/incidents/alive")
            self._alive_at = now_ms + _ALIVE_EVERY_MS
        self._report(now_ms)
        if now_ms >= self._officer_at:
            self._officer(datetime.fromtimestamp(now_ms / 1000, SHANGHAI), held)
            self._officer_at = now_ms + _OFFICER_EVERY_MS

    def _report(self, now_ms: int) -> None:
        newest = now_ms // 60_000
        if newest - self._minute > _WAITING:  # the machine slept: what nobody reported was not reported
            self._minute = newest - 1
        while self._minute < newest:
            self._minute += 1
            self._waiting += reports(self._fleet, self._seed, self._minute)
        due = [one for one in self._waiting if one.at_ms <= now_ms]
        later = [one for one in self._waiting if one.at_ms > now_ms]
        while due and self._delivered(due[0]):
            due.pop(0)
        self._waiting = [*due, *later][-_WAITING:]

    def _delivered(self, one: Report) -> bool:
        """Tell whether nothing more is to be done about it; False: try again."""
        status = self._desk.post("/api/v1/incidents", _body(one))
        if status in {AWAY, HTTPStatus.TOO_MANY_REQUESTS} or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return False
        if status >= HTTPStatus.BAD_REQUEST:
            logger.warning("a report was refused (status %d)", status)
        return True

    def _officer(self, now: datetime, held: set[int]) -> None:
        alarms = list(self._open_alarms())
        # 409: it has just changed; it is looked at again in the next round
        for number, version in to_acknowledge(alarms, now, self._seed, held)[:_AT_ONCE]:
            self._desk.post(f"/api/v1/alarms/{number}/acknowledge", {"version": version, "note": _NOTE})
        for number, version, reason in to_close(alarms, now, self._seed)[:_AT_ONCE]:
            self._desk.post(f"/api/v1/alarms/{number}/close", {"version": version, "reason": reason, "note": _NOTE})

    def _open_alarms(self) -> Iterator[Mapping[str, Any]]:
        cursor = ""
        for _ in range(_PAGES):
            page = self._desk.get(f"/api/v1/alarms?state=open&source=live&limit=500{cursor}")
            if page is None:
                return
            yield from page["alarms"]
            if page["next"] is None:
                return
            cursor = f"&cursor={quote(page['next'])}"


def live(
    people: People,
    *,
    clock_ms: Callable[[], int],
    holds: Callable[[int], tuple[set[int], bool]],
    stop: threading.Event,
) -> None:
    """Let them go about their day until `stop`."""
    while not stop.wait(_ROUND_S):
        now_ms = clock_ms()
        people.step(now_ms, holds(now_ms)[0])


def _body(one: Report) -> dict[str, Any]:
    body = {"key": one.key, "title": one.title, "class": one.title, "channel": one.channel}
    return {**body, "lng": one.lng, "lat": one.lat}


@cache
def _titles() -> tuple[list[str], list[float]]:
    profile = incident_profile()
    names = {c.ref: c.name for c in default_classes() if c.level == _SUB}
    return [names[ref] for ref in profile.subs], list(accumulate(profile.sub_weights))


@cache
def _channels() -> tuple[list[str], list[float]]:
    people = [(ref, weight) for ref, _, _, weight in CHANNELS if ref not in {"sensor", "ishuibei"}]
    return [ref for ref, _ in people], list(accumulate(float(weight) for _, weight in people))


def _weighted(of: tuple[list[str], list[float]], draw: float) -> str:
    names, sums = of
    return next(name for name, total in zip(names, sums, strict=True) if draw * sums[-1] < total)

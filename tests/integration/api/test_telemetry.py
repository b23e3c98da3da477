"""HTTP intake when it cannot take: a status a sender can act on, and a sentence that says what to do."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import select

from data_access.db.tables import DeadLetterRow
from data_access.ingest import http
from data_access.ingest.payloads import KEPT_PAYLOAD, MAX_MESSAGE, masked
from tests.small import TOKEN
from tests.web import Web, wait_for


def post(web: Web) -> httpx.Response:
    return httpx.post(f"{web.url}/api/v1/{TOKEN}/telemetry", json={"smoke": 0}, timeout=10)


def test_too_much_that_waits_is_429(web: Web) -> None:
    web.redis.rpush(http.QUEUE, *[b"x"] * http.MAX_QUEUE)
    try:
        answer = post(web)
    finally:
        web.redis.delete(http.QUEUE)
    assert answer.status_code == 429
    assert answer.json() == {"error": "Too many messages wait; send this one again in a second."}


def test_what_is_too_large_is_413_and_leaves_a_dead_letter(web: Web) -> None:
    answer = httpx.post(f"{web.url}/api/v1/{TOKEN}/telemetry", content=b"[" + b" " * MAX_MESSAGE, timeout=10)
    assert answer.status_code == 413
    with web.database.reading() as session:
        asked = select(DeadLetterRow.topic, DeadLetterRow.payload).where(DeadLetterRow.reason == "too_large")
        topic, payload = session.execute(asked).one()
    assert topic == f"v1/devices/{masked(TOKEN)}/telemetry"
    assert len(payload) <= KEPT_PAYLOAD


@pytest.mark.slow
def test_what_is_not_confirmed_in_time_is_503(web: Web) -> None:
    answer = post(web)  # no ingest is running
    web.redis.delete(http.QUEUE)
    assert answer.status_code == 503
    assert answer.json() == {"error": "The readings were not confirmed in time; send this message again."}


def test_without_redis_it_is_503_and_works_again_afterwards(web: Web) -> None:
    web.valkey.kill()
    try:
        answer = post(web)
    finally:
        web.valkey.start()
    assert answer.status_code == 503
    assert answer.json() == {"error": "The intake is away for a moment; send this message again."}
    wait_for(lambda: web.get("/readyz").status_code == 200)

"""When the synthetic heartbeat began its way: the delay on the screens is measured from there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data_access.db.tables import to_ms
from data_access.ingest.service import _sent

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def test_a_heartbeat_is_as_old_as_its_own_time_stamp() -> None:
    sent = NOON - timedelta(milliseconds=830)
    assert _sent(b'{"ts": %d, "values": {"beat": 1}}' % to_ms(sent), NOON) == sent


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b'{"ts": null}', b'{"ts": "x"}', b'{"ts": 1e300}', b'{"ts": 4102444800000}']
)
def test_a_heartbeat_that_cannot_say_so_or_is_of_the_future_counts_from_now(payload: bytes) -> None:
    assert _sent(payload, NOON) == NOON

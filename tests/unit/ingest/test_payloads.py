from __future__ import annotations

import types
from datetime import UTC, datetime
from typing import Any

import pytest

from data_access.db.tables import to_ms
from data_access.ingest.payloads import (
    Inbox,
    Intake,
    Limits,
    decode,
    device_message,
    gateway_message,
    masked,
    plain_message,
)

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
NOW = to_ms(NOON)
DAY = 86_400_000


def take(payload: str | bytes, *, gateway: bool = False, replay: bool = False) -> Inbox:
    registry: Any = types.SimpleNamespace(
        metrics={"smoke": 0, "temp_c": 1, "gas_lel": 2},
        by_name={"A": 0, "1": 0},
        replay=[replay],
        speaks=[{"smoke": 0, "temp_c": 1}],
        vocabulary=["a smoke device reports smoke, temp_c"],
    )
    inbox = Inbox(registry)
    raw = payload.encode() if isinstance(payload, str) else payload
    intake = Intake(inbox, Limits(300_000, 3 * DAY), NOON, NOW, source="mqtt", topic="t", payload=raw)
    body = decode(intake)
    if body is not None:
        if gateway:
            gateway_message(intake, body, NOW)
        else:
            device_message(intake, 0, body, NOW)
    return inbox


def rows(inbox: Inbox) -> list[tuple[int, int, float]]:
    return list(zip(inbox.metric, inbox.ts, inbox.value, strict=True))


def reasons(inbox: Inbox) -> list[str]:
    return [letter.reason for letter in inbox.letters]


def test_the_forms_thingsboard_devices_send() -> None:
    assert rows(take('{"smoke":1,"temp_c":21.5}')) == [(0, NOW, 1.0), (1, NOW, 21.5)]
    assert rows(take(f'{{"ts":{NOW - 5},"values":{{"smoke":true}}}}')) == [(0, NOW - 5, 1.0)]
    assert rows(take(f'[{{"ts":{NOW - 2},"values":{{"smoke":0}}}},{{"smoke":1}}]')) == [(0, NOW - 2, 0), (0, NOW, 1)]
    gateway = take(f'{{"A":[{{"ts":{NOW},"values":{{"smoke":1}}}}],"1":[{{"temp_c":3}}]}}', gateway=True)
    assert rows(gateway) == [(0, NOW, 1.0), (1, NOW, 3.0)]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("{bad", "malformed"),
        (b"\xff\xfe", "malformed"),
        ("7", "malformed"),
        ("[7]", "malformed"),
        ('{"ts":"now","values":{}}', "malformed"),
        ('{"values":[]}', "malformed"),
        ('{"smoke":"1"}', "wrong_type"),
        ('{"smoke":null}', "wrong_type"),
        ('{"smoke":{"v":1}}', "wrong_type"),
        ('{"smoke":1e999}', "malformed"),
        ('{"smoke":123456789012345678901234567890}', "wrong_type"),
        ('{"smoke":NaN}', "malformed"),
        ('{"nonsense":1}', "unknown_metric"),
        ('{"gas_lel":1}', "wrong_metric"),
        (f'{{"ts":{NOW + 300_001},"values":{{"smoke":1}}}}', "future"),
        (f'{{"ts":{NOW - 3 * DAY - 1},"values":{{"smoke":1}}}}', "too_old"),
        ('{"ts":5,"values":{"smoke":1},"original_ts":4}', "too_old"),
        (f'{{"ts":{NOW},"values":{{"smoke":1}},"original_ts":4}}', "malformed"),
        ('{"smoke":' + " " * (1 << 20) + "1}", "too_large"),
        ("[" * 100_000, "malformed"),
    ],
)
def test_what_cannot_be_used_is_kept_with_its_reason(payload: str | bytes, reason: str) -> None:
    inbox = take(payload)
    assert reasons(inbox) == [reason]
    assert not inbox.ts
    assert inbox.refused == {reason: 1}


@pytest.mark.parametrize(
    "payload",
    [
        f'{{"ts":{NOW},"values":{{"smoke":1,"temp_c":21.5}}}}',
        f'{{"ts":{NOW - 5},"values":{{"smoke":true}}}}',
        f'{{"values":{{"temp_c":-9007199254740992}},"ts":{NOW + 300_000}}}',
        f'{{"ts":{NOW},"values":{{}}}}',
    ],
)
def test_an_ordinary_message_is_taken_the_short_way_as_by_the_long_one(payload: str) -> None:
    inbox = Inbox(take("[]").registry, oldest=NOW - 3 * DAY, future=NOW + 300_000)
    assert plain_message(inbox, 0, payload.encode())
    assert rows(inbox) == rows(take(payload))
    assert inbox.device == [0] * len(inbox.ts)
    assert inbox.original == [0] * len(inbox.ts)


@pytest.mark.parametrize(
    "payload",
    [
        '{"smoke":1}',
        f'[{{"ts":{NOW},"values":{{"smoke":1}}}}]',
        f'{{"ts":{NOW},"values":{{"smoke":1}},"original_ts":4}}',
        f'{{"ts":{NOW},"values":{{"smoke":1,"temp_c":"hot"}}}}',
        f'{{"ts":{NOW},"values":{{"smoke":1,"temp_c":null}}}}',
        f'{{"ts":{NOW},"values":{{"smoke":1,"gas_lel":1}}}}',
        f'{{"ts":{NOW},"values":{{"smoke":9007199254740993}}}}',
        f'{{"ts":{NOW},"values":[1]}}',
        f'{{"ts":{NOW + 300_001},"values":{{"smoke":1}}}}',
        f'{{"ts":{NOW - 3 * DAY - 1},"values":{{"smoke":1}}}}',
        '{"ts":true,"values":{"smoke":1}}',
        '{"ts":1.5,"values":{}}',
        '"ts"',
        "{bad",
        b"\xff",
    ],
)
def test_nothing_of_another_message_is_taken_the_short_way(payload: str | bytes) -> None:
    inbox = Inbox(take("[]").registry, oldest=NOW - 3 * DAY, future=NOW + 300_000)
    assert not plain_message(inbox, 0, payload.encode() if isinstance(payload, str) else payload)
    assert (len(inbox), inbox.device, inbox.value) == (0, [], [])


def test_one_bad_value_does_not_spoil_the_message() -> None:
    inbox = take('{"smoke":1,"temp_c":"hot"}')
    assert rows(inbox) == [(0, NOW, 1.0)]
    assert reasons(inbox) == ["wrong_type"]


def test_an_unknown_device_behind_a_gateway_waits_to_be_looked_up() -> None:
    inbox = take('{"B":[{"smoke":1}],"A":[{"smoke":0}]}', gateway=True)
    assert [u.name for u in inbox.unknown] == ["B"]
    assert len(rows(inbox)) == 1


def test_replay_devices_bring_their_original_time_and_run() -> None:
    inbox = take(f'{{"ts":{NOW},"values":{{"smoke":1}},"original_ts":1647910800000,"run":"r1"}}', replay=True)
    assert (inbox.original, inbox.runs) == ([1647910800000], {0: "r1"})


def test_a_flood_of_bad_messages_is_counted_but_not_all_kept() -> None:
    inbox = take("[" + ",".join(["7"] * 2_000) + "]")
    assert inbox.refused == {"malformed": 2_000}
    assert len(inbox.letters) == 500


def test_a_token_is_never_written_down_whole() -> None:
    assert masked("abcdefghijklmnop") == "…mnop"
    assert masked("short") == "…"

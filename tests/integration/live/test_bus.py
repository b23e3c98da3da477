import time
from typing import Any

from redis import Redis

from data_access.live import bus


def test_the_stream_and_the_channel_carry_the_same_ids_in_the_same_order(redis: Redis) -> None:
    listener = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    listener.subscribe(bus.EVENTS)
    time.sleep(0.05)
    last = bus.publish(redis, ["1", "2", "3"])
    heard: list[list[str]] = []
    while len(heard) < 3:
        if message := listener.get_message(timeout=1):
            heard.append(message["data"].decode().split(" "))
    listener.close()
    entries: Any = redis.xrange(bus.EVENTS)
    epoch = bus.position(redis).last.epoch
    stored = [(f"{epoch}-{i.decode()}", e[b"e"].decode()) for i, e in entries]
    assert [tuple(h) for h in heard] == stored
    assert stored[-1][0] == last == str(bus.position(redis).last)


def test_what_cannot_be_replayed_is_known(redis: Redis) -> None:
    first = bus.parse_id(bus.publish(redis, ["1"]))
    assert first
    assert bus.position(redis).can_replay(first)
    for _ in range(30):
        bus.publish(redis, ["x"] * 10, maxlen=100)
    assert not bus.position(redis).can_replay(first)  # trimmed away
    before = bus.position(redis).last
    redis.flushall()
    assert not bus.position(redis).can_replay(before)  # another epoch


def test_an_id_from_a_browser_is_read_with_care() -> None:
    assert str(bus.parse_id("ab12-5-0")) == "ab12-5-0"
    for bad in ("", "5-0", "ab-x-0", "ab-1-2-3", "-1-2", "a" * 90 + "-1-2"):
        assert bus.parse_id(bad) is None

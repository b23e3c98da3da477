"""What ingest counts. Each process writes its figures to Redis every two seconds; `/metrics` of the web merges them."""

from __future__ import annotations

from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from redis import Redis, RedisError

KEY: Final = "yiping:metrics:"
EXPIRE_S: Final = 15


class Metrics:
    """The figures of one ingest process."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        prefix = "yiping_ingest_"
        self.messages = Counter(prefix + "messages_total", "Messages taken from broker and HTTP.", registry=own)
        self.readings = Counter(prefix + "readings_total", "Readings stored.", registry=own)
        self.repeated = Counter(prefix + "repeated_total", "Readings that were stored already.", registry=own)
        self.late = Counter(prefix + "late_total", "Readings older than the newest of their metric.", registry=own)
        self.dead = Counter(
            prefix + "dead_letters_total", "What could not be used, by reason.", ["reason"], registry=own
        )
        self.retries = Counter(prefix + "retries_total", "Batches that had to be written again.", registry=own)
        self.batch = Histogram(
            prefix + "batch_seconds",
            "Time to evaluate and commit one batch.",
            buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
            registry=own,
        )
        self.buffer = Gauge(prefix + "buffer_rows", "Readings that wait for their batch.", registry=own)
        self.lag = Gauge(prefix + "lag_seconds", "From arrival to commit, of the last batch.", registry=own)
        self.connected = Gauge(prefix + "broker_connected", "1 while subscribed at the broker.", registry=own)

    def publish(self, redis: Redis, process: str) -> None:
        """Write the figures as Prometheus text under a key of this process; Redis being away does not matter."""
        try:
            redis.set(KEY + process, generate_latest(self.registry), ex=EXPIRE_S)
        except (RedisError, OSError):
            return


def stored(redis: Redis) -> dict[str, bytes]:
    """The Prometheus text of every process that has written lately, by its name. Empty while Redis is away."""
    try:
        keys: list[bytes] = sorted(redis.scan_iter(KEY + "*"))
        texts: Any = redis.mget(keys) if keys else []
    except (RedisError, OSError):
        return {}
    return {key.decode().removeprefix(KEY): text for key, text in zip(keys, texts, strict=True) if text}

"""`GET /metrics`: Prometheus text of this process, and of the others as they left it in Redis."""

from __future__ import annotations

import json
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import Response

from data_access.api.context import Context, context
from data_access.api.identity import for_this_machine_or_an_account
from data_access.ingest.metrics import stored

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


async def get_metrics(request: Request) -> Response:
    """The figures of all processes."""
    for_this_machine_or_an_account(request)
    ctx = context(request)
    return Response(await ctx.run(lambda: _all(ctx)), media_type=_TEXT)


def _all(ctx: Context) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Web(ctx))
    parts = [generate_latest(registry)]
    families: set[bytes] = set()
    for name, text in stored(ctx.services.redis).items():
        parts.append(_worker(text) if text.startswith(b"{") else _labelled(text, name, families))
    return b"".join(parts)


class _Web:
    """What this web process counts."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def collect(self) -> Iterator[Metric]:
        hub = self._ctx.hub
        yield GaugeMetricFamily("yiping_live_streams", "Open live streams.", hub.streams)
        yield GaugeMetricFamily("yiping_live_redis_connected", "1 while the hub hears Redis.", int(hub.connected))
        yield CounterMetricFamily("yiping_live_events", "Events handed on to streams.", hub.events)
        yield CounterMetricFamily("yiping_live_resyncs", "Streams told to start again.", hub.resyncs)
        yield GaugeMetricFamily("yiping_outbox_behind", "1 while the bus is away.", int(self._ctx.relay.behind))


def _labelled(text: bytes, process: str, families: set[bytes]) -> bytes:
    """`text` with the process as a label of each sample; HELP and TYPE only once for all processes."""
    lines = []
    for line in text.splitlines():
        if line.startswith(b"#"):
            if line not in families:
                families.add(line)
                lines.append(line)
            continue
        name, _, value = line.rpartition(b" ")
        label = f'process="{process}"'.encode()
        lines.append(
            (name[:-1] + b"," + label + b"}" if name.endswith(b"}") else name + b"{" + label + b"}") + b" " + value
        )
    return b"\n".join(lines) + b"\n"


def _worker(text: bytes) -> bytes:
    """The worker's report of its tasks as samples."""
    report = json.loads(text)
    lines = [f"yiping_worker_acting {int(report['acting'])}"]
    lines += [
        f'yiping_worker_task_{key}{{task="{name}"}} {task[key]}'
        for name, task in sorted(report["tasks"].items())
        for key in ("runs", "failures", "last_ms")
    ]
    return ("\n".join(lines) + "\n").encode()

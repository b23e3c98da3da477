"""Sends what devices say over MQTT, as gateways and devices in ThingsBoard style do. Knows no database."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from data_access.demo.fleet import Device, Fleet
from data_access.demo.signals import Values

logger = logging.getLogger(__name__)

GATEWAY_TOPIC: Final = "v1/gateway/telemetry"
OWN_TOPIC: Final = "v1/devices/me/telemetry"
_KEEP_ALIVE_S: Final = 10
_LARGEST: Final = 200  # devices in one gateway message
_WAITING: Final = 2_000  # messages kept while the broker is away; then devices are simply not heard
_KEPT: Final = (MQTTErrorCode.MQTT_ERR_NO_CONN, MQTTErrorCode.MQTT_ERR_CONN_LOST)
"""Without a connection paho keeps a message of QoS 1 and sends it when it is connected again."""


@dataclass(frozen=True, slots=True)
class Said:
    """One device at one moment."""

    device: Device
    at_ms: int
    values: Values


class Publisher:
    """Connections to one broker. `own_voice` devices connect with their own token, the others through a gateway.

    With `through_edge` a device publishes to `v1/devices/me/telemetry`; at a bare broker it must name its token.
    """

    def __init__(self, url: str, fleet: Fleet, *, through_edge: bool, own_voice: Sequence[Device] = ()) -> None:
        self._through_edge = through_edge
        gateways = [d for d in fleet.devices if d.code in fleet.by_gateway] or list(fleet.devices[:1])
        user = gateways[0].token if gateways else "simulator"
        self._shared = _connect(url, user)
        self._own = {d.id: _connect(url, d.token) for d in own_voice}
        self.sent = 0

    def wait_connected(self, within_s: float = 10.0) -> bool:
        """Wait for every connection; tell whether all are there."""
        deadline = time.monotonic() + within_s
        clients = [self._shared, *self._own.values()]
        while not all(client.is_connected() for client in clients):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def send(self, said: Sequence[Said]) -> list[MQTTMessageInfo]:
        """Publish at QoS 1: a message for each gateway and for each device with a voice of its own."""
        by_gateway: dict[str, list[Said]] = {}
        infos = []
        for one in said:
            if one.device.id in self._own:
                topic = OWN_TOPIC if self._through_edge else f"v1/devices/{quote(one.device.token, safe='')}/telemetry"
                infos.append(self._own[one.device.id].publish(topic, _json(_reading(one)), qos=1))
            else:
                by_gateway.setdefault(one.device.gateway or "", []).append(one)
        for group in by_gateway.values():
            for start in range(0, len(group), _LARGEST):
                body: dict[str, list[Any]] = {}
                for one in group[start : start + _LARGEST]:
                    body.setdefault(one.device.code, []).append(_reading(one))
                infos.append(self._shared.publish(GATEWAY_TOPIC, _json(body), qos=1))
        self.sent += sum(len(one.values) for one in said)
        return infos

    def close(self) -> None:
        """Leave in order."""
        for client in (self._shared, *self._own.values()):
            client.disconnect()
            client.loop_stop()


def _connect(url: str, user: str) -> Client:
    parts = urlsplit(url)
    client = Client(CallbackAPIVersion.VERSION2)
    # A bare broker may ask for the product's own account; at the edge the user name is the token.
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    else:
        client.username_pw_set(user)
    if parts.scheme == "mqtts":
        client.tls_set()
    client.max_queued_messages_set(_WAITING)
    client.reconnect_delay_set(1, 5)
    client.connect_async(
        parts.hostname or "127.0.0.1", parts.port or (8883 if parts.scheme == "mqtts" else 1883), _KEEP_ALIVE_S
    )
    client.loop_start()
    return client


def wait_sent(infos: Sequence[MQTTMessageInfo], within_s: float = 10.0) -> bool:
    """Wait until the broker has acknowledged `infos`; tell whether it has."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not all(_published(info) for info in infos):
        if time.monotonic() > deadline:
            return False
        pause.wait(0.02)
    return True


def _published(info: MQTTMessageInfo) -> bool:
    """Whether the broker has taken the message, also one that was said while it was away."""
    if info.rc in _KEPT:
        info.rc = MQTTErrorCode.MQTT_ERR_SUCCESS  # else paho would never tell that it got through in the end
    try:
        return info.is_published()
    except (RuntimeError, ValueError):
        return False


def _reading(one: Said) -> dict[str, Any]:
    return {"ts": one.at_ms, "values": one.values}


def _json(body: Any) -> str:
    return json.dumps(body, separators=(",", ":"))

"""The synthetic heartbeat: a message through the same door as a device's, so that silence anywhere on the way shows.

The worker sends it, ingest answers by noting the source `heartbeat` after its commit, the screens show its age.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from data_access.commands.freshness import HEARTBEAT_TOPIC
from data_access.db.tables import to_ms
from data_access.runtime import instance
from data_access.settings import Settings

logger = logging.getLogger(__name__)

EVERY_S: Final = 5.0
_ME: Final = "v1/devices/me/telemetry"
_NAME: Final = "heartbeat"
_CONNECT_WITHIN_S: Final = 2.0


class Heart:
    """One connection, opened at the first beat. Through the edge where the supervisor runs one, else to the broker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._topic = _ME

    def beat(self, now: datetime) -> None:
        """Send one beat; raise `ConnectionError` while the broker is away."""
        client = self._client or self._connect()
        deadline = time.monotonic() + _CONNECT_WITHIN_S
        while not client.is_connected():
            if time.monotonic() > deadline:
                raise ConnectionError("the broker is away")
            time.sleep(0.05)
        client.publish(self._topic, json.dumps({"ts": to_ms(now), "values": {"beat": 1}}), qos=1)

    def close(self) -> None:
        """Leave in order."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    def _connect(self) -> Client:
        running = instance.find(self._settings.data_dir)
        edge = running.mqtt if running else None
        named = self._settings.mqtt_url.get_secret_value() if self._settings.mqtt_url else None
        parts = urlsplit(edge or named or f"mqtt://{self._settings.host}:{self._settings.mqtt_port}")
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311 if edge else MQTTv5)
        if edge:
            client.username_pw_set(_NAME)
        else:
            self._topic = HEARTBEAT_TOPIC
            if parts.username:
                client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            client.tls_set()
        client.max_queued_messages_set(10)
        client.reconnect_delay_set(1, 5)
        client.connect_async(parts.hostname or "127.0.0.1", parts.port or 1883, keepalive=30)
        client.loop_start()
        self._client = client
        return client

"""The embedded MQTT broker (iotcore: rumqttd in a wheel), on two loopback ports: one for MQTT 3.1.1, one for 5.

It keeps sessions and their queues in memory only: readings that ingest has not yet taken are lost when the broker
itself dies, and a device whose message was not acknowledged sends it again. Production uses mosquitto or EMQX.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Final

from data_access.runtime.children import Spec

MAX_PAYLOAD: Final = 1 << 20
MAX_CONNECTIONS: Final = 10_000


def spec(folder: Path, v4_port: int, v5_port: int) -> Spec:
    """How to run the broker; its configuration is written into `folder` (created)."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "broker.toml"
    config.write_text(configuration(v4_port, v5_port))
    return Spec(name="broker", argv=[sys.executable, "-m", "data_access.runtime.embedded_mqtt", str(config)])


def configuration(v4_port: int, v5_port: int) -> str:
    """The broker's TOML: a listener a protocol version, loopback only."""
    head = f"""id = 0
[router]
id = 0
max_connections = {MAX_CONNECTIONS}
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
"""
    return head + "".join(
        f"""
[{version}.1]
name = "{version}"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 0
[{version}.1.connections]
connection_timeout_ms = 60000
max_payload_size = {MAX_PAYLOAD}
max_inflight_count = 1000
dynamic_filters = true
"""
        for version, port in (("v4", v4_port), ("v5", v5_port))
    )


def listens(port: int) -> bool:
    """Tell whether something accepts connections on this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True


def main(config: str) -> None:
    """Be the broker until a signal ends it."""
    import logging  # noqa: PLC0415  # only the child needs it and the wheel

    from iotcore.iotcore import IotCoreBroker  # noqa: PLC0415

    from data_access.runtime.children import die_with_parent  # noqa: PLC0415

    # Its router opens error-level spans for every packet, and its text would hold client ids.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    die_with_parent()
    IotCoreBroker(config_path=config).run_forever()


if __name__ == "__main__":
    main(sys.argv[1])

"""The parts of the product on one machine: which processes, with which addresses, in which order."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from socket import socket

from data_access.runtime import embedded_mqtt, embedded_redis, instance, up_to_date
from data_access.runtime.children import Spec
from data_access.runtime.refusal import Refusal, free_port
from data_access.runtime.supervisor import Part
from data_access.settings import Deployment, Settings


@dataclass(frozen=True, slots=True)
class Product:
    """The parts, and where the embedded ones listen."""

    parts: tuple[Part, ...]
    redis: str | None
    broker: str | None


def assemble(settings: Settings, *, web: socket, edge: socket | None) -> Product:
    """The whole product on the bound sockets `web` and `edge` (None when YIPING_MQTT_URL names a broker)."""
    env = {"YIPING_DATA_DIR": str(settings.data_dir)}
    stores: list[Part] = []
    redis = broker = None
    if settings.redis_url is None:
        server = embedded_redis.program()
        if server is None:
            raise Refusal("No Valkey for this system: install valkey-server or redis-server, or set YIPING_REDIS_URL.")
        port = free_port()
        redis = env["YIPING_REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        spec = embedded_redis.spec(server, settings.data_dir / "redis", port)
        stores.append(Part(spec=spec, probe=lambda: embedded_redis.answers(port), store=True))
    if edge is not None:
        v4, v5 = free_port(), free_port()
        broker = env["YIPING_MQTT_URL"] = f"mqtt://127.0.0.1:{v5}"
        spec = embedded_mqtt.spec(settings.data_dir / "broker", v4, v5)
        stores.append(
            Part(spec=spec, probe=lambda: embedded_mqtt.listens(v4) and embedded_mqtt.listens(v5), store=True)
        )
        upstream = {**env, "YIPING_MQTT_URL": f"mqtt://127.0.0.1:{v4}"}
        argv = ("edge", "--fd", str(edge.fileno()), "--v5-port", str(v5))
        front = [_ours("edge", *argv, env=upstream, pass_fds=(edge.fileno(),), after=("broker",))]
    else:
        front = []
    stored = tuple(part.spec.name for part in stores)
    held = up_to_date.deployment(settings) if settings.bootstrap_admin is None else None
    if held is not None:
        instance.write_deployment(settings.data_dir, held)
    prepare = [] if held else [Part(spec=Spec(name="prepare", argv=_argv("prepare"), env=env), task=True)]
    prepared = (*stored, *(part.spec.name for part in prepare))
    parts = [
        *stores,
        *prepare,
        *front,
        *_web(settings, web, env, prepared),
        _ours("ingest", "ingest", env=env, after=prepared),
        _ours("worker", "worker", env=env, after=prepared),
    ]
    if settings.simulate:
        after = tuple(part.spec.name for part in parts)
        spec = Spec(name="simulator", argv=_argv("simulate", "background"), env=env)
        demo = Deployment.LUOHU
        parts.append(
            Part(
                spec=spec,
                after=after,
                probe=lambda: True,
                awaited=False,
                wanted=lambda: instance.deployment(settings.data_dir) == demo,
            )
        )
    return Product(tuple(parts), redis, broker)


def _web(settings: Settings, web: socket, env: dict[str, str], after: tuple[str, ...]) -> list[Part]:
    names = ["web"] if settings.web_processes == 1 else [f"web-{n + 1}" for n in range(settings.web_processes)]
    fd, answers = web.fileno(), answering(*web.getsockname()[:2])
    return [_ours(n, "serve", "--fd", str(fd), env=env, pass_fds=(fd,), after=after, probe=answers) for n in names]


def _ours(
    name: str,
    *argv: str,
    env: dict[str, str],
    after: tuple[str, ...],
    pass_fds: tuple[int, ...] = (),
    probe: Callable[[], bool] | None = None,
) -> Part:
    spec = Spec(name=name, argv=_argv(*argv), env=env, pass_fds=pass_fds, says_ready=True)
    return Part(spec=spec, after=after, probe=probe)


def _argv(*argv: str) -> list[str]:
    return [sys.executable, "-m", "data_access.runtime.cli", *argv]


def answering(host: str, port: int) -> Callable[[], bool]:
    """A probe that tells whether /readyz at this address gives 200."""
    target = instance.reachable(host).strip("[]")

    def probe() -> bool:
        connection = HTTPConnection(target, port, timeout=1.0)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    return probe

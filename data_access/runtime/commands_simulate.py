"""`yiping simulate`: the demo's devices, at their ease or in trouble."""

from __future__ import annotations

import fcntl
import json
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from data_access.domain.errors import InvalidInput
from data_access.runtime import instance, logs
from data_access.runtime.children import die_with_parent
from data_access.runtime.refusal import Refusal, usable_folder
from data_access.runtime.refusal import settings as read_settings
from data_access.settings import Settings

if TYPE_CHECKING:  # imported where used: `--help` needs none of it
    from data_access.demo.fleet import Device, Fleet
    from data_access.demo.holds import Holds
    from data_access.demo.publisher import Publisher
    from data_access.demo.scenarios import Appeal

logger = logging.getLogger(__name__)

BACKGROUNDS: Final = ("background", "quiet", "busy")
SCENARIOS: Final = ("kitchen", "fire", "gas", "hydrant", "elder", "rainstorm", "outage", "chatter")
_OFFICER: Final = "演示值班员"
_OWN_VOICES: Final = 12
_PATIENCE_S: Final = 60.0  # a broker that is started anew takes some seconds
_WATCHED_S: Final = 30  # a hold outlives its scenario by this at most


@click.command()
@click.argument("scenario", type=click.Choice([*BACKGROUNDS, *SCENARIOS]), metavar="SCENARIO")
@click.option("--building", metavar="CODE", help="Where it happens; by default the seed chooses.")
@click.option("--area", metavar="CODE", help="Only with devices of this area.")
@click.option("--speed", type=click.FloatRange(min=0.1, max=1000), default=1.0, show_default=True)
@click.option("--seed", type=int, help="Another number, another building [YIPING_SEED].")
@click.option("--minutes", type=click.FloatRange(min=0), help="How long a background plays; by default until Ctrl-C.")
@click.option("--mqtt", "url", metavar="URL", help="Where devices publish; by default the running product's port.")
def simulate(
    *,
    scenario: str,
    building: str | None,
    area: str | None,
    speed: float,
    seed: int | None,
    minutes: float | None,
    url: str | None,
) -> None:
    """Play SCENARIO against a running product, through its public inputs.

    background, quiet, busy: every device speaks at its period, with few, no or many small alarms, until Ctrl-C; beside
    a background that runs already, quiet calms it and busy adds to it (ten minutes, or --minutes).
    kitchen, fire, gas, hydrant, elder, rainstorm, outage, chatter: something happens once.
    """
    from data_access.demo.holds import Holds  # noqa: PLC0415  # as said above

    die_with_parent()
    settings = read_settings()
    logs.configure(settings, "simulator")
    usable_folder(settings.data_dir)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    fleet = _fleet(area)
    holds = Holds(settings.data_dir)
    seed = settings.seed if seed is None else seed
    try:
        if scenario in BACKGROUNDS:
            with _publisher(settings, fleet, url, voices=True) as publisher:
                _background(
                    settings, fleet, publisher, holds, stop, level=scenario, seed=seed, minutes=minutes, speed=speed
                )
        else:
            with _publisher(settings, fleet, url) as publisher:
                _once(settings, fleet, publisher, holds, stop, name=scenario, seed=seed, building=building, speed=speed)
    finally:
        holds.release()


def _background(  # noqa: PLR0913  # what it plays with, then how
    settings: Settings,
    fleet: Fleet,
    publisher: Publisher,
    holds: Holds,
    stop: threading.Event,
    *,
    level: str,
    seed: int,
    minutes: float | None,
    speed: float,
) -> None:
    from data_access.demo.people_at_work import Desk, People, live  # noqa: PLC0415  # as said above
    from data_access.demo.simulator import LEVELS, Simulator, run  # noqa: PLC0415

    with only_one(settings.data_dir, stop if level == "background" else None) as alone:
        if stop.is_set():
            return
        if not alone:
            minutes = 10.0 if minutes is None else minutes
            if level == "quiet":
                holds.place([], until_ms=_now_ms() + int(minutes * 60_000), calm=True)
                click.echo(f"the background keeps calm for {minutes:g} minutes", err=True)
                stop.wait(minutes * 60)
                return
        if minutes is not None:
            threading.Timer(minutes * 60, stop.set).start()
        else:
            people = People(fleet, Desk(_web(settings), _token()), seed, _now_ms())
            at_work = {"clock_ms": _now_ms, "holds": holds.now, "stop": stop}
            threading.Thread(target=live, args=(people,), kwargs=at_work, name="people", daemon=True).start()
        simulator = Simulator(
            fleet,
            level=LEVELS[level].faster(speed),
            rate=settings.demo_rate * speed,
            seed=seed,
            now_ms=_now_ms(),
            reports=alone,
        )
        logger.info("%d devices speak (%s)", len(fleet), level)
        run(simulator, publisher.send, clock_ms=_now_ms, holds=holds.now, stop=stop)


def _once(  # noqa: PLR0913  # what it plays with, then what it plays
    settings: Settings,
    fleet: Fleet,
    publisher: Publisher,
    holds: Holds,
    stop: threading.Event,
    *,
    name: str,
    seed: int,
    building: str | None,
    speed: float,
) -> None:
    from data_access.demo.publisher import Said, wait_sent  # noqa: PLC0415  # as said above
    from data_access.demo.scenarios import SCENARIOS as MAKERS  # noqa: PLC0415
    from data_access.demo.scenarios import play  # noqa: PLC0415

    try:
        scenario = MAKERS[name](fleet, seed, building)
    except InvalidInput as error:
        raise click.ClickException(str(error)) from None
    length_s = scenario.lasts_s / speed
    click.echo(f"{name}: {scenario.about} ({length_s:.0f} s)", err=True)
    holds.place(scenario.devices, until_ms=_now_ms() + int((length_s + _WATCHED_S) * 1000))
    begun = time.monotonic()

    def say(said: list[Said]) -> None:
        if not wait_sent(publisher.send(said), within_s=_PATIENCE_S):
            raise Refusal("The broker does not take messages: see `yiping doctor`.")
        for one in said:
            words = " ".join(f"{metric}={value:g}" for metric, value in one.values.items())
            click.echo(f"{time.monotonic() - begun:6.1f} s  {one.device.code}  {words}", err=True)

    play(scenario, speed=speed, clock_ms=_now_ms, send=say, report=_reporter(settings), stop=stop)


def _reporter(settings: Settings) -> Callable[[Appeal], None]:
    """How citizens report in a scenario: through the public intake of incidents, as many as it takes."""
    from data_access.demo.people_at_work import AWAY, Desk  # noqa: PLC0415  # as said above

    desk = Desk(_web(settings))

    def report(appeal: Appeal) -> None:
        body = {"title": appeal.title, "lng": appeal.lng, "lat": appeal.lat, "channel": "snap"}
        status = desk.post("/api/v1/incidents", body)
        if status == AWAY or status >= HTTPStatus.BAD_REQUEST:
            why = "nobody answers" if status == AWAY else f"status {status}"
            click.echo(f"an appeal was not taken ({why})", err=True)

    return report


def _web(settings: Settings) -> str:
    running = instance.find(settings.data_dir)
    return running.web if running else f"http://{settings.host}:{settings.port}"


def _token() -> str | None:
    """A token of the demo's officer; the one of an earlier run is revoked. Without it alarms are left alone."""
    argv = ("user", "token", "--role", "officer", "--label", _OFFICER, "--replace", "--plain")
    done = _ours(*argv)
    return done.decode().strip() if done else None


def _ours(*argv: str) -> bytes | None:
    """What a command of ours prints; None when it failed, which it has said itself."""
    line = [sys.executable, "-m", "data_access.runtime.cli", *argv]
    done = subprocess.run(line, stdout=subprocess.PIPE, check=False)  # noqa: S603  # our own program
    return done.stdout if done.returncode == 0 else None


def _fleet(area: str | None) -> Fleet:
    """The devices as the product exports them, tokens included: all that a simulator may know."""
    from data_access.demo.fleet import Fleet  # noqa: PLC0415  # as said above

    done = _ours("export", "devices", "--format", "json")
    if done is None:
        raise Refusal("The devices could not be read: is the database there (YIPING_DATA_DIR, YIPING_DATABASE_URL)?")
    whole = Fleet.read(json.loads(done))
    chosen = whole.within(area) if area else whole
    if not len(chosen):
        raise Refusal("There are no devices to play" + (f" in area {area}." if area else "."))
    return chosen


@contextmanager
def _publisher(
    settings: Settings, fleet: Fleet, url: str | None, *, voices: bool = False
) -> Generator[Publisher, None, None]:
    from data_access.demo.publisher import Publisher  # noqa: PLC0415  # as said above

    running = instance.find(settings.data_dir)
    bare = None
    if url is None:
        url = running.mqtt if running else None
    if url is None:
        bare = settings.mqtt_url.get_secret_value() if settings.mqtt_url else None
        url = bare or f"mqtt://{settings.host}:{settings.mqtt_port}"
    own = _own_voices(fleet) if voices else []
    publisher = Publisher(url, fleet, through_edge=bare is None, own_voice=own)
    try:
        if not publisher.wait_connected(_PATIENCE_S if running else 10.0):
            raise Refusal(f"No broker answers at {url.rpartition('@')[2]}: is the product running (`yiping run`)?")
        yield publisher
    finally:
        publisher.close()


def _own_voices(fleet: Fleet) -> list[Device]:
    """A few devices that connect with their own token, as those without a gateway do."""
    direct = [d for d in fleet.devices if d.gateway is None and d.code not in fleet.by_gateway]
    return direct[:: max(1, len(direct) // _OWN_VOICES)][:_OWN_VOICES]


@contextmanager
def only_one(data_dir: Path, stop: threading.Event | None) -> Generator[bool, None, None]:
    """Tell whether we are the only background of this data folder, and stay so.

    With `stop`, wait until we are or until it is set: when somebody's own background ends, which began before the
    product's, the devices must not fall silent.
    """
    with (data_dir / "simulator.lock").open("a") as handle:
        alone = _locked(handle)
        while stop and not alone and not stop.wait(1):
            alone = _locked(handle)
        yield alone


def _locked(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

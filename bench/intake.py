"""Citizens' reports with photos: as many as an afternoon of a whole city, sent for a while, and whether all are there.

The web process is the product's on the seeded district. What is sent is what a browser sends: a signed form and a JPEG
of about 300 kB that no other report has. A report is timed from the moment in which it was due, so that a server that
falls behind is charged for the queue; afterwards every receipt is opened and its photo fetched.
"""

from __future__ import annotations

import http.client
import os
import threading
import time
import urllib.parse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

from PIL import Image
from redis import Redis

from bench import servers
from bench.harness import Row, latency_rows, repeat
from data_access.commands.reports import QUICKEST, new_key
from data_access.db.engine import Database
from data_access.services import Services
from data_access.settings import Settings

PER_S: Final = 30
SENDERS: Final = 24
WARM: Final = 20
BYTES: Final = 300_000
PLACES: Final = ((114.122, 22.565), (114.131, 22.573), (114.118, 22.571))
_BOUNDARY: Final = "a-citizens-phone"
_DQT: Final = b"\xff\xdb"


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness's signature
    """`PER_S` reports a second for twenty seconds (a minute in `full`)."""
    count = PER_S * (60 if full else 20)
    with servers.seeded("district") as folder, servers.valkey() as redis:
        env = {"YIPING_DATA_DIR": str(folder), "YIPING_DEPLOYMENT": "luohu", "YIPING_REDIS_URL": redis}
        with servers.web({**env, "YIPING_REPORT_RATE": "100000"}) as url:
            services = Services(
                Settings(data_dir=folder), Database(f"sqlite:///{folder / 'yiping.db'}"), Redis.from_url(redis), _now
            )
            keys = [new_key(services) for _ in range(count + WARM)]
            services.database.dispose()
            time.sleep(QUICKEST.total_seconds())  # nobody fills in a form sooner
            photos = _photos()
            bodies = [_body(key, photos(n), n) for n, key in enumerate(keys)]
            _send(url, bodies[count:])  # a server that has only just started reads its libraries first
            taken, links = _send(url, bodies[:count])
            there = sum(_is_there(url, link) for link in links)
            raw = repeat(lambda: _write(folder, photos(0)), 20)
    note = f"{count} reports at {PER_S}/s with photos of about {BYTES // 1000} kB, no two alike; against a bare file"
    rows = latency_rows("intake", [1000 * t for t in taken], note=note)
    lost = Row(name="intake.lost", value=count - there, unit="reports", note="receipts without their photo")
    return [*(replace(row, baseline=1000 * median(raw)) for row in rows), lost]


def _photos() -> Callable[[int], bytes]:
    """The n-th photo: no two are equal, for the last steps of its quantisation are its number."""
    noise = Image.frombytes("RGB", (200, 150), Random(1).randbytes(200 * 150 * 3)).resize((1600, 1200))
    out = BytesIO()
    noise.save(out, "JPEG", quality=55)
    jpeg = out.getvalue()
    last = jpeg.index(_DQT) + 4 + 64  # of the first table, in the order of the zigzag: the finest detail

    def photo(n: int) -> bytes:
        return jpeg[: last - 1] + bytes([100 + n % 100, 100 + n // 100]) + jpeg[last + 1 :]

    return photo


def _body(key: str, photo: bytes, n: int) -> bytes:
    lng, lat = PLACES[n % len(PLACES)]
    fields = {"key": key, "what": "water", "text": f"路面坑洼 {n}", "lng": f"{lng}", "lat": f"{lat}"}
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="photos"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return b"".join([*parts, f"--{_BOUNDARY}\r\n{head}".encode(), photo, f"\r\n--{_BOUNDARY}--\r\n".encode()])


def _send(url: str, bodies: list[bytes]) -> tuple[list[float], list[str]]:
    """Seconds from when each was due to its answer, and the links of the receipts."""
    host, own = urllib.parse.urlsplit(url).netloc, threading.local()
    began = time.perf_counter() + 0.5

    def send(n: int) -> tuple[float, str]:
        due = began + n / PER_S
        time.sleep(max(0.0, due - time.perf_counter()))
        own.line = getattr(own, "line", None) or http.client.HTTPConnection(host, timeout=30)
        try:
            kind = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}", "Origin": url}
            own.line.request("POST", "/report", bodies[n], kind)
            answer = own.line.getresponse()
            answer.read()
            link = answer.headers.get("Location", "") if answer.status == 303 else ""
        except (OSError, http.client.HTTPException):
            own.line, link = None, ""
        return time.perf_counter() - due, link

    with ThreadPoolExecutor(SENDERS) as pool:
        found = list(pool.map(send, range(len(bodies))))
    return [took for took, _ in found], [link for _, link in found]


def _is_there(url: str, link: str) -> bool:
    """Whether the receipt of a report is there, and its photo."""
    if not link:
        return False
    page = _get(url, link).decode()
    at = page.find("/photo/")
    if at < 0:
        return False
    address = page[page.rindex('"', 0, at) + 1 : page.index('"', at)]
    return len(_get(url, address)) > BYTES / 2


def _get(url: str, path: str) -> bytes:
    line = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        found = answer.read()
        return found if answer.status == 200 else b""
    finally:
        line.close()


def _write(folder: Path, photo: bytes) -> None:
    """What a report cannot do without: its photo in a file that survives a power cut."""
    with (folder / "raw.jpg").open("wb") as file:
        file.write(photo)
        os.fsync(file.fileno())


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # a bench has the real clock

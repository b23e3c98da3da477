"""Attachments on both databases: file, row, history and event together, or nothing that anybody sees."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from data_access.auth.principal import Principal
from data_access.commands.attachments import Limits, Sent, keep, prepare, sweep
from data_access.db import files, objects
from data_access.db.engine import Database
from data_access.db.files import Files
from data_access.db.objects import Objects
from data_access.db.stores import Blob
from data_access.db.tables import AttachmentRow, IncidentHistoryRow, IncidentRow, OutboxRow
from data_access.domain.accounts import Role
from data_access.domain.attachments import Phase
from data_access.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unavailable
from data_access.services import Services
from tests import fleet
from tests.conftest import free_port
from tests.photos import photo
from tests.small import fill

PATH = "000000000001"  # grid of the incident 1
WHO = Principal("chen", Role.GRID_WORKER, PATH)


@pytest.fixture(params=["folder", "bucket"])
def services(
    request: pytest.FixtureRequest, database: Database, noon: datetime, tmp_path: Path, s3_url: str
) -> Services:
    fill(database, noon)
    url = s3_url if request.param == "bucket" else None
    return fleet.services(database, lambda: noon, data_dir=tmp_path, attachments_per_case=3, attachments_url=url)


def names(services: Services) -> set[str]:
    """The files that there are."""
    if isinstance(services.store, Objects):
        return {found["path"].rpartition("/")[2] for page in services.store._store.list() for found in page}
    return {path.name for path in services.settings.data_dir.glob("attachments/??/*")}


def _of(kept: frozenset[str], asked: Collection[str]) -> frozenset[str]:
    return kept.intersection(asked)


def whole(services: Services, digest: str, size: int) -> bytes:
    return b"".join(services.store.read(digest, "jpg", 0, size))


def send(services: Services, key: str = "k" * 8, *, number: int = 1, who: Principal = WHO, **more: Any) -> Any:
    file = prepare(photo(seed=more.pop("seed", 1)), Limits.of(services.settings))
    sent = Sent(key=key, phase=Phase.BEFORE, actor=who.name, now=services.clock())
    return keep(services, number, file, sent, who)


def counts(services: Services) -> tuple[int, int, int]:
    with services.database.reading() as session:
        attached = select(func.count()).where(IncidentHistoryRow.action == "attach")
        return tuple(  # type: ignore[return-value]
            session.scalar(query) or 0
            for query in (
                select(func.count()).select_from(AttachmentRow),
                attached,
                select(func.count()).select_from(OutboxRow),
            )
        )


def test_a_photo_comes_in_with_row_history_event_and_file(services: Services) -> None:
    row, new = send(services)
    assert new
    assert counts(services) == (1, 1, 1)
    assert (row.lng, row.lat) == (pytest.approx(114.13, abs=1e-5), pytest.approx(22.55, abs=1e-5))
    assert names(services) == {f"{row.digest}.jpg"}
    kept = whole(services, row.digest, row.size)
    assert sha256(kept).hexdigest() == row.digest
    assert b"".join(services.store.read(row.digest, "jpg", 2, 5)) == kept[2:5]
    with pytest.raises(FileNotFoundError):
        services.store.read("0" * 64, "jpg", 0, 1)
    with services.database.reading() as session:
        line = session.scalars(select(IncidentHistoryRow).order_by(IncidentHistoryRow.id.desc())).first()
        assert line is not None
        assert (line.action, line.actor, line.detail) == ("attach", "chen", {"attachment": row.id})
        assert session.get_one(IncidentRow, 1).version == 2


def test_the_same_key_attaches_once_even_at_once(services: Services) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: send(services), range(8)))
    assert sum(new for _, new in found) == 1
    assert len({row.id for row, _ in found}) == 1
    assert counts(services) == (1, 1, 1)
    with pytest.raises(Conflict):
        send(services, number=2, who=Principal("chen", Role.GRID_WORKER, ""))


def test_what_is_refused_leaves_nothing_behind(services: Services) -> None:
    with pytest.raises(NotFound):
        send(services, number=2)
    with pytest.raises(NotAllowed):
        send(services, who=Principal("lin", Role.LEADER, ""))
    for n in range(3):
        send(services, f"number-{n}")
    with pytest.raises(InvalidInput, match="够多"):
        send(services, "one-more")
    assert counts(services) == (3, 3, 3)


def test_the_sweep_takes_files_that_nobody_names_and_no_other(services: Services, noon: datetime) -> None:
    row, _ = send(services)
    with pytest.raises(NotFound):
        send(services, number=2, seed=2)  # its file was written, its row was not
    if isinstance(services.store, Files):
        half = services.store.path(row.digest, "jpg.0123.new")
        half.write_bytes(b"half")
    else:
        services.store.keep(Blob(b"", "jpg.gone"))  # a sweep that died
    now = datetime.now(UTC)  # noqa: TID251  # files carry the machine's time
    assert sweep(services, now) == 0  # they may be about to be named
    assert len(names(services)) == 3
    later = now + timedelta(hours=2)
    assert sweep(services, later) == 1
    assert names(services) == {f"{row.digest}.jpg"}
    with services.database.writing() as session:
        session.execute(delete(AttachmentRow))
    assert sweep(services, later) == 1
    assert names(services) == set()


def test_the_sweep_comes_to_every_file_however_many_are_named(
    services: Services, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (files, objects):
        monkeypatch.setattr(module, "AT_ONCE", 2)
    blobs = [Blob(b"%d" % n, "jpg") for n in range(7)]
    for left in blobs:
        with services.store.holding(*blobs):
            pass
        kept = frozenset(blob.digest for blob in blobs) - {left.digest}
        assert services.store.sweep(partial(_of, kept), before=2e10) == 1
        assert names(services) == {f"{digest}.jpg" for digest in kept}


def test_a_file_that_is_named_while_the_sweep_looks_is_there_afterwards(services: Services) -> None:
    """Whichever comes first: the sweep leaves it, or whoever named it writes it again."""
    store, blob = services.store, Blob(b"the same content", "jpg")
    for moment in ("asked", "put aside"):
        with store.holding(blob):
            pass
        if isinstance(store, Files):
            os.utime(store.path(blob.digest, "jpg"), (0, 0))
        namers: list[threading.Thread] = []
        named: set[str] = set()
        asked = 0

        def name(committed: threading.Event, named: set[str] = named) -> None:
            with store.holding(blob):
                named.add(blob.digest)  # the commit
                committed.set()

        def tell(
            digests: Any, moment: str = moment, named: set[str] = named, namers: list[threading.Thread] = namers
        ) -> set[str]:
            nonlocal asked
            asked += 1
            before = set(named) & set(digests)
            if asked == (1 if moment == "asked" else 2):
                committed = threading.Event()
                namers.append(threading.Thread(target=name, args=(committed,)))
                namers[0].start()
                assert committed.wait(10)
                if moment == "put aside":
                    before = set(named)  # the commit came before the question
            return before

        store.sweep(tell, before=1.0 if isinstance(store, Files) else 2e10)
        namers[0].join(60)
        assert whole(services, blob.digest, 16) == b"the same content", moment
        assert names(services) == {f"{blob.digest}.jpg"}


def test_a_bucket_that_is_away_is_a_sentence_and_nothing_is_lost(
    database: Database, noon: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, noon)
    monkeypatch.setattr(objects, "_GIVES_UP", timedelta(seconds=1))
    url = f"s3://attachments/?endpoint=http://127.0.0.1:{free_port()}"
    services = fleet.services(database, lambda: noon, data_dir=tmp_path, attachments_url=url)
    with pytest.raises(Unavailable, match="不应答"):
        send(services)
    assert counts(services) == (0, 0, 0)

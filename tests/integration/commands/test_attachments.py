"""Attachments on both databases: file, row, history and event together, or nothing that anybody sees."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from data_access.auth.principal import Principal
from data_access.commands.attachments import Limits, Sent, keep, prepare, sweep
from data_access.db.engine import Database
from data_access.db.files import Blob, Files
from data_access.db.tables import AttachmentRow, IncidentHistoryRow, IncidentRow, OutboxRow
from data_access.domain.accounts import Role
from data_access.domain.attachments import Phase
from data_access.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from data_access.services import Services
from tests import fleet
from tests.photos import photo
from tests.small import fill

PATH = "000000000001"  # grid of the incident 1
WHO = Principal("chen", Role.GRID_WORKER, PATH)


@pytest.fixture
def services(database: Database, noon: datetime, tmp_path: Path) -> Services:
    fill(database, noon)
    return fleet.services(database, lambda: noon, data_dir=tmp_path, attachments_per_case=3)


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
    path = Files(services.settings.data_dir).path(row.digest, "jpg")
    assert path.stat().st_size == row.size
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
    files = Files(services.settings.data_dir)
    row, _ = send(services)
    with pytest.raises(NotFound):
        send(services, number=2, seed=2)  # its file was written, its row was not
    lost = next(p for p in services.settings.data_dir.glob("attachments/??/*.jpg") if row.digest not in p.name)
    half = lost.with_name(lost.name + ".new")
    half.write_bytes(b"half")
    now = datetime.now(UTC)  # noqa: TID251  # files carry the machine's time
    assert sweep(services.database, files, now) == 0  # they may be about to be named
    assert lost.exists()
    later = now + timedelta(hours=2)
    assert sweep(services.database, files, later) == 1
    assert [p.name for p in services.settings.data_dir.glob("attachments/??/*")] == [f"{row.digest}.jpg"]
    with services.database.writing() as session:
        session.execute(delete(AttachmentRow))
    assert sweep(services.database, files, later) == 1


def test_a_file_that_is_named_while_the_sweep_looks_is_there_afterwards(services: Services) -> None:
    """Whichever comes first: the sweep puts it back, or whoever named it writes it again."""
    files, blob = Files(services.settings.data_dir), Blob(b"the same content", "jpg")
    path = files.path(blob.digest, "jpg")
    for moment in ("asked", "put aside"):
        with files.holding(blob):
            pass
        os.utime(path, (0, 0))
        named: set[str] = set()
        asked = 0

        def tell(digests: Any, moment: str = moment, named: set[str] = named) -> set[str]:
            nonlocal asked
            asked += 1
            before = set(named) & set(digests)
            if asked == (1 if moment == "asked" else 2):
                with files.holding(blob):
                    named.add(blob.digest)  # the commit
                if moment == "put aside":
                    before = set(named)  # the commit came before the question
            return before

        files.sweep(tell, before=1.0)
        assert path.read_bytes() == b"the same content", moment
        assert len(list(path.parent.iterdir())) == 1

"""The weekly brief by schedule and by hand: once a week, whatever was missed, never twice; what is published stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from redis import Redis

from data_access.db import migrate
from data_access.db.briefs import Briefs
from data_access.db.engine import Database
from data_access.domain.errors import InvalidInput
from data_access.domain.periods import local_day, midnight, week_name, week_named, week_of
from data_access.queries import areas
from data_access.runtime import weeklies
from data_access.runtime.cli import main
from data_access.services import Services
from data_access.settings import Settings
from data_access.viewmodels.areas import AreaLabel
from tests.conftest import NOON
from tests.small import COMMUNITY, DISTRICT, fill

MONDAY = week_of(local_day(NOON)).end
SEVEN = midnight(MONDAY) + timedelta(hours=7)
LAST = week_name(week_of(MONDAY - timedelta(days=7)))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    database = Database(f"sqlite:///{tmp_path / 'yiping.db'}")
    migrate.upgrade(database.engine)
    fill(database, NOON)
    settings = Settings(data_dir=tmp_path, brief_areas=f"{DISTRICT},{COMMUNITY}")
    yield Services(settings=settings, database=database, redis=Redis(port=9), clock=lambda: NOON)
    database.dispose()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was made; drawing is another test's."""
    found: list[str] = []

    def make(_session: object, area: AreaLabel, week: object, lang: str, *_: object, at: datetime) -> bytes:
        found.append(f"{area.code} {lang}")
        return f"%PDF {week_name(week)} {at:%d}".encode()  # type: ignore[arg-type]  # a Period

    monkeypatch.setattr(weeklies, "make", make)
    return found


def test_each_monday_from_the_hour_on_what_is_missing_is_made_once(services: Services, drawn: list[str]) -> None:
    schedule, kept = weeklies.Schedule(services), Briefs(services.settings.data_dir)
    assert schedule.step(SEVEN) == 0  # it has just started
    assert schedule.step(SEVEN - timedelta(seconds=1)) == 0  # Monday, before the hour
    assert schedule.step(SEVEN) == 2
    assert schedule.step(SEVEN + timedelta(minutes=5)) == 0
    assert drawn == [f"{DISTRICT} zh", f"{COMMUNITY} zh"]
    assert [one.week for one in kept.of(DISTRICT)] == [LAST]
    again = weeklies.Schedule(services)  # the process was killed
    again.step(SEVEN)
    assert again.step(SEVEN + timedelta(days=2)) == 0
    assert again.step(SEVEN + timedelta(days=10)) == 2  # away on the second Monday, back on the Thursday
    assert len(kept.of(DISTRICT)) == 2


def test_what_is_published_stays_as_it_is_and_no_half_file_is_seen(services: Services) -> None:
    kept = Briefs(services.settings.data_dir)
    assert kept.keep(DISTRICT, LAST, "zh", b"first")
    assert not kept.keep(DISTRICT, LAST, "zh", b"second")
    assert kept.read(DISTRICT, LAST, "zh") == b"first"
    assert [path.name for path in (services.settings.data_dir / "briefs" / DISTRICT).iterdir()] == [f"{LAST}-zh.pdf"]
    assert kept.drop_old("2020-W01") == 0
    assert kept.drop_old("2099-W01") == 1


def test_a_week_that_is_not_over_has_no_brief(services: Services) -> None:
    with services.database.reading() as session:
        area = areas.find(session, DISTRICT, "")
        assert area is not None
        with pytest.raises(InvalidInput, match="not over"):
            weeklies.make(session, area, week_of(local_day(NOON)), "zh", None, at=NOON)


def test_by_hand_as_a_person_types_it(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("YIPING_DEPLOYMENT", "YIPING_DATABASE_URL", "YIPING_REDIS_URL", "YIPING_MQTT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("YIPING_DATA_DIR", str(tmp_path))
    out = tmp_path / "brief.pdf"
    told = CliRunner().invoke(main, ["brief", "--area", DISTRICT, "--week", "2026-W21", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert out.read_bytes().startswith(b"%PDF")
    for words, why in (
        (["--week", "2026-21"], "2018-W43"),
        (["--area", "nowhere"], "区域"),
        (["--week", "2999-W01"], "not over"),
    ):
        refused = CliRunner().invoke(main, ["brief", *words, "--out", str(out)])
        assert (refused.exit_code, why in refused.output) == (1, True), refused.output


def test_weeks_are_named_as_iso_names_them() -> None:
    assert (week_named("2018-W43").first.isoformat(), week_name(week_named("2020-w53"))) == ("2018-10-22", "2020-W53")
    for wrong in ("2018-W54", "2018W43", "", "2021-W53"):
        with pytest.raises(InvalidInput):
            week_named(wrong)

"""Settings: from the environment, checked, frozen, and silent about secrets."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from data_access.settings import Deployment, Scale, Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "YIPING_DATA_DIR", *(f"YIPING_{name.upper()}" for name in Settings.model_fields)):
        monkeypatch.delenv(name, raising=False)


def test_with_nothing_set_it_is_the_reference_district_on_sqlite() -> None:
    settings = Settings()
    assert (settings.deployment, settings.scale, settings.port) == (Deployment.LUOHU, Scale.DISTRICT, 8050)
    assert settings.database == f"sqlite:///{Path('var').resolve() / 'yiping.db'}"


@pytest.mark.parametrize("name", ["PORT", "YIPING_PORT"])
def test_the_port_is_taken_from_either_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "8123")
    assert Settings().port == 8123


def test_our_own_name_for_the_port_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("YIPING_PORT", "8124")
    assert Settings().port == 8124


def test_folders_become_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIPING_DATA_DIR", "~/yiping")
    assert Settings().data_dir == Path.home() / "yiping"


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "0"), ("PORT", "70000"), ("DEPLOYMENT", "moon"), ("BATCH_ROWS", "0"), ("SCALE", "")]
)
def test_nonsense_is_refused_at_start(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"YIPING_{name}", value)
    with pytest.raises(ValidationError):
        Settings()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIPING_DATABASE_URL", "postgresql://yiping:hunter2@db/yiping")
    settings = Settings()
    assert "hunter2" in settings.database
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_settings_do_not_change_once_read() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 9000  # type: ignore[misc]

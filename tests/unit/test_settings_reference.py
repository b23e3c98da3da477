"""docs/settings.md says what the settings are."""

import pytest

from data_access.runtime import settings_reference
from data_access.settings import Settings


def test_the_settings_page_is_up_to_date() -> None:
    assert settings_reference.PATH.read_text("utf-8") == settings_reference.render(), (
        "run python -m data_access.runtime.generated"
    )


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_says_what_it_means(name: str) -> None:
    description = Settings.model_fields[name].description or ""
    assert description.endswith("."), f"{name} wants a sentence"
    assert description[0].isupper() or description.startswith("mqtt://")


def test_a_secret_has_no_default() -> None:
    for name, field in Settings.model_fields.items():
        if "Secret" in str(field.annotation):
            assert field.default is None, name

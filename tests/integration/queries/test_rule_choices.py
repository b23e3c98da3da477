"""What the settings page offers without a device: models and sources, devices by code, name or building."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from components import rule_choice
from components.i18n import Lang, Words
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, DeviceModelRow, DeviceRow
from data_access.domain.alarm_rules import rule_to_json
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.queries import rule_choices
from tests.small import fill

ZH = Words(Lang.ZH)


@pytest.fixture
def small(database: Database, noon: datetime) -> Database:
    fill(database, noon)
    pool = next(model for model in DEFAULT_MODELS if model.kind == "pool")
    with database.writing() as session:
        session.execute(update(AlarmRow).values(raised_at=noon - timedelta(days=1)))
        session.execute(update(DeviceModelRow).values(rules=[rule_to_json(rule) for rule in pool.rules]))
        session.scalars(select(DeviceRow).order_by(DeviceRow.id)).first().overrides = {"x": None}  # type: ignore[union-attr]
    return database


def test_models_come_with_their_numbers_and_what_alarms_most_first(small: Database, noon: datetime) -> None:
    with small.reading() as session:
        found = rule_choices.choices(session, "", "", noon)
        below = rule_choices.choices(session, "000000001", "", noon)
        old = rule_choices.choices(session, "", "", noon + timedelta(days=30))
    (model,) = found.models
    assert (model.devices, model.own, found.devices) == (12, 1, ())
    assert below.models[0].devices < 12
    assert found.sources
    assert old.sources == ()
    said = {rule.alarm: rule_choice.short(rule, ZH) for rule in model.rules}
    assert said["level_low"] == "< 80 / 50 %"
    page = str(rule_choice.build(old, "", {"lang": "zh"}, ZH))
    assert "近 7 天没有告警" in page
    assert "1 台另有规定" in page


def test_a_device_is_found_by_code_and_by_the_building_it_hangs_in(small: Database, noon: datetime) -> None:
    with small.reading() as session:
        code = session.scalars(select(DeviceRow.code).where(DeviceRow.building_id.is_not(None))).one()
        by_code, by_house = (rule_choices.choices(session, "", text, noon).devices for text in (code.lower(), "5栋"))
        none = rule_choices.choices(session, "", "100%_", noon)
        outside = rule_choices.choices(session, "000000001", "5栋", noon)
    assert code in [device.code for device in by_code]
    assert [(device.code, device.place) for device in by_house] == [(code, "5栋")]
    assert none.devices == ()
    assert "smoke-std" in str(rule_choice.build(none, "SMOKE", {}, ZH))
    assert outside.devices == ()
    assert "没有叫「100%_」的型号" in str(rule_choice.build(none, "100%_", {}, ZH))

"""Rules by HTTP: who may, the version, the preview, the analysis as JSON and files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select, update

from data_access.db.tables import DeviceModelRow, DeviceRow
from data_access.domain.accounts import Role
from data_access.domain.alarm_rules import rule_to_json
from data_access.domain.device_models import DEFAULT_MODELS
from tests.small import COMMUNITY
from tests.web import Web

BODY = {"thresholds": [1.0], "clear_delay_s": 45}


@pytest.fixture(autouse=True)
def rules(web: Web) -> Iterator[None]:
    """The model with its rules, and afterwards as it was."""
    smoke = next(model for model in DEFAULT_MODELS if model.code == "smoke-std")
    kept = [rule_to_json(rule) for rule in smoke.rules]
    with web.database.writing() as session:
        session.execute(update(DeviceModelRow).where(DeviceModelRow.code == "smoke-std").values(rules=kept))
    yield
    with web.database.writing() as session:
        session.execute(update(DeviceModelRow).where(DeviceModelRow.code == "smoke-std").values(rules=[]))
        session.execute(update(DeviceRow).where(DeviceRow.id == 1).values(overrides=None))


def send(web: Web, role: Role, path: str, body: dict[str, object], area: str | None = None) -> httpx.Response:
    token = web.token(role, area).secret
    return httpx.post(web.url + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=20)


def test_an_administrator_sets_a_rule_and_the_second_is_told(web: Web) -> None:
    path = "/api/v1/devices/1/rules"
    token = {"Authorization": f"Bearer {web.token(Role.ADMINISTRATOR).secret}"}
    seen = web.get(path, headers=token).json()
    assert [rule["alarm"] for rule in seen["rules"]] == ["smoke", "low_battery", "tamper"]
    body = {**BODY, "version": seen["version"]}
    assert send(web, Role.OFFICER, f"{path}/smoke", body).status_code == 403
    changed = send(web, Role.ADMINISTRATOR, f"{path}/smoke", body)
    assert changed.status_code == 200, changed.text
    (smoke, *_) = changed.json()["rules"]
    assert (smoke["own"], smoke["now"]["clear_delay_s"], smoke["model"]["clear_delay_s"]) == (True, 45, 0)
    assert [change["alarm"] for change in changed.json()["changes"]] == ["smoke"]
    assert send(web, Role.ADMINISTRATOR, f"{path}/smoke", body).status_code == 409
    wrong = {"thresholds": [1.0], "raise_delay_s": 60, "raise_count": 2, "version": changed.json()["version"]}
    refused = send(web, Role.ADMINISTRATOR, f"{path}/smoke", wrong)
    assert (refused.status_code, "不能推迟" in refused.json()["error"]) == (400, True)


def test_a_model_is_set_by_whoever_sees_all_its_devices(web: Web) -> None:
    path = "/api/v1/device-models/smoke-std/rules"
    token = {"Authorization": f"Bearer {web.token(Role.ADMINISTRATOR).secret}"}
    body = {**BODY, "version": web.get(path, headers=token).json()["version"]}
    assert send(web, Role.ADMINISTRATOR, f"{path}/smoke", body, COMMUNITY).status_code == 403
    preview = send(web, Role.ADMINISTRATOR, f"{path}/smoke/preview", BODY, COMMUNITY).json()
    assert (preview["before"]["alarms"], preview["hours"], preview["devices"]) == (0, 0, 6)
    assert send(web, Role.ADMINISTRATOR, f"{path}/smoke", body).status_code == 200
    with web.database.reading() as session:
        kept = session.scalars(select(DeviceModelRow.rules).where(DeviceModelRow.code == "smoke-std")).one()
    assert kept[0]["clear_delay_s"] == 45


def test_the_page_of_the_analysis_gets_its_figures_as_html_without_dash(web: Web) -> None:
    body = web.get("/alarms/analysis/body?lang=zh")
    assert body.headers["content-type"].startswith("text/html")
    assert "席位负荷" in body.text
    assert "还没有数据" not in body.text
    assert "missing" in web.get("/alarms/analysis/body?from=2020-01-01&to=2026-01-01").text  # refused, with the reason


def test_the_analysis_is_json_and_the_same_tables_as_files(web: Web) -> None:
    token = {"Authorization": f"Bearer {web.token(Role.OFFICER).secret}"}
    path = "/api/v1/alarms/analysis"
    found = web.get(path, headers=token).json()
    assert (found["now"]["alarms"], found["sources"][0]["device"]) == (1, "S1")
    text = web.get(f"{path}?format=csv", headers=token)
    assert text.headers["content-disposition"].startswith('attachment; filename="alarm-analysis-440303-')
    lines = list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert [line["count"] for line in lines if line["table"] == "source"] == ["1"]
    assert web.get(f"{path}?format=xlsx", headers=token).content[:2] == b"PK"
    assert web.get(f"{path}?from=2020-01-01", headers=token).status_code == 400
    assert web.get(f"{path}?format=pdf", headers=token).status_code == 400

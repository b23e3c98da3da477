"""Which events reach whom: nothing from outside one's area, nothing of a person or of small things on a wall."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import msgspec
import pytest
from pydantic import BaseModel

from data_access.events import NOR_OF_SMALL_ONES, NOT_FOR_WALLS, AlarmChanged
from data_access.live.audience import DECODER, Audience, Group
from tests.web import ROOT

EVENTS: Final = sorted((ROOT / "tests" / "fixtures" / "events").glob("*.json"))
HERE, THERE = "000000001", "000000000"


def _placed(file: Path, path: str) -> bytes:
    """The event of the file as it would happen in the area at `path`."""
    event = json.loads(file.read_text("utf-8"))
    event["area"] = path
    for device in event.get("devices", []):
        device["area"] = path
    if "readings" in event:
        event["readings"] = [[number, path, *rest] for number, _, *rest in event["readings"]]
    return msgspec.json.encode(event)


def _received(audience: Audience, body: bytes, *, worn: bool = False) -> bytes:
    group = Group(audience, lambda _: worn)
    group.offer(DECODER.decode(body), body, b"e-1-0")
    group.flush()
    return group.take_open()


@pytest.mark.parametrize("file", EVENTS, ids=lambda file: file.stem)
def test_an_event_from_outside_reaches_nobody(file: Path) -> None:
    of_no_area = "freshness" in file.stem
    for area in (HERE, HERE + "000"):
        for wall in (False, True):
            there = _received(Audience(scope=HERE, area=area, probe=True, wall=wall), _placed(file, THERE))
            assert bool(there) is of_no_area
    assert _received(Audience(scope="", area="000", probe=True), _placed(file, "000000"))


@pytest.mark.parametrize("stem", ["devices", "telemetry"])
def test_a_wall_hears_nothing_of_what_a_person_wears(stem: str) -> None:
    (file,) = (file for file in EVENTS if file.stem.startswith(stem))
    body = _placed(file, HERE)
    wall, desk = (Audience(scope=HERE, area=HERE, probe=True, wall=wall) for wall in (True, False))
    assert not _received(wall, body, worn=True)
    assert _received(wall, body)
    assert _received(desk, body, worn=True)


@pytest.mark.parametrize("stem", ["duty", "rules"])
def test_a_wall_hears_nothing_of_duty_and_rules(stem: str) -> None:
    (file,) = (file for file in EVENTS if file.stem.startswith(stem))
    assert not _received(Audience(scope=HERE, area=HERE, wall=True), _placed(file, HERE))
    assert _received(Audience(scope=HERE, area=HERE), _placed(file, HERE))


def test_figures_of_what_lies_above_the_scope_are_not_sent() -> None:
    (file,) = (file for file in EVENTS if file.stem.startswith("counters"))
    assert not _received(Audience(scope=HERE, area=HERE), _placed(file, "000000"))
    assert _received(Audience(scope=HERE, area=HERE + "001"), _placed(file, HERE))


def test_each_field_of_an_alarm_is_for_walls_or_not() -> None:
    """A new field must be thought of: is it for whoever passes?"""
    for_walls = {
        "type", "area", "version", "at", "alarm_id", "kind", "severity", "life_safety", "state", "occurrences",
        "raised_at", "last_at", "cleared_at", "device_kind", "reading_ts", "unit", "source", "run", "needs_reason",
        "shelved_until", "shelved_until_clear", "parent_id", "event_id", "close_reason", "look_due_at", "escalation",
        "chattering", "window",
    }  # fmt: skip
    hidden = NOT_FOR_WALLS.keys() | NOR_OF_SMALL_ONES.keys()
    model: type[BaseModel] = AlarmChanged
    assert set(model.model_fields) == for_walls | hidden
    assert not for_walls & hidden


@pytest.mark.parametrize("life_safety", [True, False])
def test_a_wall_hears_of_lives_where_and_of_the_rest_only_that(*, life_safety: bool) -> None:
    (file,) = (file for file in EVENTS if file.stem == "alarm.changed")
    event = {**json.loads(file.read_text("utf-8")), "area": HERE, "life_safety": life_safety, "owner": "wang"}
    sent = _received(Audience(scope=HERE, area=HERE, wall=True), msgspec.json.encode(event))
    heard = AlarmChanged.model_validate_json(sent.partition(b"data: ")[2])
    assert (heard.place == event["place"]) is life_safety
    assert (heard.owner, heard.device_code, heard.value) == (None, None, None)

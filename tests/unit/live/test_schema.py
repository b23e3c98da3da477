"""The JSON Schema on disk, the fixtures that browser and server share, and the wire form are one thing."""

from pathlib import Path
from typing import get_args

import pytest

from data_access.events import LIVE_EVENT, Event, LiveEvent
from data_access.live import schema
from data_access.live.audience import DECODER

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "events").glob("*.json"))
TYPES = get_args(get_args(LiveEvent)[0])


def test_the_schema_of_the_events_is_up_to_date() -> None:
    assert schema.PATH.read_text("utf-8") == schema.render(), "run python -m data_access.runtime.generated"


def test_every_event_type_has_a_fixture() -> None:
    assert {path.stem for path in FIXTURES} == {kind.model_fields["type"].default for kind in TYPES}


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_fixture_is_a_valid_event_and_the_hub_reads_it(path: Path) -> None:
    event = LIVE_EVENT.validate_json(path.read_bytes())
    assert isinstance(event, Event)
    assert event.type == path.stem
    assert DECODER.decode(path.read_bytes()).area == event.area

"""What is told quickly is what the schema would have said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from data_access.domain.alarms import AlarmState, CloseReason, Severity
from data_access.live.telling import Detector, alarm_body, alarm_changed

_at = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001  # they are given one
_whole = st.integers(0, 2**53)
_number = st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32)
_word = st.text(max_size=12)


@st.composite
def rows(draw: st.DrawFn) -> Any:
    def maybe(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(st.none() | strategy)

    raised = draw(_at)
    return SimpleNamespace(
        id=draw(_whole),
        area_path=draw(_word),
        version=draw(_whole),
        kind=draw(_word),
        severity=draw(st.sampled_from([*Severity, 1, 4])),
        life_safety=draw(st.booleans()),
        state=draw(st.sampled_from([*AlarmState, "closed"])),
        occurrences=draw(_whole),
        raised_at=raised,
        last_at=raised + timedelta(milliseconds=7),
        cleared_at=maybe(_at),
        device_id=maybe(_whole),
        building_id=maybe(_whole),
        place=draw(_word),
        lng=draw(_number),
        lat=draw(_number),
        value=draw(_number),
        unit=maybe(_word),
        source=draw(_word),
        run=maybe(_word),
        needs_reason=draw(st.booleans()),
        owner=maybe(_word),
        shelved_until=maybe(_at),
        shelved_until_clear=draw(st.booleans()),
        parent_id=maybe(_whole),
        event_id=maybe(_whole),
        close_reason=maybe(st.sampled_from([*CloseReason, "real"])),
        look_due_at=maybe(_at),
        escalation=draw(st.integers(0, 3)),
        chattering=draw(st.booleans()),
        window=maybe(st.sampled_from(["drill", "maintenance"])),
        incident_id=maybe(_whole),
        dispatched_to=maybe(_word),
    )


@given(row=rows(), code=st.none() | _word, ts=st.none() | _whole, at=_at)
def test_the_quick_words_are_the_schemas(row: Any, code: str | None, ts: int | None, at: datetime) -> None:
    device = Detector(code, code, ts and ts % 40)
    told = alarm_changed(row, device, reading_ts=ts, at=at)
    assert type(told).model_validate_json(alarm_body(row, device, ts, at)) == told
    assert alarm_body(row, device, ts, at).startswith('{"area":')

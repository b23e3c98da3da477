from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from data_access.commands.incidents import take_in
from data_access.db.engine import Database
from data_access.db.tables import AreaBoundaryRow, AreaRow, ChannelRow, IncidentHistoryRow, IncidentTypeRow, OutboxRow
from data_access.domain.errors import InvalidInput, NotFound
from data_access.events import LIVE_EVENT, IncidentChanged

SQUARE = '{"type":"Polygon","coordinates":[[[%s,22],[%s,22],[%s,23],[%s,23],[%s,22]]]}'


@pytest.fixture
def town(database: Database) -> Database:
    with database.writing() as session:
        root = AreaRow(code="r", name="区", kind="district", path="000", depth=0, aliases=[])
        session.add(root)
        session.flush()
        for number, (west, east) in enumerate(((114, 115), (115, 116))):
            area = AreaRow(
                code=f"s{number}",
                name="街",
                kind="street",
                path=f"00000{number}",
                depth=1,
                parent_id=root.id,
                aliases=[],
            )
            session.add(area)
            session.flush()
            outline = SQUARE % (west, east, east, west, west)
            session.add(AreaBoundaryRow(area_id=area.id, geometry=outline, schematic=True, source="t"))
        session.add(AreaBoundaryRow(area_id=root.id, geometry=SQUARE % (114, 116, 116, 114, 114), source="t"))
        session.add(IncidentTypeRow(source="catalogue", ref="6", level=1, name="市政设施"))
    return database


def test_an_incident_comes_in_with_history_and_event(town: Database, noon: datetime) -> None:
    payload = {"title": "井盖破损", "lng": 115.5, "lat": 22.5, "channel": "@坪山", "class": "市政设施", "key": "k-1"}
    with town.writing() as session:
        row, new = take_in(session, payload, actor="api", now=noon)
        assert (new, row.area_path, row.due_at) == (True, "000001", noon + timedelta(days=7))  # 35 working hours
        again, fresh = take_in(session, payload, actor="api", now=noon)
        assert (again.id, fresh) == (row.id, False)
    with town.reading() as session:
        history = session.scalars(select(IncidentHistoryRow)).all()
        assert [(h.action, h.stage, h.actor) for h in history] == [("create", "report", "api")]
        event = LIVE_EVENT.validate_json(session.scalars(select(OutboxRow.body)).one())
        assert isinstance(event, IncidentChanged)
        assert (event.area, event.channel, event.stage, event.version) == ("000001", "@坪山", "report", 1)
        assert session.scalars(select(ChannelRow.name)).all() == ["@坪山"]


def test_its_clocks_begin_and_what_is_urgent_has_less_time(town: Database, noon: datetime) -> None:
    with town.writing() as session:
        usual, urgent, five = (
            take_in(session, {"title": "x", "area": "s0", **more, "key": key}, actor="api", now=noon)[0]
            for key, more in (("a", {}), ("b", {"urgency": "urgent"}), ("c", {"workflow": "five"}))
        )
    assert (usual.workflow, usual.step, usual.level, usual.post) == ("seven", "report", 2, "000000")
    assert usual.step_due_at == usual.clock_at == noon + timedelta(hours=3)  # an hour, after lunch
    assert (urgent.step_due_at, urgent.due_at) == (noon + timedelta(minutes=30), noon + timedelta(hours=48))
    assert (five.workflow, five.step) == ("five", "find")


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"area": "s0"}, InvalidInput),
        ({"title": "x"}, InvalidInput),
        ({"title": "x", "lng": 115.5}, InvalidInput),
        ({"title": "x", "lng": 115.5, "lat": "22"}, InvalidInput),
        ({"title": "x", "lng": True, "lat": 22}, InvalidInput),
        ({"title": "x", "lng": 15.5, "lat": 22}, InvalidInput),
        ({"title": "x", "lng": 115.5, "lat": 922}, InvalidInput),
        ({"title": "x" * 201, "area": "s0"}, InvalidInput),
        ({"title": "x", "area": "nowhere"}, NotFound),
        ({"title": "x", "area": "s0", "class": "无"}, InvalidInput),
        ({"title": "x", "area": "s0", "nature": "无"}, InvalidInput),
        ({"title": "x", "area": "s0", "workflow": "无"}, InvalidInput),
        ({"title": "x", "area": "s0", "urgency": "无"}, InvalidInput),
        ({"title": 7, "area": "s0"}, InvalidInput),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    town: Database, noon: datetime, payload: dict[str, object], error: type[Exception]
) -> None:
    with town.writing() as session, pytest.raises(error):
        take_in(session, payload, actor="api", now=noon)


def test_a_class_of_any_level_brings_those_above_it_and_known_channels_are_found(
    town: Database, noon: datetime
) -> None:
    with town.writing() as session:
        top = session.scalars(select(IncidentTypeRow)).one()
        main = IncidentTypeRow(source="catalogue", ref="61", level=2, parent_id=top.id, name="道路")
        session.add(main)
        session.flush()
        sub = IncidentTypeRow(source="catalogue", ref="611", level=3, parent_id=main.id, name="井盖")
        channel = ChannelRow(source="demo", ref="snap", name="随手拍")
        session.add_all([sub, channel])
        session.flush()
        row, _ = take_in(
            session, {"title": "x", "area": "s0", "class": "井盖", "channel": "snap"}, actor="api", now=noon
        )
        assert (row.top_type_id, row.main_type_id, row.sub_type_id) == (top.id, main.id, sub.id)
        assert row.channel_id == channel.id

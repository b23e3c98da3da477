"""The newest states of devices reach the table as they are, whichever database takes them."""

import json

from sqlalchemy import select

from data_access.commands.readings import State, write_states
from data_access.db.engine import Database
from data_access.db.tables import DeviceStateRow, from_ms
from tests import fleet


def test_a_state_is_put_in_place_and_replaced_whole(database: Database) -> None:
    fleet.build(database, {"S1": "smoke", "S2": "smoke"})
    memory = {"run": 'a\\tb\n"c"\t\\N', "clock": 7}
    first = [
        State(1, "000", 4, 1, 5, None, '{"smoke":1}', json.dumps(memory)),
        State(2, "000", 0, 1, None, 6, "{}", None),
    ]
    second = [State(1, "000", 0, 2, 9, 9, '{"smoke":0.5}', None)]
    with database.writing() as session:
        write_states(session.connection(), first)
    with database.reading() as session:
        one, two = session.scalars(select(DeviceStateRow).order_by(DeviceStateRow.device_id))
        assert (one.status, one.last_ts, one.last_seen, one.values, one.rule_state) == (
            4,
            from_ms(5),
            None,
            {"smoke": 1},
            memory,
        )
        assert (two.status, two.last_ts, two.last_seen, two.values, two.rule_state) == (0, None, from_ms(6), {}, None)
    with database.writing() as session:
        write_states(session.connection(), second)
    with database.reading() as session:
        one = session.get_one(DeviceStateRow, 1)
        assert (one.version, one.last_seen, one.values, one.rule_state) == (2, from_ms(9), {"smoke": 0.5}, None)

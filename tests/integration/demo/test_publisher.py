"""The simulator's voice survives a broker and an edge that are started anew, one after the other."""

from __future__ import annotations

from pathlib import Path

from data_access.db.engine import Database
from data_access.demo.publisher import Publisher, Said, wait_sent
from tests.intake import Broker, door, ingest, until
from tests.unit.demo import fleets


def test_what_is_said_while_the_broker_is_away_gets_through_and_is_known_to(sqlite: Database, tmp_path: Path) -> None:
    broker, fleet = Broker("embedded", tmp_path), fleets.small()
    said = [Said(fleet.devices[-1], 1_780_000_000_000, {"flow_lps": 90.0})]
    with door(broker) as port, ingest(sqlite, broker):
        publisher = Publisher(f"mqtt://127.0.0.1:{port}", fleet, through_edge=True)
        try:
            assert publisher.wait_connected()
            assert wait_sent(publisher.send(said))
            broker.kill()
            just_then = publisher.send(said)
            until(lambda: not publisher.wait_connected(0))
            afterwards = publisher.send(said)
            assert not wait_sent(afterwards, within_s=0.1)
            broker.start()
            assert wait_sent([*just_then, *afterwards], within_s=30)
        finally:
            publisher.close()
            broker.kill()

"""Incidents by HTTP: what comes in is there, told and counted; what does not fit is refused with a sentence."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, func, select

from data_access.api.incidents import A_SECOND, BURST, Allowance
from data_access.commands.incidents import INTAKE
from data_access.db.tables import IncidentHistoryRow, IncidentRow, SourceRow
from data_access.runtime.counters import CountersKeeper
from tests.small import DISTRICT, GRID
from tests.web import Web, wait_for

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def _post(web: Web, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(web.url + "/api/v1/incidents", json=body, headers=headers, timeout=10)


@pytest.fixture(scope="module", autouse=True)
def _left_as_found(web: Web) -> Iterator[None]:
    """Other tests count the incidents and sources of this server."""
    yield
    with web.database.writing() as session:
        mine = select(IncidentRow.id).where(IncidentRow.source == INTAKE)
        session.execute(delete(IncidentHistoryRow).where(IncidentHistoryRow.incident_id.in_(mine)))
        session.execute(delete(IncidentRow).where(IncidentRow.source == INTAKE))
        session.execute(delete(SourceRow).where(SourceRow.code == "incidents"))


@pytest.fixture
def source(web: Web) -> str:
    with web.database.writing() as session:
        session.merge(
            SourceRow(code="incidents", name="事件系统", name_en="Incident system", interval_s=300, version=1)
        )
    return "incidents"


def test_an_incident_is_told_counted_and_marks_its_source_fresh(web: Web, source: str) -> None:
    keeper = CountersKeeper(web.database, web.redis)
    keeper.step(web.now())
    began = web.now()
    with web.stream(f"area={DISTRICT}") as stream:
        answer = _post(web, {"title": "井盖破损", "lng": 114.13, "lat": 22.55, "channel": "snap"})
        assert answer.status_code == 201
        made = answer.json()
        assert made["area"] == GRID[:12] + "001"
        told = stream.wait(lambda f: f["data"].get("incident_id") == made["id"])["data"]
        assert (told["title"], told["channel"], told["stage"]) == ("井盖破损", "snap", "report")
        fresh = stream.wait(lambda f: f["data"].get("source") == source)["data"]
        assert datetime.fromisoformat(fresh["last_seen"]) >= began - timedelta(seconds=1)
        wait_for(lambda: keeper.step(web.now()))
        counted = stream.wait(lambda f: f["data"].get("type") == "counters.changed")["data"]
        assert counted["counters"]["incidents.today"] >= 1


def test_the_same_key_makes_one_incident(web: Web) -> None:
    body = {"title": "路灯不亮", "area": GRID, "key": "sender-1"}
    first, second = _post(web, body), _post(web, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    with web.database.reading() as session:
        count = select(func.count()).where(IncidentRow.source_ref == "sender-1")
        assert session.scalar(count) == 1


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"area": GRID}, "title"),
        ({"title": "x"}, "area"),
        ({"title": "x", "area": "nowhere"}, "nowhere"),
        ({"title": "x", "area": GRID, "colour": "red"}, "colour"),
        ({"title": "x", "lng": 1.0, "lat": 2.0}, "none of our areas"),
        (["x"], "object"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(web: Web, body: Any, word: str) -> None:
    answer = _post(web, body)
    assert answer.status_code == 400
    assert word in answer.json()["error"]


def test_what_is_no_json_or_comes_from_another_site_is_refused(web: Web) -> None:
    url = web.url + "/api/v1/incidents"
    assert httpx.post(url, content=b"{", timeout=10).status_code == 400
    assert httpx.post(url, content=b" " * 70_000, timeout=10).status_code == 400
    assert _post(web, {"title": "x", "area": GRID}, Origin="http://elsewhere.example").status_code == 403


def test_a_source_says_that_it_is_well(web: Web, source: str) -> None:
    def say(code: str) -> int:
        return httpx.post(f"{web.url}/api/v1/sources/{code}/alive", timeout=10).status_code

    assert (say(source), say("nobody"), say("sensors")) == (204, 404, 400)
    with web.database.reading() as session:
        seen = session.scalar(select(SourceRow.last_seen).where(SourceRow.code == source))
        assert seen is not None
        assert web.now() - seen < timedelta(seconds=10)


def test_a_client_has_a_burst_and_then_a_rate() -> None:
    allowance = Allowance()
    assert [allowance.take("a", NOON) for _ in range(BURST + 1)] == [True] * BURST + [False]
    assert allowance.take("b", NOON)
    later = NOON + timedelta(seconds=3)
    assert sum(allowance.take("a", later) for _ in range(BURST)) == 3 * A_SECOND


def test_what_is_remembered_of_clients_is_bounded() -> None:
    allowance = Allowance()
    for number in range(5_000):
        allowance.take(str(number), NOON)
    assert len(allowance._left) == 1_000

"""Hidden dangers on both databases: whatever order complaints and clocks come in, each is opened once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from data_access.commands.incidents import take_in
from data_access.commands.repeats import SOURCE, look
from data_access.db.engine import Database
from data_access.db.tables import IncidentHistoryRow, IncidentRow, IncidentTypeRow, RepeatRow
from data_access.domain.repeats import ENOUGH, WITHIN, first_danger
from tests.small import COMMUNITY, GRID, fill

OTHER_GRID = "440303004011002"
HOUR = timedelta(hours=1)


class Town:
    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.now, self.number = database, now, 0
        fill(database, now)
        with database.writing() as session:
            above = None
            for level, name in enumerate(("市政设施", "公用部件", "路灯"), 1):
                row = IncidentTypeRow(source="t", ref=str(level), level=level, parent_id=above, name=name)
                session.add(row)
                session.flush()
                above = row.id
            session.add(IncidentTypeRow(source="t", ref="4", level=3, parent_id=2, name="井盖"))

    def complain(self, area: str = GRID, kind: str = "路灯", nature: str = "投诉") -> int:
        self.number += 1
        body = {"title": kind, "area": area, "class": kind, "nature": nature, "key": f"k{self.number}"}
        with self.database.writing() as session:
            return take_in(session, body, actor="api", now=self.now)[0].id

    def dangers(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        with self.database.reading() as session:
            for danger in session.scalars(select(IncidentRow.id).where(IncidentRow.source == SOURCE)):
                found[danger] = list(
                    session.scalars(
                        select(RepeatRow.complaint_id).where(RepeatRow.danger_id == danger).order_by(RepeatRow.id)
                    )
                )
        return found


@pytest.fixture
def town(database: Database, noon: datetime) -> Town:
    return Town(database, noon)


def test_the_third_of_a_day_opens_a_danger_linked_to_the_three(town: Town) -> None:
    three = []
    for _ in range(ENOUGH):
        assert look(town.database, town.now) == 0
        three.append(town.complain())
        town.now += 11 * HOUR
    assert look(town.database, town.now) == 1
    assert look(town.database, town.now) == 0
    ((danger, linked),) = town.dangers().items()
    assert linked == three
    with town.database.reading() as session:
        row = session.get_one(IncidentRow, danger)
        assert (row.title, row.stage, row.step) == ("隐患：路灯，一日内 3 起", "report", "report")
        assert row.due_at is not None
        history = select(IncidentHistoryRow.action).where(IncidentHistoryRow.incident_id == danger)
        assert list(session.scalars(history)) == ["create"]
    fourth = town.complain()
    look(town.database, town.now)
    assert town.dangers() == {danger: [*three, fourth]}


def test_other_grids_classes_natures_and_levels_do_not_count_together(town: Town) -> None:
    for more in (
        {},
        {"area": OTHER_GRID},
        {"kind": "井盖"},
        {"nature": "咨询"},
        {"area": COMMUNITY},
        {"kind": "公用部件"},
    ):
        for _ in range(2):
            town.complain(**more)
    for _ in range(2):
        town.complain(COMMUNITY)
        town.complain(nature="感谢")
    assert look(town.database, town.now) == 0


def test_a_closed_danger_takes_no_more_and_a_new_three_open_another(town: Town) -> None:
    for _ in range(ENOUGH):
        town.complain()
    look(town.database, town.now)
    with town.database.writing() as session:
        session.execute(update(IncidentRow).where(IncidentRow.source == SOURCE).values(stage="closed"))
    for _ in range(ENOUGH):
        town.complain()
    assert look(town.database, town.now) == 1
    assert [len(linked) for linked in town.dangers().values()] == [3, 3]


def test_a_worker_that_stood_still_for_days_finds_what_it_missed(town: Town) -> None:
    look(town.database, town.now)
    for _ in range(ENOUGH):
        town.now += HOUR
        town.complain()
    town.now += timedelta(days=5)
    assert look(town.database, town.now) == 1


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(("complain", "wait", "night", "look", "race")), min_size=5, max_size=16))
def test_in_any_order_each_complaint_is_of_one_danger_and_no_three_are_left(town: Town, moves: list[str]) -> None:
    town.now += timedelta(days=3)
    before = set(town.dangers())
    came: dict[int, datetime] = {}
    for move in [*moves, "race"]:
        if move == "complain":
            came[town.complain()] = town.now
        elif move in ("wait", "night"):
            town.now += 7 * HOUR if move == "wait" else 26 * HOUR
        elif move == "look":
            look(town.database, town.now)
        else:
            with ThreadPoolExecutor(2) as threads:
                list(threads.map(lambda _: look(town.database, town.now), range(2)))
    found = {danger: linked for danger, linked in town.dangers().items() if danger not in before}
    linked = [number for numbers in found.values() for number in numbers]
    assert len(linked) == len(set(linked))
    assert set(linked) <= set(came)
    for numbers in found.values():
        assert len(numbers) >= ENOUGH
        times = [came[number] for number in numbers]
        assert times[ENOUGH - 1] - times[0] <= WITHIN
        assert all(b - a <= WITHIN for a, b in pairwise(times))
    assert first_danger([(n, at) for n, at in sorted(came.items()) if n not in linked]) is None

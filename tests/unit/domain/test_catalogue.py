"""What an item makes of a workflow, and what no item may be."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from data_access.domain.accounts import Role
from data_access.domain.catalogue import (
    Category,
    Item,
    check,
    default_classes,
    first_post,
    sample_items,
    under,
)
from data_access.domain.errors import InvalidInput
from data_access.domain.escalation import Level, Post
from data_access.domain.reports import CLASS_OF
from data_access.domain.workflows import (
    SEVEN,
    TEMPLATES,
    Urgency,
    Workflow,
    check_limits,
    find,
    from_json,
    to_json,
)

HOUR = timedelta(hours=1)
POSTS = (Post(Level.GRID_WORKER, "000000000"), Post(Level.STREET, "000000"), Post(Level.DISTRICT, "000"))


def item(**more: Any) -> Item:
    return Item(**{"number": "C1", "name": "路灯", "category": Category.C, "limit": 70 * HOUR, **more})


def test_steps_that_an_item_does_not_name_share_the_whole_as_the_workflow_does() -> None:
    found = under(SEVEN, item(limits={"register": HOUR / 2}))
    assert found.limits[Urgency.NORMAL] == 70 * HOUR
    assert found.step("register").limits[Urgency.NORMAL] == HOUR / 2
    assert found.step("handle").limits[Urgency.NORMAL] == 42 * HOUR  # 21 of 35
    assert [step.key for step in found.steps] == [step.key for step in SEVEN.steps]


def test_what_is_more_urgent_than_its_item_never_takes_longer() -> None:
    slow, quick = under(SEVEN, item()), under(SEVEN, item(limit=7 * HOUR))
    assert slow.limits == (70 * HOUR, 48 * HOUR, 12 * HOUR)
    assert quick.limits == (7 * HOUR, 7 * HOUR, 7 * HOUR)
    grave = under(SEVEN, item(limit=6 * HOUR, urgency=Urgency.VERY_URGENT, working=False))
    assert grave.limits[Urgency.VERY_URGENT] == 6 * HOUR
    assert not grave.on_working_time(Urgency.NORMAL)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"number": " "}, "编号"),
        ({"name": ""}, "编号"),
        ({"urgency": Urgency.URGENT}, "自然时间"),
        ({"limit": timedelta(0)}, "全案时限"),
        ({"limit": timedelta(days=367)}, "全案时限"),
        ({"limits": {"nothing": HOUR}}, "没有“nothing”"),
        ({"limits": {"report": HOUR}}, "没有“report”"),
        ({"limits": {"handle": timedelta(0)}}, "大于零"),
        ({"limits": {"handle": 69 * HOUR}}, "超过了全案"),
    ],
)
def test_an_item_that_cannot_be_is_refused(wrong: dict[str, Any], said: str) -> None:
    check(item(), SEVEN)
    with pytest.raises(InvalidInput, match=said):
        check(item(**wrong), SEVEN)


@pytest.mark.parametrize(
    ("level", "first"),
    [(None, 0), (Level.GRID_WORKER, 0), (Level.COMMUNITY, 1), (Level.STREET, 1), (Level.DISTRICT, 2)],
)
def test_the_lowest_that_is_there_and_may_handle_it_begins(level: Level | None, first: int) -> None:
    assert first_post(POSTS, level) is POSTS[first]
    assert first_post(POSTS[:1], Level.DISTRICT) is POSTS[0]  # nobody higher: it is not left to nobody
    assert first_post((), level) is None


def test_the_lists_that_ship_are_what_they_are_said_to_be() -> None:
    classes = default_classes()
    assert Counter(one.level for one in classes) == {1: 18, 2: 128, 3: 345}
    known = {(one.level, one.ref) for one in classes}
    assert all(one.parent is None or (one.level - 1, one.parent) in known for one in classes)
    found = sample_items()
    assert (len(found), len({one.number for _, one in found})) == (124, 124)
    assert {one.category for _, one in found} == set(Category)
    for ref, one in found:
        assert (3, ref) in known
        assert one.sample
        check(one, find(one.workflow))
    listed = {one.ref: one.name for one in classes if one.level == 3}
    assert {name for name in CLASS_OF.values() if name} <= {listed[ref] for ref, _ in found}  # citizens' picks have one


@pytest.mark.parametrize("workflow", TEMPLATES.values(), ids=lambda w: w.code)
def test_a_workflow_is_kept_and_read_back_the_same(workflow: Workflow) -> None:
    check_limits(workflow)
    assert from_json(workflow.code, 3, to_json(workflow)) == replace(workflow, version=3)
    assert (workflow.ref, replace(workflow, version=3).ref) == (workflow.code, f"{workflow.code}@3")


def test_limits_of_a_workflow_that_cannot_be_are_refused() -> None:
    nobody = replace(SEVEN, steps=(*SEVEN.steps[:-1], replace(SEVEN.steps[-1], by=frozenset[Role]())))
    endless = replace(SEVEN, limits=(timedelta(days=367), *SEVEN.limits[1:]))
    short = replace(SEVEN, limits=(HOUR, *SEVEN.limits[1:]))
    for wrong, said in ((nobody, "有人能办"), (endless, "最长一年"), (short, "超过了全案")):
        with pytest.raises(InvalidInput, match=said):
            check_limits(wrong)

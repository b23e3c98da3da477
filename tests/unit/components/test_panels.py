"""The panels as trees: what they say of data that is there, of data that is not, and in which language."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from dash import html
from dash.development.base_component import Component

from components import activity, building_drawer, closing, compare, frame, header, ledger, periods, ranking, trends
from components.i18n import Words, words
from data_access.domain.case_indicators import Counts
from data_access.domain.facts import Fact
from data_access.domain.incidents import ClosingCounts
from data_access.domain.periods import Period
from data_access.viewmodels.areas import AreaLabel, BuildingView, CameraLine, DeviceLine, PastAlarm, PersonLine, Place
from data_access.viewmodels.overview import (
    Closing,
    Flow,
    GroupLine,
    KindLine,
    Ledger,
    Neighbour,
    OnDuty,
    Overview,
    OwnerLine,
    Sensors,
    Side,
    SoFar,
    SourceLine,
    StageLine,
    Video,
)
from data_access.viewmodels.trends import HotTopic, HotTopics

NOW = datetime(2026, 6, 17, 6, 32, tzinfo=UTC)
CHINESE = re.compile(r"[\u3400-\u9fff]")
DISTRICT = AreaLabel(1, "440303", "000", "罗湖区", "Luohu", "district")
STREET = AreaLabel(2, "440303004", "000000", "翠竹街道", "Cuizhu", "street")


def _counts(created: int, due: int, closed: int, on_time: int) -> ClosingCounts:
    return ClosingCounts(created=created, due=due, closed=closed, closed_on_time=on_time)


FULL = Overview(
    place=Place(DISTRICT, (), (STREET,), (("street", 10), ("community", 109))),
    at=NOW,
    period=Period(date(2026, 6, 1), date(2026, 7, 1)),
    running=True,
    demo=True,
    has_incidents=True,
    ledger=Ledger(
        date(2026, 6, 1),
        {fact: 1000 + i for i, fact in enumerate(Fact)},
        dict.fromkeys(Fact, 990),
        dict.fromkeys(Fact, 900),
    ),
    closing=Closing(
        Counts(reported=6952, due_closing=6950, closed=6940, closed_on_time=6236),
        Counts(reported=10, due_closing=10, closed=10, closed_on_time=9),
        None,
    ),
    children=(
        GroupLine("440303004", "翠竹街道", "Cuizhu", _counts(100, 100, 99, 91)),
        GroupLine("440303005", "东门街道", "Dongmen", _counts(100, 100, 99, 84)),
        GroupLine("440303006", "莲塘街道", "Liantang", _counts(0, 0, 0, 0)),
        GroupLine(None, "未归属", None, _counts(7, 7, 7, 6)),
    ),
    channels=(GroupLine("1", "12345", None, _counts(6952, 6950, 6940, 6236)),),
    flow=Flow(486, 467, 342, (StageLine("handle", 191, 7), StageLine("verify", 57, 0))),
    sensors=Sensors(
        1005, 7, 131, 120, {4: 1, 3: 2, 2: 4, 1: 6}, (KindLine("smoke", 747, 6, 3, 4),), tuple(range(24)), 0, None
    ),
    video=Video(5216, 5138, NOW, (OwnerLine("公共安全", 3604, 3569), OwnerLine(None, 1612, 1569))),
    sources=(SourceLine("population", "人口房屋", "Population", 86_400, NOW),),
    on_duty=OnDuty("Lin*", 3, 9, 10),
)
EMPTY = replace(
    FULL,
    on_duty=None,
    running=False,
    has_incidents=False,
    ledger=Ledger(None, {}, {}, {}),
    closing=Closing(Counts(), None, None),
    children=(),
    channels=(),
    flow=Flow(0, 0, 0, ()),
    sensors=Sensors(0, 0, 0, 0, {4: 0, 3: 0, 2: 0, 1: 0}, (), (0,) * 24, 0, None),
    video=Video(0, 0, None),
    sources=(),
)
BUILDING = BuildingView(
    id=1, code="B1", name="Block 5", address=None, estate=None, kind="residential",
    lng=114.1, lat=22.5, floors=7, units=2,
    built_year=1998, area=STREET, people=(PersonLine("grid_worker", "L*", "138****1234"),), dwellings=40,
    uses=(("rented", 35), ("owner", 5)), residents=None, elderly=0, few=True,
    devices=(DeviceLine(1, "D1", "smoke", "S", 3, 4, NOW), DeviceLine(2, "D2", "gas", "G", None, None, None)),
    devices_total=2, cameras=(CameraLine(1, "C1", "Gate", 34, delivering=False),), incidents=(),
    alarms=(PastAlarm(1, "smoke", 4, "closed", 3, NOW),), alarms_total=12,
)  # fmt: skip


def _panels(view: Overview, w: Words) -> list[Component]:
    return [
        ledger.population(view.ledger, None, view.at, w),
        ledger.housing(view.ledger, None, view.at, w),
        ledger.organisations(view.ledger, None, view.at, w),
        closing.build(view, w),
        activity.incidents(view, w),
        activity.sensors(view, w),
        activity.video(view, w),
        ranking.build(view, (), w),
    ]


def _text(tree: object) -> str:
    return json.dumps(tree, default=lambda component: component.to_plotly_json(), ensure_ascii=False)


@pytest.mark.parametrize("view", [FULL, EMPTY, replace(FULL, running=False)], ids=["full", "empty", "past"])
def test_no_panel_speaks_chinese_to_an_english_reader(view: Overview) -> None:
    w = words("en")
    everything = [
        *_panels(view, w),
        header.build(
            "/", html.Div(frame.where(view.place, view.on_duty, w)), {}, w, person=header.Viewer(None, demo=True)
        ),
        frame.strip(w),
        *frame.proof(view, w),
        *frame.below(view.place, True, w),
        frame.alarms(w, {4: 2, 3: 0}),
        frame.footer(view.sources, True, w),
        building_drawer.build(BUILDING, NOW, w),
        building_drawer.absent("没有这栋楼，或者不在您的权限范围内。", w),
    ]
    said = set(re.findall(r'"([^"]*[\u3400-\u9fff][^"]*)"', _text(everything)))
    assert said <= {"中", "中文"}


def test_what_was_not_imported_is_a_dash_and_never_a_zero() -> None:
    for panel in _panels(EMPTY, words("zh"))[:-1]:
        said = _text(panel)
        assert "未导入" in said or "未接入" in said
        assert '"0"' not in said


def test_the_published_figures_stand_with_numerator_and_denominator() -> None:
    said = _text(closing.build(replace(FULL, running=False), words("zh")))
    assert '"89.73"' in said
    assert '"6,236 / 6,950"' in said
    assert "百分点" in said
    assert "处置率" not in said  # flags say nothing of handling
    timed = replace(FULL.closing, cases=replace(FULL.closing.cases, due_handling=400, handled=361))
    said = _text(closing.build(replace(FULL, closing=timed), words("zh")))
    assert "处置率" in said
    assert '"361 / 400"' in said


def test_a_past_period_shows_its_channels_instead_of_today() -> None:
    said = _text(activity.incidents(replace(FULL, running=False), words("zh")))
    assert "12345" in said
    assert "今日受理" not in said


WEEK = replace(
    FULL,
    period=Period(date(2026, 6, 15), date(2026, 6, 22)),
    given=True,
    so_far=SoFar(created_before=6000, created_year_before=5000, alarms=40, alarms_before=50),
)


def test_a_running_week_is_counted_beside_the_week_before_up_to_the_same_moment() -> None:
    w = words("zh")
    cases, alarms, rates = (
        _text(panel) for panel in (activity.incidents(WEEK, w), activity.sensors(WEEK, w), closing.build(WEEK, w))
    )
    assert all(said in cases for said in ("本周受理", "较上周同时", '"6,952"', "+15.9%"))
    assert all(said in alarms for said in ("本周", "较上周同时", '"40"', "−20.0%"))
    assert "本周效能" in rates
    assert "+15.9%" in rates  # not against the whole week before
    assert "incidents.today" not in cases


def _choices(view: Overview) -> dict[str, dict[str, str]]:
    nav = periods.switch(view, words("zh"))
    props = [link.to_plotly_json()["props"] for link in nav.children] if nav else []
    return {link["children"]: link for link in props}


def test_the_switch_marks_the_period_of_the_address_and_goes_where_data_ended_long_ago() -> None:
    def chosen(view: Overview) -> list[str]:
        return [word for word, link in _choices(view).items() if "aria-current" in link]

    assert (chosen(FULL), chosen(WEEK)) == (["今日"], ["本周"])
    assert "from=2026-06-01&to=2026-07-01" in _choices(WEEK)["本月"]["href"]
    assert "from" not in _choices(WEEK)["今日"]["href"]
    assert _choices(replace(FULL, goes_on=False)) == {}


def test_beside_the_map_two_areas_are_chosen_and_their_rates_share_a_scale() -> None:
    one, two = Side(FULL, timedelta(hours=42)), Side(WEEK, None)
    said = _text(compare.beside(one, two, [DISTRICT, STREET], words("zh")))
    wanted = ("按期结案率", "处置率", "返工率", "平均整治", "超期在办", "紧急与重要告警", "beside-a", "pair-target")
    assert [word for word in wanted if word not in said] == []
    assert '"1.8"' in said  # days; the other has handled nothing
    assert "/compare?lang=zh&a=440303&b=440303" in said


def test_the_ranking_marks_who_is_below_the_target_and_shows_the_unassigned_unranked() -> None:
    said = _text(ranking.build(FULL, (), words("zh")))
    assert said.index("翠竹") < said.index("东门") < said.index("莲塘") < said.index("未归属")
    assert said.count("rank is-low") == 1
    assert said.count('"data-drill"') == 3


def test_neighbours_are_numbers_and_lead_nowhere() -> None:
    beside = (Neighbour(name="东门街道", name_en="Dongmen", alarms=3, incidents=12, on_time_rate=97.5),)
    for view in (replace(FULL, neighbours=beside), replace(EMPTY, neighbours=beside)):
        said = _text(ranking.build(view, (), words("zh")))
        assert said.index("相邻 1 个区域：告警 3 · 在办 12") < said.rindex("东门") < said.index("97.5")
        assert said.count('"data-drill"') == len([line for line in view.children if line.code and view.place.children])
    assert "相邻" not in _text(ranking.build(FULL, (), words("zh")))


def test_a_very_wide_wall_says_whose_the_cameras_are_and_how_many_of_each_show_nothing() -> None:
    said = _text(activity.video(FULL, words("en")))
    assert "Public safety" in said
    assert "3,604" in said
    assert '"35"' in said
    assert "1,612" not in said, "nobody is named for them"


def test_each_rental_grade_is_told_behind_a_mark_that_needs_no_pointer() -> None:
    panel = ledger.housing(FULL.ledger, None, FULL.at, words("zh"))
    told = next(part for part in panel.children[0].children if isinstance(part, html.Details))
    assert isinstance(told.children[0], html.Summary)
    assert all(word in _text(told) for word in ("宽管", "关注", "严管", "禁止"))


@pytest.mark.parametrize(
    ("probability", "said"), [(0.00001, "不到万分之一"), (0.0003, "万分之 3"), (0.0099, "万分之 99"), (0.12, "12%")]
)
def test_a_chance_is_said_in_words(probability: float, said: str) -> None:
    line = HotTopic("夜间施工噪声", 31, 12.4, probability, hot=True, where=None)
    assert said in _text(trends.hot(HotTopics(date(2026, 6, 1), (line,), 302, 0.15), {}, words("zh")))


def test_where_only_recordings_play_the_tile_says_so_and_counts_none_of_their_alarms_as_today() -> None:
    bare = replace(EMPTY.sensors, replay=3, replaying=1)
    said = _text(activity.sensors(replace(EMPTY, sensors=bare), words("zh")))
    assert "只有回放终端" in said
    assert "alarms.replay" in said
    assert "alarms.today" not in said


def test_few_of_yesterday_are_told_as_a_number_not_as_a_percentage() -> None:
    for yesterday, told, not_told in (
        (2, '"昨日同时', "+1900"),
        (40, '"较昨日同时', '"昨日同时'),
        (0, '"昨日同时', '"较昨日'),
    ):
        now = replace(FULL.sensors, today=40, yesterday=yesterday)
        said = _text(activity.sensors(replace(FULL, sensors=now), words("zh")))
        assert told in said
        assert not_told not in said


def test_a_leaf_shows_who_answers_for_it() -> None:
    leaf = replace(FULL, place=replace(FULL.place, children=()))
    said = _text(ranking.build(leaf, (PersonLine("grid_chief", "张*", None),), words("zh")))
    assert "网格长" in said
    assert "张*" in said


def test_few_people_are_not_counted_out() -> None:
    assert "<5" in _text(building_drawer.build(BUILDING, NOW, words("zh")))


def test_a_hot_topic_is_named_beside_the_rates_and_nothing_is_said_where_none_rises() -> None:
    hot = HotTopic("夜间施工噪声", 31, 12.4, 0.00001, hot=True, where=None)
    calm = replace(hot, name="井盖", hot=False)
    view = replace(FULL, hot=HotTopics(date(2026, 6, 1), (hot, calm), 302, 0.15))
    assert "热点 夜间施工噪声 31 件" in _text(closing.build(view, words("zh")))
    none = replace(FULL, hot=HotTopics(date(2026, 6, 1), (calm,), 302, 0.15))
    assert "热点" not in _text(closing.build(none, words("zh")))


def test_a_header_says_who_watches_and_where_nobody_does() -> None:
    w = words("zh")
    said = _text(frame.where(FULL.place, OnDuty("林*", 3, 9, 10), w))
    assert "林*" in said
    assert "3 在岗" in said
    assert "9 / 10 区域有人" in said
    nobody = _text(frame.where(FULL.place, OnDuty(None, 0, 0, 0), w))
    assert "无人接班" in nobody
    assert "排班" not in nobody
    both = _text(frame.where(FULL.place, OnDuty(None, 0, 10, 10), words("en")))
    assert "none taken" in both, "a rota that is full does not contradict a desk that nobody has taken over"
    assert "10 / 10 areas staffed" in both

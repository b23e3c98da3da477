"""The desk's parts as text: what a line, an alarm and its surroundings say, and to whom."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from components import alarm_context, alarm_detail, alarm_queue, desk, desk_dialogs
from components.i18n import words
from components.markup import render
from data_access.domain.alarm_kinds import Guidance
from data_access.domain.alarms import AlarmState
from data_access.events import AlarmChanged
from data_access.viewmodels.alarms import AlarmDetail, AlarmRecord, AlarmStep
from data_access.viewmodels.areas import AreaLabel, CameraLine, Place
from data_access.viewmodels.desk import (
    Around,
    AtRisk,
    Chart,
    DeskAlarm,
    DeskFigures,
    DeskLine,
    DeskQueue,
    Help,
    Reachable,
)

NOW = datetime(2026, 6, 17, 6, 32, tzinfo=UTC)
ZH, EN = words("zh"), words("en")
GUIDANCE = Guidance(what_to_do="1. 看视频\n2. 派人", what_to_do_en="1. Watch\n2. Send somebody", source="kind")
GRID = AreaLabel(4, "440303004011003", "000000000002", "第03网格", "Grid 03", "grid")

COMMUNITY = AreaLabel(3, "440303004011", "000000000", "水贝社区", None, "community")
PLACE = Place(area=COMMUNITY, trail=(), children=(GRID,), below=())


def _nothing(of: type) -> dict[str, Any]:
    return dict.fromkeys(field.name for field in fields(of))


def _record(**more: Any) -> AlarmRecord:
    given = {
        **_nothing(AlarmRecord),
        "id": 7,
        "kind": "smoke",
        "severity": 4,
        "life_safety": True,
        "state": AlarmState.ACTIVE_UNACKED,
        "occurrences": 3,
        "place": "水贝二村 12 栋",
        "device_kind": "smoke",
        "device_code": "smoke-0107",
        "lng": 114.13,
        "lat": 22.55,
        "raised_at": NOW - timedelta(minutes=2),
        "last_at": NOW,
        "shelved_until_clear": False,
        "chattering": False,
        "version": 1,
    }
    return AlarmRecord(**{**given, **more})


def _step(action: str, **more: Any) -> AlarmStep:
    given = {
        **_nothing(AlarmStep),
        "at": NOW,
        "actor": "zhou",
        "action": action,
        "state": "active_acked",
        "severity": 4,
    }
    return AlarmStep(**{**given, **more})


def _view(record: AlarmRecord | None = None, history: Iterable[AlarmStep] = (), **more: Any) -> DeskAlarm:
    around = Around(
        trail=(GRID,),
        building_code="B1",
        facts=(f"{GRID.name}翠竹路 1 号",),
        floor=5,
        floors=9,
        cameras=(CameraLine(1, "cam-1", "电梯厅", 8, True), CameraLine(2, "cam-2", "路口", 90, False)),
        camera_points=((114.13, 22.55), (114.131, 22.55)),
        people=(
            Reachable(id=1, role="grid_worker", name="陈*", phone="13800000301", on_duty=False),
            Reachable(id=2, role="grid_chief", name="黄*", phone="13800000300", on_duty=True),
        ),
        helps=(Help(id=5, kind="team", name="微型消防站", metres=240, lng=114.13, lat=22.55),),
        at_risk=AtRisk(residents=60, households=20, elderly_alone=2, infants=7, disabled=0),
    )
    given: dict[str, Any] = {
        "detail": AlarmDetail(record or _record(), tuple(history), GUIDANCE),
        "around": around,
        "siblings": (),
        "chart": None,
        "at": NOW,
    }
    return DeskAlarm(**{**given, **more})


def _parts(view: DeskAlarm, *, act: bool = True, me: str = "zhou", lang: str = "zh") -> dict[str, str]:
    found = alarm_detail.regions(view, may_act=act, may_comment=act, me=me, w=words(lang))
    return {name: render(tree) for name, tree in found.items()}


def test_the_open_alarm_says_what_where_and_how_grave() -> None:
    head = _parts(_view())["head"]
    for said in (
        "烟感火警",
        "水贝二村 12 栋",
        "紧急 · 生命安全",
        "第03网格",
        "翠竹路 1 号",
        "第 5 层（共 9 层）",
        "smoke-0107",
    ):
        assert said in head


def test_the_next_thing_to_do_is_always_marked() -> None:
    def primary(record: AlarmRecord, history: Iterable[AlarmStep] = ()) -> str:
        parts = _parts(_view(record, history))
        acts = parts["acts"] + parts["guide"]
        return acts.split("is-primary", 1)[1].split("<kbd>")[1].split("<")[0] if "is-primary" in acts else ""

    standing: dict[str, Any] = {"state": AlarmState.ACTIVE_ACKED, "dispatched_at": NOW}
    ticked = [_step("comment", detail={"text": f"✓ {n}. x"}) for n in range(1, 10)]
    assert primary(_record()) == "A"
    assert primary(_record(state=AlarmState.ACTIVE_ACKED)) == "D"
    assert primary(_record(**standing)) == "T"  # the steps of the guidance
    assert primary(_record(**standing), ticked) == "I"  # a fire that is handled becomes a case
    assert primary(_record(state=AlarmState.CLEARED_ACKED)) == "X"
    handled = _record(**standing, incident_id=3)
    assert primary(handled, ticked) == ""  # nobody is led to closing a fire that burns
    assert "告警条件仍在" in _parts(_view(handled, ticked))["acts"]
    judged = _parts(_view(_record(**standing, close_reason="real")))["acts"]
    assert "恢复后自动关闭" in judged
    assert "<kbd>J</kbd>" in judged
    assert primary(_record(shelved_until=NOW)) == ""  # what is put aside asks for nothing


def test_an_owner_may_put_back_and_another_take_over() -> None:
    owned = _record(owner="zhou", owner_at=NOW)
    assert "放回" in _parts(_view(owned))["acts"]
    assert "接手" in _parts(_view(owned), me="wu")["acts"]


def test_who_may_not_act_has_no_button_and_sees_how_it_stands() -> None:
    parts = _parts(_view(_record(owner="zhou", owner_at=NOW, dispatched_to="陈*")), act=False)
    assert "<button" not in parts["acts"] + parts["guide"] + parts["timeline"]
    assert "zhou 已认领" in parts["acts"]
    assert "已派给 陈*" in parts["acts"]


def test_the_life_line_names_when_each_stage_was_reached() -> None:
    raised = NOW - timedelta(minutes=2)
    record = _record(
        state=AlarmState.ACTIVE_ACKED,
        owner="zhou",
        owner_at=raised + timedelta(seconds=9),
        acknowledged_at=raised + timedelta(seconds=21),
    )
    life = _parts(_view(record, [_step("dispatch", at=raised + timedelta(seconds=48))]))["life"]
    for said in ("+9 秒", "+21 秒", "+48 秒"):
        assert said in life
    assert life.count("is-now") == 1
    assert life.index("处置") > life.index("is-now")


def test_what_marks_an_alarm_is_said_in_words() -> None:
    record = _record(
        parent_id=3,
        window="drill",
        chattering=True,
        shelved_until=NOW,
        close_reason="false",
        state=AlarmState.ACTIVE_ACKED,
    )
    head = _parts(_view(record))["head"]
    for said in ("由告警 3 引起", "演练", "反复抖动", "已搁置至 06-17 14:32", "已判断：误报"):
        assert said in head


def test_what_is_shelved_until_it_clears_says_its_latest_moment_and_why() -> None:
    aside = _record(shelved_until=NOW + timedelta(hours=16), shelved_until_clear=True, shelve_reason="检修进行中")
    assert "已搁置到恢复，最迟至 06-18 06:32 · 检修进行中" in _parts(_view(aside))["head"]


def test_only_spans_that_will_be_taken_are_offered_for_shelving() -> None:
    def offered(most_h: int) -> str:
        return render(desk_dialogs.build(EN, shelve_max_h=most_h))

    assert all(value in offered(8) for value in ('value="480"', "Until it clears, 8 hours at most"))
    assert 'value="480"' not in offered(4)
    assert 'value="240"' in offered(4)


def test_the_timeline_tells_until_when_something_was_put_aside() -> None:
    timed = _step("shelve", detail={"why": "检修", "until": NOW.isoformat()})
    clear = _step("shelve", detail={"why": "检修", "until_clear": True})
    told = _parts(_view(_record(), [timed, clear]))["timeline"]
    assert "检修 · 至 06-17 14:32" in told
    assert "检修 · 到恢复为止" in told


def test_the_cause_and_the_first_of_an_event_are_a_step_away() -> None:
    head = _parts(_view(_record(parent_id=3, event_id=5)))["head"]
    assert 'data-go="3"' in head
    assert 'data-go="5"' in head
    assert 'data-go="7"' not in _parts(_view(_record(event_id=7)))["head"]  # the first of an event is this one


def _beside(state: AlarmState) -> AlarmChanged:
    told: dict[str, Any] = {
        "alarm_id": 5,
        "event_id": 5,
        "state": state,
        "severity": 4,
        "kind": "smoke",
        "place": "x",
        "floor": 3,
    }
    return AlarmChanged.model_construct(**told, raised_at=NOW)


def test_a_confirmed_event_is_acknowledged_as_one_while_others_of_it_wait() -> None:
    beside = _beside(AlarmState.ACTIVE_UNACKED)
    event: dict[str, Any] = {"record": _record(event_id=5), "siblings": (beside,)}
    assert 'data-action="event"' in _parts(_view(**event))["acts"]
    done = _record(event_id=5, state=AlarmState.CLEARED_ACKED, dispatched_at=NOW)
    over = _parts(_view(done, siblings=(_beside(AlarmState.CLEARED_ACKED),)))["acts"]
    assert "关闭整个事件" in over
    assert 'data-what="close"' in over
    assert "整个事件" not in _parts(_view(done))["acts"]  # alone it is closed alone
    looked_at = {**event, "record": _record(event_id=5, state=AlarmState.ACTIVE_ACKED)}
    assert 'data-action="event"' in _parts(_view(**looked_at))["acts"]
    nothing: dict[str, Any]
    for nothing in ({"siblings": ()}, {"record": _record()}, {"siblings": (_beside(AlarmState.ACTIVE_ACKED),)}):
        assert 'data-action="event"' not in _parts(_view(**{**event, **nothing}))["acts"]


def test_a_window_may_be_of_the_device_the_building_or_any_area_around() -> None:
    offered = [value for value, _, _ in alarm_context.window_places(_view(), ZH)]
    assert offered[:2] == ["device:smoke-0107", "building:B1"]
    assert offered[2:] == ["area:440303004011003"]


def test_a_step_is_ticked_off_with_who_and_when_and_the_next_is_current() -> None:
    guide = _parts(_view(history=[_step("comment", detail={"text": "✓ 1. 看视频"})]))["guide"]
    assert "14:32 zhou" in guide
    assert guide.index("is-done") < guide.index("is-now")
    assert 'data-tick="2"' in guide
    assert "Send somebody" in _parts(_view(), lang="en")["guide"]


def test_the_timeline_tells_who_did_what_and_why_newest_first() -> None:
    told = _parts(
        _view(
            history=[
                _step("raise", actor="ingest"),
                _step("call", detail={"who": "网格员 陈*", "outcome": "no_answer"}),
                _step("close", detail={"reason": "device_fault"}, note="换了电池"),
            ]
        )
    )["timeline"]
    assert "网格员 陈* · 无人接听" in told
    assert "设备故障 · 换了电池" in told
    assert told.index("关闭") < told.index("通话") < told.index("报警")


def test_a_level_without_anybody_is_said_in_the_readers_language() -> None:
    step = _step(
        "escalate", actor="clock", detail={"level": 2, "passed": [0, 1], "manned": False}, note="网格员无人值班"
    )
    assert "上报一级：街道一级 · 网格员、社区一级、街道一级无人值班" in _parts(_view(history=[step]))["timeline"]
    told = _parts(_view(history=[step]), lang="en")["timeline"]
    assert "one level up: the street · nobody on shift for Grid worker, the community, the street" in told


def test_readings_carry_their_levels_and_are_said_in_words() -> None:
    chart = Chart(
        metric="gas_lel",
        unit="%LEL",
        since=NOW - timedelta(hours=1),
        until=NOW,
        points=((1, 2.0), (2, 27.5)),
        levels=((25.0, 3), (50.0, 4)),
        is_state=False,
    )
    readings = _parts(_view(chart=chart))["readings"]
    assert "最近 27.5，最低 2，最高 27.5" in readings
    assert "重要 25 紧急 50" in readings
    assert "没有读数" in _parts(_view())["readings"]


def test_people_are_called_by_link_counted_and_never_named_in_the_clear() -> None:
    context = render(alarm_context.build(_view(), ZH))
    assert 'href="tel:13800000301"' in context
    assert "在岗" in context
    assert "&lt;5" in context
    masked = replace(_view().around.people[0], phone="138****0301")
    hidden = replace(_view().around, people=(masked,))
    assert "tel:" not in render(alarm_context.build(_view(around=hidden), ZH))


def test_the_place_is_a_map_with_what_lies_within_reach() -> None:
    there: dict[str, Any] = {"lng": 114.131, "lat": 22.55, "metres": 103}
    around = replace(
        _view().around,
        people=(
            replace(_view().around.people[0], on_duty=None, **there),
            replace(_view().around.people[1], **there),
            Reachable(id=3, role="building_head", name="罗*", phone=None, on_duty=None, of_building=True, metres=3),
        ),
    )
    context = render(alarm_context.build(_view(around=around), ZH))
    drawn = json.loads(unescape(context.split('data-map="')[1].split('"')[0]))
    assert (drawn["key"], drawn["severity"], drawn["place"]) == ("alarm 7", 4, "水贝二村 12 栋")
    assert [p["kind"] for p in drawn["points"]] == ["camera", "camera-off", "worker", "worker"]  # a team, then people
    assert [p.get("camera") for p in drawn["points"]][:2] == ["cam-1", None]
    assert drawn["points"][1]["said"] == "90 米 · 无画面"
    assert drawn["points"][-1]["name"] == "网格员 陈* · 网格长 黄*"  # two of one place are one mark
    for said in ("103 米", "在岗", "本楼"):
        assert said in context
    assert "data-map" not in render(alarm_context.build(_view(_record(lng=None, lat=None)), ZH))


def test_a_masked_name_is_asked_for_by_whoever_may() -> None:
    assert "data-reveal" not in render(alarm_context.build(_view(), ZH))
    asked = render(alarm_context.build(_view(), ZH, may_reveal=True))
    assert asked.count('data-reveal="') == 2
    assert "13800000301" in asked


def test_the_case_it_became_is_a_step_away() -> None:
    head = _parts(_view(_record(incident_id=3), case="A-1"))["head"]
    assert 'href="/incidents/case?code=A-1"' in head
    assert "已转为事件 A-1" in head
    assert (
        'href="/incidents/case?code=A-1&amp;lang=en"'
        in _parts(_view(_record(incident_id=3), case="A-1"), lang="en")["head"]
    )
    elsewhere = _parts(_view(_record(incident_id=3)))["head"]  # a case that is not the viewer's to see
    assert "已转为事件 3" in elsewhere
    assert "/incidents/case" not in elsewhere


def test_whoever_is_on_duty_is_offered_first_then_teams() -> None:
    assert [value for value, _, _ in alarm_context.choices(_view(), ZH)] == [
        "responsible:2",
        "responsible:1",
        "team:5",
    ]


def test_a_camera_without_a_picture_is_not_played() -> None:
    context = render(alarm_context.build(_view(), ZH))
    assert context.count("data-plays") == 1
    assert "无画面" in context


def test_a_line_of_the_queue_names_the_community_and_the_place() -> None:
    told: dict[str, Any] = {
        "alarm_id": 7,
        "kind": "gas",
        "severity": 4,
        "value": 27.504,
        "unit": "%LEL",
        "state": AlarmState.ACTIVE_UNACKED,
        "occurrences": 3,
        "area": "000000000002",
        "place": "12 栋",
        "floor": 5,
        "raised_at": NOW - timedelta(minutes=2),
    }
    event = AlarmChanged.model_construct(**told)
    one = DeskLine(alarm=event, since=event.raised_at)
    queue = DeskQueue(lines=(one,), by_severity={4: 1}, last_at=NOW)
    line = render(alarm_queue.build(queue, {"000000000": "水贝社区"}, {}, NOW, ZH, place=PLACE))
    for said in ("燃气浓度高", "27.5 %LEL", "水贝社区 · 12 栋 第 5 层", "×3", "02:00", "1 分内确认", "未确认"):
        assert said in line
    assert line.count("<option") > 2
    assert 'value="440303004011003">\u2003第03网格' in line  # what lies below is another address
    empty = render(alarm_queue.build(DeskQueue(lines=(), by_severity={}, last_at=NOW), {}, {}, NOW, ZH, place=PLACE))
    assert "没有需要处理的告警" in empty
    assert "今日 14:32" in empty
    several = DeskLine(alarm=event, n=3, unacked=2, since=NOW - timedelta(minutes=4), floors=(5, 7))
    queue = DeskQueue(lines=(several,), by_severity={4: 3}, last_at=NOW)
    line = render(alarm_queue.build(queue, {}, {}, NOW, ZH, place=PLACE))
    for said in ("×3", "2/3 未确认", "12 栋 第 5–7 层", "04:00", "3 → 1", "data-fold"):
        assert said in line


def test_a_figure_without_data_is_left_out() -> None:
    bare = DeskFigures(
        per_minute=(0,) * 10,
        since=NOW,
        on_shift=False,
        acknowledged=0,
        mean_acknowledge_s=None,
        closed=0,
        false_alarms=None,
        undelivered={},
        retried=0,
    )
    strip = render(desk.strip(bare, ZH))
    assert "误报率" not in strip
    assert "平均确认用时" not in strip
    assert "通知未送达" not in strip
    lost = render(desk.strip(replace(bare, undelivered={"sms": 2, "email": 1}, retried=4, mean_acknowledge_s=9.0), ZH))
    told = [lost.index(name) for name in ("通知未送达", "近 10 分钟告警", "操作负荷", "平均确认用时")]
    assert told == sorted(told)  # where not all have room, those of now stay
    for part in ("通知未送达", "3 条", "短信 2", "邮件 1", "重试中 4"):
        assert part in lost
    full = replace(bare, on_shift=True, acknowledged=2, mean_acknowledge_s=38.4, closed=27, false_alarms=2)
    said = render(desk.strip(full, ZH))
    for part in ("38 秒", "平均确认用时 · 本班", "7.4%", "2 / 27"):
        assert part in said
    flood = render(desk.strip(replace(bare, per_minute=(0,) * 9 + (11,)), EN))
    assert "Flood" in flood

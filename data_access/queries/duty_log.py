"""The duty log: what people did, as rows for a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data_access.db.tables import BY_PEOPLE, AlarmHistoryRow, AlarmRow, AreaRow, HandoverRow, ShiftRow
from data_access.domain.alarm_names import ACTIONS, OUTCOMES, REASONS, STATES, name_of
from data_access.domain.alarms import Severity
from data_access.domain.areas import subtree_bounds
from data_access.domain.notices import SEVERITY_WORDS
from data_access.domain.periods import SHANGHAI
from data_access.queries.people import called

LANGUAGES: Final = ("zh", "en")
COLUMNS: Final = {
    "time": "时间",
    "who": "账号",
    "name": "谁",
    "what": "做了什么",
    "area": "区域",
    "alarm_id": "告警编号",
    "alarm": "告警",
    "severity": "级别",
    "place": "地点",
    "state": "状态",
    "note": "说明",
}
SHIFTS: Final = {
    "shift_start": "接班",
    "shift_end": "下班",
    "handover_signed": "签字交班",
    "handover_accepted": "签收接班",
}


def duty_log(
    session: Session, path: str, start: datetime, end: datetime, lang: str | None = None
) -> Iterator[dict[str, Any]]:
    """What people did from `start` to `end` in the subtree of `path`: shifts, hand-overs, alarms; oldest first.

    For programs in codes; with `lang` (zh, en) for whoever reads and signs it, in words and with people's names.
    """
    low, high = subtree_bounds(path)
    areas = {
        row.path: row.name
        for row in session.execute(select(AreaRow.path, AreaRow.name).where(AreaRow.path >= low, AreaRow.path < high))
    }
    lines = [
        *_shift_lines(session, low, high, start, end),
        *_handover_lines(session, low, high, start, end),
        *_alarm_lines(session, low, high, start, end),
    ]
    names = called(session, {line["who"] for _, line in lines})
    for at, line in sorted(lines, key=lambda line: line[0]):
        area = areas.get(line.pop("path"), "")
        local = at.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
        told = line.pop("told")
        who = line.pop("who")
        named = {"who": who, "name": names.get(who, who), "what": line.pop("what"), "area": area}
        yield worded({"time": local.isoformat(sep=" "), **named, **line}, told, lang)


Line = tuple[datetime, dict[str, Any]]


def _line(at: datetime, who: str, what: str, path: str, **more: Any) -> Line:
    empty = dict.fromkeys(("alarm_id", "alarm", "severity", "place", "state", "note"))
    return at, {"who": who, "what": what, "path": path, "told": {}, **empty, **more}


def _shift_lines(session: Session, low: str, high: str, start: datetime, end: datetime) -> Iterator[Line]:
    row = ShiftRow
    inside = (row.area_path >= low, row.area_path < high, row.started_at < end)
    query = select(row).where(*inside, or_(row.ended_at.is_(None), row.ended_at >= start))
    for s in session.scalars(query.order_by(row.id)):
        if start <= s.started_at:
            yield _line(s.started_at, s.user, "shift_start", s.area_path, place=s.seat)
        if s.ended_at is not None and start <= s.ended_at < end:
            yield _line(s.ended_at, s.user, "shift_end", s.area_path, place=s.seat)


def _handover_lines(session: Session, low: str, high: str, start: datetime, end: datetime) -> Iterator[Line]:
    row = HandoverRow
    query = (
        select(row, ShiftRow.user)
        .join(ShiftRow, ShiftRow.id == row.shift_id)
        .where(row.area_path >= low, row.area_path < high, row.created_at < end)
    )
    for h, user in session.execute(query.where(or_(row.signed_to_at.is_(None), row.signed_to_at >= start))):
        told = {"items": len(h.items)}
        if h.signed_from_at is not None and start <= h.signed_from_at < end:
            yield _line(h.signed_from_at, user, "handover_signed", h.area_path, note=h.note, told=told)
        if h.signed_to_at is not None and start <= h.signed_to_at < end:
            yield _line(h.signed_to_at, h.to_user or "", "handover_accepted", h.area_path, note=h.note, told=told)


def _alarm_lines(session: Session, low: str, high: str, start: datetime, end: datetime) -> Iterator[Line]:
    step, alarm = AlarmHistoryRow, AlarmRow
    query = (
        select(step, alarm.kind, alarm.place, alarm.area_path)
        .join(alarm, alarm.id == step.alarm_id)
        .where(
            step.at >= start,
            step.at < end,
            BY_PEOPLE,
            alarm.area_path >= low,
            alarm.area_path < high,
        )
    )
    for s, kind, place, path in session.execute(query.order_by(step.id)):
        yield _line(
            s.at,
            s.actor,
            s.action,
            path,
            alarm_id=s.alarm_id,
            alarm=kind,
            severity=Severity(s.severity),
            place=place,
            state=s.state,
            note=s.note,
            told=s.detail or {},
        )


def worded(line: dict[str, Any], told: Mapping[str, Any], lang: str | None) -> dict[str, Any]:
    """A line as it is written: what was told with it (to whom, why, how it ended) stands in its note."""
    chinese = lang == "zh"
    grade = line["severity"]
    if grade is not None:
        line["severity"] = grade.name.lower() if lang == "en" else SEVERITY_WORDS[grade]
        line["alarm"] = line["alarm"].replace("_", " ") if lang == "en" else name_of(line["alarm"])
    line["note"] = _note(line["note"], told, lang) or None
    if not lang:
        return line
    for column, words in (("what", {**ACTIONS, **SHIFTS}), ("state", STATES)):
        code = line[column]
        line[column] = code and (words.get(code, code) if chinese else code.replace("_", " "))
    return {COLUMNS[name]: value for name, value in line.items()} if chinese else line


def _note(note: str | None, told: Mapping[str, Any], lang: str | None) -> str:
    parts = [str(told[name]) for name in ("who", "whom", "text", "why") if told.get(name)]
    for name, words in (("outcome", OUTCOMES), ("reason", REASONS), ("undone", ACTIONS)):
        code = told.get(name)
        if code:
            parts.append(words.get(code, code) if lang == "zh" else str(code).replace("_", " "))
    if told.get("per10"):
        parts.append(
            f"近 10 分钟 {told['per10']} 条新告警" if lang != "en" else f"{told['per10']} new alarms in 10 minutes"
        )
    if told.get("until"):
        until = datetime.fromisoformat(told["until"]).astimezone(SHANGHAI)
        parts.append(f"{'至' if lang == 'zh' else 'until'} {until:%Y-%m-%d %H:%M}")
    if told.get("until_clear"):
        parts.append("到恢复为止" if lang == "zh" else "until it clears")
    if note and note not in parts:
        parts.append(note)
    if "items" in told:
        parts.append(f"{told['items']} 条" if lang != "en" else f"{told['items']} alarms")
    return "；".join(parts) if lang != "en" else "; ".join(parts)

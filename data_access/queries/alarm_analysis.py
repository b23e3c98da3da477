"""The analysis of past alarms: counts by the database, medians and percentiles by pandas. Bounded by period and scope.

Wide areas are read by time and narrow ones by area: SQLite is told which index that is, PostgreSQL knows it from its
statistics. What a parent explains and what a window held is not announced, and is left out of load and priorities.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, case, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmRow,
    AreaRow,
    DeviceModelRow,
    DeviceRow,
    ShiftRow,
    from_ms,
    to_ms,
)
from data_access.domain.alarms import STANDING_STATES, AlarmState, CloseReason
from data_access.domain.areas import PATH_STEP, lineage, subtree_bounds
from data_access.domain.correlation import CHATTERING_CYCLES, STALE_AFTER, worst_minute
from data_access.domain.errors import InvalidInput
from data_access.domain.flood import BEGINS_ABOVE, WINDOW
from data_access.domain.periods import midnight
from data_access.domain.proportions import interval
from data_access.queries.session import cache, reading
from data_access.viewmodels.alarm_analysis import (
    Analysis,
    Chatterer,
    FalseRate,
    Share,
    Slot,
    Source,
    Stayer,
    Times,
    Totals,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_DAYS: Final = 92
MOST_TIMED: Final = 200_000
TOP: Final = 10
LISTED: Final = 20
MOST_STALE: Final = 1_000
MOST_KINDS: Final = 30
LEAST_JUDGED: Final = 10
MOST_BARS: Final = 180
_TO_AND_FRO: Final = 2_000  # alarms with returns that are looked at for a worst minute
_TEN_MS: Final = int(WINDOW.total_seconds() * 1000)
_WIDE: Final = 2 * PATH_STEP  # district and street: rather by time
_STEPS: Final = (10, 30, 60, 180, 360, 720, 1440)


@cache.memoize(timeout=60)
def analysed(path: str, first: date, end: date, minute: datetime, version: str) -> Analysis:  # noqa: ARG001  # the version is there for the key
    """As `analysis`, kept for a minute."""
    with reading() as session:
        return analysis(session, path, first, end, now=minute)


def analysis(session: Session, path: str, first: date, end: date, *, now: datetime) -> Analysis:
    """The alarms of the local days [first, end) in the subtree of `path`, beside as long a time before them."""
    start, until = span(first, end, now)
    before = start - (until - start)
    seats = _seats(session, path, before, until)
    slots = _slots(session, path, before, until)
    frame = _timed(session, path, start, until)
    earlier = _timed(session, path, before, start)
    judged = _judged(session, path, start, until)
    minutes = next((m for m in _STEPS if (until - start) / timedelta(minutes=m) <= MOST_BARS), _STEPS[-1])
    chatterers, to_and_fro = _chatterers(session, path, start, until)
    stayers, stayed = _stayers(session, path, start, until, now)
    now_counts, before_counts, demo = _counts(session, path, before, start, until)
    return Analysis(
        start=start,
        end=until,
        before_start=before,
        slot_minutes=minutes,
        seats_known=any(at < to_ms(until) and stop > to_ms(start) for at, stop in seats),
        now=_totals(now_counts, slots, seats, frame, judged, start, until),
        before=_totals(before_counts, slots, seats, earlier, _judged(session, path, before, start), before, start),
        load=_load(slots, seats, start, until, minutes),
        mix=tuple(Share(severity=s, now=now_counts[s, True], before=before_counts[s, True]) for s in (1, 2, 3, 4)),
        sources=_sources(session, path, start, until, chatterers, stayers),
        chatterers=tuple(chatterers[:LISTED]),
        chatterers_total=to_and_fro,
        stayers=tuple(stayers[:LISTED]),
        stayers_total=stayed,
        by_kind=_by_kind(session, frame),
        by_area=_by_area(session, path, frame),
        timed_of=len(frame),
        models=_models(session, judged),
        least_judged=LEAST_JUDGED,
        demo=demo,
    )


def span(first: date, end: date, now: datetime) -> tuple[datetime, datetime]:
    """The instants of the days, not beyond `now`. Raises `InvalidInput` for none, or for too many."""
    start, until = midnight(first), min(midnight(end), now)
    if start >= until:
        raise InvalidInput("分析的时段要在现在以前，起日在止日之前。")
    if (end - first).days > MOST_DAYS:
        raise InvalidInput("一次最多分析 {n} 天。", n=str(MOST_DAYS))
    return start, until


def _inside(query: Any, path: str, start: datetime, until: datetime) -> Any:
    low, high = subtree_bounds(path)
    index = "ix_alarms_raised_at" if len(path) <= _WIDE else "ix_alarms_area_path_raised_at"
    return query.with_hint(AlarmRow, f"INDEXED BY {index}", "sqlite").where(
        *(AlarmRow.raised_at >= start, AlarmRow.raised_at < until),
        *(AlarmRow.area_path >= low, AlarmRow.area_path < high),
        AlarmRow.run.is_(None),
    )


def _announced() -> Any:
    return AlarmRow.parent_id.is_(None) & AlarmRow.window.is_(None)


def _counts(
    session: Session, path: str, before: datetime, start: datetime, until: datetime
) -> tuple[Counter[tuple[int, bool]], Counter[tuple[int, bool]], int]:
    """Alarms by (severity, announced) of the period and of the one before, and how many were seeded."""
    recent = case((AlarmRow.raised_at >= start, 1), else_=0)
    heard = case((_announced(), 1), else_=0)
    seeded = case((AlarmRow.source == "demo", 1), else_=0)
    query = select(recent, AlarmRow.severity, heard, func.count(), func.sum(seeded)).select_from(AlarmRow)
    rows = session.execute(_inside(query, path, before, until).group_by(recent, AlarmRow.severity, heard)).all()
    found: dict[int, Counter[tuple[int, bool]]] = {0: Counter(), 1: Counter()}
    for when, severity, announced, n, _ in rows:
        found[when][severity, bool(announced)] += n
    return found[1], found[0], sum(int(seeded or 0) for when, *_, seeded in rows if when)


def _slots(session: Session, path: str, start: datetime, until: datetime) -> dict[int, int]:
    """Announced alarms by ten minutes, counted from 1970."""
    slot = type_coerce(AlarmRow.raised_at, BigInteger) // _TEN_MS
    query = _inside(select(slot, func.count()).select_from(AlarmRow), path, start, until).where(_announced())
    return {int(number): n for number, n in session.execute(query.group_by(slot))}


def _seats(session: Session, path: str, start: datetime, until: datetime) -> list[tuple[int, int]]:
    """From and to of the shifts in the area or around it."""
    low, high = subtree_bounds(path)
    here = or_((ShiftRow.area_path >= low) & (ShiftRow.area_path < high), ShiftRow.area_path.in_(lineage(path)))
    rows = session.execute(
        select(ShiftRow.started_at, ShiftRow.ended_at)
        .where(here, ShiftRow.started_at < until, or_(ShiftRow.ended_at.is_(None), ShiftRow.ended_at > start))
        .order_by(ShiftRow.started_at)
    )
    return [(to_ms(at), to_ms(end) if end else to_ms(until)) for at, end in rows]


def _per_seat(
    slots: dict[int, int], seats: Sequence[tuple[int, int]], start: datetime, until: datetime
) -> dict[int, float]:
    """The same divided by the officers who were there; one where nobody is known to have been."""
    low, high = to_ms(start) // _TEN_MS, -(-to_ms(until) // _TEN_MS)
    there = [0] * (high - low + 1)
    for begin, end in seats:
        first, last = max(begin // _TEN_MS, low), min(-(-end // _TEN_MS), high)
        if first < last:
            there[first - low] += 1
            there[last - low] -= 1
    found, officers = {}, 0
    for slot in range(low, high):
        officers += there[slot - low]
        found[slot] = slots.get(slot, 0) / max(1, officers)
    return found


def _load(
    slots: dict[int, int], seats: Sequence[tuple[int, int]], start: datetime, until: datetime, minutes: int
) -> tuple[Slot, ...]:
    wide, begin = minutes * 60_000, to_ms(start)
    worst: dict[int, float] = {}
    for slot, n in _per_seat(slots, seats, start, until).items():
        at = begin + max(0, slot * _TEN_MS - begin) // wide * wide
        worst[at] = max(worst.get(at, 0.0), n)
    return tuple(Slot(at=from_ms(at), worst=round(n, 2)) for at, n in sorted(worst.items()))


def _timed(session: Session, path: str, start: datetime, until: datetime) -> pd.DataFrame:
    """One row an alarm: kind, area, severity, model, and seconds until it was looked at and closed; the newest."""
    raised = type_coerce(AlarmRow.raised_at, BigInteger)
    looked = (type_coerce(AlarmRow.acknowledged_at, BigInteger) - raised) / 1000.0
    closed = (type_coerce(AlarmRow.closed_at, BigInteger) - raised) / 1000.0
    query = select(
        AlarmRow.kind,
        AlarmRow.area_path,
        AlarmRow.severity,
        AlarmRow.device_id,
        looked,
        case((AlarmRow.state == AlarmState.CLOSED, closed)),
    ).select_from(AlarmRow)
    query = _inside(query, path, start, until).where(_announced())
    rows = session.execute(query.order_by(AlarmRow.raised_at.desc()).limit(MOST_TIMED)).all()
    import pandas as pd  # noqa: PLC0415  # half a second that a start need not wait for

    frame = pd.DataFrame(rows, columns=["kind", "path", "severity", "device", "looked", "closed"])
    return frame.astype({"looked": float, "closed": float})


def _totals(  # what totals are made of
    counts: Counter[tuple[int, bool]],
    slots: dict[int, int],
    seats: Sequence[tuple[int, int]],
    frame: pd.DataFrame,
    judged: Iterable[tuple[int | None, str, str, int]],
    start: datetime,
    until: datetime,
) -> Totals:
    load = _per_seat(slots, seats, start, until)
    looked, closed = _quantiles(frame["looked"]), _quantiles(frame["closed"])
    lines = list(judged)
    return Totals(
        alarms=counts.total(),
        announced=sum(n for (_, announced), n in counts.items() if announced),
        per_seat10=sum(load.values()) / max(1, len(load)),
        worst10=max(load.values(), default=0.0),
        slots=len(load),
        flooded=sum(n > BEGINS_ABOVE for n in load.values()),
        acknowledge_median_s=looked[0],
        acknowledge_p95_s=looked[1],
        close_median_s=closed[0],
        close_p95_s=closed[1],
        judged=sum(n for *_, n in lines),
        false=sum(n for *_, reason, n in lines if reason == CloseReason.FALSE),
    )


def _quantiles(values: pd.Series[float]) -> tuple[float | None, float | None]:
    known = values.dropna()
    if known.empty:
        return None, None
    return float(known.quantile(0.5)), float(known.quantile(0.95))


def _sources(
    session: Session,
    path: str,
    start: datetime,
    until: datetime,
    chatterers: Sequence[Chatterer],
    stayers: Sequence[Stayer],
) -> tuple[Source, ...]:
    alone = case((AlarmRow.device_id.is_(None), AlarmRow.place), else_="")
    query = select(AlarmRow.device_id, AlarmRow.kind, alone, func.max(AlarmRow.place), func.count()).select_from(
        AlarmRow
    )
    grouped = _inside(query, path, start, until).group_by(AlarmRow.device_id, AlarmRow.kind, alone)
    rows = session.execute(grouped.order_by(func.count().desc(), func.min(AlarmRow.id)).limit(TOP)).all()
    codes = _codes(session, [row[0] for row in rows])
    to_and_fro = {(one.device, one.kind) for one in chatterers if one.device}
    stays = {(one.device, one.kind) for one in stayers if one.device}
    return tuple(
        Source(
            kind=kind,
            device=codes.get(device),
            place=place,
            count=n,
            chattering=(codes.get(device), kind) in to_and_fro,
            stale=(codes.get(device), kind) in stays,
        )
        for device, kind, _, place, n in rows
    )


def _codes(session: Session, ids: Iterable[int | None]) -> dict[int | None, str]:
    wanted = {number for number in ids if number is not None}
    rows = session.execute(select(DeviceRow.id, DeviceRow.code).where(DeviceRow.id.in_(wanted)))
    return {row.id: row.code for row in rows}


def _chatterers(session: Session, path: str, start: datetime, until: datetime) -> tuple[list[Chatterer], int]:
    """Alarms with three cycles or more within a minute, the worst first."""
    query = select(AlarmRow.id, AlarmRow.device_id, AlarmRow.kind, AlarmRow.place, AlarmRow.occurrences)
    query = _inside(query.select_from(AlarmRow), path, start, until).where(AlarmRow.occurrences >= CHATTERING_CYCLES)
    rows = session.execute(query.order_by(AlarmRow.occurrences.desc(), AlarmRow.id).limit(_TO_AND_FRO)).all()
    history, stood = AlarmHistoryRow, defaultdict[int, list[int]](list)
    ids = [row.id for row in rows]
    for begin in range(0, len(ids), 500):
        chunk = ids[begin : begin + 500]
        for alarm, at in session.execute(
            select(history.alarm_id, history.at)
            .where(history.alarm_id.in_(chunk), history.action.in_(("raise", "return")))
            .order_by(history.alarm_id, history.at)
        ):
            stood[alarm].append(to_ms(at))
    codes = _codes(session, [row.device_id for row in rows])
    found = []
    for row in rows:
        cycles, ended = worst_minute(stood[row.id])
        if cycles >= CHATTERING_CYCLES:
            found.append(
                Chatterer(
                    kind=row.kind,
                    device=codes.get(row.device_id),
                    place=row.place,
                    at=from_ms(ended),
                    cycles=cycles,
                    occurrences=row.occurrences,
                )
            )
    return sorted(found, key=lambda one: (-one.cycles, -one.occurrences, one.at)), len(found)


def _stayers(session: Session, path: str, start: datetime, until: datetime, now: datetime) -> tuple[list[Stayer], int]:
    """Alarms that stood for a day or more, those that still stand first, then the longest."""
    raised = type_coerce(AlarmRow.raised_at, BigInteger)
    day = int(STALE_AFTER.total_seconds() * 1000)
    stands = AlarmRow.state.in_(STANDING_STATES)
    stood = case((stands, to_ms(now)), else_=type_coerce(AlarmRow.cleared_at, BigInteger)) - raised
    query = select(
        AlarmRow.device_id, AlarmRow.kind, AlarmRow.place, AlarmRow.raised_at, AlarmRow.cleared_at,
        case((stands, 1), else_=0).label("stands"), AlarmRow.close_reason,
    ).select_from(AlarmRow)  # fmt: skip
    query = _inside(query, path, start, until).where(stood >= day)
    rows = session.execute(query.order_by(stands.desc(), stood.desc()).limit(MOST_STALE)).all()
    codes = _codes(session, [row.device_id for row in rows])
    return [
        Stayer(
            kind=row.kind,
            device=codes.get(row.device_id),
            place=row.place,
            since=row.raised_at,
            until=None if row.stands else row.cleared_at,
            reason=row.close_reason,
        )
        for row in rows
    ], len(rows)


def _by_kind(session: Session, frame: pd.DataFrame) -> tuple[Times, ...]:
    if frame.empty:
        return ()
    often = frame.dropna(subset=["device"]).groupby("kind")["device"].agg(lambda ids: int(ids.mode().iloc[0]))
    devices = {int(number) for number in often}
    rows = session.execute(
        select(DeviceRow.id, DeviceModelRow.code)
        .join(DeviceModelRow, DeviceModelRow.id == DeviceRow.model_id)
        .where(DeviceRow.id.in_(devices))
    )
    models = {row.id: row.code for row in rows}
    return tuple(
        _times(kind, kind, None, models.get(int(often[kind])) if kind in often.index else None, part)
        for kind, part in _groups(frame, "kind")[:MOST_KINDS]
    )


def _by_area(session: Session, path: str, frame: pd.DataFrame) -> tuple[Times, ...]:
    """The areas one level below `path`."""
    if frame.empty:
        return ()
    below = frame[frame["path"].str.len() > len(path)]
    below = below.assign(child=below["path"].str[: len(path) + PATH_STEP])
    rows = session.execute(
        select(AreaRow.path, AreaRow.code, AreaRow.name, AreaRow.name_en).where(
            AreaRow.path.in_([str(child) for child in below["child"].unique()])
        )
    )
    named = {row.path: row for row in rows}
    return tuple(
        _times(named[child].code, named[child].name, named[child].name_en, None, part)
        for child, part in _groups(below, "child")
        if child in named
    )


def _groups(frame: pd.DataFrame, by: str) -> list[tuple[str, pd.DataFrame]]:
    """The parts of `frame`, the largest first."""
    return sorted(((str(key), part) for key, part in frame.groupby(by)), key=lambda one: (-len(one[1]), one[0]))


def _times(key: str, name: str, english: str | None, model: str | None, part: pd.DataFrame) -> Times:
    looked, closed = _quantiles(part["looked"]), _quantiles(part["closed"])
    return Times(
        key=key,
        name=name,
        name_en=english,
        model=model,
        severity=int(part["severity"].mode().iloc[0]),
        count=len(part),
        acknowledge_median_s=looked[0],
        acknowledge_p95_s=looked[1],
        close_median_s=closed[0],
        close_p95_s=closed[1],
    )


def _judged(session: Session, path: str, start: datetime, until: datetime) -> list[tuple[int | None, str, str, int]]:
    """(model, kind, reason, count) of the alarms that were closed with a reason."""
    query = (
        select(DeviceRow.model_id, AlarmRow.kind, AlarmRow.close_reason, func.count())
        .select_from(AlarmRow)
        .outerjoin(DeviceRow, DeviceRow.id == AlarmRow.device_id)
    )
    query = _inside(query, path, start, until).where(
        AlarmRow.state == AlarmState.CLOSED, AlarmRow.close_reason.is_not(None)
    )
    rows = session.execute(query.group_by(DeviceRow.model_id, AlarmRow.kind, AlarmRow.close_reason))
    return [(model, kind, reason, n) for model, kind, reason, n in rows]


def _models(session: Session, judged: Sequence[tuple[int | None, str, str, int]]) -> tuple[FalseRate, ...]:
    """Highest rate first; those with too few to say last."""
    names = {
        row.id: row for row in session.execute(select(DeviceModelRow.id, DeviceModelRow.code, DeviceModelRow.name))
    }
    every, wrong = Counter[int](), Counter[int]()
    kinds: dict[int, Counter[str]] = defaultdict(Counter)
    for model, kind, reason, n in judged:
        if model is None:
            continue
        every[model] += n
        wrong[model] += n if reason == CloseReason.FALSE else 0
        kinds[model][kind] += n if reason == CloseReason.FALSE else 0
    overall = wrong.total() / every.total() if every else 0.0
    found = []
    for model, n in every.items():
        low, high = interval(wrong[model], n)
        found.append(
            FalseRate(
                model=names[model].code,
                name=names[model].name,
                kind=kinds[model].most_common(1)[0][0],
                judged=n,
                false=wrong[model],
                low=low,
                high=high,
                worse=n >= LEAST_JUDGED and low > overall,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.judged < LEAST_JUDGED, -one.false / one.judged, one.model)))

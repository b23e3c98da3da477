"""What /indicators reads: the lines of a period and of what it is compared to, their standings, and why a rate changed.

Everything comes from `indicators`, the query behind the interface and the export, so that all three always agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import IncidentTypeRow
from data_access.domain.case_indicators import FORMULAS, NAMES, STEPS, WEIGHTS, Counts, Rate
from data_access.domain.decomposition import Share, decompose
from data_access.domain.errors import InvalidInput
from data_access.domain.periods import Period, local_day, month_of
from data_access.domain.standings import Score, Standing, standings
from data_access.queries import areas, overview
from data_access.queries.closing import figures_by_month
from data_access.queries.indicators import indicators
from data_access.queries.session import now, reading, remembered
from data_access.viewmodels.areas import Place
from data_access.viewmodels.indicator_page import Against, Cause, Indicators, Measure, PageLine, Why
from data_access.viewmodels.indicators import By, IndicatorLine

MONTHS: Final = 12
AREA_KINDS: Final = (By.STREET, By.COMMUNITY, By.GRID)
LISTED: Final = frozenset({*AREA_KINDS, By.UNIT})
"""Who can answer for a place on the red or the black list."""
_INTO: Final = {1: By.MAIN_TYPE, 2: By.SUB_TYPE}
"""What a class of a level is made of."""
ON_TIME: Final = Measure()
Lines = tuple[IndicatorLine, ...]
Fetch = Callable[[str, Period, By | None, Sequence[str]], Lines]
Months = Callable[[str, Sequence[Period], Sequence[str]], tuple[Counts, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for; None: the page's own choice."""

    period: Period | None = None
    by: By | None = None
    measure: Measure = ON_TIME
    against: Against | None = None
    cause: By | None = None
    within: int | None = None


def page(place: Place, why_place: Place, asked: Asked) -> Indicators:
    """The page of `place`; `why_place` is where the change is looked into: the place itself or an area below."""
    moment = now()
    with reading() as session:
        version, demo = areas.data_version(session), areas.is_demo(session)
        own = overview.default_period(session, moment)

        def fetch(path: str, period: Period, by: By | None, names: Sequence[str]) -> Lines:
            return _lines(path, period.first, period.end, by, tuple(names), version)

        def months(path: str, wanted: Sequence[Period], names: Sequence[str]) -> tuple[Counts, ...]:
            return _months(path, wanted[0].first, wanted[-1].first, tuple(names), version)

        period = asked.period or own or month_of(local_day(moment))
        running = period.first <= local_day(moment) < period.end
        so_far = _so_far(place.area.path, period.first, period.end, version) if running else None
        return compose(session, place, why_place, asked, period, moment, fetch, months, so_far=so_far, demo=demo)


def compose(  # noqa: PLR0913  # what a page is made of
    session: Session,
    place: Place,
    why_place: Place,
    asked: Asked,
    period: Period,
    at: datetime,
    fetch: Fetch,
    months: Months,
    *,
    so_far: tuple[int, int] | None = None,
    demo: bool = False,
) -> Indicators:
    """The page from what `fetch` and `months` read. Raises `InvalidInput` for a kind that does not lie below."""
    fetch = _once(fetch)
    choices = _kinds_below(place)
    by = asked.by or choices[0]
    if by in AREA_KINDS and by not in choices:
        raise InvalidInput("这个区域没有这一级的下级。")
    path, today = place.area.path, local_day(at)
    lines = fetch(path, period, by, NAMES)
    earlier = {
        Against.BEFORE: fetch(path, period.previous(), by, NAMES),
        Against.YEAR: fetch(path, period.year_before(), by, NAMES),
    }
    wholes = {against: _known(_sum(found)) for against, found in earlier.items()}
    against = asked.against or (Against.BEFORE if wholes[Against.BEFORE] else Against.YEAR)
    whole, running = _sum(lines), period.first <= today < period.end
    created = (wholes[Against.BEFORE], wholes[Against.YEAR])
    counted = so_far or tuple(counts.reported if counts else None for counts in created)
    return Indicators(
        place=place,
        at=at,
        period=period,
        running=running,
        demo=demo,
        by=by,
        choices=choices,
        measure=asked.measure,
        against=against,
        whole=whole,
        before=wholes[Against.BEFORE],
        year=wholes[Against.YEAR],
        so_far=(counted[0], counted[1]),
        lines=_standing(lines, earlier[against], asked.measure, by),
        months=_trend(path, period, today, whole, asked.measure, months),
        why=_why(session, why_place, asked, period, against, fetch),
    )


def _once(fetch: Fetch) -> Fetch:
    """The same lines are read once: the year before a year is the period before it too, and why asks for less."""
    known: dict[tuple[str, Period, By | None], tuple[frozenset[str], Lines]] = {}

    def fetched(path: str, period: Period, by: By | None, names: Sequence[str]) -> Lines:
        had, lines = known.get((path, period, by), (frozenset[str](), ()))
        if not had.issuperset(names) or not had:
            had, lines = frozenset(names), fetch(path, period, by, names)
            known[path, period, by] = had, lines
        return lines

    return fetched


@remembered(seconds=10)
def _lines(path: str, first: date, end: date, by: By | None, names: tuple[str, ...], version: str) -> Lines:  # noqa: ARG001  # the version is there for the key
    with reading() as session:
        return indicators(session, path, first, end, by, now=now(), names=names)


@remembered(seconds=60)
def _months(path: str, first: date, last: date, names: tuple[str, ...], version: str) -> tuple[Counts, ...]:  # noqa: ARG001  # as above
    wanted = [month_of(first)]
    while wanted[-1].first < last:
        wanted.append(wanted[-1].following())
    with reading() as session:
        return figures_by_month(session, path, wanted, now=now(), names=names)


@remembered(seconds=60)
def _so_far(path: str, first: date, end: date, version: str) -> tuple[int, int]:  # noqa: ARG001  # as above
    with reading() as session:
        found = overview.read_so_far(session, path, Period(first, end), now(), alarms=False)
    return found.created_before, found.created_year_before


def needed(measure: Measure) -> tuple[str, ...]:
    """The counts that a measure is made of, and how many cases there are."""
    rates = (measure.rate,) if measure.rate else tuple(WEIGHTS)
    return tuple(dict.fromkeys(["reported", *STEPS, *(name for rate in rates for name in FORMULAS[rate])]))


def _kinds_below(place: Place) -> tuple[By, ...]:
    below = {kind for kind, _ in place.below}
    return (*(by for by in AREA_KINDS if by in below), By.UNIT, By.TYPE, By.MAIN_TYPE, By.CHANNEL)


def _sum(lines: Lines) -> Counts:
    return Counts.total(line.cases for line in lines)


def _known(counts: Counts) -> Counts | None:
    return counts if counts.reported else None


def _key(line: IndicatorLine) -> str | int | None:
    return line.code if line.key is None else line.key


def _standing(lines: Lines, earlier: Lines, measure: Measure, by: By) -> tuple[PageLine, ...]:
    places, places_before = (_places(found, measure, by) for found in (lines, earlier))
    before = {_key(line): line.cases for line in earlier}
    found = []
    for line in lines:
        key = _key(line)
        was = places_before.get(key)
        found.append(
            PageLine(
                line=line,
                before=_known(before.get(key, Counts())),
                standing=places.get(key),
                place_before=was.place if was else None,
            )
        )
    return tuple(found)


def _places(lines: Lines, measure: Measure, by: By) -> Mapping[str | int | None, Standing]:
    scores = [Score(_key(x), measure.of(x.cases), denominator(x.cases, measure)) for x in lines if _key(x) is not None]
    whole = measure.of(_sum(lines)) if by in LISTED else None
    target = measure.target if by in LISTED else None
    return standings(scores, whole, low_is_good=measure.low_is_good, target=target)


def ranked(path: str, by: By, period: Period, names: Sequence[str], version: str) -> tuple[PageLine, ...]:
    """The lines of `by` in their places of on-time closing, beside those of the period before; unranked ones last."""
    lines, earlier = (_lines(path, of.first, of.end, by, tuple(names), version) for of in (period, period.previous()))
    found = [one for one in _standing(lines, earlier, ON_TIME, by) if one.line.code is not None]
    return tuple(sorted(found, key=lambda one: one.standing.place if one.standing else len(found) + 1))


def denominator(counts: Counts, measure: Measure) -> int:
    """How many cases stand behind a figure; behind the score, those that were due for handling."""
    found: int = getattr(counts, FORMULAS[measure.rate or Rate.HANDLING][1])
    return found


def _trend(
    path: str, period: Period, today: date, whole: Counts, measure: Measure, months: Months
) -> tuple[tuple[date, Counts], ...]:
    """Whole months up to the one in which the period ends; the running one where it is the period."""
    last = month_of(period.end).previous()
    shown = [(period.first, whole)] if period.is_month else []
    while last.end > today or (shown and last.first >= period.first):
        last = last.previous()
    wanted = [last]
    while len(wanted) < MONTHS - len(shown):
        wanted.append(wanted[-1].previous())
    wanted.reverse()
    found = months(path, wanted, needed(measure))
    return (*zip((month.first for month in wanted), found, strict=True), *shown)


def _why(session: Session, place: Place, asked: Asked, period: Period, against: Against, fetch: Fetch) -> Why:
    measure, earlier = asked.measure, period.year_before() if against is Against.YEAR else period.previous()
    names, path = needed(measure), place.area.path
    kinds = _kinds_below(place)
    choices = (By.TYPE, By.UNIT, By.CHANNEL, *(kind for kind in kinds[:1] if kind in AREA_KINDS))
    by: By | None = asked.cause if asked.cause in choices else By.TYPE
    if measure.rate is None:
        choices, by = (), None
    lines, lines_before = fetch(path, period, by, names), fetch(path, earlier, by, names)
    now_, before = _sum(lines), _known(_sum(lines_before))
    if measure.rate is None:
        causes, within = _of_score(now_, before), None
    else:
        causes, within = _causes(lines, lines_before, measure.rate), None
        if asked.within is not None and by is By.TYPE:
            by, within, causes = _into(session, asked.within, path, (period, earlier), measure.rate, names, fetch)
    return Why(
        area=place.area,
        by=by,
        choices=choices,
        measure=measure,
        now=now_,
        before=before,
        causes=causes,
        within=within,
    )


def _causes(lines: Lines, earlier: Lines, rate: Rate) -> tuple[Cause, ...]:
    """What each line contributed, what pulled hardest in the direction of the whole first."""
    here, there = ({_key(line): line for line in found} for found in (lines, earlier))
    shares = [{key: _share(line.cases, rate) for key, line in found.items()} for found in (here, there)]
    effects = decompose(*shares)
    found = [
        Cause(
            line=here.get(key) or _gone(there[key]),
            before=there[key].cases if key in there else Counts(),
            total=float(effect.total),
            by_rate=float(effect.rate),
            by_mix=float(effect.mix),
        )
        for key, effect in effects.items()
        if shares[0].get(key, Share()).whole or shares[1].get(key, Share()).whole
    ]
    sign = 1 if sum(effect.total for effect in effects.values()) > 0 else -1
    found.sort(key=lambda cause: (-sign * cause.total, cause.line.name))
    return tuple(found)


def _gone(line: IndicatorLine) -> IndicatorLine:
    return IndicatorLine(code=line.code, name=line.name, name_en=line.name_en, key=line.key, cases=Counts())


def _share(counts: Counts, rate: Rate) -> Share:
    part, whole = FORMULAS[rate]
    return Share(getattr(counts, part), getattr(counts, whole))


def _into(  # what a look into a class depends on
    session: Session,
    key: int,
    path: str,
    periods: tuple[Period, Period],
    rate: Rate,
    names: Sequence[str],
    fetch: Fetch,
) -> tuple[By, Cause | None, tuple[Cause, ...]]:
    """What a class is made of; what its own classes contributed adds up to what it did."""
    own = session.get(IncidentTypeRow, key)
    if own is None or own.level not in _INTO:
        raise InvalidInput("没有这个类别，或者它没有下级。")
    level = By.TYPE if own.level == 1 else By.MAIN_TYPE

    def causes(kind: By) -> tuple[Cause, ...]:
        here, there = (fetch(path, period, kind, names) for period in periods)
        return _causes(here, there, rate)

    outer = causes(level)
    within = next((cause for cause in outer if cause.line.key == key), None)
    below = set(session.scalars(select(IncidentTypeRow.id).where(IncidentTypeRow.parent_id == key)))
    inner = causes(_INTO[own.level])
    return _INTO[own.level], within, tuple(cause for cause in inner if cause.line.key in below)


def _of_score(now_: Counts, before: Counts | None) -> tuple[Cause, ...]:
    """What each rate contributed to the change of the composite score."""
    if before is None or now_.score is None or before.score is None:
        return ()
    found = []
    for rate, (points, good) in WEIGHTS.items():
        change = ((now_.rate(rate) or 0) - (before.rate(rate) or 0)) * points / 100
        total = change if good else -change
        line = IndicatorLine(code=None, name=rate.value, cases=now_)
        found.append(Cause(line=line, before=before, total=total, by_rate=total, by_mix=0.0, rate=rate))
    sign = 1 if now_.score > before.score else -1
    return tuple(sorted(found, key=lambda cause: -sign * cause.total))

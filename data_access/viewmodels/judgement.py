"""What 研判 shows of an area: what rises, new words, when and where cases come again, and who reports often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data_access.domain.new_words import Word
from data_access.viewmodels.trends import HotTopics


@dataclass(frozen=True, slots=True)
class Calendar:
    """Cases taken in by day, oldest first, up to the day before `end`; and by weekday (Monday first) and hour."""

    end: date
    days: tuple[int, ...]
    hours: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        return sum(self.days)


@dataclass(frozen=True, slots=True)
class RepeatPlace:
    """A building with several cases of one class within the span: `last` of this class, `all` of any."""

    name: str
    area: str  # code of its grid
    area_name: str
    area_name_en: str | None
    type_name: str
    type_id: int | None
    last: int
    all: int
    newest: date


@dataclass(frozen=True, slots=True)
class Reporter:
    """Somebody who reports often: nothing of him but his masked number."""

    phone: str
    cases: int
    classes: int
    newest: date


@dataclass(frozen=True, slots=True)
class Reporters:
    """Who left the same telephone number with several reports; `lines` is empty for whoever sees no numbers."""

    people: int
    cases: int
    reports: int  # with a number, in all
    lines: tuple[Reporter, ...]


@dataclass(frozen=True, slots=True)
class NewWords:
    """The new words of a week; `texts` and `before` were read of it and of the weeks before."""

    words: tuple[Word, ...]
    texts: int
    before: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """All of it, for the days before `end`."""

    end: date
    hot: HotTopics
    calendar: Calendar
    places: tuple[RepeatPlace, ...]
    placed: int  # cases of the span that name a building
    reporters: Reporters
    words: NewWords

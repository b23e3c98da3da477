"""What stands below the board of cases and in the heads of its columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from data_access.domain.incidents import Stage
from data_access.domain.periods import Period
from data_access.viewmodels.incidents import IncidentLine
from data_access.viewmodels.indicator_page import PageLine
from data_access.viewmodels.indicators import By
from data_access.viewmodels.trends import HotTopics


@dataclass(frozen=True, slots=True)
class StageLimit:
    """How long whatever comes after a stage may take: the least and the most of all items."""

    stage: Stage
    least: timedelta
    most: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The areas below by on-time closing, those that can be ranked first."""

    by: By
    period: Period
    running: bool
    lines: tuple[PageLine, ...]


@dataclass(frozen=True, slots=True)
class Soon:
    """Open cases that come due within a day: how many, and the first."""

    total: int
    lines: tuple[IncidentLine, ...]


@dataclass(frozen=True, slots=True)
class LevelLine:
    """Open cases whose turn is this level's."""

    level: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePanels:
    """The panels; no ranking where nothing lies below."""

    ranking: Ranking | None
    hot: HotTopics
    soon: Soon
    levels: tuple[LevelLine, ...]
    at: datetime

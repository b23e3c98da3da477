"""The weekly brief: made by a command, and each Monday morning by the worker.

How it looks is the screens' business (`components/weekly.py`): it shares their words and their numbers, and is named
here as `serve` names `app.py`, so that nothing below the screens imports them.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.briefs import Briefs
from data_access.db.tables import AreaRow
from data_access.domain.errors import InvalidInput
from data_access.domain.periods import Period, local_day, midnight, week_name, week_of
from data_access.queries import areas
from data_access.runtime import qr_sheets
from data_access.services import Services
from data_access.viewmodels.areas import AreaLabel

logger = logging.getLogger(__name__)

EVERY_S: Final = 300.0
LOOK: Final = "components"


def make(session: Session, area: AreaLabel, week: Period, lang: str, font: Path | None, *, at: datetime) -> bytes:
    """The brief of `area` as PDF. Raises `InvalidInput` for a week that is not over, `Refusal` without a font."""
    if week.end_at > at:
        raise InvalidInput(f"The week {week_name(week)} is not over yet.")
    face = _face(font)
    from data_access.queries.weekly import read_weekly  # noqa: PLC0415  # half a second of arrays, once a week

    document: bytes = import_module(f"{LOOK}.weekly").render(read_weekly(session, area, week, at=at), face, lang)
    return document


def last_week(now: datetime) -> Period:
    """The last week that is over."""
    return week_of(local_day(now)).previous()


class Schedule:
    """Makes what is missing of the last week, from the hour of Monday on that is set; whatever was missed meanwhile.

    The first look does nothing: a process that has just started has better things to do.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._kept = Briefs(services.settings.data_dir)
        self._looked = False

    def step(self, now: datetime) -> int:
        """Make the briefs that are due and not there; return how many were made."""
        if not self._looked:
            self._looked = True
            return 0
        settings, week = self._services.settings, last_week(now)
        if now < midnight(week.end) + timedelta(hours=settings.brief_hour):
            return 0
        name, made = week_name(week), 0
        with self._services.database.reading() as session:
            for area in self._areas(session):
                for lang in settings.brief_languages.split(","):
                    if self._kept.has(area.code, name, lang):
                        continue
                    data = make(session, area, week, lang, settings.pdf_font, at=now)
                    made += self._kept.keep(area.code, name, lang, data)
        if made:
            logger.info("%d weekly briefs made for %s", made, name)
            self._kept.drop_old(week_name(week_of(week.first - timedelta(weeks=settings.brief_keep_weeks))))
        return made

    def _areas(self, session: Session) -> list[AreaLabel]:
        """The areas that are named, else those without one above them."""
        named = self._services.settings.brief_areas
        if named:
            return [found for code in named.split(",") if (found := areas.find(session, code.strip(), ""))]
        roots = session.scalars(select(AreaRow.code).where(AreaRow.parent_id.is_(None)).order_by(AreaRow.path))
        return [found for code in roots if (found := areas.find(session, code, ""))]


def _face(font: Path | None) -> Any:
    """The font for documents, with its bold sister where she lies beside it."""
    regular, number = qr_sheets.font(font)
    bold = regular.with_name(regular.name.replace("Regular", "Bold"))
    there = bold if bold != regular and bold.is_file() else None
    return import_module(f"{LOOK}.pdf_sheet").Face(regular, number, there)

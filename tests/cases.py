"""Made-up cases for tests: every moment in any order, with and without a class, a channel and a unit, some void."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from data_access.db.engine import Database
from data_access.db.tables import AreaRow, ChannelRow, IncidentRow, IncidentTypeRow, UnitRow
from data_access.domain.incidents import Outcome
from tests.small import fill

HOUR = timedelta(hours=1)
MOMENTS = (
    *("registered_at", "dispatched_at", "handled_at", "closed_at", "returned_at", "reworked_at", "extended_at"),
    *("due_at", "register_due_at", "dispatch_due_at", "handle_due_at"),
)
COUNT = 160


def fill_cases(database: Database, noon: datetime) -> None:
    """The small district with `COUNT` cases of the sixty days before `noon`."""
    chance = random.Random(7)
    fill(database, noon - 400 * 24 * HOUR)
    with database.writing() as session:
        session.add_all(UnitRow(id=n, source="t", ref=str(n), name=f"单位{n}", aliases=[]) for n in (1, 2))
        session.add_all(ChannelRow(id=n, source="t", ref=str(n), name=f"渠道{n}") for n in (1, 2))
        session.add_all(IncidentTypeRow(id=n, source="t", ref=str(n), level=1, name=f"大类{n}") for n in (1, 2))
        session.flush()
        session.add_all(
            IncidentTypeRow(id=n, source="t", ref=str(n), level=2, parent_id=n % 2 + 1, name=f"小类{n}")
            for n in (3, 4, 5)
        )
        session.flush()
        places = list(session.scalars(select(AreaRow)))
        for n in range(COUNT):
            place, created = chance.choice(places), noon - chance.randrange(60 * 24) * HOUR
            row: dict[str, Any] = {
                name: chance.choice([None, min(created + chance.randrange(900) * HOUR, noon)]) for name in MOMENTS
            }
            row["due_at"] = chance.choice([None, created + chance.randrange(900) * HOUR])
            stage, main = chance.choice(["dispatch", "closed", "void"]), chance.choice([None, 3, 4, 5])
            session.add(
                IncidentRow(
                    code=f"F{n}", source="f", source_ref=str(n), title="占道", area_id=place.id, area_path=place.path,
                    stage=stage, created_at=created, voided_at=created if stage == "void" else None,
                    outcome=chance.choice([None, None, None, *Outcome]), run="r" if n % 11 == 0 else None,
                    unit_id=chance.choice([None, 1, 2]), channel_id=chance.choice([None, 1, 2]),
                    top_type_id=None if main is None else main % 2 + 1, main_type_id=main, **row,
                )
            )  # fmt: skip

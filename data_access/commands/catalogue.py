"""The labels that incidents of one source are sorted by: classes, units, channels, each under the source's own id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import ChannelRow, IncidentTypeRow, UnitRow

_LEVELS = {"type": 1, "main_type": 2, "sub_type": 3}


@dataclass(frozen=True, slots=True)
class Label:
    """One entry under its source's id: the name to show, every name it was seen under, for classes the id one level up.

    `group` is type, main_type, sub_type, unit or channel.
    """

    group: str
    ref: str
    name: str
    names: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(slots=True)
class Catalogue:
    """Our ids by group and the source's id."""

    ids: dict[tuple[str, str], int] = field(default_factory=dict)

    def id_of(self, group: str, ref: str | None) -> int | None:
        return None if ref is None else self.ids[group, ref]


def save_catalogue(database: Database, source: str, labels: Iterable[Label]) -> Catalogue:
    """Add what is new, rename what the source has renamed; return the ids. One short transaction."""
    levels: dict[int, list[Label]] = {}
    for label in labels:
        levels.setdefault(_LEVELS.get(label.group, 0), []).append(label)
    found = Catalogue()
    with database.writing() as session:
        known = _known(session, source)
        for _, level in sorted(levels.items()):
            rows = [(label, _saved(session, known, source, label, found)) for label in level]
            session.flush()
            found.ids |= {(label.group, label.ref): row.id for label, row in rows}
    return found


def _saved(
    session: Session, known: dict[tuple[str, str], Any], source: str, label: Label, found: Catalogue
) -> IncidentTypeRow | UnitRow | ChannelRow:
    """The row of `label`, new or brought up to date; classes above it are in `found` already."""
    row: IncidentTypeRow | UnitRow | ChannelRow | None = known.get((label.group, label.ref))
    if row is None:
        row = _new(source, label)
        session.add(row)
    if row.name not in (label.name, *label.names):  # a smaller file must not outvote a larger one
        row.name = label.name
    if isinstance(row, IncidentTypeRow) and label.parent is not None:
        above = "type" if label.group == "main_type" else "main_type"
        row.parent_id = found.ids.get((above, label.parent), row.parent_id)
    if isinstance(row, UnitRow):
        aliases = sorted({*row.aliases, *label.names} - {row.name})
        if aliases != row.aliases:
            row.aliases = aliases
    return row


def _known(session: Session, source: str) -> dict[tuple[str, str], Any]:
    names = {level: group for group, level in _LEVELS.items()}
    types = session.scalars(select(IncidentTypeRow).where(IncidentTypeRow.source == source))
    known: dict[tuple[str, str], Any] = {(names[row.level], row.ref): row for row in types}
    known |= {("unit", u.ref): u for u in session.scalars(select(UnitRow).where(UnitRow.source == source))}
    known |= {("channel", c.ref): c for c in session.scalars(select(ChannelRow).where(ChannelRow.source == source))}
    return known


def _new(source: str, label: Label) -> IncidentTypeRow | UnitRow | ChannelRow:
    if level := _LEVELS.get(label.group):
        return IncidentTypeRow(source=source, ref=label.ref, level=level, name=label.name)
    if label.group == "unit":
        return UnitRow(source=source, ref=label.ref, name=label.name, aliases=[])
    return ChannelRow(source=source, ref=label.ref, name=label.name)

"""Reads about areas: where the viewer is, the way up, what lies below."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, MetaRow
from data_access.domain.areas import lineage, subtree_bounds, within
from data_access.domain.errors import NotFound
from data_access.queries.session import reading, remembered
from data_access.viewmodels.areas import AreaLabel, Place

_LABEL = (AreaRow.id, AreaRow.code, AreaRow.path, AreaRow.name, AreaRow.name_en, AreaRow.kind)


def data_version(session: Session) -> str:
    """The number that every import and seeding raises; part of the key of whatever is cached for long."""
    return session.scalar(select(MetaRow.value).where(MetaRow.key == "data_version")) or "0"


def is_demo(session: Session) -> bool:
    """Tell whether the figures are those of the seeded reference deployment."""
    return session.scalar(select(MetaRow.value).where(MetaRow.key == "demo")) == "true"


def find(session: Session, code: str | None, scope: str) -> AreaLabel | None:
    """The area with `code`, or without one the highest area of `scope`; None in an empty deployment.

    Raises `NotFound` when there is no such area or it lies outside `scope`.
    """
    if code is None:
        low, high = subtree_bounds(scope)
        row = session.execute(
            select(*_LABEL)
            .where(AreaRow.path >= low, AreaRow.path < high)
            .order_by(AreaRow.depth, AreaRow.path)
            .limit(1)
        ).first()
        return AreaLabel(*row) if row else None
    row = session.execute(select(*_LABEL).where(AreaRow.code == code)).first()
    if row is None or not within(row.path, scope):
        raise NotFound("没有这个区域，或者不在您的权限范围内。")
    return AreaLabel(*row)


def place(area: AreaLabel, scope: str, version: str) -> Place:
    """`area` with its trail inside `scope`, its children and what lies below, cached by data version."""
    return _place(area.path, scope, version)


@remembered(seconds=600)
def _place(path: str, scope: str, version: str) -> Place:  # noqa: ARG001  # the version is there for the key
    with reading() as session:
        return read_place(session, path, scope)


def read_place(session: Session, path: str, scope: str) -> Place:
    """Read the place at `path` from the database."""
    above = [up for up in lineage(path) if within(up, scope)]
    labels = [
        AreaLabel(*row)
        for row in session.execute(select(*_LABEL).where(AreaRow.path.in_(above)).order_by(AreaRow.path))
    ]
    area = labels[-1]
    children = session.execute(select(*_LABEL).where(AreaRow.parent_id == area.id).order_by(AreaRow.path))
    low, high = subtree_bounds(path)
    below = session.execute(
        select(AreaRow.kind, func.count())
        .where(AreaRow.path > low, AreaRow.path < high)
        .group_by(AreaRow.kind)
        .order_by(func.min(AreaRow.depth))
    )
    return Place(
        area=area,
        trail=tuple(labels[:-1]),
        children=tuple(AreaLabel(*row) for row in children),
        below=tuple((kind, count) for kind, count in below),
    )

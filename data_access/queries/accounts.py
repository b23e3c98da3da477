"""Reads about accounts: what the pages for signing in and for one's own account show."""

from __future__ import annotations

from math import cos, radians
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth.principal import Kind, Principal
from data_access.db.tables import AreaBoundaryRow, AreaRow, UserRow
from data_access.domain.accounts import Role
from data_access.queries.session import reading, remembered
from data_access.viewmodels.accounts import Account, DemoAccount, Outline

if TYPE_CHECKING:
    import shapely

WIDTH: Final = 1000
_DETAIL: Final = 1.5  # of WIDTH: finer bends are left out


def demo_accounts(session: Session) -> tuple[DemoAccount, ...]:
    """The demo accounts that may sign in."""
    rows = session.execute(
        select(UserRow.name, UserRow.display, UserRow.role, AreaRow.name, AreaRow.name_en, AreaRow.parent_id)
        .outerjoin(AreaRow, AreaRow.id == UserRow.area_id)
        .where(UserRow.demo, UserRow.disabled_at.is_(None))
        .order_by(UserRow.id)
    ).all()
    parents = {
        row.id: (row.name, row.name_en)
        for row in session.execute(
            select(AreaRow.id, AreaRow.name, AreaRow.name_en).where(
                AreaRow.id.in_([r.parent_id for r in rows if r.parent_id])
            )
        )
    }
    found = []
    for name, display, role, area, area_en, parent in rows:
        above = parents.get(parent)
        whole = f"{above[0]} {area}" if above and area else area
        whole_en = f"{above[1]} {area_en}" if above and above[1] and area_en else area_en
        found.append(DemoAccount(name, display, Role(role), whole, whole_en))
    return tuple(found)


def account(session: Session, who: Principal) -> Account:
    """What the account's own page shows."""
    area = session.execute(select(AreaRow.name, AreaRow.name_en).where(AreaRow.path == who.scope)).first()
    return Account(
        name=who.name,
        display=who.display or who.name,
        role=who.role,
        area=area.name if area else None,
        area_en=area.name_en if area else None,
        has_password=who.kind is Kind.SESSION,
        demo=who.demo,
    )


@remembered(seconds=600)
def outline(version: str) -> Outline | None:  # noqa: ARG001  # the data version is there for the key
    """The outlines of the areas below the highest one; None without any."""
    with reading() as session:
        return read_outline(session)


def read_outline(session: Session) -> Outline | None:
    """As `outline`, from the database."""
    import shapely  # noqa: PLC0415  # slow to import, and the sign-in page alone draws

    top = session.execute(select(AreaRow).order_by(AreaRow.depth, AreaRow.path).limit(1)).scalar()
    if top is None:
        return None
    rows = session.execute(
        select(AreaBoundaryRow.geometry, AreaBoundaryRow.schematic)
        .join(AreaRow, AreaRow.id == AreaBoundaryRow.area_id)
        .where((AreaRow.parent_id == top.id) | (AreaRow.id == top.id))
        .order_by(AreaRow.path)
    ).all()
    shapes = [shapely.from_geojson(row.geometry) for row in rows]
    if not shapes:
        return None
    shapes = shapes[1:] or shapes  # the whole is drawn only where it has no parts
    west, south, east, north = shapely.union_all(shapely.envelope(shapes)).bounds
    squeeze = cos(radians((south + north) / 2))
    scale = WIDTH / ((east - west) * squeeze)
    placed = [
        shapely.transform(shape, lambda points: (points - [west, north]) * [scale * squeeze, -scale])
        for shape in shapes
    ]
    return Outline(
        title=top.name,
        title_en=top.name_en,
        width=WIDTH,
        height=round((north - south) * scale),
        paths=tuple(_path(shapely.simplify(shape, _DETAIL)) for shape in placed),
        schematic=any(row.schematic for row in rows),
    )


def _path(shape: shapely.Geometry) -> str:
    import shapely  # noqa: PLC0415  # as above

    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    return "".join("M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in ring.coords[:-1]) + "Z" for ring in rings)

"""Points with a QR code, and what only the citizen who reported and those on duty may know of a case.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    path = sa.String(30, collation="C") if postgres else sa.String(30)
    op.create_table(
        "patrol_points",
        sa.Column("id", _number(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("area_id", _number(), nullable=False),
        sa.Column("area_path", path, nullable=False),
        sa.Column("building_id", _number(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_patrol_points_area_id"),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name="fk_patrol_points_building_id"),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_points"),
        sa.UniqueConstraint("code", name="uq_patrol_points_code"),
    )
    op.create_index("ix_patrol_points_area_path", "patrol_points", ["area_path"])
    op.create_table(
        "reports",
        sa.Column("id", _number(), nullable=False),
        sa.Column("incident_id", _number(), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("point", sa.String(64), nullable=True),
        sa.Column("phone", sa.String(20), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_reports_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("incident_id", name="uq_reports_incident_id"),
        sa.UniqueConstraint("secret", name="uq_reports_secret"),
    )


def downgrade() -> None:
    op.drop_table("reports")
    op.drop_table("patrol_points")

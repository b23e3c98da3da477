"""Visits of patrol points, and the keys under which phones have sent what was done.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "patrol_visits",
        sa.Column("id", number, nullable=False),
        sa.Column("point_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["point_id"], ["patrol_points.id"], name="fk_patrol_visits_point_id"),
        sa.PrimaryKeyConstraint("id", name="pk_patrol_visits"),
        sa.UniqueConstraint("key", name="uq_patrol_visits_key"),
    )
    op.create_index("ix_patrol_visits_point_id_at", "patrol_visits", ["point_id", "at"])
    op.create_table(
        "sent_acts",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sent_acts"),
    )
    op.create_index("ix_sent_acts_at", "sent_acts", ["at"])


def downgrade() -> None:
    op.drop_table("sent_acts")
    op.drop_table("patrol_visits")

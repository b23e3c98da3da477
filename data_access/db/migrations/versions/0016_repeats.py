"""Which complaints make a hidden danger.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "repeats",
        sa.Column("id", number, nullable=False),
        sa.Column("danger_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("complaint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["danger_id"], ["incidents.id"], name="fk_repeats_danger_id"),
        sa.ForeignKeyConstraint(["complaint_id"], ["incidents.id"], name="fk_repeats_complaint_id"),
        sa.PrimaryKeyConstraint("id", name="pk_repeats"),
        sa.UniqueConstraint("complaint_id", name="uq_repeats_complaint_id"),
    )
    op.create_index("ix_repeats_danger_id", "repeats", ["danger_id"])


def downgrade() -> None:
    op.drop_table("repeats")

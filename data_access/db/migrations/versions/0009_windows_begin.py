"""A window that has begun is told once.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alarm_windows", sa.Column("begun_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("alarm_windows", "begun_at")

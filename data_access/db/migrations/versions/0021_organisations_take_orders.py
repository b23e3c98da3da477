"""A token may be a unit's: organisations and volunteers take orders by it.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("user_tokens") as table:
        table.add_column(sa.Column("unit_id", number, nullable=True))
        table.create_foreign_key("fk_user_tokens_unit_id", "units", ["unit_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("user_tokens") as table:
        table.drop_constraint("fk_user_tokens_unit_id", type_="foreignkey")
        table.drop_column("unit_id")

"""Floods; alarms by parent and by window.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("floods",
    sa.Column("area_path", sa.String(30).with_variant(sa.String(30, collation="C"), "postgresql"), nullable=False),
    sa.Column("shift_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
    sa.Column("at", sa.BigInteger(), nullable=False),
    sa.Column("per10", sa.Integer(), nullable=False),
    sa.Column("since", sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint("area_path", "shift_id", name=op.f("pk_floods"))
    )
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.create_index("ix_alarms_chattering", ["last_at"], unique=False, sqlite_where=sa.text("chattering"), postgresql_where=sa.text("chattering"))
        batch_op.create_index("ix_alarms_parent_id", ["parent_id"], unique=False, sqlite_where=sa.text("parent_id IS NOT NULL"), postgresql_where=sa.text("parent_id IS NOT NULL"))
        batch_op.create_index("ix_alarms_window_id", ["window_id"], unique=False, sqlite_where=sa.text("window_id IS NOT NULL"), postgresql_where=sa.text("window_id IS NOT NULL"))



def downgrade() -> None:
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.drop_index("ix_alarms_window_id", sqlite_where=sa.text("window_id IS NOT NULL"), postgresql_where=sa.text("window_id IS NOT NULL"))
        batch_op.drop_index("ix_alarms_chattering", sqlite_where=sa.text("chattering"), postgresql_where=sa.text("chattering"))
        batch_op.drop_index("ix_alarms_parent_id", sqlite_where=sa.text("parent_id IS NOT NULL"), postgresql_where=sa.text("parent_id IS NOT NULL"))

    op.drop_table("floods")

"""Cases go through the loop: their step, clocks, turns and moves aside; days that the year's calendar tells wrong.

Columns are added and dropped in place: making the table anew on SQLite would lose its triggers.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OPEN = sa.text("stage NOT IN ('closed', 'void')")
_WATCHED = sa.text("clock_at IS NOT NULL")
_MERGED = sa.text("merged_into IS NOT NULL")
_INDEXES = {
    "ix_incidents_clock_at": (["clock_at"], _WATCHED),
    "ix_incidents_merged_into": (["merged_into"], _MERGED),
    "ix_incidents_due": (["due_at", "id", "area_path"], _OPEN),
    "ix_incidents_stage_due": (["stage", "due_at", "id", "area_path"], _OPEN),
}


def _columns() -> list[sa.Column[object]]:
    postgres = op.get_bind().dialect.name == "postgresql"
    path = sa.String(30, collation="C") if postgres else sa.String(30)
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instants = (
        *("step_due_at", "register_due_at", "dispatch_due_at", "handle_due_at", "voided_at", "returned_at"),
        *("turn_until", "clock_at", "suspended_at", "left_ms", "step_left_ms", "asked_until"),
        *("extended_at", "reworked_at"),
    )
    return [
        sa.Column("workflow", sa.String(20)),
        sa.Column("step", sa.String(20)),
        sa.Column("urgency", sa.Integer()),
        *(sa.Column(name, sa.BigInteger()) for name in instants),
        sa.Column("owner", sa.String(60)),
        sa.Column("level", sa.Integer()),
        sa.Column("post", path),
        sa.Column("late", sa.Boolean()),
        sa.Column("asked_by", sa.String(60)),
        sa.Column("urged", sa.Integer()),
        sa.Column("merged_into", number),
    ]


def upgrade() -> None:
    op.create_table(
        "calendar_days",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(60), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_days"),
        sa.UniqueConstraint("day", name="uq_calendar_days_day"),
    )
    for column in _columns():
        op.add_column("incidents", column)
    for name, (columns, only) in _INDEXES.items():
        op.create_index(name, "incidents", columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "incidents")
    for column in _columns():
        op.drop_column("incidents", column.name)
    op.drop_table("calendar_days")

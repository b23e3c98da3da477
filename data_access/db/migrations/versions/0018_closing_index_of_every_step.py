"""The index of the closing figures holds all that the figures of every step read.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_NAME = "ix_incidents_closing"
_BEFORE = ("created_at", "area_path", "run", "outcome", "stage", "due_at", "closed_at")
_STEPS = (
    *("voided_at", "registered_at", "dispatched_at", "handled_at"),
    *("register_due_at", "dispatch_due_at", "handle_due_at", "returned_at", "reworked_at", "extended_at"),
)
_LABELS = ("channel_id", "top_type_id", "main_type_id", "sub_type_id", "unit_id")


def upgrade() -> None:
    op.drop_index(_NAME, "incidents")
    op.create_index(_NAME, "incidents", [*_BEFORE, *_STEPS, *_LABELS])


def downgrade() -> None:
    op.drop_index(_NAME, "incidents")
    op.create_index(_NAME, "incidents", [*_BEFORE, *_LABELS])

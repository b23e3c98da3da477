"""Kept months hold the figures of every step, not of closing alone; a step that is done ends the keeping of its month.

The worker counts the months anew.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_FIGURES = (
    *("registered", "registered_on_time", "due_dispatch", "dispatched", "dispatched_on_time", "dispatched_right"),
    *("due_handling", "handled", "handled_on_time", "overdue_unhandled", "extended", "reworked"),
)
_BEFORE = (
    *("created_at", "area_path", "run", "outcome", "due_at", "closed_at"),
    *("channel_id", "top_type_id", "main_type_id", "sub_type_id", "unit_id"),
)
_NOW = (
    *_BEFORE,
    *("registered_at", "dispatched_at", "handled_at", "register_due_at", "dispatch_due_at", "handle_due_at"),
    *("returned_at", "reworked_at", "extended_at"),
)
"""Columns of an incident that its figures depend on; of the stage only whether it is void."""
_MONTH_OF = "(SELECT max(starts_at) FROM closing_months WHERE starts_at <= {row}.created_at)"


def upgrade() -> None:
    for name in _FIGURES:
        op.add_column("closing_figures", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute("UPDATE closing_months SET built_at = NULL")
    _watch(_NOW)


def downgrade() -> None:
    _watch(_BEFORE)
    for name in _FIGURES:
        op.drop_column("closing_figures", name)


def _watch(columns: tuple[str, ...]) -> None:
    """Let a change of any of `columns` end the keeping of the month."""
    if op.get_bind().dialect.name == "postgresql":
        differs = " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns)
        op.execute("DROP TRIGGER closing_changed ON incidents")
        op.execute(
            "CREATE TRIGGER closing_changed AFTER UPDATE ON incidents FOR EACH ROW "
            f"WHEN ({differs} OR (OLD.stage = 'void') <> (NEW.stage = 'void')) EXECUTE FUNCTION closing_touched()"
        )
        return

    def touch(row: str) -> str:
        month = _MONTH_OF.format(row=row)
        return f"UPDATE closing_months SET built_at = NULL WHERE starts_at = {month} AND built_at IS NOT NULL;"

    differs = " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in columns)
    op.execute("DROP TRIGGER closing_changed")
    op.execute(
        "CREATE TRIGGER closing_changed AFTER UPDATE ON incidents "
        f"WHEN {differs} OR (OLD.stage = 'void') <> (NEW.stage = 'void') BEGIN {touch('OLD')} {touch('NEW')} END"
    )

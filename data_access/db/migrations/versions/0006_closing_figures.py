"""Closing figures of whole months, kept until an incident of the month changes.

The worker counts the months; nothing has to be counted here, and until it has, figures are counted as before.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_YEARS = range(1990, 2100)
_READ = (
    *("created_at", "area_path", "run", "outcome", "due_at", "closed_at"),
    *("channel_id", "top_type_id", "main_type_id", "sub_type_id", "unit_id"),
)
"""Columns of an incident that its figures depend on; of the stage only whether it is void."""
_MONTH_OF = "(SELECT max(starts_at) FROM closing_months WHERE starts_at <= {row}.created_at)"


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    path = sa.String(30, collation="C") if postgres else sa.String(30)
    months = op.create_table(
        "closing_months",
        sa.Column("starts_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("built_at", sa.BigInteger(), nullable=True),
        sa.Column("good_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("starts_at", name="pk_closing_months"),
    )
    op.create_table(
        "closing_figures",
        sa.Column("by", sa.String(10), nullable=False),
        sa.Column("area_path", path, nullable=False),
        sa.Column("month", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.Column("closed_on_time", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("by", "area_path", "month", "key", name="pk_closing_figures"),
    )
    starts = [_midnight(year, month) for year in _YEARS for month in range(1, 13)] + [_midnight(_YEARS.stop, 1)]
    op.bulk_insert(
        months, [{"starts_at": a, "ends_at": b} for a, b in zip(starts, starts[1:], strict=False)]
    )
    for statement in _postgres() if postgres else _sqlite():
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER closing_added ON incidents")
        op.execute("DROP TRIGGER closing_changed ON incidents")
        op.execute("DROP FUNCTION closing_touched")
    else:
        for trigger in ("closing_inserted", "closing_deleted", "closing_changed"):
            op.execute(f"DROP TRIGGER {trigger}")
    op.drop_table("closing_figures")
    op.drop_table("closing_months")


def _midnight(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


def _sqlite() -> list[str]:
    def touch(row: str) -> str:
        month = _MONTH_OF.format(row=row)
        return f"UPDATE closing_months SET built_at = NULL WHERE starts_at = {month} AND built_at IS NOT NULL;"

    differs = " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in _READ)
    return [
        f"CREATE TRIGGER closing_inserted AFTER INSERT ON incidents BEGIN {touch('NEW')} END",
        f"CREATE TRIGGER closing_deleted AFTER DELETE ON incidents BEGIN {touch('OLD')} END",
        "CREATE TRIGGER closing_changed AFTER UPDATE ON incidents "
        f"WHEN {differs} OR (OLD.stage = 'void') <> (NEW.stage = 'void') BEGIN {touch('OLD')} {touch('NEW')} END",
    ]


def _postgres() -> list[str]:
    """The weak lock is shared by all who change incidents, and makes a count wait until their changes are seen."""

    def touch(row: str) -> str:
        month = _MONTH_OF.format(row=row)
        return (
            f"PERFORM 1 FROM closing_months WHERE starts_at = {month} FOR KEY SHARE; "
            f"UPDATE closing_months SET built_at = NULL WHERE starts_at = {month} AND built_at IS NOT NULL; "
        )

    differs = " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in _READ)
    return [
        "CREATE FUNCTION closing_touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP <> 'INSERT' THEN {touch('OLD')} END IF; IF TG_OP <> 'DELETE' THEN {touch('NEW')} END IF; "
        "RETURN NULL; END $$",
        "CREATE TRIGGER closing_added AFTER INSERT OR DELETE ON incidents "
        "FOR EACH ROW EXECUTE FUNCTION closing_touched()",
        "CREATE TRIGGER closing_changed AFTER UPDATE ON incidents FOR EACH ROW "
        f"WHEN ({differs} OR (OLD.stage = 'void') <> (NEW.stage = 'void')) EXECUTE FUNCTION closing_touched()",
    ]

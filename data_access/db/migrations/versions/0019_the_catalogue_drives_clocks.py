"""Items of the catalogue and versions of workflows; each case keeps those it came in under.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_IN_FORCE = sa.text("retired_at IS NULL")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    path = sa.String(30, collation="C") if postgres else sa.String(30)
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "incident_items",
        sa.Column("id", _number(), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("type_id", _number(), nullable=False),
        sa.Column("area_path", path, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("category", sa.String(1), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("workflow", sa.String(20), nullable=False),
        sa.Column("limit_ms", sa.BigInteger(), nullable=False),
        sa.Column("limits_ms", json, nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["type_id"], ["incident_types.id"], name="fk_incident_items_type_id"),
        sa.PrimaryKeyConstraint("id", name="pk_incident_items"),
        sa.UniqueConstraint("area_path", "number", "version", name="uq_incident_items_area_path_number_version"),
    )
    only = {"sqlite_where": _IN_FORCE, "postgresql_where": _IN_FORCE}
    op.create_index("ix_incident_items_type_id", "incident_items", ["type_id"], **only)
    op.create_index("uq_incident_items_in_force", "incident_items", ["area_path", "number"], unique=True, **only)
    op.create_table(
        "workflow_versions",
        sa.Column("id", _number(), nullable=False),
        sa.Column("code", sa.String(14), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("body", json, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workflow_versions"),
        sa.UniqueConstraint("code", "version", name="uq_workflow_versions_code_version"),
    )
    op.add_column("incidents", sa.Column("item_id", _number(), nullable=True))


def downgrade() -> None:
    op.drop_column("incidents", "item_id")
    op.drop_table("workflow_versions")
    op.drop_table("incident_items")

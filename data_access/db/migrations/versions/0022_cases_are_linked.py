"""Cases are linked to homes and legal entities.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "incident_links",
        sa.Column("id", number, nullable=False),
        sa.Column("incident_id", number, nullable=False),
        sa.Column("dwelling_id", number, nullable=True),
        sa.Column("entity_id", number, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["dwelling_id"], ["dwellings.id"], name="fk_incident_links_dwelling_id"),
        sa.ForeignKeyConstraint(["entity_id"], ["legal_entities.id"], name="fk_incident_links_entity_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_incident_links_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_incident_links"),
        sa.UniqueConstraint("incident_id", "dwelling_id", name="uq_incident_links_incident_id_dwelling_id"),
        sa.UniqueConstraint("incident_id", "entity_id", name="uq_incident_links_incident_id_entity_id"),
    )
    op.create_index("ix_incident_links_dwelling_id", "incident_links", ["dwelling_id"])
    op.create_index("ix_incident_links_entity_id", "incident_links", ["entity_id"])
    op.create_index("ix_legal_entities_building_id", "legal_entities", ["building_id"])


def downgrade() -> None:
    op.drop_index("ix_legal_entities_building_id", "legal_entities")
    op.drop_table("incident_links")

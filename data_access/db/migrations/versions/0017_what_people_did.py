"""What people did to alarms is found among what machines did without reading it.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    people = sa.text("actor NOT IN ('ingest', 'clock', 'correlation')")
    columns = ["at", "id"]
    op.create_index(
        "ix_alarm_history_people", "alarm_history", columns, sqlite_where=people, postgresql_where=people
    )


def downgrade() -> None:
    op.drop_index("ix_alarm_history_people", table_name="alarm_history")

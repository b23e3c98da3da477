"""Raw readings: a partitioned parent on PostgreSQL. On SQLite each day is a table of its own, made when needed.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE readings (device_id BIGINT NOT NULL, metric_id INTEGER NOT NULL, ts BIGINT NOT NULL, "
            "value DOUBLE PRECISION NOT NULL, quality SMALLINT NOT NULL, received_at BIGINT NOT NULL, "
            "original_ts BIGINT, PRIMARY KEY (ts, device_id, metric_id)) PARTITION BY RANGE (ts)"
        )
        # Each row is written anew every second or so: room in the page lets that happen in place.
        op.execute("ALTER TABLE device_states SET (fillfactor = 50)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TABLE readings")

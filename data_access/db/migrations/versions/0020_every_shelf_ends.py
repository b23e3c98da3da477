"""An alarm shelved until it clears, before shelves had a longest time, is looked at again like any other.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_DAY_MS = 24 * 3600 * 1000  # the longest shelf unless a deployment sets another


def upgrade() -> None:
    shelved = "(SELECT max(h.at) FROM alarm_history h WHERE h.alarm_id = alarms.id AND h.action = 'shelve')"
    endless = "state <> 'closed' AND shelved_until_clear AND shelved_until IS NULL"
    op.execute(
        sa.text(f"UPDATE alarms SET shelved_until = coalesce({shelved}, last_at) + {_DAY_MS} WHERE {endless}")
    )
    op.execute(
        sa.text(
            "UPDATE alarms SET clock_at = shelved_until WHERE state <> 'closed' AND shelved_until_clear "
            "AND clock_at IS NULL AND parent_id IS NULL AND source <> 'replay'"
        )
    )


def downgrade() -> None:
    """What has an end keeps it: rows of before cannot be told from those of after."""

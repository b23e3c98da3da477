"""Alarms are owned, shelved, suppressed, escalated and closed with a reason; kinds, windows, tasks, notices, shifts.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alarm_kinds',
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=True),
    sa.Column('name_en', sa.String(length=100), nullable=True),
    sa.Column('severity', sa.SmallInteger(), nullable=True),
    sa.Column('life_safety', sa.Boolean(), nullable=True),
    sa.Column('needs_reason', sa.Boolean(), nullable=True),
    sa.Column('what_to_do', sa.Text(), nullable=True),
    sa.Column('what_to_do_en', sa.Text(), nullable=True),
    sa.Column('look_s', sa.Integer(), nullable=True),
    sa.Column('remind_s', sa.Integer(), nullable=True),
    sa.Column('escalation', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_alarm_kinds'))
    )
    op.create_table('alarm_windows',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('area_path', sa.String(30).with_variant(sa.String(30, collation="C"), "postgresql"), nullable=False),
    sa.Column('building_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.Column('device_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=60), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alarm_windows'))
    )
    with op.batch_alter_table('alarm_windows', schema=None) as batch_op:
        batch_op.create_index('ix_alarm_windows_until', ['until'], unique=False)

    op.create_table('shifts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('user', sa.String(length=60), nullable=False),
    sa.Column('area_path', sa.String(30).with_variant(sa.String(30, collation="C"), "postgresql"), nullable=False),
    sa.Column('seat', sa.String(length=60), nullable=True),
    sa.Column('started_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shifts'))
    )
    with op.batch_alter_table('shifts', schema=None) as batch_op:
        batch_op.create_index('ix_shifts_area_path_ended_at', ['area_path', 'ended_at'], unique=False)

    op.create_table('handovers',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('shift_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('area_path', sa.String(30).with_variant(sa.String(30, collation="C"), "postgresql"), nullable=False),
    sa.Column('to_user', sa.String(length=60), nullable=True),
    sa.Column('items', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('signed_from_at', sa.BigInteger(), nullable=True),
    sa.Column('signed_to_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['shift_id'], ['shifts.id'], name=op.f('fk_handovers_shift_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handovers'))
    )
    with op.batch_alter_table('handovers', schema=None) as batch_op:
        batch_op.create_index('ix_handovers_area_path_created_at', ['area_path', 'created_at'], unique=False)

    op.create_table('notices',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('alarm_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.Column('area_path', sa.String(30).with_variant(sa.String(30, collation="C"), "postgresql"), nullable=False),
    sa.Column('step', sa.String(length=20), nullable=False),
    sa.Column('channel', sa.String(length=12), nullable=False),
    sa.Column('target', sa.String(length=400), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('next_try_at', sa.BigInteger(), nullable=True),
    sa.Column('sent_at', sa.BigInteger(), nullable=True),
    sa.Column('error', sa.String(length=400), nullable=True),
    sa.ForeignKeyConstraint(['alarm_id'], ['alarms.id'], name=op.f('fk_notices_alarm_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index('ix_notices_alarm_id', ['alarm_id'], unique=False)
        batch_op.create_index('ix_notices_state_next_try_at', ['state', 'next_try_at'], unique=False)

    op.create_table('tasks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('alarm_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('area_path', sa.String(30).with_variant(sa.String(30, collation="C"), "postgresql"), nullable=False),
    sa.Column('responsible_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.Column('team_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('by', sa.String(length=60), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('accepted_at', sa.BigInteger(), nullable=True),
    sa.Column('arrived_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.ForeignKeyConstraint(['alarm_id'], ['alarms.id'], name=op.f('fk_tasks_alarm_id')),
    sa.ForeignKeyConstraint(['responsible_id'], ['responsibles.id'], name=op.f('fk_tasks_responsible_id')),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_tasks_team_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks'))
    )
    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.create_index('ix_tasks_alarm_id', ['alarm_id'], unique=False)
        batch_op.create_index('ix_tasks_area_path_state', ['area_path', 'state'], unique=False)

    with op.batch_alter_table('alarms', schema=None) as batch_op:
        batch_op.add_column(sa.Column('needs_reason', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('seen_severity', sa.SmallInteger(), nullable=True))
        batch_op.add_column(sa.Column('owner', sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column('owner_at', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('shelved_until', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('shelved_until_clear', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('shelve_reason', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column('close_reason', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('close_note', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('closed_at', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('closed_by', sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column('look_due_at', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('clock_at', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('escalation', sa.SmallInteger(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('chattering', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('window', sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column('window_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column('incident_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column('dispatched_to', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('dispatched_at', sa.BigInteger(), nullable=True))
        batch_op.create_index('ix_alarms_queue', ['severity', 'raised_at', 'id', 'area_path', 'state', 'owner', 'parent_id', 'shelved_until', 'shelved_until_clear'], unique=False, sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'"))
        batch_op.create_index('ix_alarms_clock_at', ['clock_at'], unique=False, sqlite_where=sa.text('clock_at IS NOT NULL'), postgresql_where=sa.text('clock_at IS NOT NULL'))

    with op.batch_alter_table('device_models', schema=None) as batch_op:
        batch_op.add_column(sa.Column('what_to_do', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('what_to_do_en', sa.Text(), nullable=True))

    with op.batch_alter_table('devices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('what_to_do', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('what_to_do_en', sa.Text(), nullable=True))

    # What stands already is judged by the rules from now on; what was closed before reasons existed stays as it was.
    op.execute("UPDATE alarms SET seen_severity = severity WHERE acknowledged_at IS NOT NULL")
    op.execute(
        "UPDATE alarms SET closed_at = CASE WHEN cleared_at > acknowledged_at THEN cleared_at "
        "ELSE coalesce(acknowledged_at, cleared_at) END, closed_by = acknowledged_by WHERE state = 'closed'"
    )
    op.execute("UPDATE alarms SET needs_reason = (life_safety OR severity >= 3) WHERE state <> 'closed'")
    op.execute(
        "UPDATE alarms SET look_due_at = last_at + CASE severity "
        "WHEN 4 THEN 60000 WHEN 3 THEN 180000 WHEN 2 THEN 1200000 ELSE 3600000 END "
        "WHERE state IN ('active_unacked', 'cleared_unacked') AND source <> 'replay'"
    )
    op.execute(
        "UPDATE alarms SET clock_at = coalesce(look_due_at, acknowledged_at + CASE severity "
        "WHEN 4 THEN 900000 WHEN 3 THEN 3600000 WHEN 2 THEN 14400000 ELSE 86400000 END) "
        "WHERE state <> 'closed' AND source <> 'replay'"
    )


def downgrade() -> None:
    with op.batch_alter_table('devices', schema=None) as batch_op:
        batch_op.drop_column('what_to_do_en')
        batch_op.drop_column('what_to_do')

    with op.batch_alter_table('device_models', schema=None) as batch_op:
        batch_op.drop_column('what_to_do_en')
        batch_op.drop_column('what_to_do')

    with op.batch_alter_table('alarms', schema=None) as batch_op:
        batch_op.drop_index('ix_alarms_queue', sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'"))
        batch_op.drop_index('ix_alarms_clock_at', sqlite_where=sa.text('clock_at IS NOT NULL'), postgresql_where=sa.text('clock_at IS NOT NULL'))
        batch_op.drop_column('dispatched_at')
        batch_op.drop_column('dispatched_to')
        batch_op.drop_column('incident_id')
        batch_op.drop_column('window_id')
        batch_op.drop_column('window')
        batch_op.drop_column('chattering')
        batch_op.drop_column('escalation')
        batch_op.drop_column('clock_at')
        batch_op.drop_column('look_due_at')
        batch_op.drop_column('closed_by')
        batch_op.drop_column('closed_at')
        batch_op.drop_column('close_note')
        batch_op.drop_column('close_reason')
        batch_op.drop_column('event_id')
        batch_op.drop_column('parent_id')
        batch_op.drop_column('shelve_reason')
        batch_op.drop_column('shelved_until_clear')
        batch_op.drop_column('shelved_until')
        batch_op.drop_column('owner_at')
        batch_op.drop_column('owner')
        batch_op.drop_column('seen_severity')
        batch_op.drop_column('needs_reason')

    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.drop_index('ix_tasks_area_path_state')
        batch_op.drop_index('ix_tasks_alarm_id')

    op.drop_table('tasks')
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.drop_index('ix_notices_state_next_try_at')
        batch_op.drop_index('ix_notices_alarm_id')

    op.drop_table('notices')
    with op.batch_alter_table('handovers', schema=None) as batch_op:
        batch_op.drop_index('ix_handovers_area_path_created_at')

    op.drop_table('handovers')
    with op.batch_alter_table('shifts', schema=None) as batch_op:
        batch_op.drop_index('ix_shifts_area_path_ended_at')

    op.drop_table('shifts')
    with op.batch_alter_table('alarm_windows', schema=None) as batch_op:
        batch_op.drop_index('ix_alarm_windows_until')

    op.drop_table('alarm_windows')
    op.drop_table('alarm_kinds')

"""Series with edit scopes, opening hours, requests, reminders, the outbox, calendar feeds, capacity."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

_LATEST = "(select {} from appointment a where a.series_id = series.id order by a.series_date desc limit 1)"


def upgrade() -> None:
    """Forward only."""
    op.create_table('booking_policy',
        sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('notice_hours', sa.BigInteger(), nullable=False),
        sa.Column('advance_days', sa.BigInteger(), nullable=False),
        sa.Column('buffer_minutes', sa.BigInteger(), nullable=False),
        sa.Column('grid_minutes', sa.BigInteger(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['provider_id'], ['staff.id'], name=op.f('fk_booking_policy_provider_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_booking_policy')),
        sa.UniqueConstraint('provider_id', name=op.f('uq_booking_policy_provider_id'))
    )
    op.create_table('calendar_feed',
        sa.Column('staff_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('shows', sa.String(length=32), nullable=False),
        sa.Column('token_fingerprint', sa.String(length=64), nullable=False),
        sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('revoked_at', sa.DateTime(), nullable=True),
        sa.Column('last_read_at', sa.DateTime(), nullable=True),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(staff_id is null) <> (person_id is null)', name=op.f('ck_calendar_feed_one_owner')),
        sa.ForeignKeyConstraint(['created_by_id'], ['staff.id'], name=op.f('fk_calendar_feed_created_by_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_calendar_feed_person_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_calendar_feed_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_feed')),
        sa.UniqueConstraint('token_fingerprint', name=op.f('uq_calendar_feed_token_fingerprint'))
    )
    op.create_index(op.f('ix_calendar_feed_person_id'), 'calendar_feed', ['person_id'], unique=False)
    op.create_index(op.f('ix_calendar_feed_staff_id'), 'calendar_feed', ['staff_id'], unique=False)
    op.create_table('opening_hours',
        sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('weekday', sa.BigInteger(), nullable=True),
        sa.Column('on_date', sa.Date(), nullable=True),
        sa.Column('is_closed', sa.Boolean(), nullable=False),
        sa.Column('starts', sa.Time(), nullable=False),
        sa.Column('ends', sa.Time(), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=True),
        sa.Column('valid_until', sa.Date(), nullable=True),
        sa.Column('for_existing_clients', sa.Boolean(), nullable=False),
        sa.Column('for_new_inquiries', sa.Boolean(), nullable=False),
        sa.Column('location_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('format', sa.String(length=32), nullable=True),
        sa.Column('reason', sa.String(length=120), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(weekday is null) <> (on_date is null)', name=op.f('ck_opening_hours_weekday_or_date')),
        sa.ForeignKeyConstraint(['location_id'], ['location.id'], name=op.f('fk_opening_hours_location_id')),
        sa.ForeignKeyConstraint(['provider_id'], ['staff.id'], name=op.f('fk_opening_hours_provider_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_opening_hours'))
    )
    op.create_index(op.f('ix_opening_hours_provider_id'), 'opening_hours', ['provider_id'], unique=False)
    op.create_table('open_service',
        sa.Column('opening_hours_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['opening_hours_id'], ['opening_hours.id'], name=op.f('fk_open_service_opening_hours_id')),
        sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_open_service_service_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_open_service')),
        sa.UniqueConstraint('opening_hours_id', 'service_id', name=op.f('uq_open_service_opening_hours_id_service_id'))
    )
    op.create_table('outbox_message',
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('status', sa.String(length=32), nullable=False),
        sa.Column('dedupe_key', sa.String(length=160), nullable=False),
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('appointment_id', sa.BigInteger(), nullable=True),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('staff_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('to_address', sa.String(length=254), nullable=False),
        sa.Column('subject', sa.String(length=200), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('expires_at', sa.DateTime(), nullable=True),
        sa.Column('claimed_at', sa.DateTime(), nullable=True),
        sa.Column('claimed_by', sa.String(length=64), nullable=False),
        sa.Column('sent_at', sa.DateTime(), nullable=True),
        sa.Column('attempts', sa.BigInteger(), nullable=False),
        sa.Column('try_after', sa.DateTime(), nullable=True),
        sa.Column('last_problem', sa.String(length=200), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_outbox_message_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_outbox_message_person_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_outbox_message_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_message')),
        sa.UniqueConstraint('dedupe_key', name=op.f('uq_outbox_message_dedupe_key'))
    )
    op.create_index(op.f('ix_outbox_message_appointment_id'), 'outbox_message', ['appointment_id'], unique=False)
    op.create_index(op.f('ix_outbox_message_case_id'), 'outbox_message', ['case_id'], unique=False)
    op.create_index('ix_outbox_message_expires', 'outbox_message', ['kind', 'expires_at'], unique=False)
    op.create_index('ix_outbox_message_status', 'outbox_message', ['status', 'created_at'], unique=False)
    op.create_table('reminder_setting',
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_reminder_setting_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_reminder_setting_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder_setting')),
        sa.UniqueConstraint('case_id', 'person_id', name=op.f('uq_reminder_setting_case_id_person_id'))
    )
    op.create_table('reminder_time',
        sa.Column('setting_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('hours_before', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['setting_id'], ['reminder_setting.id'], name=op.f('fk_reminder_time_setting_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder_time')),
        sa.UniqueConstraint('setting_id', 'hours_before', name=op.f('uq_reminder_time_setting_id_hours_before'))
    )
    op.create_table('series_skip',
        sa.Column('series_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('series_date', sa.Date(), nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_series_skip_series_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_series_skip')),
        sa.UniqueConstraint('series_id', 'series_date', name=op.f('uq_series_skip_series_id_series_date'))
    )
    op.create_table('scheduling_request',
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('status', sa.String(length=32), nullable=False),
        sa.Column('asked_at', sa.DateTime(), nullable=False),
        sa.Column('recorded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('appointment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('was_date', sa.Date(), nullable=True),
        sa.Column('was_time', sa.Time(), nullable=True),
        sa.Column('provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('local_date', sa.Date(), nullable=True),
        sa.Column('local_time', sa.Time(), nullable=True),
        sa.Column('minutes', sa.BigInteger(), nullable=True),
        sa.Column('format', sa.String(length=32), nullable=True),
        sa.Column('location_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('message', sa.Text(), nullable=False),
        sa.Column('offered_date', sa.Date(), nullable=True),
        sa.Column('offered_time', sa.Time(), nullable=True),
        sa.Column('reply', sa.Text(), nullable=False),
        sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], name=op.f('fk_scheduling_request_appointment_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_scheduling_request_case_id')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['staff.id'], name=op.f('fk_scheduling_request_decided_by_id')),
        sa.ForeignKeyConstraint(['location_id'], ['location.id'], name=op.f('fk_scheduling_request_location_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_scheduling_request_person_id')),
        sa.ForeignKeyConstraint(['provider_id'], ['staff.id'], name=op.f('fk_scheduling_request_provider_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_scheduling_request_recorded_by_id')),
        sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_scheduling_request_service_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_scheduling_request'))
    )
    op.create_index(op.f('ix_scheduling_request_appointment_id'), 'scheduling_request', ['appointment_id'], unique=False)
    op.create_index(op.f('ix_scheduling_request_case_id'), 'scheduling_request', ['case_id'], unique=False)
    op.create_index(op.f('ix_scheduling_request_person_id'), 'scheduling_request', ['person_id'], unique=False)
    op.create_index('ix_scheduling_request_status', 'scheduling_request', ['status', 'asked_at'], unique=False)
    op.add_column('appointment', sa.Column('series_moved', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('appointment', sa.Column('fold', sa.BigInteger(), nullable=False, server_default='0'))
    op.add_column('appointment', sa.Column('changed_at', sa.DateTime(), nullable=True))
    op.add_column('appointment', sa.Column('supervisor_is_own', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('audit_log', sa.Column('person_id', sa.BigInteger(), nullable=True))
    op.add_column('case_file', sa.Column('capacity', sa.BigInteger(), nullable=True))
    op.add_column('operation', sa.Column('person_id', sa.BigInteger(), nullable=True))
    op.add_column('person', sa.Column('zone', sa.String(length=64), nullable=False, server_default=''))
    op.add_column('practice', sa.Column('tzdata_version', sa.String(length=20), nullable=False, server_default=''))
    op.add_column('series', sa.Column('shift_days', sa.BigInteger(), nullable=False, server_default='0'))
    op.add_column('series', sa.Column('provider_id', sa.BigInteger(), nullable=False, server_default='0'))
    op.add_column('series', sa.Column('service_id', sa.BigInteger(), nullable=False, server_default='0'))
    op.add_column('series', sa.Column('minutes', sa.BigInteger(), nullable=False, server_default='50'))
    op.add_column('series', sa.Column('format', sa.String(length=32), nullable=False, server_default='in_person'))
    op.add_column('series', sa.Column('location_id', sa.BigInteger(), nullable=True))
    op.add_column('series', sa.Column('fee_cents', sa.BigInteger(), nullable=True))
    op.add_column('series', sa.Column('revision', sa.BigInteger(), nullable=False, server_default='1'))
    op.add_column('staff', sa.Column('video_link', sa.String(length=300), nullable=False, server_default=''))
    # A series is what its latest occurrence is.
    for column in ("provider_id", "service_id", "minutes", "format", "location_id", "fee_cents"):
        op.execute(f"update series set {column} = {_LATEST.format('a.' + column)}")

"""What was done about a critical answer and its note; psychotherapy notes that are shared; releases of a record."""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only. An alert that was closed before names no note."""
    name = 'fk_critical_alert_note_id'
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(f'alter table critical_alert add column note_id integer constraint {name} references note (id)')
    else:
        op.add_column('critical_alert', sa.Column('note_id', sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(name), 'critical_alert', 'note', ['note_id'], ['id'])
    op.create_index(op.f('ix_critical_alert_note_id'), 'critical_alert', ['note_id'], unique=False)
    op.create_table('alert_step',
        sa.Column('alert_id', KEY, nullable=False),
        sa.Column('staff_id', KEY, nullable=False),
        sa.Column('action', sa.String(length=32), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['alert_id'], ['critical_alert.id'], name=op.f('fk_alert_step_alert_id')),
        sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_alert_step_staff_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_step'))
    )
    op.create_index(op.f('ix_alert_step_alert_id'), 'alert_step', ['alert_id'], unique=False)
    op.create_table('psychotherapy_share',
        sa.Column('note_id', KEY, nullable=False),
        sa.Column('supervision_id', KEY, nullable=False),
        sa.Column('supervisor_id', KEY, nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['note_id'], ['psychotherapy_note.id'],
                                name=op.f('fk_psychotherapy_share_note_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['supervision_id'], ['supervision.id'],
                                name=op.f('fk_psychotherapy_share_supervision_id')),
        sa.ForeignKeyConstraint(['supervisor_id'], ['staff.id'], name=op.f('fk_psychotherapy_share_supervisor_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_psychotherapy_share'))
    )
    op.create_index(op.f('ix_psychotherapy_share_supervisor_id'), 'psychotherapy_share', ['supervisor_id'],
                    unique=False)
    still = sa.text('ended_at is null')
    op.create_index('uq_psychotherapy_share_open', 'psychotherapy_share', ['note_id', 'supervisor_id'], unique=True,
                    sqlite_where=still, postgresql_where=still)
    op.create_table('record_release',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('to_person_id', KEY, nullable=True),
        sa.Column('recipient', sa.String(length=401), nullable=False),
        sa.Column('purpose', sa.String(length=200), nullable=False),
        sa.Column('prepared_by_id', KEY, nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_record_release_case_id')),
        sa.ForeignKeyConstraint(['prepared_by_id'], ['staff.id'], name=op.f('fk_record_release_prepared_by_id')),
        sa.ForeignKeyConstraint(['to_person_id'], ['person.id'], name=op.f('fk_record_release_to_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_record_release'))
    )
    op.create_index(op.f('ix_record_release_case_id'), 'record_release', ['case_id'], unique=False)
    op.create_table('release_authorization',
        sa.Column('release_id', KEY, nullable=False),
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('signed_by_id', KEY, nullable=False),
        sa.Column('signs_as', sa.String(length=32), nullable=True),
        sa.Column('capacity', sa.String(length=900), nullable=False),
        sa.Column('authority', sa.String(length=200), nullable=False),
        sa.Column('signed_on', sa.Date(), nullable=False),
        sa.Column('expires_on', sa.Date(), nullable=False),
        sa.Column('recorded_by_id', KEY, nullable=False),
        sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
        sa.Column('withdrawn_by_id', KEY, nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('expires_on >= signed_on', name=op.f('ck_release_authorization_days')),
        sa.CheckConstraint('(withdrawn_at is null) = (withdrawn_by_id is null)',
                           name=op.f('ck_release_authorization_withdrawn')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_release_authorization_person_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'],
                                name=op.f('fk_release_authorization_recorded_by_id')),
        sa.ForeignKeyConstraint(['release_id'], ['record_release.id'],
                                name=op.f('fk_release_authorization_release_id')),
        sa.ForeignKeyConstraint(['signed_by_id'], ['person.id'], name=op.f('fk_release_authorization_signed_by_id')),
        sa.ForeignKeyConstraint(['withdrawn_by_id'], ['staff.id'],
                                name=op.f('fk_release_authorization_withdrawn_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_release_authorization'))
    )
    op.create_index(op.f('ix_release_authorization_release_id'), 'release_authorization', ['release_id'], unique=False)

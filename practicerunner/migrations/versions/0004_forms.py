"""Forms with frozen versions and responses, and critical alerts."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_table('form_template',
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('purpose', sa.String(length=32), nullable=False),
        sa.Column('built_in', sa.String(length=40), nullable=True),
        sa.Column('active', sa.Boolean(), nullable=False),
        sa.Column('version', sa.BigInteger(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_form_template')),
        sa.UniqueConstraint('built_in', name=op.f('uq_form_template_built_in'))
    )
    op.create_table('form_version',
        sa.Column('template_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('number', sa.BigInteger(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('text_hash', sa.String(length=64), nullable=False),
        sa.Column('made_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['made_by_id'], ['staff.id'], name=op.f('fk_form_version_made_by_id')),
        sa.ForeignKeyConstraint(['template_id'], ['form_template.id'], name=op.f('fk_form_version_template_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_form_version')),
        sa.UniqueConstraint('template_id', 'number', name=op.f('uq_form_version_template_id_number'))
    )
    op.create_table('form_assignment',
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('template_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('status', sa.String(length=32), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=True),
        sa.Column('assigned_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('reminded_at', sa.DateTime(), nullable=True),
        sa.Column('draft', sa.JSON(), nullable=False),
        sa.Column('saved_at', sa.DateTime(), nullable=True),
        sa.Column('closed_at', sa.DateTime(), nullable=True),
        sa.Column('replaces_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['assigned_by_id'], ['staff.id'], name=op.f('fk_form_assignment_assigned_by_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_form_assignment_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_form_assignment_person_id')),
        sa.ForeignKeyConstraint(['replaces_id'], ['form_assignment.id'], name=op.f('fk_form_assignment_replaces_id')),
        sa.ForeignKeyConstraint(['template_id'], ['form_template.id'], name=op.f('fk_form_assignment_template_id')),
        sa.ForeignKeyConstraint(['version_id'], ['form_version.id'], name=op.f('fk_form_assignment_version_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_form_assignment'))
    )
    op.create_index(op.f('ix_form_assignment_case_id'), 'form_assignment', ['case_id'], unique=False)
    op.create_index(op.f('ix_form_assignment_person_id'), 'form_assignment', ['person_id'], unique=False)
    op.create_index(op.f('ix_form_assignment_replaces_id'), 'form_assignment', ['replaces_id'], unique=False)
    op.create_table('form_response',
        sa.Column('assignment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('replaces_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('answers', sa.JSON(), nullable=False),
        sa.Column('score', sa.JSON(), nullable=True),
        sa.Column('signed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('capacity', sa.String(length=900), nullable=False),
        sa.Column('authority', sa.String(length=200), nullable=False),
        sa.Column('signature', sa.String(length=500), nullable=False),
        sa.Column('recorded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('submitted_at', sa.DateTime(), nullable=False),
        sa.Column('content_hash', sa.String(length=64), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('replaces_id is null or replaces_id <> id', name=op.f('ck_form_response_replaces')),
        sa.ForeignKeyConstraint(['assignment_id'], ['form_assignment.id'], name=op.f('fk_form_response_assignment_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_form_response_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_form_response_person_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_form_response_recorded_by_id')),
        sa.ForeignKeyConstraint(['replaces_id'], ['form_response.id'], name=op.f('fk_form_response_replaces_id')),
        sa.ForeignKeyConstraint(['signed_by_id'], ['person.id'], name=op.f('fk_form_response_signed_by_id')),
        sa.ForeignKeyConstraint(['version_id'], ['form_version.id'], name=op.f('fk_form_response_version_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_form_response')),
        sa.UniqueConstraint('assignment_id', name=op.f('uq_form_response_assignment_id')),
        sa.UniqueConstraint('replaces_id', name=op.f('uq_form_response_replaces_id'))
    )
    op.create_index(op.f('ix_form_response_case_id'), 'form_response', ['case_id'], unique=False)
    op.create_index(op.f('ix_form_response_person_id'), 'form_response', ['person_id'], unique=False)
    op.create_table('critical_alert',
        sa.Column('response_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('items', sa.JSON(), nullable=False),
        sa.Column('raised_at', sa.DateTime(), nullable=False),
        sa.Column('escalates_at', sa.DateTime(), nullable=False),
        sa.Column('escalated_at', sa.DateTime(), nullable=True),
        sa.Column('closed_at', sa.DateTime(), nullable=True),
        sa.Column('closed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('action', sa.String(length=32), nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint("(closed_at is null) = (action is null) and (closed_at is null) = (closed_by_id is null) and (closed_at is null or text <> '')", name=op.f('ck_critical_alert_closed_with_action')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_critical_alert_case_id')),
        sa.ForeignKeyConstraint(['closed_by_id'], ['staff.id'], name=op.f('fk_critical_alert_closed_by_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_critical_alert_person_id')),
        sa.ForeignKeyConstraint(['response_id'], ['form_response.id'], name=op.f('fk_critical_alert_response_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_critical_alert')),
        sa.UniqueConstraint('response_id', name=op.f('uq_critical_alert_response_id'))
    )
    op.create_index(op.f('ix_critical_alert_case_id'), 'critical_alert', ['case_id'], unique=False)
    op.create_index('ix_critical_alert_closed', 'critical_alert', ['closed_at', 'escalates_at'], unique=False)
    op.add_column('practice', sa.Column('pcl5_cut', sa.BigInteger(), nullable=False, server_default='33'))

"""Superbills and good faith estimates, and what they need of the practice, its staff, services and places."""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_table('claim_choice',
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('claims', sa.Boolean(), nullable=False),
        sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_claim_choice_case_id')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['staff.id'], name=op.f('fk_claim_choice_decided_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_claim_choice'))
    )
    op.create_index(op.f('ix_claim_choice_case_id'), 'claim_choice', ['case_id'], unique=False)
    op.create_table('estimate_request',
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('asked_on', sa.Date(), nullable=False),
        sa.Column('recorded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_estimate_request_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_estimate_request_person_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_estimate_request_recorded_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_estimate_request'))
    )
    op.create_index(op.f('ix_estimate_request_case_id'), 'estimate_request', ['case_id'], unique=False)
    op.create_table('good_faith_estimate',
        sa.Column('number', sa.String(length=24), nullable=False),
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('version', sa.BigInteger(), nullable=False),
        sa.Column('replaces_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('first_on', sa.Date(), nullable=False),
        sa.Column('last_on', sa.Date(), nullable=False),
        sa.Column('total_cents', sa.BigInteger(), nullable=False),
        sa.Column('shared_on', sa.Date(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('last_on >= first_on', name=op.f('ck_good_faith_estimate_dates')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_good_faith_estimate_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_good_faith_estimate_person_id')),
        sa.ForeignKeyConstraint(['replaces_id'], ['good_faith_estimate.id'], name=op.f('fk_good_faith_estimate_replaces_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_good_faith_estimate')),
        sa.UniqueConstraint('number', name=op.f('uq_good_faith_estimate_number')),
        sa.UniqueConstraint('replaces_id', name=op.f('uq_good_faith_estimate_replaces_id'))
    )
    op.create_index(op.f('ix_good_faith_estimate_case_id'), 'good_faith_estimate', ['case_id'], unique=False)
    op.create_index(op.f('ix_good_faith_estimate_person_id'), 'good_faith_estimate', ['person_id'], unique=False)
    op.create_table('superbill',
        sa.Column('number', sa.String(length=24), nullable=False),
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('first_on', sa.Date(), nullable=False),
        sa.Column('last_on', sa.Date(), nullable=False),
        sa.Column('issued_on', sa.Date(), nullable=False),
        sa.Column('charged_cents', sa.BigInteger(), nullable=False),
        sa.Column('adjusted_cents', sa.BigInteger(), nullable=False),
        sa.Column('paid_cents', sa.BigInteger(), nullable=False),
        sa.Column('issued_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('last_on >= first_on', name=op.f('ck_superbill_dates')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_superbill_case_id')),
        sa.ForeignKeyConstraint(['issued_by_id'], ['staff.id'], name=op.f('fk_superbill_issued_by_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_superbill_person_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_superbill')),
        sa.UniqueConstraint('number', name=op.f('uq_superbill_number'))
    )
    op.create_index(op.f('ix_superbill_case_id'), 'superbill', ['case_id'], unique=False)
    op.create_index(op.f('ix_superbill_person_id'), 'superbill', ['person_id'], unique=False)
    op.create_table('estimate_delivery',
        sa.Column('estimate_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('channel', sa.String(length=32), nullable=False),
        sa.Column('shared_on', sa.Date(), nullable=False),
        sa.Column('shared_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['estimate_id'], ['good_faith_estimate.id'], name=op.f('fk_estimate_delivery_estimate_id')),
        sa.ForeignKeyConstraint(['shared_by_id'], ['staff.id'], name=op.f('fk_estimate_delivery_shared_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_estimate_delivery'))
    )
    op.create_index(op.f('ix_estimate_delivery_estimate_id'), 'estimate_delivery', ['estimate_id'], unique=False)
    op.create_table('estimate_draft',
        sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('replaces_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('items', sa.JSON(), nullable=False),
        sa.Column('place', sa.Text(), nullable=False),
        sa.Column('separately', sa.Text(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_estimate_draft_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_estimate_draft_person_id')),
        sa.ForeignKeyConstraint(['replaces_id'], ['good_faith_estimate.id'], name=op.f('fk_estimate_draft_replaces_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_estimate_draft')),
        sa.UniqueConstraint('case_id', 'person_id', name=op.f('uq_estimate_draft_case_id_person_id'))
    )
    op.create_table('estimate_item',
        sa.Column('estimate_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('position', sa.BigInteger(), nullable=False),
        sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('quantity', sa.BigInteger(), nullable=False),
        sa.Column('fee_cents', sa.BigInteger(), nullable=False),
        sa.Column('first_on', sa.Date(), nullable=False),
        sa.Column('last_on', sa.Date(), nullable=False),
        sa.Column('frequency', sa.String(length=60), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['estimate_id'], ['good_faith_estimate.id'], name=op.f('fk_estimate_item_estimate_id')),
        sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_estimate_item_service_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_estimate_item'))
    )
    op.create_index(op.f('ix_estimate_item_estimate_id'), 'estimate_item', ['estimate_id'], unique=False)
    op.create_table('superbill_void',
        sa.Column('superbill_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('voided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('voided_on', sa.Date(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['superbill_id'], ['superbill.id'], name=op.f('fk_superbill_void_superbill_id')),
        sa.ForeignKeyConstraint(['voided_by_id'], ['staff.id'], name=op.f('fk_superbill_void_voided_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_superbill_void')),
        sa.UniqueConstraint('superbill_id', name=op.f('uq_superbill_void_superbill_id'))
    )
    op.create_table('superbill_line',
        sa.Column('superbill_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('charge_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('service_date', sa.Date(), nullable=False),
        sa.Column('charged_cents', sa.BigInteger(), nullable=False),
        sa.Column('adjusted_cents', sa.BigInteger(), nullable=False),
        sa.Column('paid_cents', sa.BigInteger(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['charge_id'], ['charge.id'], name=op.f('fk_superbill_line_charge_id')),
        sa.ForeignKeyConstraint(['superbill_id'], ['superbill.id'], name=op.f('fk_superbill_line_superbill_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_superbill_line'))
    )
    op.create_index(op.f('ix_superbill_line_charge_id'), 'superbill_line', ['charge_id'], unique=False)
    op.create_index(op.f('ix_superbill_line_superbill_id'), 'superbill_line', ['superbill_id'], unique=False)
    op.add_column('location', sa.Column('place_of_service', sa.String(length=2), nullable=False, server_default='11'))
    op.add_column('practice', sa.Column('npi', sa.String(length=10), nullable=False, server_default=''))
    op.add_column('service', sa.Column('modifiers', sa.String(length=11), nullable=False, server_default=''))
    op.add_column('staff', sa.Column('taxonomy', sa.String(length=10), nullable=False, server_default=''))

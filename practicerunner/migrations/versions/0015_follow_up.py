"""Following up what payers owe: contacts and next actions, collection by itself, saved cards that are due."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('follow_up',
        sa.Column('payer_id', KEY, nullable=False),
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('happened_on', sa.Date(), nullable=False),
        sa.Column('remark', sa.String(length=200), nullable=False),
        sa.Column('next_action', sa.String(length=200), nullable=False),
        sa.Column('next_on', sa.Date(), nullable=True),
        sa.Column('next_by_id', KEY, nullable=True),
        sa.Column('recorded_by_id', KEY, nullable=False),
        sa.Column('message_id', KEY, nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_follow_up_case_id')),
        sa.ForeignKeyConstraint(['message_id'], ['outbox_message.id'], name=op.f('fk_follow_up_message_id')),
        sa.ForeignKeyConstraint(['next_by_id'], ['staff.id'], name=op.f('fk_follow_up_next_by_id')),
        sa.ForeignKeyConstraint(['payer_id'], ['payer.id'], name=op.f('fk_follow_up_payer_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_follow_up_recorded_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_up'))
    )
    op.create_index('ix_follow_up_account', 'follow_up', ['payer_id', 'case_id'])
    op.create_index(op.f('ix_follow_up_case_id'), 'follow_up', ['case_id'])
    op.create_index(op.f('ix_follow_up_message_id'), 'follow_up', ['message_id'])
    op.create_table('collection_rule',
        sa.Column('case_id', KEY, nullable=True),
        sa.Column('policy', sa.String(length=32), nullable=False),
        sa.Column('since', sa.Date(), nullable=False),
        sa.Column('decided_by_id', KEY, nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_collection_rule_case_id')),
        sa.ForeignKeyConstraint(['decided_by_id'], ['staff.id'], name=op.f('fk_collection_rule_decided_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_collection_rule')),
        sa.UniqueConstraint('case_id', name=op.f('uq_collection_rule_case_id'))
    )
    op.create_table('due_charge',
        sa.Column('invoice_id', KEY, nullable=False),
        sa.Column('payment_method_id', KEY, nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_due_charge_invoice_id')),
        sa.ForeignKeyConstraint(['payment_method_id'], ['payment_method.id'],
                                name=op.f('fk_due_charge_payment_method_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_due_charge')),
        sa.UniqueConstraint('invoice_id', name=op.f('uq_due_charge_invoice_id'))
    )
    op.create_index(op.f('ix_due_charge_payment_method_id'), 'due_charge', ['payment_method_id'])
    op.add_column('payer', sa.Column('wants_billing_mail', sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column('practice', sa.Column('notify_payers', sa.Boolean(), nullable=False, server_default=sa.false()))

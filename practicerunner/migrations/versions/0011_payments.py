"""What becomes of payments: pending, settled, failed, refunded; credit notes; charges of saved methods."""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('payment_event',
        sa.Column('payment_id', _key(), nullable=False),
        sa.Column('status', sa.String(length=32), nullable=False),
        sa.Column('effective_on', sa.Date(), nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('recorded_by_id', _key(), nullable=False),
        sa.Column('id', _key(), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_payment_event_payment_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_payment_event_recorded_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_event')),
        sa.UniqueConstraint('payment_id', 'status', name=op.f('uq_payment_event_payment_id_status'))
    )
    op.create_table('processor_charge',
        sa.Column('payment_id', _key(), nullable=False),
        sa.Column('payment_method_id', _key(), nullable=False),
        sa.Column('processor', sa.String(length=40), nullable=False),
        sa.Column('reference', sa.String(length=120), nullable=False),
        sa.Column('operation', sa.String(length=64), nullable=False),
        sa.Column('id', _key(), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_processor_charge_payment_id')),
        sa.ForeignKeyConstraint(['payment_method_id'], ['payment_method.id'],
                                name=op.f('fk_processor_charge_payment_method_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_processor_charge')),
        sa.UniqueConstraint('operation', name=op.f('uq_processor_charge_operation')),
        sa.UniqueConstraint('payment_id', name=op.f('uq_processor_charge_payment_id'))
    )
    op.create_index(op.f('ix_processor_charge_payment_method_id'), 'processor_charge', ['payment_method_id'])
    op.create_table('refund',
        sa.Column('number', sa.String(length=24), nullable=False),
        sa.Column('payment_id', _key(), nullable=False),
        sa.Column('payer_id', _key(), nullable=False),
        sa.Column('case_id', _key(), nullable=False),
        sa.Column('method', sa.String(length=32), nullable=False),
        sa.Column('amount_cents', sa.BigInteger(), nullable=False),
        sa.Column('refunded_on', sa.Date(), nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('reference', sa.String(length=60), nullable=False),
        sa.Column('recorded_by_id', _key(), nullable=False),
        sa.Column('id', _key(), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('amount_cents > 0', name=op.f('ck_refund_amount')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_refund_case_id')),
        sa.ForeignKeyConstraint(['payer_id'], ['payer.id'], name=op.f('fk_refund_payer_id')),
        sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_refund_payment_id')),
        sa.ForeignKeyConstraint(['recorded_by_id'], ['staff.id'], name=op.f('fk_refund_recorded_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_refund')),
        sa.UniqueConstraint('number', name=op.f('uq_refund_number'))
    )
    op.create_table('credit_note',
        sa.Column('number', sa.String(length=24), nullable=False),
        sa.Column('invoice_id', _key(), nullable=False),
        sa.Column('entry_id', _key(), nullable=False),
        sa.Column('payer_id', _key(), nullable=False),
        sa.Column('case_id', _key(), nullable=False),
        sa.Column('issued_on', sa.Date(), nullable=False),
        sa.Column('amount_cents', sa.BigInteger(), nullable=False),
        sa.Column('issued_by_id', _key(), nullable=False),
        sa.Column('id', _key(), autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('amount_cents > 0', name=op.f('ck_credit_note_amount')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_credit_note_case_id')),
        sa.ForeignKeyConstraint(['entry_id'], ['ledger_entry.id'], name=op.f('fk_credit_note_entry_id')),
        sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_credit_note_invoice_id')),
        sa.ForeignKeyConstraint(['issued_by_id'], ['staff.id'], name=op.f('fk_credit_note_issued_by_id')),
        sa.ForeignKeyConstraint(['payer_id'], ['payer.id'], name=op.f('fk_credit_note_payer_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_credit_note')),
        sa.UniqueConstraint('entry_id', name=op.f('uq_credit_note_entry_id')),
        sa.UniqueConstraint('number', name=op.f('uq_credit_note_number'))
    )
    for table in ('refund', 'credit_note'):
        for column in ('case_id', 'payer_id', 'payment_id' if table == 'refund' else 'invoice_id'):
            op.create_index(op.f(f'ix_{table}_{column}'), table, [column])

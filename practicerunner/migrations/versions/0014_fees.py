"""Packages, sponsors, invoices by week and in advance, and drafts of invoices."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        'package',
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('person_id', KEY, nullable=True),
        sa.Column('service_id', KEY, nullable=False),
        sa.Column('sessions', sa.BigInteger(), nullable=False),
        sa.Column('price_cents', sa.BigInteger(), nullable=False),
        sa.Column('sold_on', sa.Date(), nullable=False),
        sa.Column('sold_by_id', KEY, nullable=False),
        sa.Column('cancelled_on', sa.Date(), nullable=True),
        sa.Column('cancelled_by_id', KEY, nullable=True),
        sa.Column('cancel_reason', sa.String(length=200), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('sessions > 0 and price_cents >= sessions', name=op.f('ck_package_price')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_package_case_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_package_person_id')),
        sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_package_service_id')),
        sa.ForeignKeyConstraint(['sold_by_id'], ['staff.id'], name=op.f('fk_package_sold_by_id')),
        sa.ForeignKeyConstraint(['cancelled_by_id'], ['staff.id'], name=op.f('fk_package_cancelled_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_package')),
    )
    op.create_index(op.f('ix_package_case_id'), 'package', ['case_id'])
    op.create_table(
        'invoice_draft',
        sa.Column('payer_id', KEY, nullable=False),
        sa.Column('case_id', KEY, nullable=False),
        sa.Column('created_by_id', KEY, nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['payer_id'], ['payer.id'], name=op.f('fk_invoice_draft_payer_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_invoice_draft_case_id')),
        sa.ForeignKeyConstraint(['created_by_id'], ['staff.id'], name=op.f('fk_invoice_draft_created_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_draft')),
    )
    op.create_index(op.f('ix_invoice_draft_payer_id'), 'invoice_draft', ['payer_id'])
    op.create_index(op.f('ix_invoice_draft_case_id'), 'invoice_draft', ['case_id'])
    _let_a_charge_have_no_appointment()
    _add_reference('billing_arrangement', 'package_service_id', 'service')
    _add_reference('billing_arrangement', 'sponsor_id', 'payer')
    for column in ('package_sessions', 'package_cents', 'sponsor_cents', 'sponsor_sessions'):
        op.add_column('billing_arrangement', sa.Column(column, sa.BigInteger(), nullable=True))
    op.add_column('billing_arrangement', sa.Column('sponsor_until', sa.Date(), nullable=True))
    _add_reference('charge', 'package_id', 'package')
    op.create_index(op.f('ix_charge_package_id'), 'charge', ['package_id'])
    op.add_column('charge', sa.Column('package_place', sa.BigInteger(), nullable=True))
    op.add_column('charge', sa.Column('in_advance', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('charge', sa.Column('settled_at', sa.DateTime(), nullable=True))
    _add_reference('charge_share', 'draft_id', 'invoice_draft')
    op.create_index(op.f('ix_charge_share_draft_id'), 'charge_share', ['draft_id'])
    op.add_column('charge_share', sa.Column('draft_text', sa.String(length=200), nullable=False, server_default=''))
    op.add_column('charge_share', sa.Column('returned_cents', sa.BigInteger(), nullable=False, server_default='0'))
    for column in ('invoicing_weekday', 'ahead_days'):
        op.add_column('practice', sa.Column(column, sa.BigInteger(), nullable=True))
    for column in ('week_gathered_until', 'month_ahead_until', 'week_ahead_until'):
        op.add_column('practice', sa.Column(column, sa.Date(), nullable=True))
    for column in ('invoices_as_drafts', 'show_adjustments'):
        op.add_column('practice', sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))


def _let_a_charge_have_no_appointment() -> None:
    """Take NOT NULL off one column.

    SQLite before 3.53 has no statement for it. Copying the table would take its triggers and what refers to it along;
    a constraint that only falls away may be changed in the schema itself (sqlite.org/lang_altertable.html, section 8).
    """
    if op.get_bind().dialect.name != 'sqlite':
        op.alter_column('charge', 'appointment_id', nullable=True)
        return
    connection = op.get_bind()
    version = connection.exec_driver_sql('pragma schema_version').scalar_one()
    connection.exec_driver_sql('pragma writable_schema = on')
    connection.exec_driver_sql(
        "update sqlite_master set sql = replace(sql, 'appointment_id INTEGER NOT NULL', 'appointment_id INTEGER') "
        "where type = 'table' and name = 'charge'")
    connection.exec_driver_sql(f'pragma schema_version = {version + 1}')
    connection.exec_driver_sql('pragma writable_schema = off')


def _add_reference(table: str, column: str, to: str) -> None:
    name = f'fk_{table}_{column}'
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(f'alter table {table} add column {column} integer constraint {name} references {to} (id)')
    else:
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(name), table, to, [column], ['id'])

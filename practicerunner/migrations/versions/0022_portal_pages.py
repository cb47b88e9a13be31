"""What the portal's pages keep: documents that were shared, who asked and who wrote for a client, a policy."""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
WHO = (('scheduling_request', 'asked_by_id'), ('form_assignment', 'drafted_by_id'))


def upgrade() -> None:
    """Forward only."""
    op.add_column('practice', sa.Column('grants_requests', sa.Boolean(), nullable=False, server_default=sa.false()))
    for table, column in WHO:
        name = f'fk_{table}_{column}'
        if op.get_bind().dialect.name == 'sqlite':
            op.execute(f'alter table {table} add column {column} integer constraint {name} references person (id)')
        else:
            op.add_column(table, sa.Column(column, KEY, nullable=True))
            op.create_foreign_key(op.f(name), table, 'person', [column], ['id'])
    op.create_table('document_share',
        sa.Column('document_id', KEY, nullable=False),
        sa.Column('person_id', KEY, nullable=False),
        sa.Column('shared_by_id', KEY, nullable=False),
        sa.Column('shared_at', sa.DateTime(), nullable=False),
        sa.Column('ended_by_id', KEY, nullable=True),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        sa.Column('id', KEY, autoincrement=False, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('(ended_at is null) = (ended_by_id is null)', name=op.f('ck_document_share_ended_by')),
        sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_document_share_document_id')),
        sa.ForeignKeyConstraint(['ended_by_id'], ['staff.id'], name=op.f('fk_document_share_ended_by_id')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_document_share_person_id')),
        sa.ForeignKeyConstraint(['shared_by_id'], ['staff.id'], name=op.f('fk_document_share_shared_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_document_share'))
    )
    op.create_index(op.f('ix_document_share_document_id'), 'document_share', ['document_id'], unique=False)
    op.create_index(op.f('ix_document_share_person_id'), 'document_share', ['person_id'], unique=False)

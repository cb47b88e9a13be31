"""What can be invoiced and was not, kept by triggers: see records/keeping.py, which also fills it."""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Forward only."""
    op.create_table('uninvoiced',
        sa.Column('appointment_id', KEY, autoincrement=False, nullable=False),
        sa.Column('case_id', KEY, nullable=False),
        sa.ForeignKeyConstraint(['appointment_id'], ['appointment.id'], ondelete='CASCADE',
                                name=op.f('fk_uninvoiced_appointment_id')),
        sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_uninvoiced_case_id')),
        sa.PrimaryKeyConstraint('appointment_id', name=op.f('pk_uninvoiced'))
    )
    op.create_index(op.f('ix_uninvoiced_case_id'), 'uninvoiced', ['case_id'], unique=False)

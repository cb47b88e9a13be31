"""What was booked for nothing may be charged all the same: every appointment is looked at anew (records/keeping.py)."""

from alembic import op

revision = '0047'
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. Where one of its triggers is missing, it is made and what is kept is filled anew."""
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('drop trigger if exists kept_uninvoiced_charge_insert')
    else:
        op.execute('drop trigger if exists kept_uninvoiced_charge on charge')

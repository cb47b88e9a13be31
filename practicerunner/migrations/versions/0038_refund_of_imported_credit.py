"""A refund may give back credit that an import brought, which no payment stands behind."""

from alembic import op

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. How SQLite lets go of NOT NULL is told in 0014."""
    connection = op.get_bind()
    if connection.dialect.name != 'sqlite':
        op.alter_column('refund', 'payment_id', nullable=True)
        return
    version = connection.exec_driver_sql('pragma schema_version').scalar_one()
    connection.exec_driver_sql('pragma writable_schema = on')
    connection.exec_driver_sql(
        "update sqlite_master set sql = replace(sql, 'payment_id INTEGER NOT NULL', 'payment_id INTEGER') "
        "where type = 'table' and name = 'refund'")
    connection.exec_driver_sql(f'pragma schema_version = {version + 1}')
    connection.exec_driver_sql('pragma writable_schema = off')

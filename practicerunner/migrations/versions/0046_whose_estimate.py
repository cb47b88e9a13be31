"""Which estimates are versions of one another, and which provider each names."""

import json

import sqlalchemy as sa
from alembic import op

revision = '0046'
down_revision = "0045"
branch_labels = None
depends_on = None

TABLE = 'good_faith_estimate'


def upgrade() -> None:
    """Forward only. Estimates are frozen: the trigger that keeps them is dropped, to be made anew afterwards."""
    on_sqlite = op.get_bind().dialect.name == 'sqlite'
    for column, other in (('first_id', TABLE), ('provider_id', 'staff')):
        name = f'fk_{TABLE}_{column}'
        if on_sqlite:
            op.execute(f'alter table {TABLE} add column {column} integer constraint {name} references {other} (id)')
        else:
            op.add_column(TABLE, sa.Column(column, sa.BigInteger(), nullable=True))
            op.create_foreign_key(op.f(name), TABLE, other, [column], ['id'])
    op.execute(f'drop trigger if exists frozen_{TABLE}_update' if on_sqlite else
               f'drop trigger if exists frozen_{TABLE} on {TABLE}')
    connection = op.get_bind()
    before = dict(connection.execute(sa.text(f'select id, replaces_id from {TABLE}')).tuples().all())
    for estimate_id, replaces_id in before.items():
        first = replaces_id
        while first is not None and before[first] is not None:
            first = before[first]
        if first is not None:
            connection.execute(
                sa.text(f'update {TABLE} set first_id = :first where id = :id'), {'first': first, 'id': estimate_id})
    staff = {npi: staff_id for staff_id, npi in connection.execute(sa.text(
        "select id, npi from staff where npi <> ''"))}
    papers = connection.execute(sa.text(
        f'select e.id, d.content from {TABLE} e join issued_document d on d.number = e.number')).all()
    for estimate_id, content in papers:
        paper = json.loads(content) if isinstance(content, str) else content
        named = [staff[one['npi']] for one in paper.get('providers', []) if one.get('npi') in staff]
        if named:
            connection.execute(
                sa.text(f'update {TABLE} set provider_id = :whose where id = :id'),
                {'whose': named[0], 'id': estimate_id})

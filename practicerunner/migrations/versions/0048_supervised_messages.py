"""That supervision includes messages, if the practice says so; inquiries go with the case that they became."""

import sqlalchemy as sa
from alembic import op

revision = '0048'
down_revision = '0043'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. Who treated a group once stayed the reader of who waits for it: that is set right."""
    op.add_column('practice', sa.Column(
        'supervision_includes_messages', sa.Boolean(), nullable=False, server_default=sa.false()))
    here = "inquiry.case_id = case_file.id and inquiry.provider_id is distinct from case_file.provider_id"
    moved = f"select inquiry.id from inquiry join case_file on {here}"
    to = "select case_file.provider_id from inquiry join case_file on case_file.id = inquiry.case_id"
    op.execute(
        f"update asker_thread set assigned_to_id = ({to} where inquiry.id = asker_thread.inquiry_id) "  # noqa: S608
        f"where thread_id is null and inquiry_id in ({moved})")
    op.execute(
        "update inquiry set provider_id = (select provider_id from case_file where case_file.id = inquiry.case_id) "
        "where case_id is not null")

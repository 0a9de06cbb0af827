"""Requests that wait for endpoints in queue mode, and how they ended."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of queued requests."""
    document = sa.JSON(none_as_null=True)
    op.create_table(
        "requests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("operations", document, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.Double),
        sa.Column("response", document),
        sa.Column("reason", sa.Text),
        sa.Column("root", sa.Text, nullable=False),
    )
    op.create_index("requests_by_endpoint", "requests", ["endpoint", "created_at"])
    op.create_index("requests_by_age", "requests", ["created_at"])
    op.create_index("requests_by_end", "requests", ["finished_at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("requests")

"""What a bootstrap server keeps: its configurations, and credentials of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of configurations; all credentials there are so far are for management."""
    op.create_table(
        "bootstrap_configurations",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.add_column(
        "credentials",
        sa.Column("use", sa.Text, nullable=False, server_default="management"),
    )


def downgrade() -> None:
    """Remove them, and with them the credentials that nothing before would tell apart."""
    op.execute("DELETE FROM credentials WHERE use <> 'management'")
    op.drop_column("credentials", "use")
    op.drop_table("bootstrap_configurations")

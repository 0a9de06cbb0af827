"""Who registered, and the credentials by which that is known."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the identity of registrations, and the table of credentials.

    NULL is NoSec: whoever is registered now has proven nothing.
    """
    document = sa.JSON(none_as_null=True)
    op.add_column("registrations", sa.Column("identity", document))
    op.create_table(
        "credentials",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("endpoint", sa.Text),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("credentials")
    op.drop_column("registrations", "identity")

"""What operators observe, and the object versions that registrations tell."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the column; no version told is no version known until then."""
    document = sa.JSON(none_as_null=True)
    op.create_table(
        "observations",
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("observed", document, nullable=False),
    )
    op.add_column("registrations", sa.Column("versions", document))


def downgrade() -> None:
    """Forget both."""
    op.drop_column("registrations", "versions")
    op.drop_table("observations")

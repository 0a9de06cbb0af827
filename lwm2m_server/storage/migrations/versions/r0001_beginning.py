"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    document = sa.JSON(none_as_null=True)
    identifier = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "registrations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("endpoint", sa.Text, nullable=False, unique=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("lifetime", sa.BigInteger, nullable=False),
        sa.Column("lwm2m_version", sa.Text, nullable=False),
        sa.Column("binding", sa.Text, nullable=False),
        sa.Column("queue_mode", sa.Boolean, nullable=False),
        sa.Column("objects", document, nullable=False),
        sa.Column("registered_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("content_formats", document, nullable=False),
        sa.Column("sms_number", sa.Text),
        sa.Column("parameters", document, nullable=False),
    )
    op.create_table(
        "devices",
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("last_seen", sa.Double, nullable=False),
        sa.Column("hardware", document),
        sa.Column("hardware_read_at", sa.Double),
        sa.Column("board", sa.Text),
        sa.Column("active_model", document),
    )
    op.create_table(
        "builds",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("model_sha256", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("objective", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("finished_at", sa.Double),
        sa.Column("progress", sa.Text),
        sa.Column("error_kind", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("flash", sa.BigInteger),
        sa.Column("ram", sa.BigInteger),
    )
    op.create_index("builds_by_age", "builds", ["created_at"])
    op.create_table(
        "deployments",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("token", sa.Text, nullable=False, unique=True),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("finished_at", sa.Double),
        sa.Column("request", document, nullable=False),
        sa.Column("machine", document, nullable=False),
        sa.Column("image", document),
        sa.Column("self_test", document),
    )
    op.create_index("deployments_by_endpoint", "deployments", ["endpoint", "created_at"])
    op.create_index("deployments_by_age", "deployments", ["created_at"])
    op.create_index("deployments_by_outcome", "deployments", ["outcome"])
    op.create_table(
        "events",
        sa.Column("id", identifier, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("endpoint", sa.Text),
        sa.Column("data", document, nullable=False),
    )


def downgrade() -> None:
    """Remove all tables."""
    for table in ("events", "deployments", "builds", "devices", "registrations"):
        op.drop_table(table)

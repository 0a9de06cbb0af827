"""Registrations by endpoint: an endpoint that registers anew has its row written in place."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the endpoint the key, and have no index of ids, which are random.

    Each Register would else change three pages of a large table instead of one.
    """
    _rebuild("endpoint", unique=())


def downgrade() -> None:
    """Make the id the key."""
    _rebuild("id", unique=("endpoint",))


def _rebuild(key: str, unique: tuple[str, ...]) -> None:
    document = sa.JSON(none_as_null=True)
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
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
        sa.Column("identity", document),
    ]
    names = ", ".join(f'"{column.name}"' for column in columns)
    rules = [sa.PrimaryKeyConstraint(key), *(sa.UniqueConstraint(one) for one in unique)]
    op.create_table("registrations_new", *columns, *rules)
    op.execute(f"INSERT INTO registrations_new ({names}) SELECT {names} FROM registrations")  # noqa: S608 - names of our own columns
    op.drop_table("registrations")
    op.rename_table("registrations_new", "registrations")

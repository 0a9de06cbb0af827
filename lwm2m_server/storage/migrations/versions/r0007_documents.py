"""Registrations as documents, and events in rows of what was written together."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Row = Mapping[str, Any]

_TOGETHER: Final = 256
_DOCUMENT: Final = sa.JSON(none_as_null=True)
_REGISTRATION: Final = (
    "id",
    "endpoint",
    "address",
    "lifetime",
    "lwm2m_version",
    "binding",
    "queue_mode",
    "objects",
    "registered_at",
    "updated_at",
    "expires_at",
    "root",
    "content_formats",
    "sms_number",
    "parameters",
    "identity",
    "versions",
)
_EVENT: Final = ("kind", "at", "endpoint", "data", "id")


def upgrade() -> None:
    """Make one column of many, and one row of some events: both are read as wholes only."""
    _rebuild("registrations", _registrations(), _registration_documents(), _documented)
    _rebuild("events", _events(), _event_documents(), _gathered)


def downgrade() -> None:
    """Make columns and rows of the documents."""
    _rebuild("registrations", _registration_documents(), _registrations(), _spread)
    _rebuild("events", _event_documents(), _events(), _scattered)


def _registrations() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("lifetime", sa.BigInteger, nullable=False),
        sa.Column("lwm2m_version", sa.Text, nullable=False),
        sa.Column("binding", sa.Text, nullable=False),
        sa.Column("queue_mode", sa.Boolean, nullable=False),
        sa.Column("objects", _DOCUMENT, nullable=False),
        sa.Column("registered_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("content_formats", _DOCUMENT, nullable=False),
        sa.Column("sms_number", sa.Text),
        sa.Column("parameters", _DOCUMENT, nullable=False),
        sa.Column("identity", _DOCUMENT),
        sa.Column("versions", _DOCUMENT),
    ]


def _registration_documents() -> list[sa.Column[Any]]:
    return [
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("registration", _DOCUMENT, nullable=False),
    ]


def _events() -> list[sa.Column[Any]]:
    return [
        _number("id"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("endpoint", sa.Text),
        sa.Column("data", _DOCUMENT, nullable=False),
    ]


def _event_documents() -> list[sa.Column[Any]]:
    return [_number("last"), sa.Column("events", _DOCUMENT, nullable=False)]


def _number(name: str) -> sa.Column[Any]:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, number, primary_key=True, autoincrement=False)


def _documented(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        *told, versions = (row[name] for name in _REGISTRATION)
        yield {"endpoint": row["endpoint"], "registration": [*told, versions or []]}


def _spread(rows: Iterable[Row]) -> Iterator[Row]:
    return (dict(zip(_REGISTRATION, row["registration"], strict=True)) for row in rows)


def _gathered(rows: Iterable[Row]) -> Iterator[Row]:
    coming = iter(rows)
    while some := [[row[name] for name in _EVENT] for row in islice(coming, _TOGETHER)]:
        yield {"last": some[-1][-1], "events": some}


def _scattered(rows: Iterable[Row]) -> Iterator[Row]:
    return (dict(zip(_EVENT, told, strict=True)) for row in rows for told in row["events"])


def _rebuild(
    name: str,
    before: list[sa.Column[Any]],
    after: list[sa.Column[Any]],
    changed: Callable[[Iterable[Row]], Iterator[Row]],
) -> None:
    """Put a table with the columns `after` in the place of that with `before`.

    `changed` makes the rows of one from those of the other, which come in the order of their keys.
    """
    connection = op.get_bind()
    old = sa.Table(name, sa.MetaData(), *before)
    new = op.create_table(f"{name}_by_{after[-1].name}", *after)  # whose name its key's index keeps
    rows: Iterable[Any] = connection.execute(sa.select(old).order_by(*old.primary_key)).mappings()
    made = changed(rows)
    while some := list(islice(made, _TOGETHER)):
        connection.execute(new.insert(), some)
    op.drop_table(name)
    op.rename_table(new.name, name)

"""The tables, in types that SQLite and PostgreSQL share. Times are seconds since the epoch."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

# SQLite counts rows by INTEGER PRIMARY KEY alone; PostgreSQL needs 64 bits for it.
_ID: Final = BigInteger().with_variant(Integer, "sqlite")
# An absent document is NULL, not the JSON text `null`.
_DOCUMENT: Final = JSON(none_as_null=True)

metadata: Final = MetaData()

# A fleet registers again and again, but nobody asks for a part of a registration: with a
# column for each field, of which there are seventeen, a row takes longer to write.
registrations: Final = Table(
    "registrations",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("registration", _DOCUMENT, nullable=False),
)

observations: Final = Table(
    "observations",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("observed", _DOCUMENT, nullable=False),
)

devices: Final = Table(
    "devices",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("last_seen", Double, nullable=False),
    Column("hardware", _DOCUMENT),
    Column("hardware_read_at", Double),
    Column("board", Text),
    Column("active_model", _DOCUMENT),
)

builds: Final = Table(
    "builds",
    metadata,
    Column("key", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("model_sha256", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("objective", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("progress", Text),
    Column("error_kind", Text),
    Column("error", Text),
    Column("flash", BigInteger),
    Column("ram", BigInteger),
    Index("builds_by_age", "created_at"),
)

deployments: Final = Table(
    "deployments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("outcome", Text),
    Column("token", Text, nullable=False, unique=True),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("request", _DOCUMENT, nullable=False),
    Column("machine", _DOCUMENT, nullable=False),
    Column("image", _DOCUMENT),
    Column("self_test", _DOCUMENT),
    Index("deployments_by_endpoint", "endpoint", "created_at"),
    Index("deployments_by_age", "created_at"),
    Index("deployments_by_outcome", "outcome"),
)

# What was written together, by the id of the last: a row for each would take longer to write
# than all else that is done about an event.
events: Final = Table(
    "events",
    metadata,
    Column("last", _ID, primary_key=True, autoincrement=False),
    Column("events", _DOCUMENT, nullable=False),
)

requests: Final = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("operations", _DOCUMENT, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("finished_at", Double),
    Column("response", _DOCUMENT),
    Column("reason", Text),
    Column("root", Text, nullable=False),
    Index("requests_by_endpoint", "endpoint", "created_at"),
    Index("requests_by_age", "created_at"),
    Index("requests_by_end", "finished_at"),
)

# All but what it is found by is sealed, see `service.vault`. No endpoint: a CA's, for all.
credentials: Final = Table(
    "credentials",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint", Text),
    Column("mode", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("use", Text, nullable=False),
)

# By the name of an endpoint, or `*`.
configurations: Final = Table(
    "bootstrap_configurations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

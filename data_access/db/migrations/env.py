"""Alembic's environment: runs on the connection that `data_access.db.migrate` hands over."""

from __future__ import annotations

import re
from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, BigInteger, String

from data_access.db.tables import Base
from data_access.db.tables.base import Id, Instant


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own types as plain SQLAlchemy ones, so that a revision never changes with the code."""
    if kind == "type":
        if isinstance(item, Instant):
            return "sa.BigInteger()"
        if item is Id or (isinstance(item, BigInteger) and "sqlite" in item._variant_mapping):  # noqa: SLF001  # no public name
            return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
        if isinstance(item, JSON):
            return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
        if isinstance(item, String) and "postgresql" in item._variant_mapping:  # noqa: SLF001  # as above
            return f'sa.String({item.length}).with_variant(sa.String({item.length}, collation="C"), "postgresql")'
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_item=render_item,
    render_as_batch=connection.dialect.name == "sqlite",
    include_name=lambda name, kind, _parents: not (kind == "table" and re.fullmatch(r"readings(_\d{8})?", name or "")),
)
with context.begin_transaction():
    context.run_migrations()

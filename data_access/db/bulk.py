"""Many rows at once: COPY on PostgreSQL, executemany on SQLite. For seeding, imports and readings."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex

from data_access.db.tables.base import Base, to_ms

ROWS_AT_ONCE: Final = 100
_NULL: Final = "\\N"


def insert_rows(
    connection: Connection, table: Table | str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert `rows` (values in the order of `columns`) into `table` within the connection's transaction.

    Values are what the database stores: instants as milliseconds (or aware datetimes, which are converted), JSON as
    text. Defaults of the Python mapping do not apply. Raises the driver's error on a violated constraint.
    """
    name = table if isinstance(table, str) else table.name
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  # a connected connection has one
    listed = ", ".join(f'"{c}"' for c in columns)
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f'COPY "{name}" ({listed}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(tuple(_stored(v) for v in row))
        return
    marks = ", ".join("?" * len(columns))
    driver.executemany(
        f'INSERT INTO "{name}" ({listed}) VALUES ({marks})',  # noqa: S608  # names are ours, never input
        (tuple(_stored(v) for v in row) for row in rows),
    )


def _stored(value: Any) -> Any:
    return to_ms(value) if isinstance(value, datetime) else value


def insert_columns(connection: Connection, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given by column, all of one length, as they are: for a million rows, where looking at each costs.

    Values must already be what the database stores: instants in milliseconds, dates and JSON as text, truth as 0/1.
    """
    rows = zip(*columns.values(), strict=True)
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  # a connected connection has one
    listed = ", ".join(f'"{c}"' for c in columns)
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({listed}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    driver.executemany(f'INSERT INTO "{table}" ({listed}) VALUES ({marks})', rows)  # noqa: S608  # names are ours


def insert_lists(driver: Any, statement: str, row: str, columns: Sequence[list[Any]]) -> int:
    """Insert on SQLite rows given by column, `ROWS_AT_ONCE` with each statement; return how many rows it changed.

    `statement` has `{}` for the rows and `row` is how one is written, with a `?` for each column. `executemany` lets
    go of the interpreter and asks for it back at every row: beside a busy thread that costs more than the row itself.
    """
    width, count = len(columns), len(columns[0])
    flat: list[Any] = [None] * (width * count)
    for place, column in enumerate(columns):
        flat[place::width] = column
    even = count - count % ROWS_AT_ONCE
    many = statement.format(", ".join([row] * ROWS_AT_ONCE))
    step = width * ROWS_AT_ONCE
    changed = sum(driver.execute(many, flat[at : at + step]).rowcount for at in range(0, width * even, step))
    if even < count:
        rest = zip(*(column[even:] for column in columns), strict=True)
        changed += driver.executemany(statement.format(row), rest).rowcount
    return int(changed)


def insert_plain(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert `rows` of what the database stores (instants in ms, JSON as text, no enums), as quickly as it goes.

    For a few hundred rows again and again: PostgreSQL gets them as one text, which costs less than row by row.
    """
    driver: Any = connection.connection.driver_connection
    listed = ", ".join(f'"{c}"' for c in columns)
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({listed}) FROM STDIN') as copy:
            copy.write("".join(_lines(rows)))
        return
    marks = f"({', '.join('?' * len(columns))})"
    insert_lists(driver, f'INSERT INTO "{table}" ({listed}) VALUES {{}}', marks, [list(c) for c in zip(*rows)])  # noqa: S608, B905  # our names; all of one length


def update_plain(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set `columns` of the rows whose `id` is the last value of each of `rows`; values as `insert_plain` has them."""
    driver: Any = connection.connection.driver_connection
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    listed = ", ".join(f'"{c}" = {mark}' for c in columns)
    with closing(driver.cursor()) as cursor:
        cursor.executemany(f'UPDATE "{table}" SET {listed} WHERE "id" = {mark}', rows)  # noqa: S608  # names are ours


def reserve_ids(connection: Connection, table: str, count: int) -> Sequence[int]:
    """`count` ids for new rows of `table`, ascending. On SQLite only whoever writes may ask: it has the lock."""
    if not count:
        return ()
    if connection.dialect.name == "postgresql":
        numbers = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        return connection.exec_driver_sql(numbers, (table, count)).scalars().all()
    last = connection.exec_driver_sql(f'SELECT coalesce(max("id"), 0) FROM "{table}"').scalar_one()  # noqa: S608  # names are ours
    return range(last + 1, last + 1 + count)


def among(connection: Connection, column: Any, numbers: Collection[int]) -> ColumnElement[bool]:
    """Tell whether `column` is one of `numbers`, however many: they are one parameter of an unchanging statement."""
    wanted = sorted(numbers)
    if connection.dialect.name == "postgresql":
        found = column == func.any(bindparam(None, wanted, type_=ARRAY(BigInteger)))
    else:
        found = column.in_(select(func.json_each(json.dumps(wanted)).table_valued("value").c.value))
    return cast("ColumnElement[bool]", found)


def _lines(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Rows as COPY reads them, worked out a column at a time."""
    columns = [[_NULL if v is None else _escaped(v) if type(v) is str else str(v) for v in c] for c in zip(*rows)]  # noqa: B905  # of one length
    return ("\t".join(row) + "\n" for row in zip(*columns))  # noqa: B905  # the same


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


@contextmanager
def unindexed(connection: Connection) -> Iterator[None]:
    """Let a great many rows into PostgreSQL before foreign keys and secondary indexes, which are made again after.

    Within the caller's transaction: an error brings everything back as it was, and a row that points at nothing is
    one. For an empty database that nobody else uses yet: the tables are locked until the end.
    """
    tables = Base.metadata.sorted_tables
    keys = [key for table in tables for key in table.foreign_key_constraints]
    indexes = [index for table in tables for index in table.indexes]
    for key in keys:
        connection.execute(DropConstraint(key))
    for index in indexes:
        connection.execute(DropIndex(index))
    yield
    connection.execute(text("SET LOCAL maintenance_work_mem = '128MB'"))
    for index in indexes:
        connection.execute(CreateIndex(index))
    for key in keys:
        connection.execute(AddConstraint(key))

"""What people ask for twice at once, with two clicks or from two browsers, and what must happen once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data_access.db.engine import Database

T = TypeVar("T")


def once(database: Database, act: Callable[[Session], T]) -> T:
    """`act` in a transaction of its own; it looks first whether its key is there.

    Where the same key came in at the same moment it is done again: now the other one is there.
    """
    try:
        with database.writing() as session:
            return act(session)
    except IntegrityError:
        with database.writing() as session:
            return act(session)

"""What is away or busy outside the program, told in one sentence."""

from __future__ import annotations

import os

from redis import RedisError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from data_access.db.engine import is_busy


def outage(error: Exception) -> str | None:
    """The sentence about what is busy, away or unreadable outside the program; None for anything else."""
    match error:
        case _ if is_busy(error):
            return "The database is busy: another process has been writing all the time. Try again in a minute."
        case OperationalError() | NoConnectionError():
            cause = getattr(error, "orig", None) or error
            why = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
            return f"The database does not answer as it must ({why}): see `yiping doctor`."
        case RedisError():
            return f"Redis does not answer ({type(error).__name__}): see `yiping doctor`."
        case OSError():
            reason = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
            return f"{error.filename}: {reason}." if error.filename else f"{reason}."
    return None

"""Writes the next schema revision from the difference between the tables and the newest revision.

`make revision m="what changed"`; read the result before committing it: Alembic guesses renames wrong.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from data_access.db import migrate
from data_access.db.engine import Database


def main() -> None:
    """Migrate an empty database, compare, write the revision that follows."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'new.db'}")
        migrate.upgrade(database.engine)
        following = f"{int(migrate.newest() or '0') + 1:04}"
        migrate.revise(database.engine, sys.argv[1], following)
        database.dispose()


if __name__ == "__main__":
    main()

"""Whether our own SQLite file needs no preparing: looked at without importing the database layer.

A later start is then quicker by the second or two that `yiping prepare` takes. In any doubt the answer is None, and
`prepare` decides.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

from data_access.db import revision
from data_access.settings import Deployment, Settings

_ADMINISTRATORS: Final = "SELECT count(*) FROM users WHERE role = 'administrator' AND disabled_at IS NULL AND NOT demo"
_CATALOGUE: Final = (
    "SELECT EXISTS (SELECT 1 FROM incident_items) OR EXISTS (SELECT 1 FROM incident_types WHERE source != 'appeals')"
)
"""As `commands.items.lay_where_none` sees it."""


def deployment(settings: Settings) -> Deployment | None:
    """The deployment that the file holds, complete, with administrator and catalogue, newest revision; else None.

    The demo has accounts of its own.
    """
    file = settings.data_dir / "yiping.db"
    if settings.database_url is not None or not file.exists():
        return None
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=2)) as connection:
            (at,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            (held,) = connection.execute("SELECT value FROM meta WHERE key = 'deployment'").fetchone()
            (named,) = connection.execute(_ADMINISTRATORS).fetchone()
            (catalogue,) = connection.execute(_CATALOGUE).fetchone()
        found = Deployment(held)
    except (sqlite3.Error, TypeError, ValueError):
        return None
    wanted = "deployment" in settings.model_fields_set
    ready = at == revision.newest() and catalogue and (named > 0 or found is Deployment.LUOHU)
    return found if ready and (not wanted or found is settings.deployment) else None

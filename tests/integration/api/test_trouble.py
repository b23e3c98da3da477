"""While the database does not answer, whoever opens a page sees why, and the page comes back by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import inspect, text

from tests.web import Web

LOOKS = {"Accept": "text/html,application/xhtml+xml"}


@contextmanager
def away(web: Web) -> Iterator[None]:
    """Nothing can be read: to SQLite a table that is not there is what a server that is away is to PostgreSQL."""
    names = [name for name in inspect(web.database.engine).get_table_names() if not name.startswith(("sqlite", "gone"))]
    with web.database.writing() as session:
        for name in names:
            session.execute(text(f'ALTER TABLE "{name}" RENAME TO "gone_{name}"'))
    try:
        yield
    finally:
        with web.database.writing() as session:
            for name in names:
                session.execute(text(f'ALTER TABLE "gone_{name}" RENAME TO "{name}"'))


@pytest.mark.parametrize("path", ["/", "/?wall=1", "/incidents", "/indicators", "/alarms?id=7"])
def test_a_page_says_that_the_database_is_away_and_asks_for_itself_again(web: Web, path: str) -> None:
    with httpx.Client(base_url=web.url, headers=LOOKS) as browser:
        with away(web):
            answer = browser.get(path)
            assert answer.status_code == 503
            assert answer.headers["content-type"].startswith("text/html")
            assert '<meta http-equiv="refresh" content="10">' in answer.text
            assert "数据库现在没有应答。" in answer.text
            assert "The database does not answer just now." in answer.text
            assert answer.headers["retry-after"] == "10"
            assert answer.headers["cache-control"] == "no-store"
            assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert browser.get(path).status_code in {200, 303}


@pytest.mark.parametrize("path", ["/api/v1/snapshot", "/panels", "/api/v1/alarms"])
def test_scripts_are_told_in_json(web: Web, path: str) -> None:
    with away(web):
        answer = httpx.get(web.url + path)
    assert answer.status_code == 503
    assert answer.json()["error"] == "数据库现在没有应答。"
    assert web.log.read_text("utf-8").count("because the database is away") >= 1

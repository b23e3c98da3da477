"""Weekly briefs by HTTP: listed and given inside the viewer's area, kept in the audit, never by a path of one's own."""

from __future__ import annotations

import pytest

from data_access.db.briefs import Briefs
from tests.small import COMMUNITY, DISTRICT
from tests.web import Web


def test_a_brief_that_was_made_is_listed_and_given(web: Web) -> None:
    folder = Briefs(web.log.parent)
    assert folder.keep(DISTRICT, "2026-W20", "zh", b"%PDF-of-w20")
    assert folder.keep(DISTRICT, "2026-W21", "en", b"%PDF-of-w21")
    listed = web.get("/api/v1/briefs").json()
    assert (listed["area"], [one["week"] for one in listed["briefs"]]) == (DISTRICT, ["2026-W21", "2026-W20"])
    answer = web.get(listed["briefs"][1]["url"])
    assert (answer.status_code, answer.content) == (200, b"%PDF-of-w20")
    assert answer.headers["content-type"] == "application/pdf"
    assert f"yiping-{DISTRICT}-2026-W20-zh.pdf" in answer.headers["content-disposition"]
    assert web.get(f"/api/v1/briefs?area={COMMUNITY}").json()["briefs"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{DISTRICT}/2026-W19.pdf", 404),
        ("nowhere/2026-W20.pdf", 404),
        (f"{DISTRICT}/..%2Fyiping.pdf", 404),
        (f"{DISTRICT}/2026-W20.pdf?lang=fr", 400),
    ],
)
def test_what_is_no_brief_is_not_given(web: Web, path: str, status: int) -> None:
    assert web.get(f"/api/v1/briefs/{path}").status_code == status

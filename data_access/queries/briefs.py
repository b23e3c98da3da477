"""The weekly briefs that were made, for the page that lists them."""

from __future__ import annotations

from data_access.db.briefs import Briefs
from data_access.queries.session import services
from data_access.viewmodels.weekly import Issue


def issues(area: str, most: int) -> tuple[Issue, ...]:
    """The newest briefs of the area with this code, `most` at most; the viewer's scope holds for the area already."""
    kept = Briefs(services().settings.data_dir).of(area)
    return tuple(Issue(one.week, one.lang, one.size) for one in kept[:most])

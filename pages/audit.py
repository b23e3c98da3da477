"""/audit: who did what and when. The address is the state: days, kind, person, and the place to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Flask, Response, request

from components import audit
from components.audit import PATH
from components.i18n import words
from data_access.auth.principal import viewer
from data_access.domain.accounts import AuditSubject
from data_access.domain.errors import DomainError
from data_access.domain.periods import Period, local_day
from data_access.queries import audit as queries
from data_access.queries.session import now, reading
from data_access.viewmodels.audit import AuditFilter, AuditPage
from pages.address import day
from pages.administration import for_administrators, painted

DAYS = 7


@for_administrators
def page() -> Response:
    """`GET /audit`."""
    query, told, found = request.args, "", AuditPage((), None)
    w = words(query.get("lang"))
    wanted = _wanted({})
    try:
        wanted = _wanted(query)
        with reading() as session:
            found = queries.page(session, wanted, viewer().scope, before=query.get("before", ""))
    except DomainError as refused:
        told = w(refused.source, **refused.named)
    return painted(PATH, w("审计"), audit.build(found, wanted, query, told, w), query, 400 if told else 200)


def add_to(server: Flask) -> None:
    """Let `server` answer this address. It is no page of Dash."""
    server.add_url_rule(PATH, "audit", page, methods=["GET"])


def _wanted(query: Mapping[str, str]) -> AuditFilter:
    """Raises `InvalidInput`."""
    tomorrow = local_day(now()) + timedelta(days=1)
    until = day(query.get("to")) or tomorrow
    since = day(query.get("from")) or until - timedelta(days=DAYS)
    days = Period(since, until)
    about = query.get("about", "")
    return AuditFilter(
        since=days.first,
        until=days.end,
        subject=AuditSubject(about) if about in set(AuditSubject) else None,
        who=query.get("who", "").strip()[:64] or None,
    )

"""Addresses of /indicators: everything on the page is said by its address, and changed by a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.indicator_words import PATH
from components.navigation import address
from data_access.domain.periods import Period
from data_access.viewmodels.indicator_page import Indicators

STATE: Final = ("by", "rate", "vs", "why", "cause", "within", "sort")
"""What the address says beside area, days and language."""


def to(query: Mapping[str, str], **more: str) -> str:
    """The page as it is, changed by `more`; an empty value takes one away."""
    kept = {name: query[name] for name in STATE if query.get(name)}
    return address(PATH, query, **{**kept, **more})


def to_why(query: Mapping[str, str], **more: str) -> str:
    """The same, at the panel that says why: on a narrow screen it lies below."""
    return f"{to(query, **more)}#why"


def days(period: Period) -> dict[str, str]:
    """The period as the address has it."""
    return {"from": period.first.isoformat(), "to": period.end.isoformat()}


def fixed(view: Indicators, query: Mapping[str, str]) -> dict[str, str]:
    """The query with the area and the days that the page shows, whether or not they were asked for."""
    return {**query, "area": view.place.area.code, **days(view.period)}

"""What stands in a browser instead of a page that cannot be made: why, and that it is tried again by itself.

A wall that is opened, or opens itself anew, while the database is away has nobody to press a key: it must come back
alone. Programs and scripts of ours are told in JSON (`errors`).
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

log = logging.getLogger(__name__)

AWAY: Final = (OperationalError, NoConnection)
"""What it is called when the database does not answer, or has no connection left."""
_AGAIN_S: Final = 10
_PAGE: Final = Template((Path(__file__).parents[2] / "assets" / "trouble.html").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something cannot be shown, in both languages, and the HTTP status that says so."""

    zh: str
    en: str
    status: int
    named: dict[str, str]

    @property
    def said(self) -> dict[str, object]:
        """For programs: as refusals are told."""
        return {"error": self.zh.format(**self.named), "source": self.zh, "named": self.named}

    @property
    def page(self) -> str:
        """For people: HTML without a script, which asks for itself again."""
        title, title_en = self.zh.format(**self.named), self.en.format(**self.named)
        return _PAGE.substitute(title=title, title_en=title_en, again_s=_AGAIN_S)

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(_AGAIN_S), "Cache-Control": "no-store"}


def trouble(error: BaseException, where: object) -> Trouble:
    """What to say of `error`, which came up at `where`; writes it into the log."""
    if isinstance(error, AWAY):
        log.warning("a request failed because the database is away: %s", type(error).__name__)
        return Trouble("数据库现在没有应答。", "The database does not answer just now.", 503, {})
    reference = secrets.token_hex(4)
    log.error("request failed, reference %s, at %s", reference, where, exc_info=error)
    return Trouble(
        "出了意外，日志里的编号是 {reference}。",
        "Something unexpected happened; the log has it under {reference}.",
        500,
        {"reference": reference},
    )


def is_look(method: str, accepts: str) -> bool:
    """Whether somebody wants to see a page, rather than a program its data."""
    return method == "GET" and "text/html" in accepts

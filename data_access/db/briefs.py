"""Weekly briefs that were made, as files of the data folder: `briefs/AREA/2018-W43-zh.pdf`. What is there is published.

Machines that share a database share this folder, as that of attachments.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "briefs"
LANGUAGES: Final = ("zh", "en")
_NAME: Final = re.compile(r"(\d{4}-W\d{2})-(zh|en)\.pdf")
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A brief that is there: the ISO name of its week, its language, how large it is."""

    week: str
    lang: str
    size: int


class Briefs:
    """The briefs of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def path(self, area: str, week: str, lang: str) -> Path | None:
        """Where the brief is, if it is; None for what can be no brief's name."""
        name = f"{week}-{lang}.pdf"
        return self._folder / area / name if _CODE.fullmatch(area) and _NAME.fullmatch(name) else None

    def has(self, area: str, week: str, lang: str) -> bool:
        """Tell whether the brief has been made."""
        path = self.path(area, week, lang)
        return path is not None and path.is_file()

    def read(self, area: str, week: str, lang: str) -> bytes | None:
        """The brief, None where there is none."""
        path = self.path(area, week, lang)
        try:
            return path.read_bytes() if path else None
        except FileNotFoundError:
            return None

    def keep(self, area: str, week: str, lang: str, data: bytes) -> bool:
        """Keep a brief, whole or not at all; False where one is there already: what is published stays as it is."""
        path = self.path(area, week, lang)
        if path is None or path.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(new, path)  # fails where another was quicker
            except FileExistsError:
                return False
        finally:
            new.unlink(missing_ok=True)
        return True

    def of(self, area: str) -> tuple[Kept, ...]:
        """The briefs of an area, newest first."""
        if not _CODE.fullmatch(area) or not (self._folder / area).is_dir():
            return ()
        found = []
        for file in (self._folder / area).iterdir():
            named = _NAME.fullmatch(file.name)
            if named:
                found.append(Kept(named[1], named[2], file.stat().st_size))
        return tuple(sorted(found, key=lambda kept: (kept.week, kept.lang), reverse=True))

    def drop_old(self, before: str) -> int:
        """Take away the briefs of weeks before that named `before`; return how many."""
        gone = 0
        for file in self._folder.glob("*/*.pdf"):
            named = _NAME.fullmatch(file.name)
            if named and named[1] < before:
                file.unlink(missing_ok=True)
                gone += 1
        return gone

"""The interface's words: Chinese in the source, English from the catalogue `components/locale/en.po`.

The catalogue is read once at start-up, uncompiled. A test finds every Chinese word that has no English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

_CATALOGUE: Final = Path(__file__).parent / "locale" / "en.po"

_FORMS: Final = re.compile(r"(?:\{(\w+)\}([^{}\[\]]*))?\[([^|\[\]]*)\|([^|\[\]]*)\]")
"""`{cases} [case|cases]`: the word that goes with the number before it; where none is before it, with `n`, or one."""


class Lang(StrEnum):
    """The languages of the interface; the value is the URL's `lang`."""

    ZH = "zh"
    EN = "en"


@cache
def catalogue() -> dict[str, str]:
    """English by Chinese source text."""
    with _CATALOGUE.open("rb") as file:
        entries = read_po(file, locale="en")
    return {str(entry.id): str(entry.string) for entry in entries if entry.id and entry.string}


def t(source: str, lang: str, **values: object) -> str:
    """`source` in `lang`, with `{names}` filled in; a word the catalogue lacks stays Chinese."""
    text = catalogue().get(source, source) if lang == Lang.EN else source
    text = _counted(text, values)
    return text.format(**values) if values else text


def _counted(text: str, values: Mapping[str, object]) -> str:
    """`text` with the form of each word that its number asks for."""

    def form(found: re.Match[str]) -> str:
        number, between, one, many = found.groups()
        known = values.get(number or "n", 1)
        return (f"{{{number}}}{between}" if number else "") + (one if str(known) == "1" else many)

    return _FORMS.sub(form, text) if "[" in text else text


@dataclass(frozen=True, slots=True)
class Words:
    """`t` for one reader: components call it with the source text."""

    lang: Lang

    def __call__(self, source: str, **values: object) -> str:
        return t(source, self.lang, **values)

    def name(self, chinese: str, english: str | None) -> str:
        """A proper name, in English where it has one."""
        return english if self.lang is Lang.EN and english else chinese


def words(lang: str | None) -> Words:
    """The words for the URL's `lang`; anything unknown is Chinese."""
    return Words(Lang.EN if lang == Lang.EN else Lang.ZH)

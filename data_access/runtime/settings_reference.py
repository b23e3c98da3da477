"""docs/settings.md, written from the settings: `python -m data_access.runtime.generated`."""

from __future__ import annotations

import types
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Union, get_args, get_origin

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo

from data_access.settings import Settings

PATH: Final = Path(__file__).parents[2] / "docs" / "settings.md"
_HEAD: Final = """# Settings

Every setting is an environment variable, read once when a process starts. This page is written from
`data_access/settings.py` (`python -m data_access.runtime.generated`); a test fails when it is out of date.

| variable | default | values | meaning |
|---|---|---|---|
"""
_WORDS: Final[dict[Any, str]] = {str: "text", int: "whole number", float: "number", bool: "true, false", Path: "path"}
_BOUNDS: Final = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def render() -> str:
    """The whole page."""
    rows = (_row(name, field) for name, field in Settings.model_fields.items())
    return _HEAD + "".join(rows)


def _row(name: str, field: FieldInfo) -> str:
    cells = (_variable(name, field), _default(field), _values(field), field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _variable(name: str, field: FieldInfo) -> str:
    if isinstance(field.validation_alias, AliasChoices):
        return " or ".join(f"`{choice}`" for choice in field.validation_alias.choices)
    return f"`YIPING_{name.upper()}`"


def _default(field: FieldInfo) -> str:
    if field.default is None:
        return "–"
    value = field.default
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _values(field: FieldInfo) -> str:
    kind = _without_none(field.annotation)
    if kind is SecretStr:
        return "text, secret"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return ", ".join(f"`{member}`" for member in kind)
    return ", ".join([_WORDS[kind], *filter(None, (_limit(m) for m in field.metadata))])


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (types.UnionType, Union):
        return next(k for k in get_args(kind) if k is not types.NoneType)
    return kind


def _limit(rule: Any) -> str:
    limits = ((sign, getattr(rule, bound, None)) for bound, sign in _BOUNDS.items())
    return ", ".join(f"{sign} {value}" for sign, value in limits if value is not None)

"""What the administrator's pages show of the catalogue and the workflows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data_access.domain.catalogue import Item
from data_access.domain.workflows import Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """An item in force, the class it hangs on, and where it holds."""

    id: int
    item: Item
    version: int
    class_id: int
    class_name: str
    class_path: str  # with the classes above it
    area: str | None  # code; None: everywhere
    area_name: str | None
    area_name_en: str | None
    at: datetime
    actor: str
    own: bool  # within the viewer's area: his to change


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A page of items; `after` leads to the next one."""

    lines: tuple[ItemLine, ...]
    after: str | None
    total: int


@dataclass(frozen=True, slots=True)
class ClassChoice:
    """A class that an item can hang on."""

    id: int
    ref: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class WorkflowLine:
    """A workflow as it is now; `at` and `by` of its version, None while it is what ships."""

    workflow: Workflow
    at: datetime | None
    by: str | None
    items: int  # that choose it

"""How a scenario asks the background simulator for silence: files in the data folder, no part of the product.

Without it the background would report `smoke 0` for a detector that a scenario has burning.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

FOLDER = "simulator"


class Holds:
    """Devices that the background must not speak for, and whether it must keep calm, until a time."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._mine = self._folder / f"hold-{os.getpid()}.json"

    def place(self, device_ids: Iterable[int], *, until_ms: int, calm: bool = False) -> None:
        """Hold these devices, and with `calm` every episode of the background, until `until_ms`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        body = json.dumps({"until_ms": until_ms, "calm": calm, "ids": list(device_ids)})
        fresh = self._mine.with_suffix(".new")
        fresh.write_text(body)
        fresh.replace(self._mine)

    def release(self) -> None:
        """End our hold."""
        self._mine.unlink(missing_ok=True)

    def now(self, at_ms: int) -> tuple[set[int], bool]:
        """Devices held at `at_ms`, and whether calm is asked for. Holds that have run out are removed."""
        held: set[int] = set()
        calm = False
        for file in self._folder.glob("hold-*.json"):
            hold = _read(file)
            if hold is None:
                continue
            if hold["until_ms"] <= at_ms:
                file.unlink(missing_ok=True)
                continue
            held.update(hold["ids"])
            calm = calm or hold["calm"]
        return held, calm


def _read(file: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads(file.read_text())
        return found
    return None

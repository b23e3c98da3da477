"""Which build of the product this is, so that a screen that stays open for weeks notices an upgrade."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
_PARTS: Final = ("app.py", "assets", "components", "data_access", "pages")
_KINDS: Final = frozenset({".css", ".js", ".po", ".py", ".webmanifest"})


@cache
def build() -> str:
    """The package's version and a digest of the code as it was when first asked: `0.1.0+4f21c09a`.

    Equal on every machine that runs the same files, so that several web processes do not look like an upgrade.
    """
    try:
        release = version("yiping")
    except PackageNotFoundError:  # run from a plain checkout
        release = "0"
    return f"{release}+{digest(_ROOT)}"


def digest(root: Path) -> str:
    """Eight hexadecimal digits of names and contents of the code below `root`."""
    found = hashlib.sha256()
    for part in _PARTS:
        top = root / part
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.suffix in _KINDS and path.is_file():
                found.update(path.relative_to(root).as_posix().encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:8]

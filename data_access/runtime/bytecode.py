"""Compiled code for surroundings that keep none (PYTHONDONTWRITEBYTECODE): in the data folder, for us alone.

Compiling every module anew costs each process more than its work: half of all CPU time of a start.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_FOLDER = "bytecode"


def environment(data_dir: Path) -> dict[str, str]:
    """What a child's environment needs so that its next start finds its modules compiled."""
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(data_dir / _FOLDER)}


def read_kept() -> None:
    """Let this process read, before it imports much, what children have kept. It writes nothing there."""
    folder = Path(os.environ.get("YIPING_DATA_DIR", "var")).expanduser().resolve() / _FOLDER
    if sys.dont_write_bytecode and sys.pycache_prefix is None and folder.is_dir():
        sys.pycache_prefix = str(folder)

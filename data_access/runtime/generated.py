"""The documents that are written from the code: `python -m data_access.runtime.generated [--check]`."""

from __future__ import annotations

import sys

from data_access.live import schema
from data_access.runtime import settings_reference


def main() -> int:
    """Write them, or with `--check` return 1 when one on disk differs."""
    differs = 0
    for path, text in ((schema.PATH, schema.render()), (settings_reference.PATH, settings_reference.render())):
        if "--check" not in sys.argv[1:]:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            sys.stderr.write(f"{path.name} is out of date: run python -m data_access.runtime.generated\n")
            differs = 1
    return differs


if __name__ == "__main__":
    sys.exit(main())

"""docs/schema/events.json, written from the live schema: `python -m data_access.live.schema [--check]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from data_access.events import LIVE_EVENT

PATH: Final = Path(__file__).parents[2] / "docs" / "schema" / "events.json"


def render() -> str:
    """The JSON Schema of every live event."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Live events of Yiping",
        **LIVE_EVENT.json_schema(mode="serialization"),
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    """Write the file, or with `--check` return 1 when the one on disk differs."""
    if "--check" not in sys.argv[1:]:
        PATH.write_text(render(), "utf-8")
        return 0
    if PATH.exists() and PATH.read_text("utf-8") == render():
        return 0
    sys.stderr.write("docs/schema/events.json is out of date: run python -m data_access.live.schema\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

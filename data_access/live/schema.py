"""docs/schema/events.json, written from the live schema: `python -m data_access.runtime.generated`."""

from __future__ import annotations

import json
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

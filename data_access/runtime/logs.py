"""Log lines of a process: text for people or JSON for collectors, to stderr, with the process's name."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from data_access.settings import Settings

_TEXT = "%(asctime)s %(process_name)-9s %(levelname)-7s %(message)s"


def configure(settings: Settings, process: str) -> None:
    """Send this process's log to stderr under the name `process`, at the level and in the form of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process) if settings.log_json else Lines(process))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for chatty in ("alembic", "urllib3", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class Lines(logging.Formatter):
    """`22:45:01 ingest INFO …`, local time."""

    def __init__(self, process: str) -> None:
        super().__init__(_TEXT, datefmt="%H:%M:%S")
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        record.process_name = self._process
        return super().format(record)


class JsonLines(logging.Formatter):
    """One object a line: at (UTC), process, level, logger, message, and error with its traceback."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "process": self._process,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)

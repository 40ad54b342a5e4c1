"""How the service logs: lines for people, or one JSON object an event for machines; always on stderr."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fraiseql_observe.config.server import LogSettings

OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One object a line; what a logger gave as `extra` becomes keys."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        event |= {key: value for key, value in record.__dict__.items() if key not in OWN}
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """One line a record, its `extra` behind it; line ends that came from outside are written as such."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        extra = "".join(f" {key}={value}" for key, value in record.__dict__.items() if key not in OWN)
        words = (record.getMessage() + extra).replace("\r", "\\r").replace("\n", "\\n")
        line = f"{at} {record.levelname:<7} {record.name.removeprefix('fraiseql_observe.')}: {words}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(settings: LogSettings) -> None:
    """Log from now on as the settings say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("fraiseql_observe").setLevel(settings.level.upper())
    logging.getLogger("aiohttp.access").setLevel(logging.INFO if settings.access else logging.WARNING)

"""How the service logs: lines for people, or one JSON object an event for machines; always on stderr."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp.http_exceptions import HttpProcessingError

if TYPE_CHECKING:
    from fraiseql_observe.config.server import LogSettings

OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# Line ends, what steers a terminal, and what turns the direction of a text.
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


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
    """One line a record, its `extra` behind it; line ends and escapes that came from outside are written as such."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        extra = "".join(f" {key}={value}" for key, value in record.__dict__.items() if key not in OWN)
        words = _STEERING.sub(_written, record.getMessage() + extra)
        line = f"{at} {record.levelname:<7} {record.name.removeprefix('fraiseql_observe.')}: {words}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _written(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]


def heard(record: logging.LogRecord) -> bool:
    """What aiohttp says of somebody who does not speak HTTP is left out.

    They hear it themselves; here it would be a traceback for whoever likes, with the begin of a header that may be a
    token.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def configure(settings: LogSettings) -> None:
    """Log from now on as the settings say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("fraiseql_observe").setLevel(settings.level.upper())
    logging.getLogger("aiohttp.server").filters[:] = [heard]
    logging.getLogger("aiohttp.access").setLevel(logging.INFO if settings.access else logging.WARNING)

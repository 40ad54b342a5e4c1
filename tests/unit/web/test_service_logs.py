"""Log lines for people and for machines."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from aiohttp.http_exceptions import LineTooLong

from fraiseql_observe.config.server import LogSettings
from fraiseql_observe.web.logs import JsonFormatter, TextFormatter, configure, heard


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "fraiseql_observe.web.intake", "levelname": "WARNING", "msg": message, "created": 0}
    )
    made.__dict__.update(extra)
    return made


def failed() -> logging.LogRecord:
    try:
        int("no")
    except ValueError:
        return record("A fault", exc_info=sys.exc_info())


def test_a_line_for_people_cannot_be_forged():
    line = TextFormatter().format(record("bad\nname\r", request_id="1\n2"))
    assert line == "1970-01-01T00:00:00.000Z WARNING web.intake: bad\\nname\\r request_id=1\\n2"


def test_a_line_for_people_steers_no_terminal():
    line = TextFormatter().format(record("\x1b[31mred\x9b0m", user="\u202eevil", why="na\u00efve \u2713"))
    assert line.endswith("\\x1b[31mred\\x9b0m user=\\u202eevil why=na\u00efve \u2713")


def test_what_is_no_http_is_not_told_to_the_log():
    error = LineTooLong(b"Bearer fqo_secret", 8190)
    assert not heard(record("Error handling request", exc_info=(type(error), error, None)))
    assert heard(failed())
    assert heard(record("bad"))


def test_an_object_for_machines_keeps_the_extra():
    event = json.loads(JsonFormatter().format(record("bad\nname", request_id="1")))
    assert event == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "level": "warning",
        "logger": "fraiseql_observe.web.intake",
        "message": "bad\nname",
        "request_id": "1",
    }


def test_a_fault_has_its_traceback():
    assert "ValueError: invalid" in TextFormatter().format(failed())
    assert "ValueError: invalid" in json.loads(JsonFormatter().format(failed()))["traceback"]


@pytest.mark.parametrize(
    ("settings", "kind"), [(LogSettings(), TextFormatter), (LogSettings(format="json"), JsonFormatter)]
)
def test_configured_as_the_settings_say(settings, kind, monkeypatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    levels = {name: logging.getLogger(name).level for name in ("", "fraiseql_observe", "aiohttp.access")}
    try:
        configure(settings)
        assert isinstance(root.handlers[0].formatter, kind)
        assert logging.getLogger("fraiseql_observe").level == logging.INFO
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)

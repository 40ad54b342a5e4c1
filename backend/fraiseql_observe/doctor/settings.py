"""The settings file: what `config check` says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.config.load import DEFAULT_FILE, load
from fraiseql_observe.doctor.finding import Finding, note, ok, wrong
from fraiseql_observe.errors import ConfigError
from fraiseql_observe.web.settings_check import notes, problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fraiseql_observe.config.settings import Settings

SUBJECT = "settings"


def read(path: Path | None, environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings, None when they are wrong, and what is to be said of them."""
    try:
        settings = load(path, environ, problems)
    except ConfigError as error:
        return None, [wrong(SUBJECT, line, error.hint) for line in error.message.splitlines()]
    if path or DEFAULT_FILE.exists():
        said = ok(SUBJECT, f"{path or DEFAULT_FILE} is right")
    else:
        said = note(
            SUBJECT,
            "there is no file; the embedded defaults hold",
            "fraiseql-observe config example > " + str(DEFAULT_FILE),
        )
    return settings, [said, *(note(SUBJECT, remark) for remark in notes(settings))]

"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

SETTINGS = "The settings. Default: ./fraiseql-observe.yaml, or the embedded defaults where there is none."


def settings_file(help: str = SETTINGS) -> Callable[[Command], Command]:  # noqa: A002 - click's name
    """Give a command the option `--config`, as the argument `path`."""
    return click.option(
        "--config",
        "path",
        type=click.Path(path_type=Path),
        envvar="FRAISEQL_OBSERVE_CONFIG",
        show_envvar=True,
        metavar="FILE",
        help=help,
    )


json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")

database_option = click.option(
    "--database",
    "url",
    metavar="URL",
    envvar="DATABASE_URL",
    show_envvar=True,
    help="The audit database, postgresql://… Default: `audit.url` of the settings.",
)


def audit_database(url: str | None) -> str:
    """The URL of the audit database: the one given, else that of the settings.

    Raises:
        UsageError: there is none.
        ConfigError: the settings are wrong.
    """
    if url:
        return url
    from fraiseql_observe.config.load import load  # noqa: PLC0415  only who gives no URL pays for it

    configured = load(None, os.environ).audit.url.reveal()
    if not configured:
        raise click.UsageError("Missing option '--database': give the audit database, postgresql://…")
    return configured

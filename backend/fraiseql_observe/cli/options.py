"""Options that several commands share."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from fraiseql_observe.config.audit import AuditSettings

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
    configured = audit_settings().url.reveal()
    if not configured:
        raise click.UsageError("Missing option '--database': give the audit database, postgresql://…")
    return configured


def audit_settings() -> AuditSettings:
    """What the settings of this folder or the environment say of the audit log.

    Raises:
        ConfigError: they are wrong.
    """
    from fraiseql_observe.config.load import load  # noqa: PLC0415  only who needs them pays for it

    return load(None, os.environ).audit


def whoami() -> str:
    """The name of this machine's user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in many containers
        return f"user {os.getuid()}"

"""Options that several commands share."""

from __future__ import annotations

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

"""`fraiseql-observe serve`: the alert backend."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from fraiseql_observe.cli.options import settings_file

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@settings_file()
def command(*, path: Path | None) -> None:
    """Take alerts in, tell people, and let them act.

    SIGHUP reads the settings again, SIGTERM and SIGINT end in order: no new request, what is being sent is finished.
    A second one ends at once.
    """
    from fraiseql_observe.config.load import load  # noqa: PLC0415  only this command pays for it
    from fraiseql_observe.web.service import serve  # noqa: PLC0415
    from fraiseql_observe.web.settings_check import problems  # noqa: PLC0415

    settings = load(path, os.environ, problems)
    serve(settings, lambda: load(path, os.environ, problems), click.echo)

"""`fraiseql-observe config`: is a settings file right, and what does it mean?"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from fraiseql_observe.cli.options import json_option, settings_file

if TYPE_CHECKING:
    from pathlib import Path

    from fraiseql_observe.config.settings import Settings


@click.group()
def command() -> None:
    """Check, show and begin the settings of `serve`."""


@command.command()
@settings_file()
@json_option
def check(*, path: Path | None, as_json: bool) -> None:
    """Say `file:line: key: problem` of everything that is wrong; 0 when nothing is."""
    from fraiseql_observe.web.settings_check import notes  # noqa: PLC0415  only this command pays for it

    settings = _load(path)
    remarks = list(notes(settings))
    if as_json:
        click.echo(json.dumps({"ok": True, "notes": remarks}, indent=2, ensure_ascii=False))
        return
    for remark in remarks:
        click.echo(f"note: {remark}", err=True)
    click.echo("The settings are right.")


@command.command()
@settings_file()
@json_option
def show(*, path: Path | None, as_json: bool) -> None:
    """Write all settings that hold, defaults and environment included; secrets are hidden."""
    from fraiseql_observe.config.show import as_yaml, plain  # noqa: PLC0415

    settings = _load(path)
    text = json.dumps(plain(settings), indent=2, ensure_ascii=False) + "\n" if as_json else as_yaml(settings)
    click.echo(text, nl=False)


@command.command()
def example() -> None:
    """Write a settings file in which every setting stands with its default, commented out."""
    from fraiseql_observe.config.reference import example as made  # noqa: PLC0415

    click.echo(made(), nl=False)


def _load(path: Path | None) -> Settings:
    from fraiseql_observe.config.load import load  # noqa: PLC0415
    from fraiseql_observe.web.settings_check import problems  # noqa: PLC0415

    return load(path, os.environ, problems)

"""`fraiseql-observe lint`: check dashboards and rules against the rules of the house."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.errors import LintError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@click.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--exclusions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of exclusions with reasons. Default: those that the mixin ships with.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(*, paths: tuple[Path, ...], exclusions: Path | None, as_json: bool) -> None:
    """Check the mixin as it renders now, or the dashboards (JSON) and rules (YAML) in PATHs."""
    from fraiseql_observe.mixin import lint, sources  # noqa: PLC0415
    from fraiseql_observe.mixin.lint import exclusions as files  # noqa: PLC0415

    dashboards, groups = _given(paths) if paths else _rendered()
    excluded = files.load(exclusions or sources.root() / files.FILE)
    if paths and not exclusions:  # somebody's rendering need not hold everything that the mixin's exclusions name
        excluded = replace(excluded, needed=False)
    found = lint.lint(dashboards, groups, excluded)
    if as_json:
        listed = [{"rule": one.rule, "where": dict(one.where), "message": one.message} for one in found]
        click.echo(json.dumps({"findings": listed, "rules": len(lint.RULES)}, indent=2))
    else:
        for one in found:
            click.echo(str(one))
    if found:
        raise LintError(
            f"{len(found)} findings by {len(lint.RULES)} rules", hint="docs/reference/lint.md explains each"
        )
    click.echo(f"nothing to find for {len(lint.RULES)} rules", err=True)


def _given(paths: Iterable[Path]) -> tuple[Iterable[Mapping[str, Any]], Iterable[Mapping[str, Any]]]:
    from fraiseql_observe.mixin.lint import paths as files  # noqa: PLC0415

    return files.read(paths)


def _rendered() -> tuple[Iterable[Mapping[str, Any]], Iterable[Mapping[str, Any]]]:
    from fraiseql_observe.audit import catalogue  # noqa: PLC0415
    from fraiseql_observe.mixin import render  # noqa: PLC0415

    rendered = render(catalogue=catalogue.load().as_json())
    return rendered.dashboards.values(), [*rendered.rules["groups"], *rendered.alerts["groups"]]

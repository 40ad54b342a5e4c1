"""`fraiseql-observe build`: render the mixin into `provisioning/` and `bundle/`, or say what drifted."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.errors import DriftError

if TYPE_CHECKING:
    from fraiseql_observe.mixin.files import Drift, Written
    from fraiseql_observe.mixin.render import Rendered


@click.command("build")
@click.option("--check", is_flag=True, help="Write nothing; list what differs and exit 3.")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="`_config` overrides: a YAML, JSON or Jsonnet file.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that receives provisioning/ and bundle/. Default: the checkout, else the current folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def command(*, check: bool, config: Path | None, output: Path | None, as_json: bool) -> None:
    """Render dashboards, rules and manifests: drop provisioning/ into Grafana, bundle/ beside Prometheus."""
    from fraiseql_observe.audit import catalogue  # noqa: PLC0415
    from fraiseql_observe.mixin import files, render, sources  # noqa: PLC0415

    rendered = render(config, catalogue=catalogue.load().as_json())
    folder = output or sources.default_output()
    if check:
        mend = " ".join(["fraiseql-observe build", *_given("--config", config), *_given("--output", output)])
        _report_check(files.check(rendered.files(), folder), folder, mend, as_json=as_json)
    else:
        _report_write(files.write(rendered.files(), folder), rendered, folder, as_json=as_json)


def _given(option: str, value: Path | None) -> list[str]:
    return [] if value is None else [option, shlex.quote(str(value))]


def _report_write(written: Written, rendered: Rendered, folder: Path, *, as_json: bool) -> None:
    if as_json:
        return _print_json(
            {
                "output": str(folder),
                "changed": list(written.changed),
                "unchanged": len(written.unchanged),
                "removed": list(written.removed),
                "left_out": _left_out(rendered),
            }
        )
    for path in written.changed:
        click.echo(f"wrote    {path}")
    for path in written.removed:
        click.echo(f"removed  {path}")
    for line in dict.fromkeys(map(_left_out_line, _left_out(rendered))):
        click.echo(line)
    changed, unchanged, removed = len(written.changed), len(written.unchanged), len(written.removed)
    click.echo(f"{changed} written, {unchanged} unchanged, {removed} removed in {folder}", err=True)
    return None


def _left_out(rendered: Rendered) -> list[dict[str, Any]]:
    every = {"default": rendered, **rendered.variants}
    return [{"variant": name, **entry} for name, variant in every.items() for entry in variant.left_out]


def _left_out_line(entry: dict[str, Any]) -> str:
    return f"left out {entry['variant']}: {entry['dashboard']} / {entry['panel']}: {entry['why']}"


def _report_check(drifts: list[Drift], folder: Path, mend: str, *, as_json: bool) -> None:
    if as_json:
        _print_json({"output": str(folder), "drift": [vars(drift) for drift in drifts]})
    else:
        for drift in drifts:
            click.echo(f"{drift.kind:8} {drift.path}")
            if drift.diff:
                click.echo(drift.diff)
    if drifts:
        raise DriftError(f"files in {folder} that are not what the sources render to: {len(drifts)}", hint=mend)
    click.echo(f"{folder} is what the sources render to", err=True)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, sort_keys=True))

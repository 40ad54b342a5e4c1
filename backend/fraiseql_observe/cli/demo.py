"""`fraiseql-observe demo`: the whole stack on this machine."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--once", is_flag=True, help="End after the verdict; the exit code is 0 only if every panel has data.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the verdict as JSON to FILE, with the seconds it took.",
)
@click.option(
    "--base-port",
    default=18000,
    show_default=True,
    type=click.IntRange(1024, 65000),
    metavar="PORT",
    help="The first of the twelve consecutive ports that the demo listens on.",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 16), help="Processes of the application."
)
@click.option(
    "--rate",
    default=20.0,
    show_default=True,
    type=click.FloatRange(1, 500),
    metavar="NUMBER",
    help="Operations a second that the traffic sends.",
)
@click.option("--keep", is_flag=True, help="Leave the folder with data, logs, dashboards and rules.")
def command(*, once: bool, json_file: Path | None, base_port: int, workers: int, rate: float, keep: bool) -> None:
    """Run a real FraiseQL application with everything that watches it, and check that every panel shows data.

    PostgreSQL, Redis, a blog on FraiseQL with our instrument, its traffic, exporters, Prometheus with our rules and
    Alertmanager, all on loopback ports and in a scratch folder; Grafana too where this machine has one.
    """
    from fraiseql_observe.demo import preflight  # noqa: PLC0415  only this command pays for it

    preflight.require_python()
    preflight.require_packages()  # before the imports that need them
    from fraiseql_observe.demo.ports import Ports  # noqa: PLC0415
    from fraiseql_observe.demo.progress import Progress  # noqa: PLC0415
    from fraiseql_observe.demo.run import Options, run  # noqa: PLC0415

    options = Options(once=once, json_file=json_file, ports=Ports(base_port), keep=keep, workers=workers, rate=rate)
    if not run(options, Progress()):
        click.get_current_context().exit(1)

"""The `fraiseql-observe` command.

Each command is a module of this package, imported only when it is asked for: `build` must not pay for `demo`.
Exit codes: 0 ok, 1 failure, 2 usage, 3 drift. Data goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import importlib
import os
import sys

import click

from fraiseql_observe._version import __version__
from fraiseql_observe.errors import ObserveError

DEBUG = "FRAISEQL_OBSERVE_DEBUG"

# Each command with its line of help, so that showing the list imports none of them.
COMMANDS = {
    "demo": "Run the whole stack on this machine: a FraiseQL application, its servers, and every panel with data.",
    "build": "Render provisioning/ and bundle/ from the mixin; --check fails on drift.",
    "verify": "Run every panel's query against your servers and say which show data.",
    "serve": "Run the alert backend: take alerts from Alertmanager and get each one to a person.",
    "alert": "See and change incidents of a running backend; preview and test messages; replay dead letters.",
    "token": "Create, list and revoke the tokens of the backend.",
    "config": "Check the backend's settings, or show them without their secrets.",
    "audit": "Ask the audit log questions, report on it for auditors, and keep it in order.",
    "doctor": "Look at everything that can be set up wrong, and say what to do.",
    "setup": "Prepare a database or a server for monitoring.",
    "lint": "Check the rendered dashboards and rules against the rules of the house.",
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of the same name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"fraiseql_observe.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fraiseql-observe")
def cli() -> None:
    """Monitoring for FraiseQL that is true: every panel with data, every alert tested."""


def main() -> None:
    """Run the command; what goes wrong becomes one or two sentences and an exit code, never a traceback."""
    try:
        # Outside standalone mode click hands back the code that `ctx.exit(code)` asked for.
        sys.exit(cli(standalone_mode=False) or 0)
    except ObserveError as error:
        _say(error.message, error.hint)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:  # `| head` has read enough; Python would complain once more when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        # Its words may hold what must not be shown, such as an address with a password.
        _say(f"a fault of this program ({type(error).__name__})", f"{DEBUG}=1 shows where; please report it")
        sys.exit(1)


def _say(message: str, hint: str) -> None:
    click.echo(click.style("error: ", fg="red", bold=True) + message, err=True)
    if hint:
        click.echo(click.style("  try: ", fg="cyan") + hint, err=True)

"""`fraiseql-observe alert`: look at incidents and work on them, from a terminal, through a running backend."""

from __future__ import annotations

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Look at incidents, work on them, preview and test messages."""

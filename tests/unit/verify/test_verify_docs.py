"""The documentation of verify says what the command does."""

from __future__ import annotations

import re
from pathlib import Path

import click

from fraiseql_observe.cli.verify import command
from fraiseql_observe.verify.interpolate import FORMATS
from fraiseql_observe.verify.macros import MACROS

DOCS = Path(__file__).parents[3] / "docs"
REFERENCE = (DOCS / "reference" / "verify.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "verify-production.md").read_text(encoding="utf-8")


def options_table() -> str:
    """The options as a Markdown table, from the command itself."""
    lines = ["| option | what it does | environment |", "|---|---|---|"]
    for option in command.params:
        assert isinstance(option, click.Option)
        assert option.help, f"{option.name} has no help"
        written = f"`{' '.join(option.opts)} {option.metavar or ''}".rstrip() + "`"
        default = f" Default: {option.default}." if option.show_default else ""
        variable = f"`{option.envvar}`" if option.envvar else ""
        lines.append(
            f"| {written.replace('|', chr(92) + '|')} | {option.help}{default} | {variable} |".replace("|  |", "| |")
        )
    return "\n".join(lines)


def test_the_reference_lists_every_option_as_the_help_does():
    found = re.search(r"<!-- options -->\n(.*?)\n<!-- /options -->", REFERENCE, re.DOTALL)
    assert found
    assert found[1] == options_table(), f"paste this into docs/reference/verify.md:\n{options_table()}"


def test_the_reference_names_every_macro_and_every_format():
    for name in MACROS:
        assert f"${name}" in REFERENCE, name
    for name in filter(None, FORMATS):
        assert f"`{name}`" in REFERENCE, name


def test_every_option_in_an_example_exists():
    known = {name for option in command.params for name in option.opts}
    for page in (REFERENCE, HOW_TO):
        for block in re.findall(r"```\w*\n(.*?)```", page, re.DOTALL):
            for example in re.findall(r"fraiseql-observe verify(?:[^\n]*\\\n)*[^\n]*", block):
                assert set(re.findall(r"(?<=\s)--[a-z-]+", example)) <= known, example


def test_every_command_line_in_an_example_names_a_server():
    examples = re.findall(r"fraiseql-observe verify(?:[^\n]*\\\n)*[^\n]*", HOW_TO)
    assert examples
    assert "FRAISEQL_OBSERVE_PROMETHEUS_URL" in HOW_TO

"""However a command ends, the shell gets a code and the user a sentence."""

from __future__ import annotations

import importlib
import subprocess
import sys

import click
import pytest

from fraiseql_observe import cli
from fraiseql_observe.errors import ConfigError, DriftError


def ended(monkeypatch, arguments=("--help",), raising=None):
    """The exit code of `main`, whose command raises what is given."""
    if raising is not None:

        def command(**_):
            raise raising

        monkeypatch.setattr(cli, "cli", command)
    monkeypatch.setattr(sys, "argv", ["fraiseql-observe", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code


def test_help_lists_every_command(monkeypatch, capsys):
    assert ended(monkeypatch) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in cli.COMMANDS)


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_exists_and_explains_itself(name):
    command = importlib.import_module(f"fraiseql_observe.cli.{name}").command
    assert isinstance(command, click.Command)
    assert command.get_short_help_str()


def test_an_unknown_command_is_a_usage_error(monkeypatch, capsys):
    assert ended(monkeypatch, ["verfy"]) == 2
    assert "No such command 'verfy'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"), [(ConfigError("It is wrong.", hint="mend it"), 1), (DriftError("It drifted."), 3)]
)
def test_an_error_of_ours_is_a_sentence(monkeypatch, capsys, error, code):
    assert ended(monkeypatch, raising=error) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [f"error: {error.message}", *([f"  try: {error.hint}"] if error.hint else [])]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_being_interrupted_is_no_error_of_ours(monkeypatch, capsys, stop):
    assert ended(monkeypatch, raising=stop) == 130
    assert capsys.readouterr().err == ""


def test_a_fault_shows_neither_traceback_nor_its_words(monkeypatch, capsys):
    monkeypatch.delenv(cli.DEBUG, raising=False)
    assert ended(monkeypatch, raising=RuntimeError("password=secret")) == 1
    told = capsys.readouterr().err
    assert "RuntimeError" in told
    assert "secret" not in told


def test_a_fault_shows_everything_on_request(monkeypatch):
    monkeypatch.setenv(cli.DEBUG, "1")
    monkeypatch.setattr(cli, "cli", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_a_reader_who_leaves_early_is_no_error():
    """As `fraiseql-observe ... | head -c 0`: the pipe is closed before anything is written."""
    program = (
        "import sys, click; from fraiseql_observe import cli\n"
        "def command(**_):\n"
        "    while True: click.echo('line')\n"
        "cli.cli = command; cli.main()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == b""

"""While the demo runs: deaths are reported once, and the dead come back when asked."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from fraiseql_observe.demo.progress import Progress
from fraiseql_observe.demo.watch import Watch
from fraiseql_observe.errors import DemoError


class Fragile:
    name = "redis"

    def __init__(self):
        self.running = True
        self.startable = True

    def check(self):
        if not self.running:
            raise DemoError("redis ended with code 1, and logged nothing.")

    def start(self):
        if not self.startable:
            raise DemoError("Port 1 for redis is taken by another program.")
        self.running = True


@pytest.fixture
def terminal():
    return io.StringIO()


@pytest.fixture
def progress(terminal):
    return Progress(Console(file=terminal, width=200))


def test_a_death_is_reported_once(progress, terminal):
    server = Fragile()
    watch = Watch([server], progress)
    watch.once()
    assert terminal.getvalue() == ""
    server.running = False
    watch.once()
    watch.once()
    assert terminal.getvalue().count("redis ended with code 1") == 1


def test_the_dead_are_started_again_when_asked_and_may_die_again(progress, terminal):
    server = Fragile()
    watch = Watch([server], progress)
    server.running = False
    watch.ask_for_restart()
    watch.once()
    assert server.running
    assert "redis runs again" in terminal.getvalue()
    server.running = False
    watch.once()
    assert terminal.getvalue().count("redis ended") == 2


def test_what_cannot_be_started_is_said(progress, terminal):
    server = Fragile()
    server.running = server.startable = False
    watch = Watch([server], progress)
    watch.ask_for_restart()
    watch.once()
    assert "is taken by another program" in terminal.getvalue()


def test_a_step_says_what_came_of_it(progress, terminal):
    with progress.step("Doing", lambda: "Done so") as say:
        say("Still doing")
    assert "ok  Done so" in terminal.getvalue()


def test_a_step_that_fails_claims_nothing(progress, terminal):
    with pytest.raises(DemoError), progress.step("Doing", "Done"):
        raise DemoError("no")
    assert "Done" not in terminal.getvalue()

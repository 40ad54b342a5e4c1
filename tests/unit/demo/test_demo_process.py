"""A child process is stopped for certain, and its log tells no secrets."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from fraiseql_observe.demo.servers import process
from fraiseql_observe.demo.servers.process import ChildProcess, Command, tail


def test_the_tail_is_short_and_keeps_secrets(tmp_path):
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(100)) + "password=hunter2 " + "x" * 1000)
    last = tail(log, 2, secrets=["hunter2", ""])
    assert last.startswith("line 99\npassword=*** xxx")
    assert len(last.splitlines()[-1]) == process.WIDEST


def test_no_log_no_tail(tmp_path):
    assert tail(tmp_path / "none") == ""


def wait_for(log, text):
    for _ in range(200):
        if text in log.read_text():
            return
        time.sleep(0.02)
    pytest.fail(f"{text!r} never came")


def test_a_process_ends_when_asked(tmp_path):
    child = ChildProcess(Command(["sleep", "60"]), tmp_path / "log")
    assert child.alive
    assert child.exit_code is None
    child.stop()
    assert not child.alive
    assert child.exit_code == -signal.SIGTERM
    child.stop()  # again is harmless


def test_a_process_that_will_not_listen_is_killed_with_its_children(tmp_path):
    log = tmp_path / "log"
    script = "trap '' TERM; sleep 60 & echo child $!; while true; do sleep 0.1; done"
    child = ChildProcess(Command(["bash", "-c", script]), log)
    wait_for(log, "child")
    grandchild = int(log.read_text().split()[1])
    child.stop(deadline=0.2)
    assert child.exit_code == -signal.SIGKILL
    wait_until_gone(grandchild)


def wait_until_gone(pid):
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    pytest.fail(f"{pid} still runs")


def test_only_named_variables_are_inherited(tmp_path, monkeypatch):
    monkeypatch.setenv("SOMEBODYS_SECRET", "hunter2")
    log = tmp_path / "log"
    child = ChildProcess(Command(["env"], env={"GIVEN": "yes"}), log)
    wait_for(log, "GIVEN=yes")
    child.stop(deadline=5)
    assert "hunter2" not in log.read_text()
    assert "PATH=" in log.read_text()


def test_a_signal_to_what_has_ended_is_harmless(tmp_path):
    child = ChildProcess(Command(["true"]), tmp_path / "log")
    child.stop(deadline=5)
    child.send(signal.SIGHUP)
    assert child.exit_code in {0, -signal.SIGTERM}


def test_without_setpriv_a_process_starts_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(process.shutil, "which", lambda _name: None)
    child = ChildProcess(Command(["/bin/sleep", "60"]), tmp_path / "log")
    assert child.alive
    child.stop()

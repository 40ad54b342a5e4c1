"""`fraiseql-observe audit maintain`, and what `setup audit` is told about keeping."""

import json
import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from audit_database import execute

COMMAND = (sys.executable, "-m", "fraiseql_observe")
END = """
select pg_terminate_backend(pid)
  from pg_stat_activity
 where application_name like '%maintenance' and datname = current_database()
"""
CLEAN = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


def run(*arguments, **more):
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False, env=CLEAN | more
    )


def test_all_there_is_to_do(audited):
    audited.event()
    first = run("audit", "maintain", "--database", audited.url)
    assert (first.returncode, first.stderr) == (0, "")
    assert "1 partitions made for rows of the default one" in first.stdout
    assert "The log has 9 partitions, 7 of them for times to come" in first.stdout
    turns = run("audit", "maintain", "--json", "--rebuild", FRAISEQL_OBSERVE_AUDIT__MAINTENANCE_URL=audited.url)
    assert turns.returncode == 0, turns.stderr
    done = [json.loads(line) for line in turns.stdout.splitlines()]
    assert sum(turn["rows"] for turn in done) >= 0
    assert not done[-1]["more"]


def test_whoever_comes_second_goes_away(audited):
    with psycopg.connect(audited.url) as other:
        other.execute("select fraiseql_observe.take_maintenance()")
        second = run("audit", "maintain", "--database", audited.url, "--json")
    assert (second.returncode, second.stderr) == (0, "Another maintainer is at work.\n")
    assert json.loads(second.stdout.splitlines()[0])["busy"]


def test_for_ever_until_it_is_told_to_end(audited):
    audited.event()
    with subprocess.Popen(
        [*COMMAND, "audit", "maintain", "--every", "1s", "--database", audited.url],
        stdout=subprocess.PIPE,
        text=True,
        env=CLEAN,
    ) as program:
        assert "partitions made" in program.stdout.readline()
        audited.run(END)
        audited.event()  # it connects again
        while audited.run("select count(*) from fraiseql_observe.audit_event_default") != [(0,)]:
            assert program.poll() is None
            time.sleep(0.1)
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "Missing option '--database'"),
        (("--every", "0.1s", "--database", "x"), 2, "less than a second"),
        (("--every", "often", "--database", "x"), 2, "is not a duration"),
        (("--every", "10s", "--rebuild", "--database", "x"), 2, "exclude each other"),
        (("--database", "postgresql://127.0.0.1:1/x"), 1, "does not answer"),
    ],
)
def test_what_is_wrong(arguments, code, said, tmp_path):
    output = run("audit", "maintain", *arguments)
    assert (output.returncode, said in output.stderr) == (code, True), output.stderr


def test_the_set_up_is_told_how_to_keep_it(database_url):
    keep = ("--partition-by", "month", "--retention", "90d", "--rollup-retention", "800d")
    assert run("setup", "audit", "--database", database_url, *keep).returncode == 0
    kept = "select partition_by, retention::text, rollup_retention::text from fraiseql_observe.maintenance_setting"
    assert execute(database_url, kept) == [("month", "90 days", "800 days")]
    everything = ("--retention", "0", "--rollup-retention", "0")
    assert run("setup", "audit", "--database", database_url, *everything).returncode == 0
    assert execute(database_url, kept) == [("month", "00:00:00", "00:00:00")]
    short = run("setup", "audit", "--database", database_url, "--retention", "12h")
    assert (short.returncode, "whole days" in short.stderr) == (1, True)
    wrong = run("setup", "audit", "--database", database_url, "--retention", "90d", "--rollup-retention", "9d")
    assert (wrong.returncode, "at least as long as rows" in wrong.stderr) == (1, True)
    printed = run("setup", "audit", "--print", "--retention", "30d", "--maintainer-role", "keeper").stdout
    assert "set retention = '30 days';" in printed
    assert 'grant fraiseql_observe_maintainer to "keeper";' in printed

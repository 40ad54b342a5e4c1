"""The command as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from verify_support import dashboard, promql, sql

from fraiseql_observe.cli import main

if TYPE_CHECKING:
    from pathlib import Path


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def fraiseql_observe(tmp_path, monkeypatch, capsys):
    """Runs the command in this process, in the test's folder."""

    def run(*arguments: str | Path, **env: str) -> Done:
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(sys, "argv", ["fraiseql-observe", "verify", *map(str, arguments)])
            for name in [name for name in os.environ if name.startswith("FRAISEQL_OBSERVE_")]:
                patch.delenv(name)
            for name, value in env.items():
                patch.setenv(name, value)
            try:
                main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        out = capsys.readouterr()
        return Done(code, out.out, out.err)

    return run


def test_it_runs_as_a_process(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "fraiseql_observe", "verify", "--prometheus", "nonsense"],
        capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: `nonsense` is not the URL of a Prometheus.")


def write(folder: Path, *panels: dict[str, Any]) -> Path:
    path = folder / "dashboards" / "shop.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(dashboard(*panels)))
    return path


FAST = ("--scrape-interval", "1s")


def test_a_fed_dashboard_is_success_and_a_table(fraiseql_observe, tmp_path, prometheus_url):
    write(tmp_path, promql("Orders", "sum(shop_orders)"))
    done = fraiseql_observe("--dashboards", "dashboards", "--prometheus", prometheus_url, *FAST)
    assert done.returncode == 0, done.stderr
    assert "Orders" in done.stdout
    assert "30" in done.stdout
    assert "1 of 1 panels and 1 of 1 queries in 1 dashboards show data." in done.stdout
    assert done.stderr == ""


def test_a_missing_panel_is_a_failure_with_its_reason(fraiseql_observe, tmp_path, prometheus_url):
    path = write(tmp_path, promql("Redis", "redis_up"), promql("Orders", "shop_orders"))
    done = fraiseql_observe("--dashboards", path, *FAST, FRAISEQL_OBSERVE_PROMETHEUS_URL=prometheus_url)
    assert done.returncode == 1
    assert "redis_up" in done.stdout
    assert "1 missing" in done.stdout


def test_json_goes_to_stdout_alone_or_into_a_file(fraiseql_observe, tmp_path, prometheus_url, audit_url):
    path = write(tmp_path, promql("Orders", "shop_orders"), sql("Audit", "select count(*) from audit"))
    servers = ("--prometheus", prometheus_url, "--postgres", audit_url, *FAST)
    expected = {
        "dashboards": 1,
        "panels": 2,
        "panels_with_data": 2,
        "queries": 2,
        "queries_with_data": 2,
        "missing": [],
    }
    alone = fraiseql_observe("--dashboards", path, *servers, "--json")
    assert json.loads(alone.stdout) == expected
    filed = fraiseql_observe("--dashboards", path, *servers, "--json", "report.json")
    assert json.loads((tmp_path / "report.json").read_text()) == expected
    assert "Orders" in filed.stdout
    nowhere = fraiseql_observe("--dashboards", path, *servers, "--json", "no/such/folder.json")
    assert nowhere.returncode == 1
    assert "cannot be written" in nowhere.stderr


def test_ignored_panels_are_named(fraiseql_observe, tmp_path, prometheus_url):
    path = write(tmp_path, promql("Redis", "redis_up"), promql("Orders", "shop_orders"))
    done = fraiseql_observe("--dashboards", path, "--prometheus", prometheus_url, *FAST, "--ignore", "Shop/Redis")
    assert done.returncode == 0
    assert "1 queries without data ignored as asked" in done.stdout


def test_it_waits_until_data_comes_and_says_so(fraiseql_observe, tmp_path, prometheus_url):
    soon = promql("Soon", f"vector(time()) > {time.time() + 3}")
    path = write(tmp_path, soon, promql("Orders", "shop_orders"))
    done = fraiseql_observe("--dashboards", path, "--prometheus", prometheus_url, "--wait", "30", *FAST)
    assert done.returncode == 0
    assert "waiting: 1 of 2 queries without data" in done.stderr


def test_it_stops_waiting_when_the_time_is_over(fraiseql_observe, tmp_path, prometheus_url):
    path = write(tmp_path, promql("Never", "redis_up"))
    done = fraiseql_observe("--dashboards", path, "--prometheus", prometheus_url, "--wait", "2", *FAST)
    assert done.returncode == 1
    nobody = fraiseql_observe("--dashboards", path, "--prometheus", "http://127.0.0.1:1", "--wait", "3")
    assert nobody.returncode == 1
    assert "waiting: The server at http://127.0.0.1:1 does not answer." in nobody.stderr


def test_variables_and_filters(fraiseql_observe, tmp_path, prometheus_url):
    path = write(tmp_path, promql("Orders", "shop_orders"), promql("Redis", "redis_up"))
    servers = ("--dashboards", path, "--prometheus", prometheus_url, *FAST)
    assert fraiseql_observe(*servers, "--panel", "Orders", "--range", "now-2m").returncode == 0
    assert fraiseql_observe(*servers, "--dashboard", "shop", "--panel", "Ord*").returncode == 0
    assert fraiseql_observe(*servers, "--var", "datasource=other", "--panel", "Orders").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "Name a server"),
        (("--prometheus", "http://127.0.0.1:1", "--var", "nonsense"), 2, "is not NAME=VALUE"),
        (("--prometheus", "http://127.0.0.1:1", "--concurrency", "99"), 2, "concurrency"),
        (("--prometheus", "http://127.0.0.1:1", "--dashboards", "nowhere"), 1, "There is no dashboard at nowhere"),
        (("--prometheus", "http://127.0.0.1:1", "--prometheus-token", "@nowhere"), 1, "cannot be read"),
        (("--prometheus", "http://127.0.0.1:1", "--dashboards", "bad.json"), 1, "cannot be read as JSON"),
        (("--prometheus", "http://127.0.0.1:1", "--dashboards", "list.json"), 1, "does not hold a dashboard"),
        (("--prometheus", "http://127.0.0.1:1", "--dashboards", "new.json"), 1, "not a classic Grafana dashboard"),
        (("--prometheus", "http://u:hunter2@127.0.0.1:1", "--dashboards", "ok.json"), 1, "does not answer"),
        (
            ("--prometheus", "http://127.0.0.1:1", "--dashboards", "ok.json", "--range", "yesterday"),
            1,
            "does not answer",
        ),
    ],
)
def test_mistakes_are_one_sentence(fraiseql_observe, tmp_path, arguments, code, words):
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "new.json").write_text('{"kind": "Dashboard", "spec": {"elements": {}}}')
    (tmp_path / "ok.json").write_text(json.dumps(dashboard(promql("Orders", "shop_orders"))))
    done = fraiseql_observe(*arguments)
    assert done.returncode == code, done.stderr
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr + done.stdout

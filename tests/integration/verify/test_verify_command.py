"""The command as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from verify_support import dashboard, promql, sql

if TYPE_CHECKING:
    from pathlib import Path


def fraiseql_observe(*arguments: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fraiseql_observe", "verify", *map(str, arguments)]
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), **env}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=clean, timeout=60, check=False)


def write(folder: Path, *panels: dict[str, Any]) -> Path:
    path = folder / "dashboards" / "shop.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(dashboard(*panels)))
    return path


FAST = ("--scrape-interval", "1s")


def test_a_fed_dashboard_is_success_and_a_table(tmp_path, prometheus_url):
    write(tmp_path, promql("Orders", "sum(shop_orders)"))
    done = fraiseql_observe("--dashboards", "dashboards", "--prometheus", prometheus_url, *FAST, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Orders" in done.stdout
    assert "30" in done.stdout
    assert "1 of 1 panels and 1 of 1 queries in 1 dashboards show data." in done.stdout
    assert done.stderr == ""


def test_a_missing_panel_is_a_failure_with_its_reason(tmp_path, prometheus_url):
    path = write(tmp_path, promql("Redis", "redis_up"), promql("Orders", "shop_orders"))
    done = fraiseql_observe("--dashboards", path, *FAST, cwd=tmp_path, FRAISEQL_OBSERVE_PROMETHEUS_URL=prometheus_url)
    assert done.returncode == 1
    assert "redis_up" in done.stdout
    assert "1 missing" in done.stdout


def test_json_goes_to_stdout_alone_or_into_a_file(tmp_path, prometheus_url, audit_url):
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
    alone = fraiseql_observe("--dashboards", path, *servers, "--json", cwd=tmp_path)
    assert json.loads(alone.stdout) == expected
    filed = fraiseql_observe("--dashboards", path, *servers, "--json", "report.json", cwd=tmp_path)
    assert json.loads((tmp_path / "report.json").read_text()) == expected
    assert "Orders" in filed.stdout
    nowhere = fraiseql_observe("--dashboards", path, *servers, "--json", "no/such/folder.json", cwd=tmp_path)
    assert nowhere.returncode == 1
    assert "cannot be written" in nowhere.stderr


def test_ignored_panels_are_named(tmp_path, prometheus_url):
    path = write(tmp_path, promql("Redis", "redis_up"), promql("Orders", "shop_orders"))
    done = fraiseql_observe(
        "--dashboards", path, "--prometheus", prometheus_url, *FAST, "--ignore", "Shop/Redis", cwd=tmp_path
    )
    assert done.returncode == 0
    assert "1 queries without data ignored as asked" in done.stdout


def test_it_waits_until_data_comes_and_says_so(tmp_path, prometheus_url):
    soon = promql("Soon", f"vector(time()) > {time.time() + 3}")
    path = write(tmp_path, soon, promql("Orders", "shop_orders"))
    done = fraiseql_observe("--dashboards", path, "--prometheus", prometheus_url, "--wait", "30", *FAST, cwd=tmp_path)
    assert done.returncode == 0
    assert "waiting: 1 of 2 queries without data" in done.stderr


def test_it_stops_waiting_when_the_time_is_over(tmp_path, prometheus_url):
    path = write(tmp_path, promql("Never", "redis_up"))
    done = fraiseql_observe("--dashboards", path, "--prometheus", prometheus_url, "--wait", "2", *FAST, cwd=tmp_path)
    assert done.returncode == 1
    nobody = fraiseql_observe("--dashboards", path, "--prometheus", "http://127.0.0.1:1", "--wait", "3", cwd=tmp_path)
    assert nobody.returncode == 1
    assert "waiting: The server at http://127.0.0.1:1 does not answer." in nobody.stderr


def test_variables_and_filters(tmp_path, prometheus_url):
    path = write(tmp_path, promql("Orders", "shop_orders"), promql("Redis", "redis_up"))
    servers = ("--dashboards", path, "--prometheus", prometheus_url, *FAST)
    assert fraiseql_observe(*servers, "--panel", "Orders", "--range", "now-2m", cwd=tmp_path).returncode == 0
    assert fraiseql_observe(*servers, "--dashboard", "shop", "--panel", "Ord*", cwd=tmp_path).returncode == 0
    assert fraiseql_observe(*servers, "--var", "datasource=other", "--panel", "Orders", cwd=tmp_path).returncode == 0


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
def test_mistakes_are_one_sentence(tmp_path, arguments, code, words):
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "new.json").write_text('{"kind": "Dashboard", "spec": {"elements": {}}}')
    (tmp_path / "ok.json").write_text(json.dumps(dashboard(promql("Orders", "shop_orders"))))
    done = fraiseql_observe(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr + done.stdout

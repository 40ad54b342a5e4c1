"""The demo's servers, watched sixty times as fast: an alert that waits for five minutes waits for five seconds."""

from __future__ import annotations

import json
import random
import time
import urllib.parse
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from fraiseql_observe.audit import catalogue
from fraiseql_observe.demo import configuration
from fraiseql_observe.demo.ports import NAMES, Ports
from fraiseql_observe.demo.servers import BlogServer, TrafficGenerator
from fraiseql_observe.demo.servers.prometheus import CONFIG
from fraiseql_observe.demo.servers.server import port_is_free
from fraiseql_observe.demo.stack import Stack
from fraiseql_observe.mixin import Rendered, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fraiseql_observe.demo.servers.process import Command

WITHIN = 60.0  # seconds that an alert may take on a busy machine
FAST = {
    "timeScale": 60,
    "scrapeInterval": 60,
    "evaluationInterval": 60,
    # A blog with bugs on purpose burns its budget for days after a drill.
    "slo": {
        "availability": {"objective": 0.99},
        "windows": [{"severity": "critical", "long": 3600, "short": 300, "factor": 14.4, "for": 120}],
    },
    "alerts": {
        # Stay a few seconds only, so that a drill sees them go.
        "HighFailedAuthAttempts": {"keepFiringFor": 60},
        "SuspiciousQueryPattern": {"keepFiringFor": 60},
        "UnauthorizedDataAccess": {"keepFiringFor": 60},
        "AuditEventsDropped": {"keepFiringFor": 60},
        # A day is a quarter of a minute, and a blog's database is large.
        "DatabaseGrowth": {"window": 900, "for": 60, "keepFiringFor": 60, "minimumBytes": 1},
        # This machine shall be over the line, whatever it is doing.
        "HighCPUUsage": {"thresholds": {"warning": 0, "critical": None}, "for": 60},
        "HighMemoryUsage": {"thresholds": {"warning": 0, "critical": None}, "for": 60},
        "DiskSpaceRunningLow": {"thresholds": {"warning": 1, "critical": None}, "for": 60},
    },
}


class QuickBlog(BlogServer):
    """The blog, sampling itself twice a second, with room for few audit events."""

    def command(self) -> Command:
        started = super().command()
        prefix = "FRAISEQL_OBSERVE_INSTRUMENT_"
        return replace(started, env={**started.env, f"{prefix}SAMPLE_SECONDS": "0.5", f"{prefix}QUEUE_SIZE": "20"})


class DrillStack(Stack):
    """Everything that alerts rest on, in its own folder."""

    def begin(self) -> None:
        """Start all servers and a little traffic."""
        self.start_postgres()
        self.prepare_database()
        self.set_up_audit()
        self.start_redis()
        self.start_blog()
        self.start_exporters()
        (self.folder / configuration.WEBHOOK_TOKEN).write_text("of nobody")
        self.start_prometheus(self.render())
        self.start_traffic()

    def start_blog(self) -> None:
        self.blog = self._start(QuickBlog(self.database_url, redis_url=self.redis.url, **self._place("blog")))

    def start_traffic(self) -> None:
        folder = self.folder / "traffic"
        self.traffic = self._start(TrafficGenerator(self.blog, self.database_url, rate=self.rate, folder=folder))

    def start_prometheus(self, rendered: Rendered) -> None:
        super().start_prometheus(rendered)
        # Without PostgreSQL, its exporter needs over a second to say so.
        self._rewrite("postgres", scrape_interval="2s", scrape_timeout="2s")

    def render(self) -> Rendered:
        config = configuration.mixin_config(self.ports, self.folder) | FAST
        return render(config, catalogue=catalogue.load().as_json())

    def server(self, name: str) -> Any:
        """The server of that name, as the demo calls it."""
        return next(server for server in self.servers if server.name == name)

    def address(self, name: str) -> str:
        """Where a server of that name listens."""
        return configuration.address(self.ports, name)

    def scrape(self, addresses: list[str]) -> None:
        """Have Prometheus take these for the application."""
        self._rewrite("fraiseql", static_configs=[{"targets": addresses}])

    def _rewrite(self, name: str, **settings: Any) -> None:
        config = yaml.safe_load(self.prometheus.files[CONFIG])
        (job,) = [job for job in config["scrape_configs"] if job["job_name"] == name]
        job |= settings
        self.prometheus.reload({CONFIG: yaml.safe_dump(config)})

    def firing(self, within: int = 1) -> set[str]:
        """The names, without the product's, of the alerts that fired at some moment within the last seconds."""
        query = f'count by (alertname) (count_over_time(ALERTS{{alertstate="firing"}}[{within}s]))'
        return {found["metric"]["alertname"].removeprefix("FraiseQL") for found in self._query(query)}

    def watched_for(self, seconds: int) -> bool:
        """Whether Prometheus has watched for so long, up to a minute."""
        return (self.value("count_over_time(prometheus_build_info[1m])") or 0) >= seconds

    def value(self, query: str) -> float | None:
        """The one value of an instant query, None when it has none."""
        result = self._query(query)
        return float(result[0]["value"][1]) if result else None

    def _query(self, query: str) -> Any:
        url = f"{self.prometheus.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]


def free_ports() -> Ports:
    """A block of free ports; random, so that two checkouts can be tested at once."""
    bases = random.sample(range(32000, 44000, 20), 50)
    return next(Ports(base) for base in bases if all(port_is_free(Ports(base).of(name)) for name in NAMES))


def wait_for(question: Callable[[], set[str]], failure: str) -> None:
    """Wait until the question has an empty answer.

    Raises:
        AssertionError: it has not within `WITHIN`; says what was left.
    """
    deadline = time.monotonic() + WITHIN
    while left := question():
        assert time.monotonic() < deadline, f"{failure}: {', '.join(sorted(left))}"
        time.sleep(0.25)


def folder_for_all(folder: Path) -> Path:
    """PostgreSQL may run as another user, who must be able to pass through."""
    folder.chmod(0o711)
    return folder

"""All servers of the demo, each started by a method and stopped, in reverse order, on the way out."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, TypedDict, TypeVar

import psycopg
from psycopg import sql

from fraiseql_observe.audit import catalogue, setup
from fraiseql_observe.audit.ddl import Wishes
from fraiseql_observe.demo import alerting, configuration
from fraiseql_observe.demo.blog import database
from fraiseql_observe.demo.blog.tokens import issue_token
from fraiseql_observe.demo.configuration import below
from fraiseql_observe.demo.grafana import GrafanaServer, Runner
from fraiseql_observe.demo.servers import (
    AlertmanagerServer,
    Auditor,
    BackendServer,
    BlogServer,
    NodeExporter,
    PostgresExporter,
    PostgresServer,
    PrometheusServer,
    RedisExporter,
    RedisServer,
    Server,
    TrafficGenerator,
)
from fraiseql_observe.demo.servers.configured import write_files
from fraiseql_observe.demo.sinks import SinkPlaces, Sinks
from fraiseql_observe.mixin import Rendered, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fraiseql_observe.demo.ports import Ports
    from fraiseql_observe.demo.sinks import Arrival

DATABASE = "blog"
OWNER = "blog"
READER = "fraiseql_observe_reader"
EXPORTER = "postgres_exporter"
MAINTAINER = "audit_maintenance"
VERIFIER = "audit_chain"


class _Place(TypedDict):
    port: int
    folder: Path


AnyServer = TypeVar("AnyServer", bound=Server)


@dataclass(frozen=True)
class Credentials:
    """Of the roles besides the superuser: the application, the exporter, and three that see to the audit log."""

    owner: str
    reader: str
    exporter: str
    maintainer: str
    verifier: str

    @classmethod
    def generate(cls) -> Credentials:
        return cls(*(secrets.token_urlsafe(18) for _ in range(5)))


class Stack:
    """The servers, by name, for whoever wants to stop one and start it again.

    Args:
        folder: where everything keeps its files.
        workers: processes of the application.
        rate: operations a second that the traffic sends.
    """

    postgres: PostgresServer
    redis: RedisServer
    blog: BlogServer
    prometheus: PrometheusServer
    alertmanager: AlertmanagerServer
    backend: BackendServer
    sinks: Sinks
    traffic: TrafficGenerator
    grafana: GrafanaServer | None = None

    def __init__(self, ports: Ports, folder: Path, *, workers: int = 1, rate: float = 20.0) -> None:
        self.ports = ports
        self.folder = folder
        self.servers: list[Server] = []
        self._workers = workers
        self.rate = rate
        self._credentials = Credentials.generate()
        self._exits = ExitStack()

    @property
    def database_url(self) -> str:
        return self.postgres.url_of(DATABASE, user=OWNER, password=self._credentials.owner)

    @property
    def reader_url(self) -> str:
        """Of the role that only reads the audit schema, as Grafana and `verify` should."""
        return self.postgres.url_of(DATABASE, user=READER, password=self._credentials.reader)

    @property
    def reader_address(self) -> str:
        """As `reader_url`, without the password."""
        return f"postgresql://{READER}@{configuration.address(self.ports, 'postgresql')}/{DATABASE}"

    def url_of(self, name: str) -> str:
        """Return the address of what listens on a port of the demo."""
        return f"http://{configuration.address(self.ports, name)}"

    def check(self) -> None:
        """Raise `DemoError` when a server has died."""
        for server in self.servers:
            server.check()

    def start_postgres(self) -> None:
        """Start PostgreSQL, and create the blog's role and database."""
        self.postgres = self._start(PostgresServer(**self._place("postgresql")))
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            _create_login(connection, OWNER, self._credentials.owner)
            _create_login(connection, EXPORTER, self._credentials.exporter, member_of="pg_monitor")
            _create_login(connection, MAINTAINER, self._credentials.maintainer)
            _create_login(connection, VERIFIER, self._credentials.verifier)
            connection.execute(sql.SQL("create database {0} owner {0}").format(sql.Identifier(DATABASE)))
        with psycopg.connect(self.postgres.url_of(DATABASE)) as connection:
            connection.execute("create extension pg_stat_statements")

    def prepare_database(self) -> None:
        """Fill the blog's database."""
        database.prepare(self.database_url)

    def set_up_audit(self) -> None:
        """Do what `fraiseql-observe setup audit` does."""
        url = self.postgres.url_of(DATABASE)
        wishes = Wishes(app_role=OWNER, maintainer_role=MAINTAINER)
        setup.apply(url, reader_password=self._credentials.reader, wishes=wishes)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("grant fraiseql_observe_verifier to {}").format(sql.Identifier(VERIFIER)))

    def start_redis(self) -> None:
        self.redis = self._start(RedisServer(**self._place("redis")))

    def start_blog(self) -> None:
        self.blog = self._start(
            BlogServer(self.database_url, redis_url=self.redis.url, workers=self._workers, **self._place("blog"))
        )

    def start_exporters(self) -> None:
        exported = self.postgres.url_of(DATABASE, user=EXPORTER, password=self._credentials.exporter)
        self._start(PostgresExporter(exported, **self._place("postgres_exporter")))
        self._start(NodeExporter(**self._place("node_exporter")))
        self._start(RedisExporter(self.redis.url, **self._place("redis_exporter")))

    def render(self) -> Rendered:
        """Render the mixin for the demo and leave `provisioning/` and `bundle/` in the folder."""
        rendered = render(configuration.mixin_config(self.ports, self.folder), catalogue=catalogue.load().as_json())
        write_files(self.folder, rendered.files())
        return rendered

    def start_prometheus(self, rendered: Rendered) -> None:
        files = below(rendered.files(), "bundle/prometheus/")
        self.prometheus = self._start(PrometheusServer(files, **self._place("prometheus")))

    def start_alertmanager(self, rendered: Rendered) -> None:
        files = below(rendered.files(), "bundle/alertmanager/")
        self.alertmanager = self._start(AlertmanagerServer(files, **self._place("alertmanager")))

    def start_sinks(self, tell: Callable[[Arrival], None]) -> None:
        """Start the places where alerts arrive; `tell` is called, from other threads, for each that does."""
        places = SinkPlaces(self.ports.of("sinks"), self.ports.of("mail"), self.url_of("backend"))
        self.sinks = self._exits.enter_context(Sinks(places, tell))

    def start_backend(self) -> None:
        """Start the alert backend between Alertmanager and the sinks."""
        keys = alerting.Keys(
            self.sinks.secrets,
            audit_url=self.reader_url,
            maintenance_url=self.postgres.url_of(DATABASE, user=MAINTAINER, password=self._credentials.maintainer),
            chain_url=self.postgres.url_of(DATABASE, user=VERIFIER, password=self._credentials.verifier),
            chain_keys="\n".join(database.signing_keys(self.postgres.url_of(DATABASE))),
        )
        write_files(self.folder, keys.files())
        settings = alerting.settings(self.ports, self.folder)
        self.backend = self._start(BackendServer(settings, **self._place("backend")))

    def start_grafana(self, runner: Runner) -> None:
        token = (self.folder / configuration.WEBHOOK_TOKEN).read_text()
        environment = configuration.grafana_environment(
            self.prometheus.url, self.alertmanager.url, self.reader_url, token
        )
        provisioning = self.folder / "provisioning" / "grafana"
        server = GrafanaServer(runner, provisioning, environment, **self._place("grafana"))
        self.grafana = self._start(server, within=120)

    def start_traffic(self) -> None:
        token = (self.folder / alerting.AUDITOR_TOKEN).read_text()
        audit = Auditor(self.url_of("backend"), token)
        self.traffic = self._start(
            TrafficGenerator(self.blog, self.database_url, rate=self.rate, audit=audit, folder=self.folder / "traffic")
        )

    def write_keys(self) -> None:
        """Leave what a visitor needs to log in, in files that only the user can read."""
        people = database.people(self.database_url)
        admin = next(person for person in people if person.role == "admin")
        reader = f"127.0.0.1:{self.postgres.port}:{DATABASE}:{READER}:{self._credentials.reader}\n"
        token = issue_token(self.blog.token_secret, admin, now=datetime.now(UTC))
        write_files(self.folder, {"pgpass": reader, "token": token})

    def _place(self, name: str) -> _Place:
        return {"port": self.ports.of(name), "folder": self.folder / name}

    def _start(self, server: AnyServer, *, within: float = 30.0) -> AnyServer:
        self._exits.callback(server.close)
        self.servers.append(server)
        return server.start(timeout=within)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._exits.close()


def _create_login(
    connection: psycopg.Connection[tuple[object, ...]], name: str, password: str, *, member_of: str = ""
) -> None:
    statement = sql.SQL("create role {} login password {}").format(sql.Identifier(name), sql.Literal(password))
    connection.execute(statement)
    if member_of:
        connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(member_of), sql.Identifier(name)))

"""Real servers as context managers: private folders, loopback ports, nothing left behind.

    with PostgresServer() as postgres, RedisServer() as redis:
        psycopg.connect(postgres.url)

Each can be stopped and started again on the same port with the same data (`server.stop()`, `server.start()`).
"""

from fraiseql_observe.demo.servers.alertmanager import AlertmanagerServer
from fraiseql_observe.demo.servers.backend import BackendServer
from fraiseql_observe.demo.servers.blog import BlogServer
from fraiseql_observe.demo.servers.node_exporter import NodeExporter
from fraiseql_observe.demo.servers.postgres import PostgresServer
from fraiseql_observe.demo.servers.postgres_exporter import PostgresExporter
from fraiseql_observe.demo.servers.prometheus import PrometheusServer
from fraiseql_observe.demo.servers.redis import RedisServer
from fraiseql_observe.demo.servers.redis_exporter import RedisExporter
from fraiseql_observe.demo.servers.server import Server
from fraiseql_observe.demo.servers.traffic import Auditor, TrafficGenerator

__all__ = [
    "AlertmanagerServer",
    "Auditor",
    "BackendServer",
    "BlogServer",
    "NodeExporter",
    "PostgresExporter",
    "PostgresServer",
    "PrometheusServer",
    "RedisExporter",
    "RedisServer",
    "Server",
    "TrafficGenerator",
]

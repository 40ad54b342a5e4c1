"""Redis, in memory only."""

from __future__ import annotations

import secrets
import socket
from typing import TYPE_CHECKING, ClassVar

from fraiseql_observe.demo.servers import programs
from fraiseql_observe.demo.servers.configured import write_files
from fraiseql_observe.demo.servers.process import Command
from fraiseql_observe.demo.servers.server import HOST, Server

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "redis.conf"


class RedisServer(Server):
    """A password protected Redis that keeps nothing on disk; `url` holds the password."""

    name: ClassVar[str] = "redis"

    def __init__(self, *, port: int | None = None, folder: Path | None = None) -> None:
        super().__init__(port=port, folder=folder)
        self.password = secrets.token_urlsafe(18)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password,)

    def prepare(self) -> None:
        settings = [
            f"bind {HOST}", f"port {self.port}", f'dir "{self.folder}"', f"requirepass {self.password}",
            'save ""', "appendonly no", "maxmemory 64mb", "maxmemory-policy allkeys-lru",
        ]  # fmt: skip
        write_files(self.folder, {CONFIG: "\n".join(settings)})

    def command(self) -> Command:
        return Command([programs.REDIS.find(), self.folder / CONFIG])

    def ready(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return b"PONG" in _read_lines(connection, 2)
        except OSError:
            return False


def _read_lines(connection: socket.socket, count: int) -> bytes:
    received = b""
    while received.count(b"\r\n") < count:
        part = connection.recv(256)
        if not part:
            break
        received += part
    return received

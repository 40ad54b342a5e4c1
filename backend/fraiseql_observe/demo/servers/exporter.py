"""What exporters have in common: they are ready when they answer a scrape, and may watch another server."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from fraiseql_observe.demo.servers.server import Server, answers

if TYPE_CHECKING:
    from pathlib import Path


class Exporter(Server):
    def ready(self) -> bool:
        return answers(f"{self.url}/metrics", timeout=5)


class TargetExporter(Exporter):
    """Exports the server behind `target_url`; the password reaches it by its environment."""

    def __init__(self, target_url: str, *, port: int | None = None, folder: Path | None = None) -> None:
        super().__init__(port=port, folder=folder)
        self.target = urlsplit(target_url)

    @property
    def password(self) -> str:
        return unquote(self.target.password or "")

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.target.password or "", self.password)

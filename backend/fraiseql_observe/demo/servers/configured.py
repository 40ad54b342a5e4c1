"""A server that runs on files it is given: Prometheus and Alertmanager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.demo.servers.server import Server, answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ConfiguredServer(Server):
    """Writes its files before every start.

    Args:
        files: by relative path; paths inside the configuration (such as `rule_files`) are relative to the folder.
    """

    def __init__(
        self, files: Mapping[str, str | bytes], *, port: int | None = None, folder: Path | None = None
    ) -> None:
        super().__init__(port=port, folder=folder)
        self.files = dict(files)

    def prepare(self) -> None:
        write_files(self.folder, self.files)

    def ready(self) -> bool:
        return answers(f"{self.url}/-/ready")


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # a configuration may carry credentials
        path.write_bytes(content.encode() if isinstance(content, str) else content)

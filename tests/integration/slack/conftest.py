"""The service in this process, on a real SQLite store, with a server shaped like Slack behind it."""

from __future__ import annotations

import asyncio

import pytest
import yaml
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner
from fake_slack import SlackServer
from slack_service import Service, settings

from fraiseql_observe.alerts.manager import AlertManager
from fraiseql_observe.cli.alert import command
from fraiseql_observe.config.load import load
from fraiseql_observe.web.app import create_app


@pytest.fixture
async def service(tmp_path):
    async with SlackServer() as slack:
        path = tmp_path / "fraiseql-observe.yaml"
        path.write_text(yaml.safe_dump(settings(slack, tmp_path)))
        manager = AlertManager(load(path, {}))
        await manager.start()
        client = TestClient(TestServer(create_app(manager, manager.settings)))
        await client.start_server()
        try:
            yield Service(client, manager, slack, path)
        finally:
            await client.close()
            await manager.close()


@pytest.fixture
def invoke():
    """Run `fraiseql-observe alert …` beside the service and return what it writes to stdout."""

    async def run(*arguments: str, code: int = 0) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, command, list(arguments))
        assert result.exit_code == code, result.output
        return result.stdout

    return run

"""Messages and tools for the destinations."""

from __future__ import annotations

import pytest
from samples import NOW

from fraiseql_observe.notify.http import Http
from fraiseql_observe.notify.templates import Templates
from fraiseql_observe.notify.tools import Tools


@pytest.fixture
async def tools():
    http = Http(clock=lambda: NOW)
    yield Tools(http, Templates(), lambda: NOW, console_url="https://alerts.example.org")
    await http.close()

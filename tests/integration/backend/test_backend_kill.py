"""SIGKILL at random instants: what was answered 200 arrives, and arrives again only as the same delivery."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from typing import TYPE_CHECKING

import pytest
import yaml
from ledger import HOST, SENDERS, Ledger, everything_arrived, sink, storm
from lives import Nursery, kill

from fraiseql_observe.demo.servers.server import free_port

if TYPE_CHECKING:
    from pathlib import Path

KILLS = int(os.environ.get("FRAISEQL_OBSERVE_KILLS", "200"))
LONGEST_LIFE = 0.3  # seconds


def settings(folder: Path, port: int, url: str) -> Path:
    path = folder / "settings.yaml"
    document = {
        "server": {"host": HOST, "port": port},
        "store": {"url": f"sqlite:///{folder / 'alerts.db'}"},
        "destinations": {
            "sink": {"type": "webhook", "url": url, "allow_private": True, "actions": ["trigger", "resolve"]}
        },
    }
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.mark.timeout(600)
async def test_no_kill_loses_an_alert(tmp_path: Path) -> None:
    port, chance, ended, ledger = free_port(), random.Random(20_260_101), asyncio.Event(), Ledger()
    async with sink(ledger) as url:
        path = settings(tmp_path, port, url)
        webhooks = [f"http://{HOST}:{port}/webhooks/alertmanager"]
        storms = [asyncio.create_task(storm(webhooks, ledger, first, ended)) for first in range(SENDERS)]
        with Nursery(tmp_path / "backend.log") as nursery:
            for _ in range(KILLS):
                pid = await asyncio.to_thread(nursery.bear, path, port)
                await asyncio.sleep(chance.uniform(0, LONGEST_LIFE))
                await asyncio.to_thread(kill, pid)
            pid = await asyncio.to_thread(nursery.bear, path, port)
            ended.set()
            await asyncio.gather(*storms)
            await everything_arrived(ledger)
            await asyncio.to_thread(kill, pid, signal.SIGTERM)

    assert len(ledger.accepted["resolved"]) > KILLS / 2, "too few alerts for so many kills to prove anything"
    assert ledger.missing() == {"firing": set(), "resolved": set()}
    assert not ledger.told_twice()
    assert not ledger.copies_that_are_no_further_attempt()
    assert ledger.extra <= 32 * KILLS, "a kill may repeat what was on its way, and no more"

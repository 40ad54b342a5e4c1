"""The auditor: looks at the audit log through the backend, as somebody does who keeps a dashboard open."""

from __future__ import annotations

import asyncio
import logging

import httpx

logger = logging.getLogger(__name__)

ROUND = 3.0  # seconds between two looks
TIMEOUT = 15.0
QUESTIONS = ("compliance_status", "compliance_failed_access", "compliance_events_by_type", "users_active_total")
RANGE = {"from": "now-15m", "to": "now"}
REVERSED = {"from": "now", "to": "now-15m"}  # each round also has somebody who mixes up the two


async def look_into_the_audit_log(url: str, token: str) -> None:
    """Ask the questions again and again until cancelled; a backend that is away is asked again later."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT, trust_env=False) as client:
        while True:
            try:
                for question in QUESTIONS:
                    await client.get(f"/api/observability/audit/queries/{question}", params=RANGE)
                await client.get(f"/api/observability/audit/queries/{QUESTIONS[0]}", params=REVERSED)
            except httpx.TransportError as error:
                logger.warning("The auditor could not look into the audit log: %s", type(error).__name__)
            await asyncio.sleep(ROUND)

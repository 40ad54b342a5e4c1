"""`python -m fraiseql_observe.demo.traffic`: send traffic until a signal says stop, then say what was sent."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys

from fraiseql_observe.demo.blog import database
from fraiseql_observe.demo.traffic import STARTED
from fraiseql_observe.demo.traffic.auditor import look_into_the_audit_log
from fraiseql_observe.demo.traffic.client import BlogClient
from fraiseql_observe.demo.traffic.crowd import Crowd
from fraiseql_observe.demo.traffic.drive import Traffic
from fraiseql_observe.demo.traffic.operator import resolve_stopped_errors

URL = "TRAFFIC_URL"
DATABASE_URL = "TRAFFIC_DATABASE_URL"
TOKEN_SECRET = "TRAFFIC_TOKEN_SECRET"  # noqa: S105  the variable's name, not the secret
AUDIT_URL = "TRAFFIC_AUDIT_URL"
AUDIT_TOKEN = "TRAFFIC_AUDIT_TOKEN"  # noqa: S105  likewise
RATE = "TRAFFIC_RATE"
SEED = "TRAFFIC_SEED"


async def main() -> None:
    rng = random.Random(int(os.environ.get(SEED, "1")))  # noqa: S311  repeatable, not secret
    database_url = os.environ[DATABASE_URL]
    crowd = Crowd.of(database.people(database_url), rng)
    async with BlogClient(os.environ[URL], os.environ[TOKEN_SECRET]) as client:
        traffic = Traffic(client, crowd, rng, float(os.environ[RATE]))
        await until_stopped(traffic, database_url)
    sys.stdout.write(traffic.summary() + "\n")


async def until_stopped(traffic: Traffic, database_url: str) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        ExceptionGroup: a crowd met something it was not made for.
    """
    crowds = [traffic.run(), resolve_stopped_errors(database_url)]
    if AUDIT_URL in os.environ:
        crowds.append(look_into_the_audit_log(os.environ[AUDIT_URL], os.environ[AUDIT_TOKEN]))
    work = asyncio.gather(*crowds)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    sys.stdout.write(STARTED + "\n")
    sys.stdout.flush()
    try:
        await work
    except asyncio.CancelledError:
        return


if __name__ == "__main__":
    asyncio.run(main())

"""docs/how-to/notify-webhooks.md: its receiver runs, its body is the one that is sent."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from samples import message

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.errors import DeliveryError, Reason
from fraiseql_observe.notify.tools import Tools
from fraiseql_observe.notify.webhook import Webhook
from fraiseql_observe.notify.wire import document

PAGE = (Path(__file__).parents[3] / "docs/how-to/notify-webhooks.md").read_text("utf-8")
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()


def block(language):
    (text,) = (each for each in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if each.count("\n") > 12)
    return text


@pytest.fixture
async def receiver():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", block("python"), stdout=asyncio.subprocess.PIPE, env={"SECRET": SECRET}
    )
    port = int((await process.stdout.readline()).split()[-1])
    yield process, f"http://127.0.0.1:{port}/hooks"
    if process.returncode is None:
        process.terminate()
    await process.wait()


def hook(tools, url, secrets):
    now = Tools(tools.http, tools.templates, lambda: datetime.now(UTC))
    settings = WebhookDestination(url=url, signing_secret=Secret(secrets), allow_private=True)
    return Webhook("hook", settings, now)


async def test_the_receiver_takes_what_is_signed_and_each_message_once(tools, receiver):
    process, url = receiver
    for _ in range(2):
        await hook(tools, url, SECRET).send(message())
    await hook(tools, url, f"{OTHER} {SECRET}").send(message(delivery_id="dlv_2"))
    with pytest.raises(DeliveryError) as caught:
        await hook(tools, url, OTHER).send(message(delivery_id="dlv_3"))
    assert caught.value.reason is Reason.AUTH
    process.terminate()
    told = (await process.stdout.read()).decode().splitlines()
    assert told == ["incident.trigger HighErrorRate: errors are high"] * 2


def test_the_body_on_the_page_has_the_fields_that_are_sent():
    def shape(value):
        if isinstance(value, dict):
            free = {"labels", "annotations", "group_labels", "common_labels", "common_annotations"}
            return {key: key in free or shape(each) for key, each in value.items()}
        return [shape(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None

    assert shape(json.loads(block("json"))) == shape(document(message()))

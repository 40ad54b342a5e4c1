"""Previews of what goes over HTTP: kept, shown without secrets, never sent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.kinds import KINDS
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.errors import NotFoundError
from fraiseql_observe.incident.model import State
from fraiseql_observe.notify.examples import EXAMPLES, example
from fraiseql_observe.notify.filters import rounded, time
from fraiseql_observe.notify.recording import REQUIRED, Recorder, example_settings
from fraiseql_observe.notify.units import readable

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def test_secrets_are_hidden_wherever_they_stand():
    recorder = Recorder(clock=lambda: NOW)
    settings = WebhookDestination(url="https://example.com/s3cret", token=Secret("s3cret"))
    await recorder.request("POST", settings.url, b"plain s3cret", {"Authorization": "Bearer s3cret"})
    assert recorder.shown(settings) == {"request": "POST https://example.com/(hidden)", "body": "plain (hidden)"}
    await recorder.request("POST", settings.url, b'{"a": "s3cret"}')
    assert recorder.shown(settings)["body"] == {"a": "(hidden)"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_example_settings_without_problems(kind):
    assert kind in REQUIRED
    assert list(example_settings(kind).problems()) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_picture_of_an_example_agrees_with_its_words(name):
    shown = example(name, State.FIRING, NOW).enrichment
    values = [value for _, value in shown.trend.points]
    worse = -1 if shown.trend.operator == "<" else 1
    assert readable(values[-1], shown.trend.unit) == shown.value
    assert readable(shown.trend.threshold, shown.trend.unit) == shown.threshold
    assert worse * values[-1] > worse * shown.trend.threshold
    assert all(worse * value <= worse * shown.trend.threshold for value in values[:38])


def test_an_example_that_does_not_exist_names_those_that_do():
    with pytest.raises(NotFoundError) as caught:
        example("fire", State.FIRING, NOW)
    assert "critical, warning, info, group" in caught.value.hint


def test_small_filters():
    assert time(None) == ""
    assert rounded(2.345, 99) == 2.345

"""What a Slack destination's settings refuse."""

from __future__ import annotations

import pytest

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.slack import SlackDestination

T, H = Secret("xoxb-1"), Secret("https://hooks.slack.com/services/1")


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "token"),
        ({"token": T}, "channel"),
        ({"token": T, "channel": "C1", "webhook_url": H}, "webhook_url"),
        ({"webhook_url": H, "channel": "C1"}, "channel"),
    ],
)
def test_a_contradiction_is_named(given, key):
    [(named, sentence)] = SlackDestination(**given).problems()
    assert named == key
    assert sentence


@pytest.mark.parametrize("given", [{"token": T, "channel": "C1"}, {"webhook_url": H}])
def test_what_fits_is_fine(given):
    assert list(SlackDestination(**given).problems()) == []

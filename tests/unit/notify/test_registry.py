"""From settings to destinations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.destinations import DestinationSettings, OnAmbiguous
from fraiseql_observe.config.kinds import KINDS
from fraiseql_observe.config.opsgenie import OpsgenieDestination
from fraiseql_observe.config.pagerduty import PagerDutyDestination
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.errors import ConfigError
from fraiseql_observe.notify.base import Traits
from fraiseql_observe.notify.limits import limits
from fraiseql_observe.notify.registry import MAKERS, create, problems
from fraiseql_observe.telemetry import KINDS as COUNTED


def test_each_kind_has_settings_a_maker_and_metrics():
    assert set(KINDS) == set(MAKERS) == set(COUNTED)


async def test_destinations_are_made_by_their_kind(tools):
    made = create(
        {
            "pager": PagerDutyDestination(routing_key=Secret("k")),
            "genie": OpsgenieDestination(api_key=Secret("k"), base_url="https://api.example.org"),
            "hook": WebhookDestination(url="https://example.org"),
        },
        tools,
    )
    assert {name: (each.name, each.kind) for name, each in made.items()} == {
        "pager": ("pager", "pagerduty"),
        "genie": ("genie", "opsgenie"),
        "hook": ("hook", "webhook"),
    }


async def test_a_kind_that_is_not_there_is_said(tools):
    with pytest.raises(ConfigError, match=r"destinations\.x: there is no type ''"):
        create({"x": DestinationSettings()}, tools)


async def test_all_destinations_that_cannot_work_are_told(tools):
    given = {
        "genie": OpsgenieDestination(api_key=Secret("k"), priorities={"warning": "high"}),
        "hook": WebhookDestination(url="https://example.org", signing_secret=Secret("nope")),
        "fine": WebhookDestination(url="https://example.org"),
    }
    found = problems(given, tools)
    assert list(found) == ["genie", "hook"]
    assert "destinations.genie.priorities" in found["genie"].message
    assert "destinations.hook.signing_secret" in found["hook"].message
    assert "nope" not in str(found["hook"])


def test_settings_come_before_traits():
    traits = Traits(per_second=2, burst=3, timeout=4)
    plain = limits(traits, DestinationSettings())
    assert (plain.per_second, plain.burst, plain.timeout, plain.retry_ambiguous) == (2, 3, 4, True)
    given = DestinationSettings(per_second=5, burst=6, timeout=timedelta(seconds=7), on_ambiguous=OnAmbiguous.HOLD)
    held = limits(traits, given)
    assert (held.per_second, held.burst, held.timeout, held.retry_ambiguous) == (5, 6, 7, False)
    assert limits(Traits(idempotent=True), given).retry_ambiguous

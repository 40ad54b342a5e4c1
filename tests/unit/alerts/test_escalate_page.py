"""Every example of the how-to page is a configuration that works, and does what the page says."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from deliveries import Sink
from managing import managed
from told import alert, group

from fraiseql_observe.alerts import rules
from fraiseql_observe.config.load import load
from fraiseql_observe.incident.model import Actor

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "escalate.md"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
NAMES = ("team-slack", "team-mail", "pager", "manager-mail")
DESTINATIONS = "destinations:\n" + "".join(
    f"  {name}: {{type: webhook, url: 'https://example.com/'}}\n" for name in NAMES
)
HOUR = timedelta(hours=1)


def settings(example, folder):
    file = folder / "observe.yaml"
    file.write_text(DESTINATIONS + example)
    return load(file, {})


def page(tmp_path, example):
    sinks = {name: Sink(name) for name in NAMES}
    given = settings(EXAMPLES[example], tmp_path)
    return managed(
        f"sqlite:///{tmp_path}/observe.db",
        type(given)(policies=given.policies, routes=given.routes, hours=given.hours),
        **sinks,
    )


def test_there_are_examples():
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_configuration(example, tmp_path):
    read = rules.read(settings(example, tmp_path), {name: Sink(name) for name in NAMES})
    assert read.default.name == "default"


async def test_the_chain_escalates_and_repeats(tmp_path):
    async with page(tmp_path, 0) as it:
        await it.tell(group(alert("a")))
        told = []
        for minutes in (0, 5, 15, 30, 5, 15, 30, 5, 15, 600):
            await it.pass_(60 * minutes)
            told.append([name for name, _ in await it.said()][sum(map(len, told)) :])
        assert told == [["team-slack"], ["pager"], ["manager-mail"]] * 3 + [[]]


async def test_an_acknowledgement_does_not_stop_the_second(tmp_path):
    async with page(tmp_path, 1) as it:
        await it.tell(group(alert("a")))
        await it.manager.acknowledge_alert((await it.only()).id, Actor("Kim", "console"))
        await it.pass_(300)
        assert (await it.said())[-1] == ("pager", "trigger")


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (
            {"alertname": "FraiseQLDatabaseDown", "severity": "critical", "environment": "production"},
            {"team-slack", "pager"},
        ),
        ({"alertname": "FraiseQLDatabaseDown", "severity": "warning", "environment": "production"}, {"team-slack"}),
        ({"alertname": "Other", "severity": "critical"}, {"team-mail"}),
        ({"alertname": "Other", "severity": "info", "environment": "production"}, {"team-mail"}),
    ],
)
async def test_routes(tmp_path, labels, told):
    async with page(tmp_path, 2) as it:
        await it.tell(group(alert("a", **labels), **labels))
        assert {name for name, _ in await it.said()} == told


async def test_hours(tmp_path):
    async with page(tmp_path, 3) as it:  # a Monday, 13:00 in Paris
        await it.tell(group(alert("a", severity="critical")))
        await it.pass_(600)
        assert [name for name, _ in await it.said()] == ["team-slack", "team-mail"]
        await it.pass_(8 * 3600 + 3000)  # 22:00
        await it.tell(group(alert("b", severity="critical"), night="1"))
        await it.tell(group(alert("c"), night="2"))
        assert [name for name, _ in await it.said()][2:] == ["pager", "team-slack"]
        await it.pass_(11 * 3600 - 1)
        assert len(await it.said()) == 4
        await it.pass_(1)
        assert (await it.said())[-1][0] == "team-mail"

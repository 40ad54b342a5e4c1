"""The page about Slack: its settings load, its manifest fits the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from fraiseql_observe.config.load import load
from fraiseql_observe.notify.slack import blocks, limits
from fraiseql_observe.web.slack_actions import PATH

PAGE = (Path(__file__).parents[4] / "docs/how-to/notify-slack.md").read_text()
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
MANIFEST, *SETTINGS = BLOCKS


@pytest.mark.parametrize("given", SETTINGS, ids=["bot", "webhook"])
def test_the_settings_load(given, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("https://hooks.slack.com/services/T/B/x")
    text = re.sub(r"(_file: ).*", rf"\1{secret}", yaml.safe_dump(given))
    file = tmp_path / "fraiseql-observe.yaml"
    file.write_text(text)
    assert load(file, {}).destinations["team-slack"].kind == "slack"


def test_the_manifest_sends_clicks_where_they_are_received():
    settings = MANIFEST["settings"]["interactivity"]
    assert settings["request_url"].endswith(PATH)
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == set(re.findall(r"`([a-z]+:[a-z]+)`", PAGE))


def test_the_limits_are_those_of_the_code():
    for number in (limits.HEADER, limits.SUM, blocks.BODY, blocks.FIELD):
        assert f"{number:,}" in PAGE
    assert limits.CUT.strip() in PAGE

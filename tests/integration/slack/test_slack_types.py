"""Our messages against Slack's own TypeScript types: unknown keys and wrong shapes do not compile."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.slack import SlackDestination
from fraiseql_observe.incident.model import State
from fraiseql_observe.notify.examples import EXAMPLES, example
from fraiseql_observe.notify.slack import blocks, create
from fraiseql_observe.notify.templates import Templates
from fraiseql_observe.notify.tools import Tools

PACKAGES = Path(__file__).parent / "types"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HEAD = 'import type { KnownBlock, MessageAttachment } from "@slack/types";\n'
TYPE = "{ text: string; blocks: KnownBlock[]; attachments?: MessageAttachment[] }"


@pytest.fixture(scope="module")
def compile_(tmp_path_factory):
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("no Node.js with npm on PATH (apt-get install nodejs npm)")
    folder = tmp_path_factory.mktemp("types")
    for file in PACKAGES.iterdir():
        shutil.copy(file, folder)
    fetched = _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    if fetched.returncode:
        pytest.skip(f"npm cannot fetch Slack's types: {fetched.stderr[-200:]}")

    def compile_(messages):
        lines = (f"export const m{n}: {TYPE} = {json.dumps(each)};" for n, each in enumerate(messages))
        (folder / "messages.ts").write_text(HEAD + "\n".join(lines))
        return _run(["node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "messages.ts"], folder).stdout

    return compile_


def _run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_every_message_has_the_types_that_slack_publishes_and_a_wrong_one_has_not(compile_):
    settings = SlackDestination(token=Secret("xoxb"), channel="C1", mention="here")
    bot = create("team", settings, Tools(None, Templates(), lambda: NOW))
    messages = [bot.preview(example(name, state, NOW)) for name in EXAMPLES for state in State]
    wrong = {"text": "x", "blocks": [{"type": "section", "txt": {"type": "mrkdwn", "text": "x"}}]}
    said = compile_([*messages, blocks.reply("hello")[0], wrong])
    lines = {int(line) for line in re.findall(r"^messages\.ts\((\d+),", said, re.MULTILINE)}
    assert lines == {1 + len(messages) + 2}, said

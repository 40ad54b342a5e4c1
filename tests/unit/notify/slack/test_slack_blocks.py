"""Blocks: what they show by state, and that no text whatever makes Slack refuse them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake_slack import check
from hypothesis import given, settings
from hypothesis import strategies as st

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.slack import SlackDestination
from fraiseql_observe.errors import DeliveryError, Reason, TemplateError
from fraiseql_observe.incident.message import Links
from fraiseql_observe.incident.model import Severity, State
from fraiseql_observe.notify.examples import EXAMPLES, example
from fraiseql_observe.notify.slack import blocks, create, limits
from fraiseql_observe.notify.slack.blocks import Texts
from fraiseql_observe.notify.slack.texts import texts
from fraiseql_observe.notify.templates import Templates
from fraiseql_observe.notify.tools import Tools

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"
MINIMAL = Texts("header", "text", "body")


def bot(folder=None, **more):
    settings = SlackDestination(token=Secret("xoxb"), channel="C1", **more)
    return create("team", settings, Tools(None, Templates(folder), lambda: NOW))


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("state", State)
def test_the_examples_look_as_agreed(name, state, request):
    """`--golden` is not needed: delete a file and run again to renew it, then look at the difference."""
    shown = bot().preview(example(name, state, NOW))
    file = GOLDEN / f"{name}-{state}.json"
    text = json.dumps(shown, indent=1, ensure_ascii=False) + "\n"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        pytest.fail(f"{file.name} was missing and is written: look at it")
    assert text == file.read_text()
    assert check(shown) == ""


def test_colour_and_emoji_follow_severity_then_state():
    firing = example("critical", State.FIRING, NOW).incident
    seen = {severity: replace(firing, severity=severity) for severity in Severity}
    assert len({blocks.colour(each) for each in seen.values()}) == 3
    assert len({blocks.icon(each) for each in seen.values()}) == 3
    done = example("info", State.RESOLVED, NOW).incident
    assert (blocks.icon(done), blocks.colour(done)) == (":white_check_mark:", blocks.RESOLVED)
    seen_to = example("info", State.ACKNOWLEDGED, NOW).incident
    assert (blocks.icon(seen_to), blocks.colour(seen_to)) == (":eyes:", blocks.ACKNOWLEDGED)


@pytest.mark.parametrize(
    ("mention", "written"),
    [
        ("here", "<!here>"),
        ("channel", "<!channel>"),
        ("U024BE7LH", "<@U024BE7LH>"),
        ("S0614TZR7", "<!subteam^S0614TZR7>"),
    ],
)
def test_a_mention_is_written_as_slack_wants_it(mention, written):
    assert blocks.called(mention) == written


def test_only_the_first_message_about_something_critical_calls_people():
    called = bot(mention="here")
    assert "<!here>" in str(called.preview(example("critical", State.FIRING, NOW)))
    assert "<!here>" not in str(called.preview(example("critical", State.RESOLVED, NOW)))
    assert "<!here>" not in str(called.preview(example("warning", State.FIRING, NOW)))


def test_without_buttons_there_are_links_and_without_links_nothing():
    message = example("info", State.FIRING, NOW)
    plain = bot(buttons=False).preview(message)
    assert "actions" not in [block["type"] for block in plain["attachments"][0]["blocks"]]
    assert "|Runbook>" in str(plain)
    bare = bot(buttons=False).preview(replace(message, links=Links()))
    assert "|Runbook>" not in str(bare)
    assert check(bare) == ""


def test_more_than_ten_fields_are_counted():
    many = Texts("h", "t", "b", "\n\n".join(f"*F{number}*" for number in range(15)))
    shown = blocks.payload(example("info", State.FIRING, NOW), many, buttons=True)
    fields = shown["attachments"][0]["blocks"][1]["fields"]
    assert len(fields) == 10
    assert fields[-1]["text"] == "… (6 more fields)"


def test_what_is_too_much_in_sum_loses_the_alerts_then_the_fields():
    url = "https://example.com/" + "x" * 1900
    message = replace(example("group", State.FIRING, NOW), links=Links(console=url, dashboard=url, runbook=url))
    fields = "\n\n".join("f" * 400 for _ in range(10))
    without = blocks.payload(message, Texts("h", "t", "b" * 2000, fields, "a" * 2500), buttons=True)
    assert "the list of alerts is too long" in str(without)
    assert "fields" in str(without)
    long = Texts("h", "t", "b" * 2500, fields, "a" * 2500, tuple("n" * 300 for _ in range(9)))
    assert "'fields'" not in str(blocks.payload(message, long, buttons=True))


def test_text_alone_still_calls_people_and_leads_somewhere():
    plain = blocks.text_only(example("info", State.FIRING, NOW), Texts("h", "t", "b" * 5000), mention="here")
    assert plain["text"].startswith("<!here>\nt\n<https://")
    assert len(plain["text"]) <= limits.TEXT


def test_a_link_that_is_none_is_left_out():
    message = replace(example("info", State.FIRING, NOW), links=Links(runbook="javascript:alert(1)", dashboard="x"))
    assert "javascript" not in str(bot().preview(message))


@pytest.mark.parametrize("text", ["&" * 5000, "<" * 5000, "a" * 5000, "&amp;" * 2000, "<https://x|y>" * 900])
def test_a_cut_says_so_and_breaks_no_entity_or_link(text):
    for limit in range(60, 75):
        short = limits.cut(text, limit)
        assert len(short) <= limit
        assert short.endswith(limits.CUT)
        kept = short.removesuffix(limits.CUT)
        assert not kept.endswith(("&a", "&am", "&amp"))
        assert kept.count("<") == kept.count(">") or "https" not in text
    assert limits.cut("short", 60) == "short"


@given(st.integers(0, 40_000), st.integers(0, 40_000), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_no_length_is_too_long(size, fields_size, paragraphs):
    fields = "\n\n".join("f" * (fields_size // paragraphs + 1) for _ in range(paragraphs))
    long = Texts("h" * size, "t" * size, "b" * size, fields, "a" * size, ("n" * size,) * 30)
    message = example("group", State.FIRING, NOW)
    shown = blocks.payload(message, long, buttons=True, mention="here")
    assert check(shown) == ""
    assert blocks._characters([shown["blocks"], shown["attachments"]]) <= limits.SUM
    assert len(shown["text"]) <= limits.TEXT
    assert check(blocks.text_only(message, long)) == ""


labels = st.dictionaries(st.text(max_size=30), st.text(max_size=300), max_size=5)


@given(labels, labels, st.text(max_size=400), st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_no_label_or_annotation_makes_slack_refuse_or_obey(names, notes, title, url):
    message = example("group", State.ACKNOWLEDGED, NOW)
    evil = "<!channel> <@U1> <https://e.example|x> *b* `c` &\n> q \u202e"
    incident = replace(
        message.incident,
        title=title + evil,
        common_labels={**names, "alertname": evil},
        common_annotations={**notes, "summary": evil + title, "description": evil * 200},
        acknowledged_by=evil,
    )
    alerts = tuple(replace(each, labels={**names, "x": evil}, annotations=notes) for each in message.alerts)
    shown = bot().preview(
        replace(
            message,
            incident=incident,
            alerts=alerts,
            change=replace(message.change, comment=evil),
            links=Links(dashboard=url, runbook="https://e.example/" + url, console="https://e.example"),
        )
    )
    assert check(shown) == ""
    mrkdwn = [text["text"] for text in _mrkdwn(shown)]
    assert not any("<!" in text or "<@" in text or "<https://e.example|" in text for text in mrkdwn)
    assert not any("\u202e" in text for text in mrkdwn)


def _mrkdwn(part):
    if isinstance(part, dict):
        return [part] * (part.get("type") == "mrkdwn") + [each for value in part.values() for each in _mrkdwn(value)]
    return [each for value in part for each in _mrkdwn(value)] if isinstance(part, list) else []


def test_a_users_template_that_fails_is_said_in_the_message(tmp_path):
    (tmp_path / "slack").mkdir()
    (tmp_path / "slack" / "body.mrkdwn.j2").write_text("{{ nope }}")
    (tmp_path / "slack" / "fields.mrkdwn.j2").write_text("")
    shown = bot(tmp_path).preview(example("critical", State.FIRING, NOW))
    context = shown["attachments"][0]["blocks"][-1]
    assert "'nope' is undefined. The built-in template was used instead." in context["elements"][1]["text"]
    assert not any("fields" in block for block in shown["attachments"][0]["blocks"])


def test_empty_texts_still_make_a_message():
    shown = blocks.payload(example("info", State.FIRING, NOW), Texts("", "", ""), buttons=True)
    assert check(shown) == ""


async def test_a_built_in_template_that_fails_is_a_failure_of_the_delivery(monkeypatch):
    def fails(*_):
        raise TemplateError("It is broken.")

    monkeypatch.setattr("fraiseql_observe.notify.slack.destination.texts", fails)
    with pytest.raises(DeliveryError) as caught:
        await bot().send(example("info", State.FIRING, NOW))
    assert (caught.value.reason, caught.value.retryable) == (Reason.TEMPLATE, False)


def test_texts_are_made_for_every_example():
    for name in EXAMPLES:
        made = texts(example(name, State.FIRING, NOW), Templates())
        assert made.header
        assert made.notices == ()

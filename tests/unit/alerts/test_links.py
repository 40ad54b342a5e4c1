"""Links of messages, and the tokens of those that act."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import NOW, alert, incident

from fraiseql_observe.alerts.links import ActionTokens, Grant, LinkBuilder
from fraiseql_observe.errors import AuthError

TOKENS = ActionTokens(b"k" * 32)
LATER = NOW + timedelta(days=7)


def test_a_token_grants_what_was_signed():
    token = TOKENS.sign("acknowledge", "inc_1.2", LATER)

    assert TOKENS.read(token, NOW) == Grant("acknowledge", "inc_1.2", LATER)
    assert len(token) < 120


@pytest.mark.parametrize("now", [LATER, LATER + timedelta(days=1)])
def test_it_expires(now):
    with pytest.raises(AuthError, match="expired") as caught:
        TOKENS.read(TOKENS.sign("resolve", "inc_1", LATER), now)
    assert caught.value.status == 403


def forgeries():
    good = TOKENS.sign("acknowledge", "inc_1", LATER)
    said, _, signature = good.partition(".")
    yield ActionTokens(b"other").sign("acknowledge", "inc_1", LATER)
    yield base64.urlsafe_b64encode(b"resolve.inc_1.9999999999").decode().rstrip("=") + "." + signature
    yield said + "."
    yield said
    yield ""
    yield "." + signature
    yield good + "x"
    yield good[:-1]
    yield "ü." + signature
    yield "a" * 10_000
    yield "a.a"


@pytest.mark.parametrize("token", list(forgeries()))
def test_no_other_token_is_believed(token):
    with pytest.raises(AuthError) as caught:
        TOKENS.read(token, NOW)
    assert caught.value.status == 403


@given(st.text(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(text):
    with pytest.raises(AuthError):
        TOKENS.read(text, NOW)


def test_all_links():
    of = incident(
        common_annotations={"dashboard_url": "https://grafana.example/d/x", "runbook_url": "https://wiki.example/r"},
        external_url="https://alertmanager.example/",
        common_labels={"alertname": "A", "path": 'a "quoted" \\ ü'},
    )
    links = LinkBuilder("https://observe.example/base/", TOKENS).for_incident(of, (alert(),), NOW)

    assert links.console == f"https://observe.example/base/incidents/{of.id}"
    assert (links.dashboard, links.runbook) == ("https://grafana.example/d/x", "https://wiki.example/r")
    assert links.source == "https://prometheus.example.org/graph?g0.expr=up"
    assert unquote(links.silence) == (
        'https://alertmanager.example/#/silences/new?filter={alertname="A",path="a \\"quoted\\" \\\\ ü"}'
    )
    for action in ("acknowledge", "resolve"):
        token = getattr(links, action).removeprefix("https://observe.example/base/act/")
        assert TOKENS.read(token, NOW) == Grant(action, of.id, LATER)


def test_what_is_not_configured_or_given_is_left_out():
    bare = replace(alert(), annotations={}, generator_url="")
    links = LinkBuilder("", TOKENS).for_incident(incident(), (bare,), NOW)
    assert set(vars_of(links)) == {""}
    assert LinkBuilder("https://o.example", None).for_incident(incident(), (), NOW).acknowledge == ""


@pytest.mark.parametrize(
    "evil", ["javascript:alert(1)", "https://u:p@x.example", "https://x.example/\r\nX: y", "x" * 5000]
)
def test_only_safe_links_are_taken(evil):
    given_ = dict.fromkeys(("dashboard_url", "runbook_url"), evil)
    told = replace(alert(), annotations=given_, generator_url=evil)
    of = incident(common_annotations=given_, external_url=evil)
    assert set(vars_of(LinkBuilder("", None).for_incident(of, (told,), NOW))) == {""}


def test_a_silence_that_is_too_long_is_left_out():
    of = incident(external_url="https://alertmanager.example", common_labels={"a": "x" * 5000})
    assert LinkBuilder("", None).for_incident(of, (), NOW).silence == ""


def vars_of(links):
    return [getattr(links, name) for name in links.__dataclass_fields__]

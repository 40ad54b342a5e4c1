"""Text from outside, made harmless."""

from __future__ import annotations

import html as markup

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.notify import escape

HOSTILE = "<script>&\"'\r\nBcc: x\x00\u202e\u2066\ud800\u200b"


def test_plain_is_one_visible_line():
    assert escape.plain(HOSTILE) == "<script>&\"' Bcc: x"
    assert escape.plain("a\u2028b\x85c") == "a b c"
    assert escape.plain(" a\tb \n\n\n\n c ", lines=True) == "a b \n\n c"
    assert escape.plain("e\u0301 👩\u200d💻 עברית") == "e\u0301 👩\u200d💻 עברית", "letters stay what they are"


def test_it_cuts():
    assert escape.plain("abcdef", 4) == "abc…"
    assert escape.shorten("abc", 3) == "abc"
    assert escape.shorten("abc", 1) == "…"
    assert escape.shorten("abc", 0) == ""
    assert len(escape.plain("x" * 10**6)) == 1000


def test_html_has_no_marks_left():
    assert escape.html('<b a="\'">&') == "&lt;b a=&quot;&#x27;&quot;&gt;&amp;"


@given(st.text(), st.integers(0, 50))
def test_a_header_never_ends_in_its_value(text, limit):
    line = escape.header(text, limit)
    assert len(line) <= limit
    assert line.splitlines() in ([line], [])
    assert line.encode().decode() == line


@given(st.text(alphabet="a<>&*_~`| \n@!#\u202e", max_size=60), st.integers(0, 60))
def test_nothing_in_slack_links_or_mentions(text, limit):
    shown = escape.mrkdwn(text, limit)
    assert len(shown) <= limit
    assert "<" not in shown
    assert ">" not in shown
    assert markup.escape(markup.unescape(shown), quote=False) == shown, "no half entity"


def test_slack_formats_nothing_and_names_stay_whole():
    assert escape.mrkdwn("*b* _i_ a_b_c") == "\u2060*b\u2060* \u2060_i\u2060_ a_b_c"
    assert escape.mrkdwn("<!channel>", 12) == "&lt;!channe…"
    assert escape.mrkdwn("a\nb", lines=True) == "a\nb"


def test_slack_links_only_where_it_is_safe():
    assert escape.mrkdwn_link("https://x.org/?a=1&b=2", "a|b") == "<https://x.org/?a=1&amp;b=2|a\u00a6b>"
    assert escape.mrkdwn_link("javascript:alert(1)", "here") == "here"


@pytest.mark.parametrize(
    ("given_", "made"),
    [
        ("https://example.org/d/x?from=now-1h#p", "https://example.org/d/x?from=now-1h#p"),
        ("HTTP://Example.org:8080/ü/%20", "http://example.org:8080/%C3%BC/%20"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[::1]:9090/graph", "http://[::1]:9090/graph"),
        ("https://x.org/'\"<>", "https://x.org/%27%22%3C%3E"),
    ],
)
def test_a_url_is_written_in_ascii(given_, made):
    assert escape.url(given_) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//x.org/",
        "https://",
        "https://user:secret@x.org/",
        "https://x.org/a b",
        "https://x.org/\nx",
        "https://x.org/\u202egnp",
        "http://x.org:99999/",
        "http://[::1",
        "https://x.org/" + "a" * 2000,
        "https://x.org/" + "ü" * 1000,
        "https://" + "ü" * 80 + ".org/",
        "https://a_b c/",
        None,
    ],
)
def test_anything_else_is_no_url(text):
    assert escape.url(text) == ""


@given(st.text(max_size=200))
def test_no_url_can_leave_an_attribute(text):
    made = escape.url(f"https://x.org/{text}")
    assert not set(made) & set("\"'<> \r\n")
    assert made.isascii()

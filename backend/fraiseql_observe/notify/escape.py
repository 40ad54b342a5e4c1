"""Make text from outside harmless where it is going: HTML, plain text, headers, Slack's mrkdwn, links.

Label values and annotations are whatever somebody's exporter wrote; everything here cuts, and nothing raises.
"""

from __future__ import annotations


def plain(text: object, limit: int = 1000, *, lines: bool = False) -> str:
    """Without control, bidirectional and other invisible characters, one line (or `lines`), at most `limit` long."""
    raise NotImplementedError


def html(text: object, limit: int = 1000) -> str:
    """`plain`, with the characters that mean something in HTML text and attributes written as entities."""
    raise NotImplementedError


def header(text: object, limit: int = 200) -> str:
    """`plain` for a mail or HTTP header: no line can end in it."""
    raise NotImplementedError


def mrkdwn(text: object, limit: int = 1000) -> str:
    """`plain` for Slack: nothing in it links, mentions or formats; `limit` counts after escaping."""
    raise NotImplementedError


def mrkdwn_link(url: str, text: object) -> str:
    """`<url|text>`, or only the text when the URL is not a safe one."""
    raise NotImplementedError


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis when something was cut."""
    raise NotImplementedError


def url(text: object, limit: int = 2000) -> str:
    """An absolute http(s) URL, its host in ASCII and odd characters percent-encoded; empty when it is none."""
    raise NotImplementedError

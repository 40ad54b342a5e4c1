"""Slack's limits, and cutting that keeps to them and says so.

https://docs.slack.dev/reference/block-kit/blocks, and bolt-js#2509 for the sum over all blocks, which no page names.
"""

from __future__ import annotations

import re

HEADER = 150
SECTION = 3000
FIELDS = 10
CONTEXT = 10  # elements
VALUE = 2000  # of a button
URL = 3000
TEXT = 4000  # advised; Slack itself cuts at 40,000
SUM = 13_200  # characters in all blocks of a message

CUT = " … (cut)"
_BROKEN_END = re.compile(r"&[a-z]{0,4}$|<[^<>]*$")  # half an entity, half a link


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of mrkdwn, in one piece: no entity or link ends in its middle."""
    if len(text) <= limit:
        return text
    return _BROKEN_END.sub("", text[: limit - len(CUT)]).rstrip() + CUT

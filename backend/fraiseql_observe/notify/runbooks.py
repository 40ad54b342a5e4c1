"""What to do: the action part of the runbook of one of our alerts, else what the alert itself advises."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import fraiseql_observe
from fraiseql_observe.notify import escape

if TYPE_CHECKING:
    from fraiseql_observe.incident.model import Alert

PACKAGE = Path(fraiseql_observe.__file__).resolve().parent
FOLDERS = (PACKAGE / "_runbooks", PACKAGE.parents[1] / "docs" / "runbooks")  # installed, in a checkout
ANNOTATION = "runbook_actions"
MOST = 8
LONGEST = 600  # characters of an action

_NAME = re.compile(r"[A-Za-z0-9_]{1,100}")
_SECTION = re.compile(r"^## Mitigation\s*$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^\s*```.*?^\s*```[^\n]*$", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(?<![\w*`])\*{1,2}([^*`]+)\*{1,2}(?![\w*`])")


def actions(alert: Alert) -> tuple[str, ...]:
    """Recommended actions in order, plain text with `code` in backticks; empty when nobody wrote any.

    The annotation `runbook_actions` (a line each) when the alert has one, else the runbook that ships under the
    alert's name.
    """
    given = alert.annotations.get(ANNOTATION, "")
    lines = escape.plain(given, MOST * LONGEST, lines=True).splitlines()
    own = [_ITEM.sub("", line).strip() for line in lines]
    return tuple(escape.shorten(line, LONGEST) for line in own if line)[:MOST] or _shipped(alert.name)


@lru_cache(maxsize=200)
def _shipped(name: str) -> tuple[str, ...]:
    if not _NAME.fullmatch(name):
        return ()
    for folder in FOLDERS:
        file = folder / f"{name}.md"
        if file.is_file():
            return mitigation(file.read_text(encoding="utf-8"))
    return ()


def mitigation(markdown: str) -> tuple[str, ...]:
    """The list items and paragraphs of a runbook's section "Mitigation", as plain text."""
    section = _SECTION.search(markdown)
    if not section:
        return ()
    found: list[list[str]] = [[]]
    for line in _FENCE.sub("", section[1]).splitlines():
        if not line.strip() or _ITEM.match(line):
            found.append([])
        found[-1].append(_ITEM.sub("", line).strip())
    texts = (_EMPHASIS.sub(r"\1", _LINK.sub(r"\1", " ".join(words).strip())) for words in found)
    return tuple(escape.shorten(text, LONGEST) for text in texts if text)[:MOST]

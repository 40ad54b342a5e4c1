"""A page that shows the channel as its members would see it, with buttons that can be pressed."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fraiseql_observe.demo.sinks.slack import Block, Posted

LINK = re.compile(r"&lt;(https?://[^|&\s]+(?:&amp;[^|&\s]+)*)(?:\|(.*?))?&gt;")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
MARKS = (
    (re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)"), r"<b>\1</b>"),
    (re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)"), r"<i>\1</i>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
)
PICTOGRAM = re.compile(r":([a-z_]+):")
PICTOGRAMS = {
    "red_circle": "\N{LARGE RED CIRCLE}",
    "large_orange_circle": "\N{LARGE ORANGE CIRCLE}",
    "large_yellow_circle": "\N{LARGE YELLOW CIRCLE}",
    "large_blue_circle": "\N{LARGE BLUE CIRCLE}",
    "eyes": "\N{EYES}",
    "white_check_mark": "\N{WHITE HEAVY CHECK MARK}",
    "rotating_light": "\N{POLICE CARS REVOLVING LIGHT}",
    "leftwards_arrow_with_hook": "\N{LEFTWARDS ARROW WITH HOOK}",
    "speech_balloon": "\N{SPEECH BALLOON}",
    "alarm_clock": "\N{ALARM CLOCK}",
    "zzz": "\N{SLEEPING SYMBOL}",
}

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="3"><title>#alerts</title>
<style>
:root {{ color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }}
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem }}
article {{ border-top: 1px solid #8888; padding: .4rem 0; margin: 1.2rem 0 }}
aside {{ border-left: 4px solid #888; padding: .1rem 1rem }}
h2 {{ font-size: 1.05rem; margin: .2rem 0 }} p {{ margin: .3rem 0; white-space: pre-wrap }}
small, .reply {{ opacity: .75 }} .reply {{ margin-left: 1.5rem }}
dl {{ display: grid; grid-template-columns: 1fr 1fr; gap: .2rem 1rem; margin: .3rem 0; white-space: pre-wrap }}
form {{ display: inline }}
</style>
<h1>#alerts</h1><p><small>A stand-in for Slack. Buttons do what they would do there: the press is signed and sent to
the backend.</small></p>
{messages}
</html>
"""


def page(messages: Iterable[Posted]) -> str:
    """Return the whole page, the newest message first."""
    shown = "\n".join(_message(each) for each in reversed(list(messages)))
    return _PAGE.format(messages=shown or "<p>Nothing has been posted yet.</p>")


def _message(message: Posted) -> str:
    parts = [_block(block, message.ts) for block in message.blocks] or [f"<p>{_mrkdwn(message.text)}</p>"]
    parts += [_attachment(each, message.ts) for each in message.attachments]
    if message.edits:
        parts.append("<small>(edited)</small>")
    parts += [f'<p class="reply">&#8627; {_mrkdwn(reply)}</p>' for reply in message.replies]
    return f"<article>{''.join(parts)}</article>"


def _attachment(attachment: dict[str, Any], ts: str) -> str:
    colour = str(attachment.get("color", ""))
    bar = f' style="border-color: {colour}"' if COLOUR.fullmatch(colour) else ""
    return f"<aside{bar}>{''.join(_block(block, ts) for block in attachment.get('blocks') or ())}</aside>"


def _block(block: Block, ts: str) -> str:
    match block.get("type"):
        case "header":
            return f"<h2>{_pictured(_plain(block['text']['text']))}</h2>"
        case "section":
            return _section(block)
        case "context":
            texts = (each.get("text", "") for each in block.get("elements", ()))
            return f"<p><small>{' '.join(_mrkdwn(text) for text in texts if isinstance(text, str))}</small></p>"
        case "actions":
            return f"<p>{' '.join(_element(each, ts) for each in block.get('elements', ()))}</p>"
        case _:
            return ""


def _section(block: Block) -> str:
    text = f"<p>{_mrkdwn(block['text']['text'])}</p>" if block.get("text") else ""
    fields = "".join(f"<div>{_mrkdwn(each['text'])}</div>" for each in block.get("fields") or ())
    return text + (f"<dl>{fields}</dl>" if fields else "")


def _element(element: dict[str, Any], ts: str) -> str:
    label = _plain(element.get("text", {}).get("text", ""))
    if url := element.get("url"):
        return f'<a href="{_plain(url)}">{label}</a>' if str(url).startswith(("http://", "https://")) else label
    fields = {"ts": ts, "action": str(element.get("action_id", ""))}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{_plain(value)}">' for name, value in fields.items())
    return f'<form method="post" action="/slack/press">{hidden}<button>{label}</button></form>'


def _plain(text: str) -> str:
    return html.escape(str(text))


def _mrkdwn(text: str) -> str:
    """Slack escapes &, < and > in texts and writes links as <url|words>."""
    escaped = html.escape(html.unescape(text))
    linked = LINK.sub(lambda found: f'<a href="{found[1]}">{found[2] or found[1]}</a>', escaped)
    for mark, tag in MARKS:
        linked = mark.sub(tag, linked)
    return _pictured(linked)


def _pictured(text: str) -> str:
    return PICTOGRAM.sub(lambda found: PICTOGRAMS.get(found[1], found[0]), text)

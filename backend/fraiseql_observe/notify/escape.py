"""Make text from outside harmless where it is going: HTML, plain text, headers, Slack's mrkdwn, links.

Label values and annotations are whatever somebody's exporter wrote; everything here cuts, and nothing raises.
"""

from __future__ import annotations

import html as markup
import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, urlsplit

ELLIPSIS = "…"
LONGEST_URL = 2000  # characters
# Surrogates are halves of characters; controls, formats (bidirectional ones among them) and separators are invisible.
_LINE_BREAKS = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_RUNS = re.compile(r"[^\S\n]+")
_SIMPLE = re.compile(r"[\n\t -~]*")
_BLANK_LINES = re.compile(r"\n{3,}")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # they shape letters and emojis, and hide nothing
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_URL_SAFE = "%/:?#[]@!$&()*+,;=~"
_MRKDWN_ACTIVE = re.compile(r"[*_~`]")
_WORD_JOINER = "\u2060"
_READ_AT_MOST = 8  # times the limit: the rest of a huge value is not even looked at


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis when something was cut."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + ELLIPSIS[:limit]


def plain(text: object, limit: int = 1000, *, lines: bool = False) -> str:
    """Without control, bidirectional and other invisible characters, one line (or `lines`), at most `limit` long."""
    broken = _LINE_BREAKS.sub("\n" if lines else " ", str(text)[: limit * _READ_AT_MOST])
    seen = broken if broken.isprintable() else "".join(character for character in broken if _visible(character))
    return shorten(_BLANK_LINES.sub("\n\n", _RUNS.sub(" ", seen)).strip(), limit)


def visible(text: str) -> str:
    """Without control, bidirectional and other invisible characters; line breaks and length stay."""
    if text.isprintable() or _SIMPLE.fullmatch(text):
        return text
    return "".join(character for character in text if _visible(character))


def _visible(character: str) -> bool:
    if character in "\n\t" or character in _JOINERS:
        return True
    return unicodedata.category(character) not in _INVISIBLE


def html(text: object, limit: int = 4000) -> str:
    """`plain`, with the characters that mean something in HTML text and attributes written as entities."""
    return markup.escape(plain(text, limit), quote=True)


def header(text: object, limit: int = 200) -> str:
    """`plain` for a mail or HTTP header: no line can end in it."""
    return plain(text, limit)


def mrkdwn(text: object, limit: int = 1000, *, lines: bool = False) -> str:
    """`plain` for Slack: nothing in it links, mentions or formats; `limit` counts after escaping.

    Slack has no escape for its formatting marks; an invisible word joiner before each takes its meaning. An
    underscore inside a word has none, and names stay fit for copying.
    """
    pieces: list[str] = []
    length = 0
    seen = plain(text, limit + 1, lines=lines)
    for index, character in enumerate(seen):
        inside = character == "_" and seen[index - 1 : index].isalnum() and seen[index + 1 : index + 2].isalnum()
        piece = character if inside else _mrkdwn_piece(character)
        if length + len(piece) > limit:
            return _closed(pieces, length, limit)
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces)


def _mrkdwn_piece(character: str) -> str:
    if character in "&<>":
        return markup.escape(character, quote=False)
    return _WORD_JOINER + character if _MRKDWN_ACTIVE.match(character) else character


def _closed(pieces: list[str], length: int, limit: int) -> str:
    """Whole pieces only, so that no entity is cut in two, and an ellipsis."""
    while pieces and length + len(ELLIPSIS) > limit:
        length -= len(pieces.pop())
    return "".join(pieces).rstrip() + ELLIPSIS[:limit]


def mrkdwn_link(address: str, text: object) -> str:
    """`<url|text>`, or only the text when the URL is not a safe one."""
    safe, shown = url(address), mrkdwn(text, 200).replace("|", "\u00a6")
    return f"<{markup.escape(safe, quote=False)}|{shown}>" if safe else shown


def url(text: object, limit: int = LONGEST_URL) -> str:
    """An absolute http(s) URL, its host in ASCII and odd characters percent-encoded; empty when it is none."""
    return _url(str(text)[: limit + 1].strip(), limit)


@lru_cache(maxsize=256)  # of runbooks, dashboards and rules there are few
def _url(raw: str, limit: int) -> str:
    if len(raw) > limit or _odd(raw):
        return ""
    try:
        parts = urlsplit(raw)
        port, host = parts.port, _ascii_host(parts.hostname or "")
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host or parts.username is not None:
        return ""
    rest = raw.split("://", 1)[1][len(parts.netloc) :]
    address = f"{parts.scheme.lower()}://{host}" + (f":{port}" if port else "") + quote(rest, safe=_URL_SAFE)
    return address if len(address) <= limit else ""


def _odd(raw: str) -> bool:
    """Tell whether there are blanks or invisible characters; most text is printable, and that is asked at once."""
    if raw.isprintable() and " " not in raw:
        return False
    return any(not _visible(character) or character.isspace() for character in raw)


def _ascii_host(host: str) -> str:
    """A host name as DNS knows it; empty when it is none."""
    bracketed = f"[{host}]" if ":" in host else host
    ascii_host = bracketed if bracketed.isascii() else bracketed.encode("idna").decode("ascii")
    return ascii_host if _HOST.fullmatch(ascii_host) else ""

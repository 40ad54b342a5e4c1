"""Who is who: the fingerprint of a label set, the key of a group, the name of a receiver."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OFFSET = 14695981039346656037
_PRIME = 1099511628211
_SEPARATOR = b"\xff"
_QUOTED = re.compile(r"\\([\\.+*?()|\[\]{}^$])")
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return Alertmanager's fingerprint: FNV-1a of 64 bits over the labels, sorted by name, as 16 hex digits.

    Source: prometheus/common, model/signature.go.
    """
    value = _OFFSET
    parts = sorted((name.encode(), text.encode()) for name, text in labels.items())
    for byte in b"".join(name + _SEPARATOR + text + _SEPARATOR for name, text in parts):
        value = (value ^ byte) * _PRIME & 0xFFFF_FFFF_FFFF_FFFF
    return f"{value:016x}"


def incident_key(receiver: str, group_labels: Mapping[str, str]) -> str:
    """Return the key of a group: it survives changes of Alertmanager's routing tree, as its groupKey does not."""
    return hashlib.sha256(json.dumps([receiver, sorted(group_labels.items())]).encode()).hexdigest()


def unquote(receiver: str) -> str:
    r"""Undo Go's `regexp.QuoteMeta`, which Alertmanager applies to the receiver's name: `rx\.200` is `rx.200`."""
    return _QUOTED.sub(r"\1", receiver)


def quote(name: str) -> str:
    """Do what Go's `regexp.QuoteMeta` does."""
    return _META.sub(r"\\\g<0>", name)

"""Settings as YAML again, without their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

import yaml

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.values import write_duration

HIDDEN = "(hidden)"


def as_yaml(settings: Any) -> str:
    """All settings, defaults too, as the file would say them; a secret that is given shows as `(hidden)`."""
    return yaml.safe_dump(plain(settings), sort_keys=False, allow_unicode=True, width=120)


def plain(value: Any) -> Any:
    """A setting as YAML says it; secrets hidden."""
    if isinstance(value, Secret):
        return HIDDEN if value else ""
    if isinstance(value, timedelta):
        return write_duration(value)
    if is_dataclass(value) and not isinstance(value, type):
        kind = {"type": value.kind} if hasattr(value, "kind") else {}
        return kind | {one.name.rstrip("_"): plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, str) else value

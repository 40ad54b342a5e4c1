# ruff: noqa: RUF009  (`_setting` makes a dataclass field)
"""Every setting of the instrument, declared once; the environment overrides the code."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from fraiseql_observe.instrument.errors import InstrumentError

ENVIRONMENT_PREFIX = "FRAISEQL_OBSERVE_INSTRUMENT_"

Overflow = Literal["drop", "wait"]
Context = Mapping[str, Any]


def _setting(default: Any, description: str, **kind: Any) -> Any:
    key = "default_factory" if callable(default) else "default"
    return field(**{key: default}, metadata={"description": description}, **kind)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the instrument behaves. Times are seconds, sizes are counts unless the description says otherwise."""

    enabled: bool = _setting(True, "Off leaves the application exactly as it was.")  # noqa: FBT003
    audit: bool = _setting(True, "Write one audit row for each operation.")  # noqa: FBT003
    audit_database_url: str | None = _setting(None, "Where the audit rows go; the application's database if unset.")
    on_overflow: Overflow = _setting("drop", "When the audit queue is full: drop and count, or wait for room.")
    overflow_timeout_seconds: float = _setting(30.0, "The longest that one answer waits for room in the queue.")
    queue_size: int = _setting(10_000, "Audit rows kept in memory while PostgreSQL is slow or away.")
    batch_size: int = _setting(200, "Audit rows written in one statement.")
    flush_seconds: float = _setting(0.5, "The longest that an audit row waits for others before it is written.")
    shutdown_seconds: float = _setting(5.0, "The longest that shutdown waits for the queue to empty.")
    slow_query_seconds: float = _setting(0.1, "A statement slower than this counts as slow.")
    max_operation_names: int = _setting(500, "Distinct operation names kept as labels; later ones are `__other__`.")
    operation_names: frozenset[str] = _setting(
        frozenset(), "The only operation names kept as labels, where clients could use up the places; empty: any."
    )
    max_document_size: int = _setting(65_536, "Documents longer than this many characters are not analysed.")
    complexity: bool = _setting(True, "Measure complexity and depth of each operation.")  # noqa: FBT003
    sample_seconds: float = _setting(5.0, "How often the pool, the caches and the health checks are sampled.")
    metrics_path: str = _setting("/metrics", "Where the metrics are served, unless the application serves them.")
    graphql_path: str = _setting("/graphql", "Where the application serves GraphQL.")
    excluded_paths: frozenset[str] = _setting(
        frozenset({"/metrics", "/health", "/ready", "/startup"}), "Paths that are not counted."
    )
    admin_entities: frozenset[str] = _setting(
        frozenset({"Role"}), "Entities whose changes are administrative actions in the audit log."
    )
    permission_entities: frozenset[str] = _setting(
        frozenset({"Permission", "RolePermission", "UserRole"}), "Entities whose changes are permission changes."
    )
    verbs: Mapping[str, str] = _setting(dict, "More verbs of mutations, each with create, update or delete.")
    pools: tuple[Any, ...] = _setting((), "More psycopg pools of the application to watch.")
    user: Callable[[Context], str | None] | None = _setting(None, "Finds the user in the GraphQL context.")
    tenant: Callable[[Context], str | None] | None = _setting(None, "Finds the tenant in the GraphQL context.")


def load(overrides: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """The settings from code and environment, the environment winning.

    Raises:
        InstrumentError: a name is unknown, or a value has the wrong form or range.
    """
    known = {f.name for f in fields(Settings)}
    for name in overrides:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"Known settings: {', '.join(sorted(known))}."
            raise InstrumentError(f"instrument() has no setting {name!r}.", hint=hint)
    settings = replace(Settings(), **overrides)
    settings = replace(settings, **_from_environment(os.environ if environment is None else environment))
    _check(settings)
    return settings


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for declared in fields(Settings):
        variable = ENVIRONMENT_PREFIX + declared.name.upper()
        if (text := environment.get(variable)) is not None and (parse := _PARSERS.get(str(declared.type))):
            try:
                found[declared.name] = parse(text)
            except ValueError as error:
                raise InstrumentError(
                    f"{variable} is {text!r}, {error}.", hint=declared.metadata["description"]
                ) from None
    return found


def _boolean(text: str) -> bool:
    value = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.strip().lower() not in value:
        raise ValueError("which is neither true nor false")
    return value[text.strip().lower()]


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("which is not a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("which is not a number") from None


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


_PARSERS: dict[str, Callable[[str], Any]] = {
    "bool": _boolean,
    "int": _integer,
    "float": _number,
    "str": str,
    "str | None": str,
    "Overflow": str,
    "frozenset[str]": _names,
}


def _check(settings: Settings) -> None:
    if settings.on_overflow not in get_args(Overflow):
        raise InstrumentError(f"on_overflow is {settings.on_overflow!r}.", hint="Use 'drop' or 'wait'.")
    for declared in fields(Settings):
        value = getattr(settings, declared.name)
        if declared.type in {"int", "float"} and not value > 0:
            raise InstrumentError(f"{declared.name} is {value!r}.", hint="It must be greater than zero.")
    for verb, kind in settings.verbs.items():
        if kind not in {"create", "update", "delete"}:
            raise InstrumentError(f"verbs maps {verb!r} to {kind!r}.", hint="Use create, update or delete.")

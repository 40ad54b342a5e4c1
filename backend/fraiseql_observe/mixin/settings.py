"""A user's `_config` overrides: read, checked against the knobs of `config.libsonnet`, brought into its units.

What is wrong is said with the file, the line, the key and the nearest key that exists. All problems are told at once.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cerberus

from fraiseql_observe.config import document
from fraiseql_observe.errors import ConfigError
from fraiseql_observe.mixin import engine, kinds, knobs

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN = "unknown field"
KeyPath = tuple[str, ...]  # of a key, from `_config` down
NULL = "null value not allowed"
WANTED = {
    "must be of dict type": "a mapping",
    NULL: "allowed here",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Args:
        path: the key, from the top of the overrides.
        expects: what the value should be; None when the key itself does not exist.
        value: what was given.
    """

    path: KeyPath
    expects: str | None
    value: Any = None


def load(path: Path) -> dict[str, Any]:
    """The overrides in a YAML or JSON file.

    Raises:
        ConfigError: the file cannot be read, is no mapping, or holds an unknown or malformed key.
    """
    given = document.read(path, example=f"all keys are in {knobs.REFERENCE}")
    return check(given.value, origin=str(path), origins=given.origins)


def check(
    overrides: Mapping[str, Any], *, origin: str = "_config", origins: Mapping[document.Key, str] | None = None
) -> dict[str, Any]:
    """The overrides in the units of `config.libsonnet`.

    Args:
        overrides: nested as `_config` is.
        origin: where they come from, for messages.
        origins: file and line of each path, in the order of the file.

    Raises:
        ConfigError: naming every unknown or malformed key.
    """
    defaults = knobs.defaults()
    validator = cerberus.Validator(schema(knobs.read(), defaults, overrides))
    if validator.validate(dict(overrides)):
        normalised: dict[str, Any] = validator.document
        return normalised
    places = origins or {}
    order = {path: number for number, path in enumerate(places)}
    problems = sorted(_problems(validator.errors, overrides, ()), key=lambda problem: order.get(problem.path, 0))
    raise ConfigError(
        "\n".join(_sentence(problem, places.get(problem.path, origin)) for problem in problems),
        hint=_hint(problems, [".".join(path) for path in _paths(defaults, ())]),
    )


def check_jsonnet(path: Path) -> None:
    """Check what a Jsonnet file of overrides makes of the configuration; it may use `super`, so it is never read alone.

    Raises:
        ConfigError: naming every unknown or malformed key.
        JsonnetError: the file does not evaluate.
    """
    imports = engine.library(beside=[path.resolve().parent])
    merged = f"((import '{knobs.CONFIG}') + {{ _config+:: import {json.dumps(str(path.resolve()))} }})._config"
    check(engine.evaluate(merged, imports), origin=str(path))


def schema(declared: Iterable[knobs.Knob], defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The cerberus schema of the keys that are given: each leaf with the kind that its unit names.

    Only of those, since cerberus checks the schema too, which takes longer than everything else.
    """
    found: dict[KeyPath, kinds.Kind] = {}
    for knob in declared:
        if kind := kinds.of(knob.unit):
            # An exact declaration stands over one with `*`, whichever comes first.
            exact = knobs.ANY not in knob.path
            found |= {path: kind for path in knobs.expand(knob, defaults) if exact or path not in found}
    return _schema(defaults, given, (), found)


def _schema(
    value: Mapping[str, Any], given: Mapping[str, Any], path: KeyPath, found: Mapping[KeyPath, kinds.Kind]
) -> dict[str, Any]:
    known = [name for name in given if name in value or (*path, name) in found]
    return {name: _rule(value.get(name), given[name], (*path, name), found) for name in known}


def _rule(value: Any, given: Any, path: KeyPath, found: Mapping[KeyPath, kinds.Kind]) -> dict[str, Any]:
    if kind := found.get(path):
        return {"nullable": kind.accepts(None), "coerce": kind.coerce, "check_with": _checked(kind)}
    if isinstance(value, Mapping):
        inner = _schema(value, given, path, found) if isinstance(given, Mapping) else {}
        return {"type": "dict", "schema": inner}
    return {"nullable": True}  # no unit, no kind: the mixin's own checks judge it


def _checked(kind: kinds.Kind) -> Any:
    def check_with(field: str, value: Any, error: Any) -> None:
        if not kind.accepts(value):
            error(field, kind.expects)

    return check_with


def _problems(errors: Mapping[str, Any], given: Any, path: KeyPath) -> Iterator[Problem]:
    """Cerberus' nested report, flat."""
    for name, reports in errors.items():
        here = (*path, str(name))
        value = given.get(name) if isinstance(given, Mapping) else None
        # A kind says better what is wanted than that null is not.
        for report in [one for one in reports if one != NULL] or reports:
            if isinstance(report, Mapping):
                yield from _problems(report, value, here)
            else:
                yield Problem(here, None if report == UNKNOWN else _expects(report), value)


def _expects(report: str) -> str:
    """What cerberus wanted, in the words of the kinds."""
    return WANTED.get(report, report)


def _sentence(problem: Problem, origin: str) -> str:
    key = ".".join(problem.path)
    if problem.expects is None:
        return f"{origin}: there is no key {key}"
    return f"{origin}: {key} is {json.dumps(problem.value, default=str)[:80]}, which is not {problem.expects}"


def _hint(problems: Sequence[Problem], known: Sequence[str]) -> str:
    for problem in problems:
        if problem.expects is None and (near := nearest(".".join(problem.path), known)):
            return f"did you mean {near}? All keys are in {knobs.REFERENCE}"
    return f"all keys, with unit and example, are in {knobs.REFERENCE}"


def nearest(key: str, known: Sequence[str]) -> str:
    """The key most like `key`, by its whole path or else by its last name; empty when none is like it."""
    whole = difflib.get_close_matches(key, known, n=1, cutoff=0.7)
    if whole:
        return whole[0]
    by_name = {path.rpartition(".")[2]: path for path in known}
    near = difflib.get_close_matches(key.rpartition(".")[2], by_name, n=1, cutoff=0.8)
    return by_name[near[0]] if near else ""


def _paths(value: Mapping[str, Any], path: KeyPath) -> Iterator[KeyPath]:
    for name, inner in value.items():
        yield (*path, name)
        if isinstance(inner, Mapping):
            yield from _paths(inner, (*path, name))

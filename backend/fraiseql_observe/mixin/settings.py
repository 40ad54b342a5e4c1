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
import yaml

from fraiseql_observe.errors import ConfigError
from fraiseql_observe.mixin import engine, kinds, knobs, serialise

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 1_000_000
MAX_NODES = 20_000  # with every alias written out
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
    node, value = _read(path)
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: the file must hold a mapping of `_config` keys", hint=f"see {knobs.REFERENCE}")
    lines = _lines_once(path, node)
    return check(value, origin=str(path), lines=lines)


def check(
    overrides: Mapping[str, Any], *, origin: str = "_config", lines: Mapping[KeyPath, int] | None = None
) -> dict[str, Any]:
    """The overrides in the units of `config.libsonnet`.

    Args:
        overrides: nested as `_config` is.
        origin: where they come from, for messages.
        lines: the line of each path, for messages.

    Raises:
        ConfigError: naming every unknown or malformed key.
    """
    defaults = knobs.defaults()
    validator = cerberus.Validator(schema(knobs.read(), defaults, overrides))
    if validator.validate(dict(overrides)):
        document: dict[str, Any] = validator.document
        return document
    problems = sorted(
        _problems(validator.errors, overrides, ()), key=lambda problem: (lines or {}).get(problem.path, 0)
    )
    raise ConfigError(
        "\n".join(_sentence(problem, origin, lines or {}) for problem in problems),
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


def _sentence(problem: Problem, origin: str, lines: Mapping[KeyPath, int]) -> str:
    line = f":{lines[problem.path]}" if problem.path in lines else ""
    key = ".".join(problem.path)
    if problem.expects is None:
        return f"{origin}{line}: there is no key {key}"
    return f"{origin}{line}: {key} is {json.dumps(problem.value, default=str)[:80]}, which is not {problem.expects}"


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


def _read(path: Path) -> tuple[Any, Any]:
    """The YAML nodes of a file and their value; JSON is YAML too."""
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise ConfigError(f"{path} is larger than {MAX_BYTES} bytes", hint="give only the keys that differ")
        node = yaml.compose(content.decode("utf-8"), Loader=yaml.SafeLoader)
        if not _is_bounded(node):
            raise ConfigError(f"{path} stands for more keys than any configuration has", hint="write no nested aliases")
        return node, {} if node is None else yaml.SafeLoader("").construct_document(node)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint="give a YAML or JSON file in UTF-8") from None
    except (RecursionError, ValueError) as error:  # nested beyond the stack; a date that does not exist
        raise ConfigError(f"{path} cannot be read: {error}", hint="mend the file") from None
    except yaml.YAMLError as error:
        raise ConfigError(serialise.misread(path, error), hint="mend the file") from None


def _is_bounded(node: Any) -> bool:
    """Whether the document stays small with its aliases written out: a few lines of them can stand for billions."""
    pending, seen = [node], 0
    while pending and seen <= MAX_NODES:
        value = getattr(pending.pop(), "value", None)
        seen += 1
        for item in value if isinstance(value, list) else ():
            pending.extend(item if isinstance(item, tuple) else (item,))
    return not pending


def _lines_once(path: Path, node: Any) -> dict[KeyPath, int]:
    """The line of each key; a key given twice would silently lose its first value."""
    lines: dict[KeyPath, int] = {}
    for key, line in _lines(node, ()):
        if key in lines:
            raise ConfigError(
                f"{path}:{line}: {'.'.join(key)} is given a second time, first on line {lines[key]}",
                hint="keep one of them",
            )
        lines[key] = line
    return lines


def _lines(node: Any, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    """The line of each key."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _lines(value, here)

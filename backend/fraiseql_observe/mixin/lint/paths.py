"""Read dashboards and rules from files, as anybody's mixin renders them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from fraiseql_observe.errors import LintError
from fraiseql_observe.mixin import serialise

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = frozenset({".json", ".yaml", ".yml"})


def read(paths: Iterable[Path]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Dashboards and groups in files and folders; documents of other kinds are passed over.

    What stands in several files in the same words, as rules do in a rule file and in a PrometheusRule, counts once. A
    folder `variants` below a given one holds alternatives, which are never installed together: give it to lint them.

    Raises:
        LintError: a file is no JSON or YAML, or nothing to check is found.
    """
    documents = [document for path in paths for file in _files(path) for document in _documents(file)]
    dashboards = _once(one for one in documents if "panels" in one)
    groups = _once(group for one in documents for group in _groups(one))
    if not dashboards and not groups:
        raise LintError(
            "there is no dashboard and no rule in what was given", hint="give files or folders that hold some"
        )
    return dashboards, groups


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if _is_read(file, path))
    return [path]


def _is_read(file: Path, folder: Path) -> bool:
    return file.suffix in SUFFIXES and file.is_file() and "variants" not in file.relative_to(folder).parts[:-1]


def _once(documents: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({json.dumps(one, sort_keys=True, default=str): one for one in documents}.values())


def _documents(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8")
        found = [json.loads(text)] if file.suffix == ".json" else list(yaml.safe_load_all(text))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise LintError(serialise.misread(file, error), hint="mend the file or leave it out") from None
    yield from (document for document in found if isinstance(document, Mapping))


def _groups(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The groups of a rule file, or of a PrometheusRule."""
    holder = document.get("spec") if document.get("kind") == "PrometheusRule" else document
    groups = holder.get("groups") if isinstance(holder, Mapping) else None
    return [group for group in groups or [] if isinstance(group, Mapping) and "rules" in group]

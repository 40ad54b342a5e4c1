"""Read the settings: the file, over it the environment, then the secret files they name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fraiseql_observe.config import cross, document, environment, schema, shape
from fraiseql_observe.config.build import Builder, own_problems
from fraiseql_observe.config.document import Document
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fraiseql_observe.config.schema import Problem

    Check = Callable[[Settings], Iterable[Problem]]

DEFAULT_FILE = Path("fraiseql-observe.yaml")
REFERENCE = "docs/reference/serve-settings.md"


def load(path: Path | None, environ: Mapping[str, str], check: Check | None = None) -> Settings:
    """The settings in `path`; without one those in ./fraiseql-observe.yaml, or the defaults where that is missing.

    `check` finds what only other layers know to be wrong.

    Raises:
        ConfigError: naming every unknown, malformed or contradictory key with its file and line.
    """
    if path is None and DEFAULT_FILE.exists():
        path = DEFAULT_FILE
    given = document.read(path) if path else Document()
    return resolve(given, environ, check)


def resolve(given: Document, environ: Mapping[str, str], check: Check | None = None, made: Any = Settings) -> Settings:
    """The typed settings of a document; `made` is the root's dataclass.

    Raises:
        ConfigError: as `load`.
    """
    top = shape.section(made)
    misplaced = environment.overlay(given, top, environ)
    found = schema.problems(top, given.value)
    if misplaced or found:
        raise _error(given, found, misplaced)
    builder = Builder(given.path.parent if given.path else Path())
    settings: Settings = builder.section(top, given.value, ())
    if builder.problems:
        raise _error(given, builder.problems)
    if settings.templates.folder:
        folder = str(builder.beside / Path(settings.templates.folder).expanduser())
        settings = replace(settings, templates=replace(settings.templates, folder=folder))
    found = [*own_problems(settings), *cross.problems(settings), *(check(settings) if check else ())]
    if found:
        raise _error(given, found)
    return settings


def _error(given: Document, found: Iterable[Problem], misplaced: Iterable[tuple[str, str]] = ()) -> ConfigError:
    """All problems, in the order of the file: `file:line: key: problem`."""
    lines = {(given.origin(one.key), document.dotted(one.key), one.text) for one in found}
    written = [f"{origin}: {key}: {text}" for origin, key, text in sorted(lines, key=_in_order)]
    written += [f"environment: {variable}: {text}" for variable, text in misplaced]
    return ConfigError(
        "\n".join(written), hint=f"every setting is in {REFERENCE}; `fraiseql-observe config example` shows one"
    )


def _in_order(line: tuple[str, str, str]) -> tuple[str, int, str]:
    file, _, number = line[0].rpartition(":")
    return (file, int(number), line[1]) if number.isdigit() else (line[0], 0, line[1])

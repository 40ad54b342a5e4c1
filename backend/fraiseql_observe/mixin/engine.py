"""Evaluate Jsonnet: rjsonnet for speed, gojsonnet (when installed) for the position of an error.

Imports are answered from memory and only from folders the caller names, so that a source cannot read the machine.
Paths are compared after resolving symbolic links.
"""

from __future__ import annotations

import json
import posixpath
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import rjsonnet

from fraiseql_observe.errors import JsonnetError
from fraiseql_observe.mixin import sources

SNIPPET = "<build>"
REFUSED = "import_callback error"
PANIC = "PanicException"  # of the engine's binding: no Exception, and nowhere to import it from
COLLECT_EVERY = 8
Import = Callable[[str, str], tuple[str, str]]

_garbage = threading.local()
# The binding's type stubs know neither the switch nor the call.
_evaluate: Callable[..., str] = rjsonnet.evaluate_file
_collect_garbage: Callable[[], None] = getattr(rjsonnet, "gc")  # noqa: B009


@dataclass(frozen=True)
class Library:
    """What a snippet may import.

    Args:
        folders: the folders that imports may come from; a relative import of the snippet starts at the first.
        overlay: files that win over those on disk, by path relative to the first folder.
    """

    folders: tuple[Path, ...]
    overlay: Mapping[str, str] = field(default_factory=dict)

    @property
    def entry(self) -> str:
        """Where the snippet stands: its relative imports start at the first folder, whatever the current one is."""
        return str(self.folders[0] / SNIPPET)

    def open(self, folder: str, name: str) -> tuple[str, str]:
        """Answer one import: (resolved path, text). It has the shape that the engines ask of a callback."""
        path = Path(posixpath.normpath(posixpath.join(folder, name)))
        overlaid = self._overlaid(path)
        if overlaid is not None:
            return str(path), overlaid
        if not any(path.resolve().is_relative_to(allowed) for allowed in self.folders):
            raise PermissionError(f"{name} is outside the folders that may be imported from")
        return str(path), sources.read(path)

    def answer(self, snippet: str) -> Import:
        """The callback of an evaluation that begins with `snippet`."""
        return lambda folder, name: (name, snippet) if name == self.entry else self.open(folder, name)

    def _overlaid(self, path: Path) -> str | None:
        base = self.folders[0]
        return self.overlay.get(path.relative_to(base).as_posix()) if path.is_relative_to(base) else None


def library(overlay: Mapping[str, str] | None = None, *, beside: Iterable[Path] = ()) -> Library:
    """The packaged sources, with `overlay` over them and the folders `beside` open too."""
    return Library((sources.root(), *(folder.resolve() for folder in beside)), overlay or {})


def evaluate(snippet: str, imports: Library) -> Any:
    """The JSON value that `snippet` evaluates to.

    Raises:
        JsonnetError: with file, line and column as far as an engine knows them.
    """
    _collect()
    try:
        # Collecting garbage while it evaluates takes five times as long as evaluating.
        return orjson.loads(_evaluate(imports.entry, import_callback=imports.answer(snippet), gc=False))
    except RuntimeError as error:
        report = str(error)
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise JsonnetError(
            "the Jsonnet engine gave up: a value does not fit into memory", hint="look for std.repeat and std.range"
        ) from None
    raise _explained(report, "" if REFUSED in report else _second_opinion(snippet, imports))


def _collect() -> None:
    """Free what earlier evaluations of this thread left, now and then: a long-lived process stays bounded."""
    _garbage.evaluations = getattr(_garbage, "evaluations", 0) + 1
    if _garbage.evaluations % COLLECT_EVERY == 0:
        _collect_garbage()


def evaluate_go(snippet: str, imports: Library) -> Any:
    """The same with gojsonnet, the reference implementation: the oracle of the tests.

    Raises:
        ImportError: gojsonnet is not installed.
        RuntimeError: its own report.
    """
    import _gojsonnet  # type: ignore[import-not-found]  # noqa: PLC0415  # optional, and slow to load

    def opened(folder: str, name: str) -> tuple[str, bytes]:
        path, text = imports.open(folder, name)
        return path, text.encode()

    return json.loads(_gojsonnet.evaluate_snippet(imports.entry, snippet, import_callback=opened))


def _second_opinion(snippet: str, imports: Library) -> str:
    """Gojsonnet's report of the same error, or nothing: rjsonnet names no place for missing fields and type errors."""
    try:
        evaluate_go(snippet, imports)
    except ImportError:
        return ""
    except (RuntimeError, UnicodeDecodeError) as error:  # its binding garbles some messages
        return str(error) if isinstance(error, RuntimeError) else ""
    return ""


PLACE = re.compile(r"(?P<file>/[^\s:]+):\(?(?P<line>\d+):(?P<column>\d+)")


def _explained(report: str, reference: str) -> JsonnetError:
    place = PLACE.search(reference) or PLACE.search(report)
    message = (reference or report).strip().splitlines()[0].replace(REFUSED + ": ", "")
    message = PLACE.sub("", message.removeprefix("RUNTIME ERROR: ").removeprefix("assert failed: ")).strip(" -)")
    message = "".join(character for character in message if character.isprintable())
    if place is None:
        return JsonnetError(f"the Jsonnet engine stopped: {message}")
    where = f"{_short(place['file'])}:{place['line']}:{place['column']}"
    return JsonnetError(f"{where}: {message}")


def _short(path: str) -> str:
    """The path below the sources where it is one of them: readers know those, not where they are installed."""
    file = Path(path)
    if file.name == SNIPPET:
        return SNIPPET
    base = sources.root()
    return f"jsonnet/{file.relative_to(base)}" if file.is_relative_to(base) else path

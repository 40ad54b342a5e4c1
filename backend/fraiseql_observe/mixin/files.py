"""Put rendered files on disk, or compare them with what is there."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fraiseql_observe.errors import BuildError
from fraiseql_observe.mixin.outputs import MANIFEST, TREES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DIFF_LINES = 12


@dataclass(frozen=True)
class Drift:
    """One file that differs from its rendering.

    Args:
        path: below the output folder.
        kind: `missing`, `changed` or `stale` (rendered once, no longer).
        diff: the first lines of a unified diff; empty unless changed.
    """

    path: str
    kind: str
    diff: str = ""


@dataclass(frozen=True)
class Written:
    """The outcome of a write, paths below the output folder."""

    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def write(files: Mapping[str, bytes], output: Path) -> Written:
    """Write what changed, atomically file by file, and remove what an earlier build wrote and this one does not.

    Raises:
        BuildError: the folder cannot be written.
    """
    stale = _stale(files, output)
    changed = [path for path in sorted(files) if _read(output / path) != files[path]]
    try:
        # The manifest comes last: an interrupted build still knows what the one before it wrote.
        for path in sorted(changed, key=lambda name: name == MANIFEST):
            _replace(output / path, files[path])
        for path in stale:
            (output / path).unlink()
    except OSError as error:
        raise BuildError(
            f"{error.filename or output} cannot be written: {error.strerror}", hint="choose a folder with --output"
        ) from None
    return Written(tuple(changed), tuple(path for path in sorted(files) if path not in set(changed)), tuple(stale))


def check(files: Mapping[str, bytes], output: Path) -> list[Drift]:
    """What differs between `files` and the folder."""
    drifts = [drift for path in sorted(files) if (drift := _drift(path, files[path], _read(output / path)))]
    return drifts + [Drift(path, "stale") for path in _stale(files, output)]


def _drift(path: str, wanted: bytes, found: bytes | None) -> Drift | None:
    if found is None:
        return Drift(path, "missing")
    return None if found == wanted else Drift(path, "changed", _diff(path, wanted, found))


def _diff(path: str, wanted: bytes, found: bytes) -> str:
    import difflib  # noqa: PLC0415  # slow to load, and seldom needed

    old, new = found.decode(errors="replace").splitlines(), wanted.decode().splitlines()
    lines = difflib.unified_diff(old, new, f"on disk: {path}", f"rendered: {path}", lineterm="", n=1)
    return "\n".join(line[:200] for line in islice(lines, DIFF_LINES))


def _stale(files: Mapping[str, bytes], output: Path) -> list[str]:
    """Files that an earlier build wrote, no longer rendered and still as it left them."""
    return [path for path, checksum in _listed(output) if path not in files and _is_ours(output, path, checksum)]


def _listed(output: Path) -> Iterator[tuple[str, object]]:
    """The paths and checksums that the manifest on disk claims; those outside our folders are not ours to touch."""
    try:
        claimed = json.loads((output / MANIFEST).read_bytes())["files"]
        listed = [(str(path), checksum) for path, checksum in claimed.items()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return  # no manifest, or none that a build wrote
    for path, checksum in listed:
        parts = PurePosixPath(path).parts
        if parts and parts[0] in TREES and ".." not in parts and path.isprintable():
            yield path, checksum


def _is_ours(output: Path, path: str, checksum: object) -> bool:
    """Whether a file is what the manifest says was written; anybody may have put another there, or a link."""
    file = output / path
    if not file.is_file() or file.is_symlink() or not file.resolve().is_relative_to(output.resolve()):
        return False
    return hashlib.sha256(file.read_bytes()).hexdigest() == checksum


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BuildError(
            f"{path} cannot be read: {error.strerror}", hint="choose a folder with --output, or move it away"
        ) from None


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

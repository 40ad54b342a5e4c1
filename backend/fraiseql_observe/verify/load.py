"""Find dashboards: in files, in folders, or rendered from the packaged mixin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import VerifyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMITTED = Path("provisioning/grafana/dashboards")


def load(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The dashboards in files, and in all `.json` files of folders.

    Raises:
        VerifyError: a path is not there, holds no dashboard, or is not JSON.
    """
    return [_read(path) for given in paths for path in _files(given)]


def default() -> list[dict[str, Any]]:
    """The dashboards of this product: those of the checkout we stand in, else rendered from the packaged mixin."""
    if COMMITTED.is_dir():
        return load([COMMITTED])
    from fraiseql_observe.audit import catalogue  # noqa: PLC0415  rendering is slow to import and seldom needed
    from fraiseql_observe.mixin import render  # noqa: PLC0415

    return list(render(None, catalogue=catalogue.load().as_json()).dashboards.values())


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    found = sorted(path.rglob("*.json")) if path.is_dir() else []
    if not found:
        raise VerifyError(f"There is no dashboard at {path}.", hint="name a .json file, or a folder that holds some")
    yield from found


def _read(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise VerifyError(f"{path} cannot be read as JSON: {error}.", hint="export the dashboard again") from None
    if not isinstance(body, dict):
        raise VerifyError(f"{path} does not hold a dashboard.", hint="name only dashboard files")
    return body

"""Which file holds what: the map from a rendering to `provisioning/` and `bundle/`."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from fraiseql_observe.errors import BuildError
from fraiseql_observe.mixin import serialise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fraiseql_observe.mixin.render import Rendered

MANIFEST = "bundle/manifest.json"
DASHBOARDS = "provisioning/grafana/dashboards"
TREES = ("provisioning", "bundle")


def files(rendered: Rendered) -> dict[str, bytes]:
    """Every file of the output by its path, the manifest included."""
    written = dict(_contents(rendered))
    return {**written, MANIFEST: serialise.to_json(manifest(written, rendered))}


def manifest(written: Mapping[str, bytes], rendered: Rendered) -> dict[str, Any]:
    """What was written, by checksum, and what was left out and why."""
    return {
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in sorted(written.items())},
        "leftOut": {
            name: list(variant.left_out) for name, variant in {"default": rendered, **rendered.variants}.items()
        },
    }


def _contents(rendered: Rendered) -> Iterator[tuple[str, bytes]]:
    yield from _dashboards(DASHBOARDS, rendered)
    yield from _rules("bundle/prometheus/rules", rendered)
    for path, value in rendered.deploy.items():
        yield _confined(path), _serialised(path, value, rendered.dashboards)
    for name, variant in rendered.variants.items():
        yield from _variant(f"bundle/variants/{name}", variant, rendered)


def _variant(folder: str, variant: Rendered, default: Rendered) -> Iterator[tuple[str, bytes]]:
    """All dashboards of a variant, and what else of it differs; its own `provisioning` lies in its folder too."""
    yield from _dashboards(f"{folder}/dashboards", variant)
    if (variant.rules, variant.alerts) != (default.rules, default.alerts):
        yield from _rules(f"{folder}/prometheus/rules", variant)
    for path, value in variant.deploy.items():
        yield f"{folder}/{_confined(path).removeprefix('bundle/')}", _serialised(path, value, variant.dashboards)


def _dashboards(folder: str, rendered: Rendered) -> Iterator[tuple[str, bytes]]:
    for name, dashboard in rendered.dashboards.items():
        yield f"{folder}/{name}", serialise.to_json(dashboard)


def _rules(folder: str, rendered: Rendered) -> Iterator[tuple[str, bytes]]:
    yield f"{folder}/fraiseql-recording.yaml", serialise.to_yaml(rendered.rules)
    yield f"{folder}/fraiseql-alerts.yaml", serialise.to_yaml(rendered.alerts)


def _serialised(path: str, value: Any, dashboards: Mapping[str, Any]) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if path.endswith(".json"):
        return serialise.to_json(value)
    if isinstance(value, list):
        return serialise.to_yaml_documents(_with_dashboards(document, dashboards) for document in value)
    return serialise.to_yaml(value)


def _with_dashboards(document: Any, dashboards: Mapping[str, Any]) -> Any:
    """A ConfigMap holds text: the dashboard it names becomes minified JSON, to stay far below the size limit."""
    if document.get("kind") != "ConfigMap":
        return document
    data = {key: serialise.to_minified_json(dashboards[held["dashboard"]]) for key, held in document["data"].items()}
    return {**document, "data": data}


def _confined(path: str) -> str:
    """Refuse a path that would leave the two folders that the build owns."""
    parts = PurePosixPath(path).parts
    if not parts or parts[0] not in TREES or ".." in parts or path == MANIFEST:
        raise BuildError(
            f"jsonnet/deploy names the file {path!r}, which the build must not write",
            hint=f"use a path below {' or '.join(TREES)}",
        )
    return path

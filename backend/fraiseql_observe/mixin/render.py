"""Render the mixin: one evaluation gives dashboards, rules, manifests and the shipped variants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fraiseql_observe.errors import ConfigError, JsonnetError, ObserveError
from fraiseql_observe.mixin import engine, knobs

CATALOGUE = "audit/catalogue.json"
Overrides = Mapping[str, Any]


@dataclass(frozen=True)
class Rendered:
    """What one configuration renders to.

    Args:
        dashboards: Grafana dashboards by file name.
        rules: recording rules, `{"groups": [...]}`.
        alerts: alerting rules, `{"groups": [...]}`.
        left_out: panels whose signal the flavour cannot give: dashboard, panel, signal, why.
        deploy: further documents by path below the output folder.
        variants: the shipped variants by name; empty when the caller chose a configuration of their own.
    """

    dashboards: Mapping[str, dict[str, Any]]
    rules: dict[str, Any]
    alerts: dict[str, Any]
    left_out: tuple[dict[str, Any], ...] = ()
    deploy: Mapping[str, Any] = field(default_factory=dict)
    variants: Mapping[str, Rendered] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """All of `provisioning/` and `bundle/`, by path below the output folder."""
        from fraiseql_observe.mixin import outputs  # noqa: PLC0415  # needs PyYAML, which rendering alone does not

        return outputs.files(self)


def render(config: Overrides | Path | None = None, *, catalogue: Mapping[str, Any]) -> Rendered:
    """Render the mixin.

    Args:
        config: `_config` overrides, or the path of a YAML, JSON or Jsonnet file of them; None is the shipped default,
            which is rendered together with its variants.
        catalogue: the audit queries, as `jsonnet/audit/catalogue.json` holds them.

    Raises:
        ConfigError: an override is unknown or malformed.
        JsonnetError: a source does not evaluate.
    """
    try:
        overrides, beside = _overrides(config)
        imports = engine.library({CATALOGUE: catalogue_text(catalogue)}, beside=beside)
        return _rendered(engine.evaluate(snippet(overrides, variants=config is None), imports))
    except JsonnetError as error:
        raise _blamed(error, config) from None


def catalogue_text(catalogue: Mapping[str, Any]) -> str:
    """The catalogue as the source file that the mixin imports."""
    return json.dumps(catalogue, sort_keys=True)


def snippet(overrides: str, *, variants: bool) -> str:
    """The Jsonnet that is evaluated; `overrides` is Jsonnet too."""
    others = "std.mapWithKey(function(_, v) render.variant(v), import 'variants.libsonnet')" if variants else "{}"
    return f"local render = import 'render.libsonnet';\nrender.full({overrides}) + {{\n  variants: {others},\n}}\n"


def as_jsonnet(overrides: Any) -> str:
    """Overrides as Jsonnet that merges at every depth: what is not named keeps its default, derived values follow."""
    if not isinstance(overrides, Mapping):
        return json.dumps(overrides)
    fields = (
        f"{json.dumps(key)}{'+' if isinstance(value, Mapping) else ''}: {as_jsonnet(value)}"
        for key, value in overrides.items()
    )
    return "{" + ", ".join(fields) + "}"


def _overrides(config: Overrides | Path | None) -> tuple[str, tuple[Path, ...]]:
    """The overrides as Jsonnet, and the folders they may import from."""
    if config is None:
        return "{}", ()
    from fraiseql_observe.mixin import settings  # noqa: PLC0415  # cerberus is only needed with overrides

    if isinstance(config, Path) and config.suffix in {".jsonnet", ".libsonnet"}:
        settings.check_jsonnet(config)
        return f"import {json.dumps(str(config.resolve()))}", (config.resolve().parent,)
    return as_jsonnet(settings.load(config) if isinstance(config, Path) else settings.check(config)), ()


def _blamed(error: JsonnetError, config: Overrides | Path | None) -> ObserveError:
    """What the mixin's own checks say of `_config` is the user's to mend, in the user's file."""
    _, found, sentence = error.message.partition("_config.")
    if config is None or not found:
        return error
    origin = str(config) if isinstance(config, Path) else "_config"
    return ConfigError(f"{origin}: {sentence}", hint=f"all keys, with unit and example, are in {knobs.REFERENCE}")


def _rendered(value: Mapping[str, Any]) -> Rendered:
    return Rendered(
        dashboards=value["dashboards"],
        rules=value["rules"],
        alerts=value["alerts"],
        left_out=tuple(value["leftOut"]),
        deploy=value.get("deploy", {}),
        variants={name: _rendered(variant) for name, variant in value.get("variants", {}).items()},
    )

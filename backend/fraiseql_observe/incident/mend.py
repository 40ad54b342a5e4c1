"""JSON that is nearly an alert webhook, made one: label values that are no texts, nulls, what no text column holds."""

from __future__ import annotations

import json
from typing import Any

_LABELS = ("groupLabels", "commonLabels", "commonAnnotations", "labels", "annotations")


def mended(body: Any) -> Any:
    """Make texts of label values, leave out nulls, and clean every text."""
    if not isinstance(body, dict):
        return body
    body = _without_null(clean(body))
    if isinstance(body.get("version"), int):
        body["version"] = str(body["version"])
    if isinstance(body.get("alerts"), list):
        body["alerts"] = [_without_null(alert) if isinstance(alert, dict) else alert for alert in body["alerts"]]
    for part in (body, *body.get("alerts", ())) if isinstance(body.get("alerts"), list) else (body,):
        _mend_labels(part)
    return body


def _mend_labels(part: Any) -> None:
    for name in _LABELS if isinstance(part, dict) else ():
        if isinstance(part.get(name), dict):
            part[name] = {label: text(value) for label, value in part[name].items() if value is not None}


def _without_null(value: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if item is not None}


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {clean(name): clean(item) for name, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list) else value

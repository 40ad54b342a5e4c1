"""JSON and YAML that are equal to the byte whenever the value is: sorted keys, one newline at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = "# Rendered by `fraiseql-observe build`; edit the sources in jsonnet/, not this file.\n"

# The C emitter where PyYAML has it, which is ten times faster; both write the same.
_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc]
    """Block style, strings of several lines as they are, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


def _number(dumper: Any, value: float) -> Any:
    # Jsonnet knows one kind of number; a port must not become 9090.0.
    if value.is_integer():
        return dumper.represent_int(int(value))
    return dumper.represent_float(value)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _number)


def misread(path: object, error: Exception) -> str:
    """Where in a file its YAML or JSON goes wrong, and how, in one line."""
    mark = getattr(error, "problem_mark", None)
    place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
    return f"{path}{place}: {getattr(error, 'problem', None) or error}"


def to_json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def to_minified_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def to_yaml(value: Any) -> bytes:
    """One YAML document."""
    return (HEADER + _document(value)).encode()


def to_yaml_documents(values: Iterable[Any]) -> bytes:
    """Several documents in one file."""
    return (HEADER + "---\n".join(_document(value) for value in values)).encode()


def _document(value: Any) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=False, sort_keys=True, allow_unicode=True, width=10_000
    )
    return text

"""A YAML file that strangers may have written: its value, and the line of every key.

The core schema of YAML 1.2: `on`, `yes` and `09:30` are texts, and no tag makes anything but text, numbers, truth,
null, lists and mappings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from fraiseql_observe.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAX_BYTES = 1_000_000
MAX_NODES = 20_000  # with every alias written out
MAX_DEPTH = 32
Key = tuple[str | int, ...]  # from the top of the document down


@dataclass(slots=True)
class Document:
    """What was given, and where: `origins` says for each key the file and line, or the variable."""

    value: dict[str, Any] = field(default_factory=dict)
    origins: dict[Key, str] = field(default_factory=dict)
    path: Path | None = None

    def origin(self, key: Key) -> str:
        """Where a key, or the nearest above it that was given, stands."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.origins:
                return self.origins[key[:length]]
        return str(self.path or "defaults")


class CoreLoader(yaml.SafeLoader):
    """SafeLoader without the guesses of YAML 1.1."""


CoreLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


def read(path: Path, *, example: str = "`fraiseql-observe config example` shows one") -> Document:
    """The document of a file.

    Args:
        path: the file.
        example: where somebody who wrote no mapping finds how it should look.

    Raises:
        ConfigError: it cannot be read, is no mapping, is too large or gives a key twice; says file and line.
    """
    node = _compose(path)
    if node is None:
        return Document(path=path)
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{path}:1: the file must hold a mapping of sections", hint=example)
    _bounded(path, node)
    document = Document(path=path)
    for key, line in _lines(node, ()):
        if key in document.origins:
            first = document.origins[key].rpartition(":")[2]
            raise ConfigError(
                f"{path}:{line}: {dotted(key)}: is given a second time, first on line {first}",
                hint="keep one of them",
            )
        document.origins[key] = f"{path}:{line}"
    document.value = _value(path, node)
    return document


def dotted(key: Key) -> str:
    """`policies.night.steps[0].wait`."""
    written = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
    return written.removeprefix(".")


def _compose(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigError(f"{path}: is larger than {MAX_BYTES} bytes", hint="give only the keys that differ")
        return yaml.compose(content.decode("utf-8-sig"), Loader=CoreLoader)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read: {error.strerror}", hint="name a readable file with --config"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8", hint="save it as UTF-8") from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply", hint="mend the file") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path}{line}: is not YAML: {error.problem}", hint="mend the line") from None
    except yaml.YAMLError:
        raise ConfigError(f"{path}: holds a character that YAML does not allow", hint="mend the file") from None


def _bounded(path: Path, top: Any) -> None:
    """Refuse what is small to write and large to read: a few lines of aliases can stand for billions of values."""
    pending, seen = [(top, 1)], 0
    while pending:
        node, depth = pending.pop()
        seen += 1
        if seen > MAX_NODES or depth > MAX_DEPTH:
            raise ConfigError(f"{path}: stands for more than any configuration holds", hint="write no nested aliases")
        for inner in node.value if isinstance(node.value, list) else ():
            pending.extend((one, depth + 1) for one in (inner if isinstance(inner, tuple) else (inner,)))


def _lines(node: Any, above: Key) -> Iterator[tuple[Key, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*above, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _lines(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*above, index), value.start_mark.line + 1
            yield from _lines(value, (*above, index))


def _value(path: Path, node: Any) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        return {_name(path, key): _value(path, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return [_value(path, value) for value in node.value]
    if isinstance(node, yaml.ScalarNode) and node.tag.startswith("tag:yaml.org,2002:"):
        return _scalar(path, node, line)
    raise ConfigError(f"{path}:{line}: the tag {node.tag} is not allowed", hint="leave the tag out")


def _name(path: Path, key: Any) -> str:
    if not isinstance(key, yaml.ScalarNode):
        raise ConfigError(f"{path}:{key.start_mark.line + 1}: a key must be a text", hint="mend the line")
    return str(key.value)


def _scalar(path: Path, node: Any, line: int) -> Any:
    kind = node.tag.rpartition(":")[2]
    try:
        match kind:
            case "str":
                return node.value
            case "null":
                return None
            case "bool" | "int" | "float":
                return READERS[kind](node.value)
    except ValueError:
        raise ConfigError(f"{path}:{line}: {node.value[:40]!r} is not a number", hint="mend the line") from None
    raise ConfigError(f"{path}:{line}: the tag {node.tag} is not allowed", hint="leave the tag out")


READERS: dict[str, Callable[[str], Any]] = {"bool": lambda word: word.lower() == "true", "int": int, "float": float}


def scalar(text: str) -> Any:
    """What YAML makes of a bare word: a number, a truth or the text itself."""
    loader: Any = CoreLoader("")
    kind = loader.resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    read: Callable[[str], Any] = READERS.get(kind, str)
    try:
        return read(text)
    except ValueError:  # a number of thousands of digits
        return text
